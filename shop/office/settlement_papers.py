"""One household's statement of a month: on the screen, on A4, and what is taken from it by name."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import deductions, settlement
from shop.cooperatives.ledger import sealing
from shop.cooperatives.produce import deliverers
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.form_keys import new_key, sent_key
from shop.core.money import parse_yuan
from shop.core.text import BadInput
from shop.core.typed import Form
from shop.office import month
from shop.office.blueprint import bp
from shop.payments import payees, payout_queries


@dataclass(frozen=True)
class Paper:
    """A household's month: the settlement it stands in and its lines there (two where it joined within the month)."""

    month: month.Month
    who: deliverers.Deliverer
    statement: settlement.Statement | None
    lines: tuple[settlement.StatementLine, ...]


def _read(household_id: int) -> Paper:
    asked = month.asked()
    who = deliverers.one(household_id, g.cooperative_id, asked.last)
    found = settlement.statement(g.cooperative_id, asked.name)
    lines = tuple(row for row in found.lines if row.household_id == household_id) if found else ()
    return Paper(asked, who, found, lines)


def labels() -> dict[str, str]:
    return {"name": _("名目"), "amount": _("金额"), "reason": _("依据")}


@bp.get("/<coop>/settlement/households/<int:household_id>")
@guards.manager
def settlement_household(coop: str, household_id: int) -> str:
    return _page(household_id, Form(labels(), {}, frozenset(labels())))


def _page(household_id: int, form: Form) -> str:
    paper = _read(household_id)
    account = payees.usable(g.cooperative_id, clock.now(), [household_id]).get((household_id, None))
    return render_template(
        "office/settlement_household.html",
        paper=paper,
        month=paper.month,
        who=paper.who,
        names=settlement.NAMES,
        account=account,
        payments={row.line_id: payout_queries.payments_for(row.line_id) for row in paper.lines},
        form=form,
        key=new_key(),
    )


@bp.get("/<coop>/settlement/households/<int:household_id>/print")
@guards.manager
def settlement_paper(coop: str, household_id: int) -> str:
    paper = _read(household_id)
    return render_template(
        "office/settlement_print.html",
        paper=paper,
        month=paper.month,
        who=paper.who,
        names=settlement.NAMES,
        payments={row.line_id: payout_queries.payments_for(row.line_id) for row in paper.lines},
        now=clock.now(),
        seal=sealing.newest(g.cooperative_id),
        back_url=url_for("office.settlement_household", household_id=household_id, month=paper.month.name),
    )


@bp.post("/<coop>/settlement/households/<int:household_id>/deductions")
@guards.manager
def settlement_deduct(coop: str, household_id: int) -> Response | tuple[str, int]:
    """Freight, packaging and the like that the household bears: dated in the month shown while that is open."""
    paper = _read(household_id)
    form = Form(labels(), {name: request.form.get(name, "")[:250] for name in labels()}, frozenset(labels()))
    fen = form.read("amount", lambda text: parse_yuan(text, label=_("金额")))
    key = sent_key("idempotency_key")
    if fen is not None:
        try:
            if not key:
                raise Refused(_("页面太旧了，请重新填写"))
            with transaction():
                _deduct(paper, household_id, fen, form, key)
        except BadInput as refusal:
            form.refuse("", _(refusal.template, **refusal.values))
        except Refused as refusal:
            form.refuse(refusal.field or "", refusal.message)
    if form.problems:
        return _page(household_id, form), 422
    pages.say(_("扣款已记账，重新计算后进入结算单"))
    return redirect(
        url_for("office.settlement_household", household_id=household_id, month=paper.month.name), 303
    )


def _deduct(paper: Paper, household_id: int, fen: int, form: Form, key: str) -> None:
    still_open = paper.statement is None or paper.statement.state == settlement.DRAFT
    day = min(clock.today(), paper.month.last) if still_open else clock.today()
    party = deductions.household_party(household_id, g.cooperative_id, day)
    deductions.deduct(
        g.cooperative_id, party, fen, form.text("name"), reason=form.text("reason"), request_key=key,
        by=guards.me().id, on=day,
    )  # fmt: skip
