"""Sales made elsewhere (832 platform, fairs) as a table: its form, its rows, and what each of them means."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask_babel import gettext as _

from shop.assisted import goods, selling
from shop.assisted.alike import ProbablyKnown
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.errors import Conflict, NotFound, Refused, said
from shop.core.money import parse_yuan
from shop.core.numbers import fold, row_id
from shop.core.quantity import parse_pieces, parse_weight
from shop.core.spreadsheet import new_book, safe_cell
from shop.core.table_file import TableRow, read_day, read_table
from shop.core.text import N_, BadInput, clean_line

MOST = 200  # rows at a time: each is an order with all that follows
COLUMNS: Mapping[str, tuple[str, str]] = {  # heading, example
    "platform": (N_("平台"), "832平台"), "number": (N_("平台订单号"), "832-2026-000123"), "line": (N_("订单行"), "1"),
    "sold_on": (N_("日期"), "2026-11-01"), "buyer": (N_("买家"), "示例市第一中学食堂"), "goods": (N_("产品"), "干香菇"),
    "quantity": (N_("数量"), "20"), "unit": (N_("单位"), "公斤"), "amount": (N_("金额（元）"), "2960.00"),
    "paid": (N_("收款"), "转账"), "reference": (N_("银行流水号"), "20261102-0008"), "confirmed": (N_("确认不是重复"), ""),
}  # fmt: skip
NEEDED = ("platform", "number", "sold_on", "buyer", "goods", "quantity", "unit", "amount")
PAID = {"": selling.LATER, "未收": selling.LATER, "现金": selling.CASH, "转账": selling.TRANSFER}
TICKS = {"是", "√", "✓", "y", "yes", "1"}
SAMPLE = "例"
# a deed's field → the column that it speaks of
_OF = {"sold_on": "sold_on", "received_on": "sold_on", "contact": "buyer", "field": "goods"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row; `alike` are the orders that it may be a repeat of."""

    number: int
    column: str
    words: str
    alike: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows came in, how many had been there before; with problems nothing came in."""

    new: int
    known: int
    problems: Sequence[Problem]


class _NothingStoredError(Exception):
    """Some row is wrong: what the others did is undone."""


def bring_in(data: bytes, region_code: str, cooperative: str, by: int) -> Done:
    """All rows of the file, or none. A row that came in before, by its platform, number and line, is passed over.

    Opens a transaction. Raises Refused for a file that cannot be read.
    """
    labels = {name: (heading, _(heading), f"{heading} *") for name, (heading, _example) in COLUMNS.items()}
    table = [row for row in read_table(data, labels, NEEDED) if not row["platform"].startswith(SAMPLE)]
    if len(table) > MOST:
        raise Refused(N_("一次最多 %(most)s 行，请分几次导入"), "file", most=MOST)
    if not table:
        raise Refused(N_("表头下面没有内容"), "file")
    problems: list[Problem] = []
    new = known = 0
    try:
        with transaction():
            offered = _by_name(region_code, cooperative)
            seen: dict[tuple[str, str, int], int] = {}
            for row in table:
                made = _one(row, offered, region_code, by, seen, problems)
                new, known = new + (made is True), known + (made is False)
            if problems:
                raise _NothingStoredError
    except _NothingStoredError:
        return Done(0, known, problems)
    return Done(new, known, ())


def _one(
    row: TableRow, offered: Mapping[str, Any], region_code: str, by: int, seen: dict[tuple[str, str, int], int],
    problems: list[Problem],
) -> bool | None:  # fmt: skip
    """True: it came in; False: it was there; None: a problem more. A refused row leaves nothing behind."""
    try:
        sale = _sale(row, offered, region_code, by)
        if sale.external is None:
            raise RuntimeError("a row has its platform")
        external = sale.external
        before = seen.setdefault((external.platform, external.number, external.line), row.number)
        if before != row.number:
            raise Refused(N_("和第 %(number)s 行重复，请只留一行"), "number", number=before)
        with session().begin_nested():
            return selling.enter(sale).fresh
    except ProbablyKnown as alike:
        tick = COLUMNS["confirmed"][0]
        problems.append(Problem(row.number, _(tick), said(alike), alike.rows))
    except (Refused, Conflict, NotFound, BadInput) as refusal:
        at = getattr(refusal, "field", None) or ""
        heading = COLUMNS.get(_OF.get(at, at), ("", ""))[0]
        problems.append(Problem(row.number, _(heading) if heading else "", said(refusal)))
    return None


def _by_name(region_code: str, cooperative: str) -> dict[str, Any]:
    """The cooperative's products by their name, and by the produce where one product alone is made of it."""
    found: dict[str, Any] = {}
    rows = goods.on_offer(region_code, clock.today(), cooperative)
    for row in rows:
        if sum(other.produce == row.produce for other in rows) == 1:
            found[fold(row.produce)] = row
    return found | {fold(row.name): row for row in rows}


def _sale(row: TableRow, offered: Mapping[str, Any], region_code: str, by: int) -> selling.Sale:
    """Raises Refused, BadInput."""
    platform = clean_line(row["platform"], label=_("平台"), max_length=40)
    number = clean_line(row["number"], label=_("平台订单号"), max_length=60)
    line = row_id(fold(row["line"] or "1"))
    if line is None:
        raise Refused(N_("订单行要写 1、2 这样的数"), "line")
    buyer = clean_line(row["buyer"], label=_("买家"), max_length=60)
    what = offered.get(fold(row["goods"]))
    if what is None:
        raise Refused(N_("这家合作社没有叫“%(name)s”的货"), "goods", name=row["goods"][:40])
    sold_on = read_day(row["sold_on"])
    if sold_on is None:
        raise Refused(N_("日期要写成 2026-11-01 这样"), "sold_on")
    if what.unit_kind == "g":
        quantity = parse_weight(row["quantity"], row["unit"] or None, label=_("数量"))
    else:
        quantity = parse_pieces(row["quantity"], what.count_word, label=_("数量"))
    if row["paid"] not in PAID:
        raise Refused(N_("收款只能写现金、转账或未收"), "paid")
    key = hashlib.sha256(repr((platform, number, line)).encode()).hexdigest()
    return selling.Sale(
        region_code=region_code, sku_id=what.sku_id, quantity=quantity,
        fen=int(parse_yuan(row["amount"], label=_("金额"))), sold_on=sold_on, request_key=f"sheet-{key}", by=by, buyer=buyer,
        paid=PAID[row["paid"]], reference=clean_line(row["reference"], label=_("银行流水号"), max_length=100, required=False),
        external=selling.External(platform, number, line), confirmed=fold(row["confirmed"]).lower() in TICKS,
    )  # fmt: skip


def blank(region_code: str, cooperative: str) -> bytes:
    """An .xlsx to fill in: text columns, a sample row that is passed over, the cooperative's products as a list."""
    buffer = BytesIO()
    with new_book(buffer) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        sheet, lists = book.add_worksheet("填写"), book.add_worksheet("选项")
        names = [row.name for row in goods.on_offer(region_code, clock.today(), cooperative)]
        for place, (name, (heading, example)) in enumerate(COLUMNS.items()):
            sheet.set_column(place, place, 18, text)
            sheet.write_string(0, place, _(heading) + (" *" if name in NEEDED else ""), bold)
            sheet.write_string(1, place, f"{SAMPLE}：{example}" if place == 0 else safe_cell(example), text)
        _offer(sheet, lists, 0, list(COLUMNS).index("goods"), names)
        _offer(sheet, lists, 1, list(COLUMNS).index("unit"), ["斤", "公斤", "克", "件"])
        _offer(sheet, lists, 2, list(COLUMNS).index("paid"), ["现金", "转账", "未收"])
        _offer(sheet, lists, 3, list(COLUMNS).index("confirmed"), ["是"])
        sheet.freeze_panes(1, 0)
    return buffer.getvalue()


def _offer(sheet: Any, lists: Any, list_place: int, place: int, values: Sequence[str]) -> None:
    """A column that offers a list of values. Nothing where there are none."""
    if not values:
        return
    for line, value in enumerate(values):
        lists.write_string(line, list_place, safe_cell(value))
    letter = "ABCD"[list_place]
    source = f"='选项'!${letter}$1:${letter}${len(values)}"
    sheet.data_validation(
        1, place, MOST, place, {"validate": "list", "source": source, "error_type": "warning"}
    )
