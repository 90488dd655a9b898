"""收款账户: who is paid where; a change needs two people and waits a day, and the household is told."""

from __future__ import annotations

import structlog
from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from shop.accounts import guards, sms
from shop.cooperatives.produce import deliverers
from shop.cooperatives.produce.models import Supplier
from shop.core import clock, pages
from shop.core.db import session, transaction
from shop.core.errors import Conflict, NotFound, Refused, said
from shop.core.http import settings
from shop.core.text import BadInput
from shop.core.typed import Form
from shop.office.blueprint import bp
from shop.payments import payees

log = structlog.get_logger()
SIZE = 30
REQUIRED = frozenset({"party", "holder", "bank", "account"})


def labels() -> dict[str, str]:
    return {
        "party": _("哪一户或哪个供货商"), "holder": _("户名"), "bank": _("开户行"), "account": _("账号"),
        "again": _("再输一遍账号"),
    }  # fmt: skip


@bp.get("/<coop>/payees")
@guards.manager
def payees_list(coop: str) -> str:
    return _page(Form(labels(), {"party": request.args.get("party", "")[:60]}, REQUIRED))


def _page(form: Form, problem: str = "") -> str:
    number = pages.page_number()
    rows = payees.listed(g.cooperative_id, limit=SIZE, offset=(number - 1) * SIZE)
    return render_template(
        "office/payees.html",
        form=form,
        people=deliverers.known(g.cooperative_id, clock.today()),
        suppliers=_suppliers(),
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        me=guards.me().id,
        chair=g.duty == "chair",
        now=clock.now(),
        problem=problem,
    )


@bp.post("/<coop>/payees")
@guards.manager
def payee_request(coop: str) -> Response | tuple[str, int]:
    typed = {name: request.form.get(name, "")[:100] for name in labels()}
    form = Form(labels(), typed, REQUIRED)
    try:
        if "".join(typed["account"].split()) != "".join(typed["again"].split()):
            raise Refused(_("两遍账号不一样，请对照存折或银行卡重输"), "again")
        household_id, supplier_id = _party(typed["party"])
        wanted = payees.Wanted(typed["holder"], typed["bank"], typed["account"], household_id, supplier_id)
        with transaction():
            payees.request(g.cooperative_id, wanted, guards.me().id)
    except (Refused, NotFound, Conflict) as refusal:
        form.refuse(refusal.field or "party", refusal.message)
        return _page(form), 409 if isinstance(refusal, Conflict) else 422
    except BadInput as refusal:
        form.refuse("", _(refusal.template, **refusal.values))
        return _page(form), 422
    pages.say(_("账户已登记，要由另一个人批准，批准后满 24 小时才会付到这里"))
    return redirect(url_for("office.payees_list"), 303)


@bp.post("/<coop>/payees/<int:payee_id>/<any(approve,withdraw):act>")
@guards.manager
def payee_act(coop: str, payee_id: int, act: str) -> Response | tuple[str, int]:
    user = guards.me().id
    try:
        with transaction():
            if act == "approve":
                payees.approve(payee_id, g.cooperative_id, user)
            else:
                payees.withdraw(payee_id, g.cooperative_id, user)
    except (Refused, Conflict) as refusal:
        return _page(Form(labels(), {}, REQUIRED), said(refusal)), 422
    if act == "approve":
        _tell(payee_id)
    pages.say(_("已批准，24 小时后生效") if act == "approve" else _("已撤回，不会再付到这个账户"))
    return redirect(url_for("office.payees_list"), 303)


def _tell(payee_id: int) -> None:
    """The household hears of the change while there is still time to object; no phone, no text: its page says it too."""
    phone, last_four = payees.phone_of(payee_id)
    session().rollback()
    if phone is None:
        return
    words = _(
        "您家的收款账户将在 24 小时后改为尾号 %(digits)s。如果不是您家要改的，请马上联系合作社。",
        digits=last_four,
    )
    try:
        sms.gateway(settings()).send(phone, words)
    except OSError as error:
        log.warning("payee_sms_not_sent", payee=payee_id, error=type(error).__name__)


def _suppliers() -> list[tuple[int, str]]:
    rows = session().execute(
        select(Supplier.id, Supplier.name)
        .where(Supplier.cooperative_id == g.cooperative_id)
        .order_by(Supplier.name)
    )
    return [(row.id, row.name) for row in rows]


def _party(text: str) -> tuple[int | None, int | None]:
    """(household, supplier) that a text means: a name, number, code or offered label that fits just one. Raises Refused."""
    people = (
        deliverers.exactly(deliverers.known(g.cooperative_id, clock.today()), text) if text.strip() else []
    )
    named = [supplier_id for supplier_id, name in _suppliers() if name == text.strip()]
    if len(people) + len(named) != 1:
        words = (
            _("有不止一户叫这个名字，请填成员编号")
            if people or named
            else _("没有找到，请填成员编号或户编号")
        )
        raise Refused(words, "party")
    return (people[0].household_id, None) if people else (None, named[0])
