"""Prices of specs, and new products with one spec each, from a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from shop.catalog import price_table, shelf, spec_prices, stocktaking
from shop.cooperatives.produce import queries
from shop.core import clock
from shop.core.money import format_plain, parse_yuan
from shop.core.numbers import fold, row_id
from shop.core.table_file import TableRow
from shop.core.table_import.kind import Checked, Column
from shop.core.text import N_
from shop.office import new_product, prices

# a deed's field → our column
_OF_PRICE = {"price_fen": "price"}
_OF_SPEC = {"spec": "content", "unit_quantity": "content", "price_fen": "price"}


@dataclass
class Context:
    """Read once for all rows of a file."""

    cooperative_id: int
    by: int
    rows: Mapping[str, Any]
    categories: Mapping[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(
        default_factory=dict
    )  # a name → its row in this file, 0 where it stood before


class PriceRows:
    code, name, subject = "prices", N_("改价"), "sku"
    note = N_("模板里已列好全部规格和现价，只改“新价格”；空着的不动。今天起生效")
    columns = (
        Column("sku", N_("规格编号"), "", required=True, width=10),
        Column("name", N_("商品"), "", width=28),
        Column("spec", N_("规格"), "", width=18),
        Column("old", N_("现价（元）"), "", width=12),
        Column("price", N_("新价格（元）"), "", required=True, width=14),
    )
    fields = _OF_PRICE

    def choices(self, cooperative_id: int) -> Mapping[str, Sequence[str]]:
        return {}

    def filled(self, cooperative_id: int) -> list[tuple[str, ...]]:
        """The rows that the form brings with it."""
        return [
            (str(row.id), row.name, row.spec, format_plain(row.price_fen), "")
            for row in price_table.rows(cooperative_id, limit=None)
        ]

    def begin(self, cooperative_id: int, by: int, lines: Sequence[TableRow]) -> Context:
        return Context(
            cooperative_id, by, {str(row.id): row for row in price_table.rows(cooperative_id, limit=None)}
        )

    def check(self, context: Context, row: Checked) -> None:
        form = row.form
        if form.problems.keys() == {"price"} and not form.text("price"):
            row.leave(_("没有填新价格，不动"))
            return
        sku = context.rows.get(str(row_id(fold(form.text("sku")))))
        if sku is None:
            form.refuse("sku", _("没有找到这个规格"))
            return
        fen = form.read("price", lambda text: parse_yuan(text, label=_("新价格")))
        before = context.names.setdefault(str(sku.id), row.number)
        if before != row.number:
            form.refuse("sku", _("和第 %(number)s 行重复，请只留一行", number=before))
        try:
            old = parse_yuan(form.text("old"), label="") if form.text("old") else sku.price_fen
        except ValueError:
            old = sku.price_fen
        if old != sku.price_fen:
            form.refuse("old", _("下载模板以后价格改过了，请重新下载模板"))
        if fen == sku.price_fen and not form.problems:
            row.known = _("和现价一样，不动")
        row.wanted = (sku.id, sku.version, fen)

    def save(self, context: Context, row: Checked) -> int:
        return self.save_many(context, [row])[0]

    def save_many(self, context: Context, rows: Sequence[Checked]) -> list[int]:
        """Any number of rows in one deed; a refusal does not say of which."""
        wanted = [
            spec_prices.NewPrice(sku_id, fen, version) for sku_id, version, fen in (r.wanted for r in rows)
        ]
        spec_prices.set_prices(context.cooperative_id, wanted, by=context.by, today=clock.today())
        return [one.sku_id for one in wanted]


class ProductRows:
    code, name, subject = "products", N_("新商品"), "product"
    note = N_("一行一个商品和它的第一个规格；导入后是下架状态，看过再上架")
    columns = (
        Column("name", N_("品名"), "大川干香菇", required=True, width=24),
        Column("produce", N_("用哪种货"), "干香菇", required=True),
        Column("category_id", N_("分类"), "干货", required=True),
        Column("content", N_("每份净含量"), "500", required=True, width=12),
        Column("content_unit", N_("单位"), "克", required=True, width=8),
        Column("pack", N_("包装"), "袋", width=8),
        Column("price", N_("价格（元）"), "68.00", required=True, width=12),
        Column("regulatory_class", N_("食品类别"), "食用农产品", required=True, width=18),
        Column("origin", N_("产地"), "大川镇大川村", width=20),
        Column("grade", N_("等级"), "统货", width=8),
        Column("storage", N_("贮存条件"), "阴凉干燥处", width=18),
        Column("shelf_life", N_("保质期"), "12个月", width=12),
        Column("subtitle", N_("一句话介绍"), "", width=24),
        Column("certificate_no", N_("证号"), "", long=True, width=20),
    )
    fields = _OF_SPEC

    def choices(self, cooperative_id: int) -> Mapping[str, Sequence[str]]:
        return {
            "produce": [row.name for row in queries.produce_of(cooperative_id)],
            "category_id": [row.name for row in stocktaking.categories()], "pack": prices.PACKS,
            "regulatory_class": [_short(words) for words in new_product.CLASSES.values()],
        }  # fmt: skip

    def begin(self, cooperative_id: int, by: int, lines: Sequence[TableRow]) -> Context:
        return Context(
            cooperative_id,
            by,
            {row.name: row for row in queries.produce_of(cooperative_id)},
            {row.name: row.id for row in stocktaking.categories()},
            dict.fromkeys(stocktaking.names(cooperative_id), 0),
        )

    def check(self, context: Context, row: Checked) -> None:
        form = row.form
        produce = context.rows.get(form.text("produce"))
        category_id = context.categories.get(form.text("category_id"))
        classes = {_short(words): code for code, words in new_product.CLASSES.items()}
        food = classes.get(form.text("regulatory_class"))
        if produce is None:
            form.refuse("produce", _("没有找到这种产品"))
        if category_id is None:
            form.refuse("category_id", _("请选择分类"))
        if food is None:
            form.refuse("regulatory_class", _("请选择食品类别"))
        before = context.names.setdefault(form.text("name"), row.number)
        if before == 0:
            form.refuse("name", _("已经有叫“%(name)s”的商品了，换个名字或去改那一个", name=form.text("name")))
        elif before != row.number:
            form.refuse("name", _("和第 %(number)s 行重复，请只留一行", number=before))
        if produce is None or category_id is None or food is None:
            return
        spec = prices.read_spec(form, produce.unit_kind, produce.count_word)
        if form.problems or spec is None:
            return
        said: dict[str, Any] = {name: form.text(name) for name in new_product.SAID if name in form.labels}
        said |= {"grade": said["grade"] or "统货", "regulatory_class": food}
        texts = shelf.Texts(**said, fresh=False)
        row.wanted = shelf.NewProduct(produce.id, category_id, texts, [spec.new])

    def save(self, context: Context, row: Checked) -> int:
        return self.save_many(context, [row])[0]

    def save_many(self, context: Context, rows: Sequence[Checked]) -> list[int]:
        """Any number of rows in one deed; a refusal does not say of which."""
        wanted = [row.wanted for row in rows]
        return shelf.create_many(context.cooperative_id, wanted, by=context.by, today=clock.today())


def _short(words: str) -> str:
    return words.partition("（")[0]
