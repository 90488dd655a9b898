"""操作记录 of the town: what its staff revealed, exported, approved, and who was given which duty; never changed."""

from __future__ import annotations

from flask import g, render_template, request, url_for
from flask_babel import gettext as _

from shop.accounts import acts, duties, guards
from shop.audit import act_words
from shop.core import pages, typed
from shop.core.numbers import row_id
from shop.core.text import N_
from shop.township.blueprint import bp
from shop.township.overview import region_name

SIZE = 30
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
    asked = {
        name: request.args.get(name, "")[:60].strip() for name in ("who", "act", "subject", "day", "kind")
    }
    asked["kind"] = asked["kind"] if asked["kind"] in KINDS else ""
    day, problem = typed.day_asked(asked["day"], label=_("日期"))
    rows = acts.read(
        acts.of_staff(g.region_code),
        acts=KINDS[asked["kind"]][1],
        actor_id=row_id(asked["who"]),
        act=asked["act"],
        subject=asked["subject"].lstrip("#"),
        day=day,
        before_id=row_id(request.args.get("after", "")),
        limit=SIZE + 1,
    )
    shown = rows[:SIZE]
    return render_template(
        "township/activity.html",
        place=region_name(region),
        page=pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None),
        asked=asked,
        problem=problem,
        people={row.user_id: row.name for row in duties.held_at(g.region_code)},
        words=act_words,
        acts=sorted(((code, _(words)) for code, words in act_words.ACTS.items()), key=lambda item: item[0]),
        subjects=[(code, _(words)) for code, words in act_words.SUBJECTS.items()],
        kinds=[
            {
                "label": _(name),
                "url": url_for("township.activity", kind=code or None),
                "on": code == asked["kind"],
            }
            for code, (name, _patterns) in KINDS.items()
        ],
    )
