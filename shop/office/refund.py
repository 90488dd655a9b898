"""退款 of one suborder: goods that come back or an amount alone; first what it would cost, then, once confirmed, the deed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import pages, typed
from shop.core.background import ring
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.form_keys import new_key
from shop.core.money import format_yuan, parse_yuan
from shop.core.quantity import format_quantity, parse_pieces
from shop.core.text import BadInput
from shop.office.blueprint import bp
from shop.orders import picking, returns
from shop.payments import queries, refunds
from shop.payments.refunds import Case, Made
from shop.payments.tasks import send_refund

GOODS, AMOUNT = "goods", "amount"


@bp.get("/<coop>/shipping/<int:suborder_id>/refund")
@guards.manager
def refund(coop: str, suborder_id: int) -> str:
    picking.number_of(suborder_id, g.cooperative_id)
    try:
        case = refunds.look(suborder_id, g.cooperative_id)
    except Conflict as conflict:
        return _nothing(suborder_id, conflict.message)
    return _page(suborder_id, case)


@bp.post("/<coop>/shipping/<int:suborder_id>/refund")
@guards.manager
def refund_make(coop: str, suborder_id: int) -> Response | str | tuple[str, int]:
    """Without `sure` the page that asks once more; with it the deed, once for its key."""
    picking.number_of(suborder_id, g.cooperative_id)
    kind = GOODS if request.form.get("kind") == GOODS else AMOUNT
    try:
        case = refunds.look(suborder_id, g.cooperative_id)
        if request.form.get("sure") != "1":
            return _asked(suborder_id, case, kind)
        made = _do(suborder_id, case, kind)
    except _Mend as mend:
        return _page(suborder_id, mend.case, mend.form, kind), 422
    except Conflict as conflict:
        pages.say(conflict.message, "error")
        return redirect(url_for("office.parcel", suborder_id=suborder_id), 303)
    if made.by_provider:
        ring(send_refund, made.refund_id)
    if made.fresh:
        pages.say(_("已登记退款 %(fen)s", fen=format_yuan(made.amount_fen)))
    else:
        pages.say(_("这笔退款刚才已经登记过，没有重复退"), "notice")
    return redirect(url_for("office.parcel", suborder_id=suborder_id), 303)


class _Mend(Exception):
    """Something typed has to be mended."""

    def __init__(self, case: Case, form: typed.Form) -> None:
        super().__init__()
        self.case, self.form = case, form


def _labels(case: Case | None, kind: str) -> dict[str, str]:
    if kind == AMOUNT:
        return {"amount": _("退多少钱"), "why": _("退款原因")}
    labels: dict[str, str] = {"lines": _("退哪些货")}
    for line in case.lines if case else ():
        labels[f"line-{line.id}"] = _("退几份")
        labels[f"goods-{line.id}"] = _("货在哪里")
    return labels | {"freight": _("运费"), "reason": _("退款原因")}


def _typed(case: Case, kind: str) -> typed.Form:
    return typed.posted(_labels(case, kind), {"amount", "why", "reason"})


def _reason(form: typed.Form, kind: str) -> str:
    return form.text("why" if kind == AMOUNT else "reason")


def _wanted(case: Case, form: typed.Form) -> list[returns.Wanted]:
    """Packs as typed → grams or pieces; the last pack may be a begun one."""
    wanted = []
    for line in case.lines:
        name = f"line-{line.id}"
        if not form.text(name).strip("0 　０"):
            continue
        packs = form.read(name, lambda text: parse_pieces(text, _("份"), label=_("退几份")))
        if packs is None:
            continue
        quantity = line.left if packs == line.units_left else packs * line.unit_quantity
        wanted.append(returns.Wanted(line.id, quantity, form.text(f"goods-{line.id}") or returns.RETURNED))
    return wanted


def _read(case: Case, form: typed.Form, kind: str) -> tuple[list[returns.Wanted], int]:
    """(goods, fen of an amount alone); raises _Mend."""
    wanted: list[returns.Wanted] = []
    fen = None
    if kind == AMOUNT:
        fen = form.read("amount", lambda text: parse_yuan(text, label=_("退多少钱")))
    else:
        wanted = _wanted(case, form)
    if not _reason(form, kind).strip():
        form.refuse("why" if kind == AMOUNT else "reason", _("请填写退款原因"))
    if form.problems:
        raise _Mend(case, form)
    return wanted, fen or 0


def _asked(suborder_id: int, case: Case, kind: str) -> str:
    """What it would be, before anything is done."""
    form = _typed(case, kind)
    wanted, fen = _read(case, form, kind)
    going: Sequence[returns.Going] = ()
    freight_fen = 0
    try:
        if kind == AMOUNT:
            case.check(fen)
        else:
            going, freight_fen, fen = case.price(wanted, freight=bool(form.text("freight")))
    except (Refused, BadInput, NotFound) as refusal:
        form.blame(refusal)
        raise _Mend(case, form) from refusal
    return render_template(
        "office/refund_confirm.html",
        number=case.part.number,
        suborder_id=suborder_id,
        fen=fen,
        rows=_rows(case, going, freight_fen, _reason(form, kind)),
        note=_note(case, kind, going),
        key=new_key(),
        fields=form.values | {"kind": kind, "sure": "1"},
    )


def _rows(case: Case, going: Sequence[returns.Going], freight_fen: int, reason: str) -> list[tuple[str, str]]:
    lines = {line.id: line for line in case.lines}
    rows = []
    for one in going:
        line = lines[one.line_id]
        amount = format_quantity(one.quantity, "g" if line.unit_kind == "g" else "piece", line.count_word)
        where = _where(case, one.goods)
        rows.append((f"{line.name} {line.spec}", f"{amount} · {format_yuan(one.buyer_fen)} · {where}"))
    if freight_fen:
        rows.append((_("运费"), format_yuan(freight_fen)))
    return [*rows, (_("退款原因"), reason), (_("怎么退"), _way(case))]


def _where(case: Case, goods: str) -> str:
    if goods == returns.LOST:
        return str(_("货已损坏，报损"))
    return str(_("没发出，放回去卖") if case.part.undispatched else _("货已退回，放回去卖"))


def _way(case: Case) -> str:
    if case.part.channel == "provider":
        return str(_("原路退回买家的付款账户"))
    return str(_("由工作人员现金退回") if case.part.channel == "cash" else _("由工作人员转账退回"))


def _note(case: Case, kind: str, going: Sequence[returns.Going]) -> str:
    if kind == AMOUNT:
        return str(_("这笔钱由合作社承担，农户的货款不变。"))
    if any(one.goods == returns.LOST for one in going):
        return str(_("损坏的货由合作社承担，农户的货款不变。"))
    return str(_("代销的货款会从对应农户的账上冲回；买断的农户不受影响。"))


def _do(suborder_id: int, case: Case, kind: str) -> Made:
    form = _typed(case, kind)
    wanted, fen = _read(case, form, kind)
    who: dict[str, Any] = {
        "by": guards.me().id, "reason": _reason(form, kind), "cooperative_id": g.cooperative_id,
        "request_key": request.form.get("idempotency_key", "")[:100],
    }  # fmt: skip
    try:
        with transaction():
            if kind == AMOUNT:
                return refunds.refund_amount(suborder_id, fen, **who)
            return refunds.refund_goods(suborder_id, wanted, freight=bool(form.text("freight")), **who)
    except (Refused, BadInput, NotFound) as refusal:
        form.blame(refusal, {"reason": "why"} if kind == AMOUNT else None)
        raise _Mend(refunds.look(suborder_id, g.cooperative_id), form) from refusal


def _page(suborder_id: int, case: Case, form: typed.Form | None = None, kind: str = "") -> str:
    """Both forms; the one that was refused keeps what was typed."""
    blank = {
        which: typed.Form(_labels(case, which), {}, frozenset({"amount", "why", "reason"}))
        for which in (GOODS, AMOUNT)
    }
    forms = blank | ({kind: form} if form else {})
    return render_template(
        "office/refund.html",
        number=case.part.number,
        suborder_id=suborder_id,
        case=case,
        goods=forms[GOODS],
        amount=forms[AMOUNT],
        fresh=form is None or kind != GOODS,
        summary=form.summary if form else [],
        way=_way(case),
        past=queries.refunds_of_part(suborder_id),
        problem="",
    )


def _nothing(suborder_id: int, problem: str) -> str:
    number = picking.number_of(suborder_id, g.cooperative_id)
    return render_template(
        "office/refund.html",
        number=number,
        suborder_id=suborder_id,
        case=None,
        problem=problem,
        past=[],
        summary=[],
    )
