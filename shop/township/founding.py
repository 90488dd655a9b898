"""村和合作社: which there are, entering a village or a cooperative, and inviting a cooperative's first chair."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import duties, guards, invitations
from shop.cooperatives.income import charter_form
from shop.cooperatives.income import founding as deeds
from shop.cooperatives.people import lists
from shop.cooperatives.people.queries import cooperatives_under
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.http import settings
from shop.core.numbers import row_id
from shop.core.typed import Form
from shop.township.blueprint import bp
from shop.township.overview import region_name

SIZE = 50
# what most charters say; the assembly's own is typed over it
USUAL = {
    "reserve_rate": "10", "patronage_ratio": "60", "patronage_basis": "amount", "commission_rate": "8",
    "freight_bearer": "cooperative", "packaging_bearer": "cooperative", "fee_bearer": "cooperative",
    "minimum_payout_fen": "10.00", "notice_days": "15",
}  # fmt: skip


def _village_labels() -> dict[str, str]:
    return {"village": _("村名"), "code": _("统计代码")}


def _labels() -> dict[str, str]:
    return {
        "in_village": _("所在村"), "name": _("合作社名称"), "code": _("网址代码"), "uscc": _("统一社会信用代码"),
        "address": _("地址"), "phone": _("电话"), "supervision_phone": _("监督电话"), "founded_on": _("成立日期"),
        "decided_on": _("设立大会日期"), **charter_form.labels(),
    }  # fmt: skip


@bp.get("/<region>/cooperatives")
@guards.staff
def cooperatives(region: str) -> str:
    return _page(Form(_village_labels(), {}, frozenset(_village_labels())), {})


def _page(form: Form, wrong: dict[str, tuple[str, str]]) -> str:
    """`wrong`: by code of a cooperative, the phone that was typed for its chair, and why it cannot be."""
    found = cooperatives_under(g.region_code)
    number = pages.page_number()
    shown = found[(number - 1) * SIZE : number * SIZE]
    ids = [row.id for row in shown]
    settled = {row.village_id for row in found}
    return render_template(
        "township/cooperatives.html",
        place=region_name(g.region_code),
        page=pages.Page(shown, number=number, size=SIZE, total=len(found)),
        heads=duties.heads_of(ids),
        awaited=invitations.chairs_awaited(ids),
        bare=[row for row in lists.villages(g.region_code) if row.id not in settled],
        township=deeds.LEVELS.get(len(g.region_code)) == "township",
        form=form,
        wrong=wrong,
    )


@bp.post("/<region>/cooperatives/villages")
@guards.staff
def village_add(region: str) -> Response | tuple[str, int]:
    form = typed.posted(_village_labels(), _village_labels())
    try:
        with transaction():
            deeds.add_village(g.region_code, form.text("code"), form.text("village"), guards.me().id)
    except (Refused, Conflict) as refusal:
        form.blame(refusal)
        return _page(form, {}), 422
    pages.say(_("村已登记：%(name)s", name=form.text("village").strip()))
    return redirect(url_for("township.cooperatives"), 303)


@bp.get("/<region>/cooperatives/new")
@guards.staff
def cooperative_new(region: str) -> str:
    today = clock.today()
    values = {**USUAL, "valid_from": today.replace(month=1, day=1).isoformat()}
    return _new_page(Form(_labels(), values, frozenset(_labels())))


def _new_page(form: Form) -> str:
    return render_template(
        "township/cooperative_new.html",
        place=region_name(g.region_code),
        form=form,
        villages=[(row.id, row.name) for row in lists.villages(g.region_code)],
    )


@bp.post("/<region>/cooperatives/new")
@guards.staff
def cooperative_found(region: str) -> Response | tuple[str, int]:
    form = typed.posted(_labels(), _labels())
    terms, founding = charter_form.read(form), _founding(form)
    if terms is not None and founding is not None and not form.problems:
        try:
            with transaction():
                deeds.found(g.region_code, founding, terms, guards.me().id)
        except (Refused, Conflict) as refusal:
            form.blame(refusal)
        except NotFound:
            form.refuse("in_village", _("请选择所在村"))
    if form.problems:
        return _new_page(form), 422
    pages.say(_("合作社已登记。下一步：邀请理事长，由理事长再请其他人"))
    return redirect(url_for("township.cooperatives"), 303)


def _founding(form: Form) -> deeds.Founding | None:
    founded = form.read("founded_on", lambda text: typed.day(text, label=form.labels["founded_on"]))
    decided = form.read("decided_on", lambda text: typed.day(text, label=form.labels["decided_on"]))
    village = row_id(form.text("in_village"))
    if village is None:
        form.refuse("in_village", _("请选择所在村"))
    if form.problems or village is None or founded is None or decided is None:
        return None
    return deeds.Founding(
        village_id=village, name=form.text("name"), code=form.text("code"), uscc=form.text("uscc"),
        address=form.text("address"), phone=form.text("phone"), supervision_phone=form.text("supervision_phone"),
        founded_on=founded, decided_on=decided,
    )  # fmt: skip


@bp.post("/<region>/cooperatives/<code>/chair")
@guards.staff
def chair_invite(region: str, code: str) -> Response | tuple[str, int]:
    """The first chair only: further people are the chair's to invite."""
    found = next((row for row in cooperatives_under(g.region_code) if row.code == code), None)
    if found is None:
        raise NotFound
    sent = typed.posted({"phone": _("理事长手机号")}, ("phone",))
    phone = sent.text("phone")
    try:
        with transaction():
            invitations.invite_first_chair(found.id, phone, guards.me().id)
    except (Refused, Conflict) as refusal:
        sent.blame(refusal)
        wrong = {code: (phone, next(iter(sent.problems.values())))}
        return _page(Form(_village_labels(), {}, frozenset(_village_labels())), wrong), 422
    where = settings().public_url + url_for("storefront.invitations")
    invitations.send(found.id, found.name, phone, "chair", where)
    return redirect(url_for("township.cooperatives"), 303)
