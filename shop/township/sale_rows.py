"""Sales made elsewhere (832 platform, fairs) from a table: one line of a platform's order a row, entered by the deed of the
pages. What looks like a sale of ours asks in a column of its own, so that the answer stays with the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from shop.assisted import goods, outside, selling
from shop.assisted.alike import NEAR
from shop.assisted.outside import Told
from shop.assisted.selling import External
from shop.cooperatives.people.queries import cooperatives_under
from shop.core import clock
from shop.core.errors import Conflict
from shop.core.numbers import fold
from shop.core.table_file import TableRow
from shop.core.table_import.kind import Checked, Column, form_of
from shop.core.text import N_
from shop.township.sale_lines import FIELDS, Line, Offer, by_goods, by_name, read_line


@dataclass
class Context:
    """Read once for all rows of a file."""

    own: frozenset[int]  # the region's cooperatives
    lines: dict[int, Line] = field(default_factory=dict)
    known: Mapping[External, Any] = field(default_factory=dict)
    used: set[tuple[int, str]] = field(
        default_factory=set
    )  # money that is an order's already, here or in a row before
    left: dict[int, int] = field(
        default_factory=dict
    )  # produce → what closed lots still hold for the rows to come
    rows: dict[External, int] = field(default_factory=dict)
    told: dict[tuple[int, int, int], list[tuple[Told, int]]] = field(default_factory=dict)


class SaleRows:
    """One line of an order elsewhere a row."""

    code, name, subject = "sales", N_("外部销售"), "order"
    note = N_("832 平台、展会等别处成交的订单，一行一个订单行；和页面上登记的一样从批次出货、分到户")
    columns = (
        Column("cooperative", N_("合作社"), "大川村专业合作社", required=True, width=24),
        Column("platform", N_("平台"), "832平台", required=True, width=12),
        Column("number", N_("平台订单号"), "832-2026-000123", required=True, long=True, width=22),
        Column("line", N_("订单行"), "1", width=8),
        Column("sold_on", N_("日期"), "2026-11-01", required=True),
        Column("buyer", N_("买家"), "示例市第一中学食堂", required=True, width=24),
        Column("goods", N_("产品"), "干香菇", required=True),
        Column("quantity", N_("数量"), "20", required=True, width=10),
        Column("unit", N_("单位"), "公斤", required=True, width=8),
        Column("amount", N_("金额（元）"), "2960.00", required=True),
        Column("paid", N_("收款"), "转账", width=8),
        Column("reference", N_("银行流水号"), "20261102-0008", long=True, width=22),
        Column("confirmed", N_("确认不是重复"), "", width=14),
    )
    fields = FIELDS

    def choices(self, region: str) -> Mapping[str, Sequence[str]]:
        sellers = cooperatives_under(region)
        doubled = by_name(sellers)
        products = goods.on_offer(region, clock.today())
        words = sorted({row.count_word for row in products if row.unit_kind != "g"})
        return {
            "cooperative": [row.code if len(doubled[fold(row.name)]) > 1 else row.name for row in sellers],
            "goods": sorted({row.name for row in products}), "unit": ["斤", "公斤", "克", *words],
            "paid": ["现金", "转账", "未收"], "confirmed": ["是"],
        }  # fmt: skip

    def begin(self, region: str, by: int, lines: Sequence[TableRow]) -> Context:
        sellers = cooperatives_under(region)
        by_word = by_name(sellers) | {fold(row.code): [row] for row in sellers}
        asked = {fold(line["cooperative"]) for line in lines}
        named = {row.code for word in asked for row in by_word.get(word, ())}
        offered = goods.on_offer(region, clock.today(), named, None) if named else []
        offer = Offer(region, by, by_word, by_goods(offered))
        context = Context(frozenset(row.id for row in sellers))
        context.left = {row.produce_id: int(row.left) for row in offered}
        for line in lines:
            context.lines[line.number] = read_line(offer, form_of(self, line))
        read = list(context.lines.values())
        context.known = outside.known({line.external for line in read if line.external is not None})
        told = [(line, one) for line in read if (one := line.told) is not None]
        for place, numbers in outside.alike([one for _line, one in told]).items():
            told[place][0].alike = numbers
        context.used = outside.used(
            {
                (line.goods.cooperative_id, line.sale.reference)
                for line in read
                if line.sale and line.sale.reference
            }
        )
        return context

    def check(self, context: Context, row: Checked) -> None:
        line = context.lines[row.number]
        for name, sentence in line.form.problems.items():
            row.form.refuse(name, sentence)
        if line.external is None or _seen(context, row, line.external, line):
            return
        if line.sale is None or line.told is None:
            return
        _ask(context, row, line, line.told)
        _money(context, row, line)
        if not row.form.problems:
            _take(context, row, line)
        row.wanted = line.sale

    def save(self, context: Context, row: Checked) -> int:
        return self.save_many(context, [row])[0]

    def save_many(self, context: Context, rows: Sequence[Checked]) -> list[int]:
        """`save` for many rows at once; a refusal does not say of which."""
        made = selling.enter_many([row.wanted for row in rows])
        if not all(one.fresh for one in made):
            raise Conflict(N_("这一行刚才由另一个文件导入了"), "number")
        return [one.order_id for one in made]


def _seen(context: Context, row: Checked, external: External, line: Line) -> bool:
    """Whether nothing more is to be said: it stands above, or it came in before."""
    first = context.rows.setdefault(external, row.number)
    if first != row.number:
        row.form.refuse("number", _("和第 %(number)s 行重复，请只留一行", number=first))
        return True
    known = context.known.get(external)
    if known is None:
        return False
    told, sale = line.told, line.sale
    if known.cooperative_id not in context.own:
        row.form.refuse("number", _("这个平台的这个订单行，别的乡镇已经登记过，请核对"))
    elif known.state == "closed":
        row.form.refuse(
            "line",
            _("以前登记过，订单 %(number)s 已经取消；真的又成交了，请换一个订单行号", number=known.number),
        )
    elif told is not None and sale is not None and (
        (known.cooperative_id, known.produce_id, known.net_fen, known.day) != tuple(told)[:4]
        or known.quantity != sale.quantity
    ):  # fmt: skip
        row.form.refuse(
            "number",
            _("以前登记过（订单 %(number)s），内容和这一行不一样，请先核对那张订单", number=known.number),
        )
    elif not row.form.problems:
        row.known = _("以前导入过，没有重复记")
    return True


def _ask(context: Context, row: Checked, line: Line, told: Told) -> None:
    """What looks like another sale of ours, or of another platform's above, needs a 是 in its own column."""
    before = context.told.setdefault((told.cooperative_id, told.produce_id, told.fen), [])
    near = [
        number
        for other, number in before
        if other.platform != told.platform and abs(other.day - told.day) <= NEAR
    ]
    before.append((told, row.number))
    if line.sale is None or line.sale.confirmed:
        return
    if line.alike:
        row.form.refuse(
            "confirmed",
            _(
                "像是已有的 %(numbers)s：同一家合作社、同一种货、同样金额，前后不超过三天。不是重复的，这一格写“是”",
                numbers="、".join(line.alike[:5]),
            ),
        )
    elif near:
        row.form.refuse(
            "confirmed",
            _(
                "像是第 %(number)s 行：同一家合作社、同一种货、同样金额，前后不超过三天。不是重复的，这一格写“是”",
                number=near[0],
            ),
        )


def _money(context: Context, row: Checked, line: Line) -> None:
    sale = line.sale
    if sale is None or sale.paid != selling.TRANSFER:
        return
    key = (line.goods.cooperative_id, sale.reference)
    if key in context.used:
        row.form.refuse("reference", _("这条流水已经对上了另一笔销售"))
    context.used.add(key)


def _take(context: Context, row: Checked, line: Line) -> None:
    """What closed lots hold is held in mind for the rows before; the deed decides."""
    what, sale = line.goods, line.sale
    left = context.left[what.produce_id]
    if sale is not None and sale.quantity > left:
        row.form.blame(selling.too_little(what.name, sale.quantity, left, what.unit_kind, what.count_word))
    elif sale is not None:
        context.left[what.produce_id] = left - sale.quantity
