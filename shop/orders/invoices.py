"""Invoice headings of buyers, and invoices that cooperatives issued (E-Commerce Law art. 14).

A unit without a credit code (an army post, an embassy) cannot be entered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from shop.core import activity, credit_codes
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.numbers import fold
from shop.core.text import BadInput, clean_line, excerpt
from shop.orders.buying_models import InvoiceHeading, InvoiceIssued
from shop.orders.models import Order, Suborder

MOST = 20


def cleaned(kind: str, title: str, code: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The columns, and by field what is wrong with it."""
    problems: dict[str, str] = {}
    values: dict[str, Any] = {"kind": kind, "title": title, "tax_code": None}
    if kind not in {"person", "unit"}:
        problems["kind"] = _("请选择个人或单位")
    try:
        values["title"] = clean_line(title, label=_("发票抬头"), max_length=100)
    except BadInput as error:
        problems["title"] = _(error.template, **error.values)
    if kind == "unit":
        try:
            values["tax_code"] = credit_codes.read(code, "tax_code")
        except Refused as refusal:
            problems["tax_code"] = refusal.message
    return values, problems


def of_buyer(user_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The buyer's headings, the default one first. One statement."""
    columns = (
        InvoiceHeading.id, InvoiceHeading.kind, InvoiceHeading.title, InvoiceHeading.tax_code, InvoiceHeading.is_default,
    )  # fmt: skip
    return (
        session()
        .execute(
            select(*columns)
            .where(InvoiceHeading.user_id == user_id, InvoiceHeading.deleted_at.is_(None))
            .order_by(InvoiceHeading.is_default.desc(), InvoiceHeading.id.desc())
        )
        .all()
    )


def one(user_id: int, heading_id: int) -> Row[*tuple[Any, ...]]:
    """One of the buyer's headings. Raises NotFound for anybody else's."""
    row = next((row for row in of_buyer(user_id) if row.id == heading_id), None)
    if row is None:
        raise NotFound(_("没有找到这个发票抬头"))
    return row


def save(user_id: int, values: dict[str, Any], heading_id: int | None = None) -> int:
    """Keep a new heading or change one; the first is the default. Returns its id. Raises NotFound, Refused."""
    if heading_id is not None:
        _mine(user_id, heading_id, **values)
        return heading_id
    kept = of_buyer(user_id)
    same = next(
        (row.id for row in kept if all(getattr(row, name) == value for name, value in values.items())), None
    )
    if same is not None:
        return int(same)
    if len(kept) >= MOST:
        raise Refused(_("最多保存 %(most)d 个抬头，请先删掉不用的", most=MOST), "title")
    row = values | {"user_id": user_id, "is_default": not kept}
    return int(insert_rows(InvoiceHeading, [row], "id")[0])


def remove(user_id: int, heading_id: int) -> None:
    """Take a heading off the list; orders keep their copy. Raises NotFound."""
    _mine(user_id, heading_id, deleted_at=func.now(), is_default=False)


def _mine(user_id: int, heading_id: int, **values: Any) -> None:
    done = session().execute(
        update(InvoiceHeading)
        .where(
            InvoiceHeading.id == heading_id,
            InvoiceHeading.user_id == user_id,
            InvoiceHeading.deleted_at.is_(None),
        )
        .values(**values)
        .returning(InvoiceHeading.id)
        .execution_options(synchronize_session=False)
    )
    if done.scalar() is None:
        raise NotFound(_("没有找到这个发票抬头"))


def wanted(suborder_id: int, cooperative_id: int) -> Row[*tuple[Any, ...]]:
    """The heading copied onto the order and the invoice issued for this part, if any. One statement. Raises NotFound."""
    row = (
        session()
        .execute(
            select(
                Order.invoice_kind, Order.invoice_title, Order.invoice_tax_code, Order.state, InvoiceIssued.number,
                InvoiceIssued.issued_on, func.coalesce(InvoiceIssued.seq, 0).label("seq"),
            )
            .join(Suborder, Suborder.order_id == Order.id)
            .outerjoin(InvoiceIssued, InvoiceIssued.suborder_id == Suborder.id)
            .where(Suborder.id == suborder_id, Suborder.cooperative_id == cooperative_id)
            .order_by(InvoiceIssued.seq.desc())
            .limit(1)
        )
        .one_or_none()
    )  # fmt: skip
    if row is None:
        raise NotFound
    return row


def issue(suborder_id: int, cooperative_id: int, number: str, on: date, by: int, replaces: str = "") -> bool:
    """Note that the invoice was issued. False when exactly this had been noted before.

    `replaces`: the number that was noted wrongly, or that was cancelled by a red one; it stays in the history.
    Raises Refused (no invoice asked for, unpaid, a number that is none), Conflict (another number is noted, or the number is
    noted already).
    """
    now = wanted(suborder_id, cooperative_id)
    digits = fold(number[:60]).replace(" ", "")
    if not now.invoice_kind:
        raise Refused(_("买家没有要发票"))
    if now.state != "paid":
        raise Refused(_("这一单还没有付款，不能开票"))
    if not (digits.isascii() and digits.isdigit() and len(digits) in {8, 20}):
        raise Refused(
            _("发票号码是 20 位数字（纸质发票 8 位），现在是“%(text)s”", text=excerpt(number)),
            "invoice_number",
        )
    if (now.number, now.issued_on) == (digits, on):
        return False
    if now.seq and now.number != replaces:
        raise Conflict(_("这一单已经登记过发票 %(number)s", number=now.number), "invoice_number")
    row = {
        "suborder_id": suborder_id,
        "cooperative_id": cooperative_id,
        "seq": now.seq + 1,
        "number": digits,
        "issued_on": on,
        "by": by,
    }
    made = session().execute(
        insert(InvoiceIssued).values(row).on_conflict_do_nothing().returning(InvoiceIssued.id)
    ).scalar()  # fmt: skip
    if made is None:
        raise Conflict(_("发票号码 %(number)s 已经登记过，请核对", number=digits), "invoice_number")
    activity.record(
        "invoice.issued", "suborder", suborder_id, cooperative_id=cooperative_id,
        before={"number": now.number} if now.seq else None, after={"number": digits},
    )  # fmt: skip
    return True
