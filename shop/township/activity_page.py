"""操作记录 of the town: what its staff revealed, exported, approved, and who was given which duty."""

from __future__ import annotations

from flask import g, render_template, request, url_for
from flask_babel import gettext as _

from shop.accounts import acts, guards
from shop.audit import acts_page
from shop.core.text import N_
from shop.township.blueprint import bp
from shop.township.overview import region_name

# kind → (name, patterns of acts)
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": (N_("全部"), ()),
    "reveal": (N_("查看隐去的信息"), ("%_shown", "%reveal%")),
    "export": (N_("导出和打印"), ("%export%", "%printed", "%file_taken")),
    "approve": (
        N_("审批和裁决"),
        ("%.approve%", "%.publish", "%.post", "%.reverse", "%.uphold", "%.granted", "return.%", "objection.answered",
         "review.hide", "review.show", "coupon.%", "refund.repaid", "odd.noted"),
    ),
    "roles": (N_("人员和职务"), ("duty.%", "role.%")),
}  # fmt: skip


@bp.get("/<region>/activity")
@guards.staff
def activity(region: str) -> str:
    asked = request.args.get("kind", "")
    kind = asked if asked in KINDS else ""
    shown = acts_page.context(acts.of_staff(g.region_code), g.region_code, KINDS[kind][1])
    return render_template(
        "township/activity.html",
        place=region_name(region),
        kind=kind,
        kinds=[
            {"label": _(name), "url": url_for("township.activity", kind=code or None), "on": code == kind}
            for code, (name, _patterns) in KINDS.items()
        ],
        **shown,
    )
