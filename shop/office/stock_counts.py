"""盘点: what lies in the store counted against the books; the difference in goods and yuan is shown before anything is posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import stock_counts
from shop.cooperatives.income.stock_counts import Counted, Moved, Terms
from shop.cooperatives.income.stock_losses import BEARERS, REASONS, HeldByOrders
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Refused, said
from shop.core.form_keys import new_key, sent_key
from shop.core.numbers import row_id
from shop.core.text import clean_line
from shop.core.typed import Form
from shop.office.blueprint import bp
from shop.office.typed_goods import read_goods, units_of

SIZE = 30
MOST_FIELDS = 3000


@dataclass(frozen=True)
class Difference:
    """A counted lot beside its book quantity; `fen` is negative for a shortage."""

    row: Any
    one: Counted
    fen: int


@bp.get("/<coop>/stock")
@guards.manager
def stock(coop: str) -> str:
    """The counts so far."""
    before = row_id(request.args.get("after", ""))
    rows = stock_counts.counts(g.cooperative_id, before_id=before, limit=SIZE + 1)
    shown = rows[:SIZE]
    return render_template(
        "office/stock.html",
        page=pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None),
    )


@bp.get("/<coop>/stock/count")
@guards.manager
def stock_count(coop: str) -> str:
    rows = stock_counts.sheet(g.cooperative_id)
    return _page(rows, _form(rows), new_key())


@bp.get("/<coop>/stock/count/print")
@guards.manager
def stock_count_sheet(coop: str) -> str:
    """The paper to count with; book quantities only where ?book=1 asks for them, so that nobody copies them."""
    return render_template(
        "office/stock_sheet.html",
        rows=stock_counts.sheet(g.cooperative_id),
        book=request.args.get("book") == "1",
        now=clock.now(),
        back_url=url_for("office.stock_count"),
    )


def _form(rows: Sequence[Any]) -> Form:
    """One field a lot, named lot-<id>, with its unit and the book quantity that the counter was shown."""
    labels = {"reason": _("短缺的原因"), "borne_by": _("代销货短缺由谁承担"), "note": _("说明")}
    for row in rows:
        labels |= {
            f"lot-{row.id}": f"{row.produce} {row.code}",
            f"unit-{row.id}": _("单位"),
            f"book-{row.id}": "",
        }
    form = typed.posted(labels, {"reason", "borne_by"})
    form.values["reason"] = form.text("reason") or "shrinkage"
    form.values["borne_by"] = form.text("borne_by") or "cooperative"
    return form


@dataclass(frozen=True)
class Gone:
    """A lot that was counted and is not on the sheet any more: everything of it has left the store. `typed` is what was found."""

    row: Any
    typed: str


def _gone(rows: Sequence[Any]) -> list[Gone]:
    """What the form says of lots that the sheet no longer has; not one of them is dropped unsaid."""
    known = {row.id for row in rows}
    found = {
        lot_id: text.strip()[:40]
        for name, text in list(request.form.items())[:MOST_FIELDS]
        if name.startswith("lot-")
        and text.strip()
        and (lot_id := row_id(name.removeprefix("lot-"))) not in known
        and lot_id
    }
    return [Gone(row, found[row.id]) for row in stock_counts.off_sheet(g.cooperative_id, list(found))]


def _page(
    rows: Sequence[Any], form: Form, key: str, moved: Sequence[int] = (), gone: Sequence[Gone] = ()
) -> str:
    return render_template(
        "office/stock_count.html",
        rows=rows,
        gone=gone,
        form=form,
        key=key,
        moved=set(moved),
        units=units_of,
        reasons=[(code, _(name)) for code, name in REASONS.items() if code != "sample"],
        bearers=[(code, _(name)) for code, name in BEARERS.items()],
        modes=MODES,
    )


@bp.post("/<coop>/stock/count")
@guards.manager
def stock_count_post(coop: str) -> Response | str | tuple[str, int]:
    """`act`: show the differences first, then post what was shown. What changed meanwhile is counted again."""
    rows = stock_counts.sheet(g.cooperative_id)
    form = _form(rows)
    key = sent_key() or new_key()
    if request.form.get("act") == "back":
        return _page(rows, form, key)
    gone = _gone(rows)
    counted = _counted(rows, form)
    terms = _terms(form)
    if gone and request.form.get("act") == "post":
        return _page(rows, form, key, gone=gone), 409  # they left after the differences were shown
    moved = [
        one.lot_id for one in counted for row in rows if row.id == one.lot_id and row.on_hand != one.book
    ]
    if request.form.get("act") == "post" and terms is not None and not form.problems:
        try:
            with transaction():
                count_id = stock_counts.post(
                    g.cooperative_id, counted, terms, f"{g.cooperative_id}:{key}", guards.me().id
                )
        except Moved as conflict:
            return _page(
                stock_counts.sheet(g.cooperative_id), _again(form, conflict), key, conflict.lot_ids
            ), 409
        except HeldByOrders as refusal:
            form.refuse(
                refusal.field or "", _("短缺的货已有订单：先在批次的“报损”里看是哪几单，换批次或退款")
            )
        except Refused as refusal:
            form.blame(refusal)
        else:
            pages.say(_("盘点已记账"))
            return redirect(url_for("office.stock_counted", count_id=count_id), 303)
    if form.problems or terms is None:
        return _page(rows, form, key, gone=gone), 422
    if moved:
        return _page(rows, _again(form, Moved(moved)), key, moved, gone), 409
    return _preview(rows, form, counted, key, gone)


def _again(form: Form, conflict: Moved) -> Form:
    """The same form with what was typed; the lots whose goods moved are said to be counted again."""
    for lot_id in conflict.lot_ids:
        form.refuse(f"lot-{lot_id}", _("数过以后这一批有进出，请再数一遍"))
    return form


def _counted(rows: Sequence[Any], form: Form) -> list[Counted]:
    """The lots with a number; an empty field was not counted."""
    found = []
    for row in rows:
        name = f"lot-{row.id}"
        if not form.text(name).strip():
            continue
        quantity = read_goods(
            form, name, f"unit-{row.id}", produce=row.produce, unit_kind=row.unit_kind, count_word=row.count_word,
            zero_allowed=True,
        )  # fmt: skip
        book = form.text(f"book-{row.id}")
        if quantity is not None and book.isascii() and book.isdigit() and len(book) <= 15:
            found.append(Counted(row.id, int(book), quantity))
    if not found and not form.problems:
        form.refuse("", _("还没有填数量：数过的批次填上，没数的空着"))
    return found


def _terms(form: Form) -> Terms | None:
    note = form.read("note", lambda text: clean_line(text, label=_("说明"), max_length=200, required=False))
    reason, borne_by = form.text("reason"), form.text("borne_by")
    if reason not in REASONS:
        form.refuse("reason", _("请选择短缺的原因"))
    if borne_by not in BEARERS:
        form.refuse("borne_by", _("请选择损失由谁承担"))
    if borne_by == "producers" and not (note or "").strip():
        form.refuse("note", _("让交货户承担，要写明依据，例如：代销协议第几条"))
    return None if form.problems else Terms(clock.today(), reason, borne_by, note or "")


def _preview(
    rows: Sequence[Any], form: Form, counted: Sequence[Counted], key: str, gone: Sequence[Gone]
) -> str | tuple[str, int]:
    by_id = {row.id: row for row in rows}
    for one in counted:
        row = by_id[one.lot_id]
        if one.difference > row.findable:
            form.refuse(
                f"lot-{one.lot_id}", _("多出来的货超过了以前报损的数量：多半是漏记了收货，请先补登记收货")
            )
        elif one.counted < row.reserved:
            form.refuse(
                f"lot-{one.lot_id}", _("数到的比订单占着的还少：先在批次的“报损”里看是哪几单，换批次或退款")
            )
    if form.problems:
        return _page(rows, form, key, gone=gone), 422
    try:
        worth = stock_counts.value(g.cooperative_id, counted)
    except Refused as refusal:
        form.refuse("", said(refusal))
        return _page(rows, form, key, gone=gone), 422
    lines = [Difference(by_id[one.lot_id], one, worth.get(one.lot_id, 0)) for one in counted]
    return render_template(
        "office/stock_preview.html",
        lines=[line for line in lines if line.one.difference],
        same=sum(1 for line in lines if not line.one.difference),
        left=len(rows) - len(lines),
        total=sum(line.fen for line in lines),
        gone=gone,
        form=form,
        key=key,
        reason=REASONS[form.text("reason")],
        bearer=BEARERS[form.text("borne_by")],
    )


@bp.get("/<coop>/stock/counts/<int:count_id>")
@guards.manager
def stock_counted(coop: str, count_id: int) -> str:
    head, lines = stock_counts.count(count_id, g.cooperative_id)
    return render_template("office/stock_counted.html", head=head, lines=lines, modes=MODES)
