"""钱在哪里: every fen of the cooperative in one place, and the bank's statement beside it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.ledger.accounts import Account
from shop.core import clock, pages
from shop.core.background import ring
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.table_file import ACCEPTED
from shop.office.blueprint import bp
from shop.office.payouts import sent_bytes
from shop.orders.tasks import attribute
from shop.payments import by_transfer, reconciling, statement_lines, whereabouts

SIZE = 30


@bp.get("/<coop>/money")
@guards.manager
def money(coop: str) -> str:
    return _page()


def _page(problems: Sequence[str] = (), refused_line: int = 0, typed: str = "") -> str:
    number = pages.page_number()
    found = whereabouts.of(g.cooperative_id)
    own_account = any(place.code == Account.CONNECTED for place in found.money)
    lines = reconciling.lines_of(g.cooperative_id, limit=SIZE, offset=(number - 1) * SIZE)
    return render_template(
        "office/money.html",
        found=found,
        page=pages.Page(lines, number, SIZE, lines[0].total if lines else 0),
        sources=[
            (code, _(words))
            for code, (account, words) in reconciling.SOURCES.items()
            if own_account or account != Account.CONNECTED
        ],
        accepted=ACCEPTED,
        now=clock.now(),
        problems=problems,
        refused_line=refused_line,
        typed=typed,
    )


@bp.post("/<coop>/money/statement")
@guards.manager
def money_statement(coop: str) -> Response | tuple[str, int]:
    try:
        lines = statement_lines.read(sent_bytes("statement"))
        with transaction():
            done = reconciling.import_lines(g.cooperative_id, lines, guards.me().id)
    except statement_lines.BadRows as bad:
        return _page([bad.message, *bad.told]), 422
    except (Refused, Conflict) as refusal:
        return _page([refusal.message]), 422
    if done.paid:
        ring(attribute, list(done.paid))
    pages.say(
        _(
            "新导入 %(new)s 条流水，已有的 %(known)s 条没有重复记，按识别码付清了 %(paid)s 张订单",
            new=done.new,
            known=done.known,
            paid=len(done.paid),
        )
    )
    return redirect(url_for("office.money"), 303)


@bp.post("/<coop>/money/lines/<int:bank_line_id>")
@guards.manager
def money_line(coop: str, bank_line_id: int) -> Response | tuple[str, int]:
    """Say where money that came in was before."""
    try:
        with transaction():
            source = request.form.get("source", "")
            reconciling.book_income(bank_line_id, g.cooperative_id, source, guards.me().id)
    except (Refused, Conflict) as refusal:
        return _page([refusal.message]), 422
    pages.say(_("已入账：银行存款增加，应收款减少"))
    return redirect(url_for("office.money"), 303)


@bp.post("/<coop>/money/lines/<int:bank_line_id>/order")
@guards.manager
def money_line_order(coop: str, bank_line_id: int) -> Response | tuple[str, int]:
    """A transfer without a readable code: the manager says which order it is for."""
    number = request.form.get("order", "")[:40]
    try:
        with transaction():
            paid = by_transfer.assign(bank_line_id, g.cooperative_id, number, guards.me().id)
    except (Refused, Conflict) as refusal:
        return _page([refusal.message], bank_line_id, number), 422
    if paid:
        ring(attribute, paid)
    pages.say(_("已对上，订单付清了") if paid else _("已对上。没付够的等余款，多付的在退款名单里"))
    return redirect(url_for("office.money"), 303)
