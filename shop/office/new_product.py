"""A new product from what the cooperative takes in, in a few fields; and what a product says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import shelf, stocktaking
from shop.cooperatives.people import queries as people
from shop.cooperatives.produce import queries
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.numbers import row_id
from shop.core.text import N_, BadInput, clean_line
from shop.office import prices
from shop.office.blueprint import bp
from shop.office.shelf import spec_labels

CLASSES = {
    "edible_agri": N_("食用农产品（鲜货、晒干烘干、没有加工配料）"),
    "prepackaged": N_("预包装食品（有生产许可证）"),
    "bulk": N_("散装食品"),
    "workshop": N_("小作坊食品"),
}
PICTURES = {
    "dried-shiitake": N_("干香菇"), "tea": N_("茶叶"), "dried-bamboo": N_("干竹笋"), "bamboo-shoot": N_("鲜竹笋"),
    "honey": N_("蜂蜜"), "kiwi": N_("猕猴桃"), "yanghe": N_("阳荷"), "yangjiang": N_("洋姜"), "chilli": N_("辣椒"),
    "watermelon": N_("西瓜"), "chicken": N_("鸡"), "pork": N_("猪肉"), "goat": N_("羊肉"), "beef": N_("牛肉"),
}  # fmt: skip
HINTS = {
    "香菇": "dried-shiitake", "茶": "tea", "鲜竹笋": "bamboo-shoot", "笋": "dried-bamboo", "蜜": "honey", "猕猴桃": "kiwi",
    "阳荷": "yanghe", "洋姜": "yangjiang", "椒": "chilli", "西瓜": "watermelon", "鸡": "chicken", "猪": "pork",
    "羊": "goat", "牛": "beef",
}  # fmt: skip
SAID = (
    "name",
    "subtitle",
    "regulatory_class",
    "origin",
    "grade",
    "storage",
    "shelf_life",
    "story",
    "certificate_no",
    "picture",
)


def _text_labels() -> dict[str, str]:
    return {
        "name": _("品名"), "category_id": _("分类"), "certificate_no": _("证号"), "origin": _("产地"), "grade": _("等级"),
        "subtitle": _("一句话介绍"), "regulatory_class": _("食品类别"), "storage": _("贮存条件"), "shelf_life": _("保质期"),
        "story": _("商品故事"), "picture": _("插图"), "fresh": _("鲜活易腐"),
        "ships_from": _("预售，从哪天起发货"),
    }  # fmt: skip


def _new_labels() -> dict[str, str]:
    texts = _text_labels()
    return {"produce": _("用哪种货"), "name": texts.pop("name"), **spec_labels(), **texts}


@bp.get("/<coop>/products/new")
@guards.manager
def product_new(coop: str) -> str:
    produces = queries.produce_of(g.cooperative_id)
    if not produces:
        return render_template("office/intake_none.html")
    wanted = row_id(request.args.get("produce", ""))
    produce = next((row for row in produces if row.id == wanted), produces[0])
    latest = stocktaking.latest(g.cooperative_id, produce.id)
    category = str(latest.category_id) if latest and latest.produce_id == produce.id else ""
    values = {
        "produce": str(produce.id), "name": produce.name, "grade": "统货", "content_unit": "克", "pack": prices.PACKS[0],
        "regulatory_class": "edible_agri", "picture": _picture(produce.name),
        "origin": latest.origin if latest else _home(coop), "category_id": category,
    }  # fmt: skip
    return _new_page(typed.Form(_new_labels(), values, _required()), produces)


def _required() -> frozenset[str]:
    return frozenset({"produce", "name", "content", "price", "category_id", "regulatory_class"})


def _picture(name: str) -> str:
    return next((picture for part, picture in HINTS.items() if part in name), "")


def _home(coop: str) -> str:
    row = people.cooperative_by_code(coop)
    return f"{row.region_name}{row.village_name}"


def _new_page(form: typed.Form, produces: Any) -> str:
    produce = next((row for row in produces if str(row.id) == form.text("produce")), produces[0])
    return render_template(
        "office/product_new.html",
        form=form,
        produces=produces,
        produce=produce,
        packs=prices.PACKS,
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    return {
        "categories": [(row.id, row.name) for row in stocktaking.categories()],
        "classes": [(code, _(words)) for code, words in CLASSES.items()],
        "pictures": [(name, _(words)) for name, words in PICTURES.items()],
        "certificates": {code: _(words) for code, words in shelf.CERTIFICATES.items()},
    }


@bp.post("/<coop>/products/new")
@guards.manager
def product_create(coop: str) -> Response | tuple[str, int]:
    produces = queries.produce_of(g.cooperative_id)
    form = typed.posted(_new_labels(), _required())
    wanted = row_id(form.text("produce"))
    produce = next((row for row in produces if row.id == wanted), None)
    if produce is None:
        raise NotFound(_("没有找到这种产品"))
    spec = prices.read_spec(form, produce.unit_kind, produce.count_word)
    category_id = _category(form)
    _check_name(form)
    ships_from = _ships_from(form)
    if form.problems or spec is None or category_id is None:
        return _new_page(form, produces), 422
    try:
        with transaction():
            product_id = shelf.create(
                g.cooperative_id, produce.id, category_id, replace(_texts(form.values), ships_from=ships_from), [spec.new],
                by=guards.me().id, today=clock.today(),
            )  # fmt: skip
    except (Refused, BadInput) as refusal:
        _blame(form, refusal)
        return _new_page(form, produces), 422
    pages.say(_("“%(name)s”建好了，看一眼没问题就上架", name=form.text("name").strip()))
    return redirect(url_for("office.product", product_id=product_id), 303)


def _check_name(form: typed.Form) -> None:
    name = form.read(
        "name", lambda text: clean_line(text, label=_("品名"), max_length=shelf.LENGTHS["name"][1])
    )
    if name is not None and stocktaking.name_taken(g.cooperative_id, name):
        form.refuse("name", _("已经有叫“%(name)s”的商品了，换个名字或去改那一个", name=name))


def _category(form: typed.Form) -> int | None:
    category_id = row_id(form.text("category_id"))
    if category_id is None or category_id not in {row.id for row in stocktaking.categories()}:
        form.refuse("category_id", _("请选择分类"))
        return None
    return category_id


def _ships_from(form: typed.Form) -> date | None:
    """Empty for what can be sent at once; a day that is none gets its sentence beside the field."""
    if not form.text("ships_from").strip():
        return None
    return form.read("ships_from", lambda text: typed.day(text, label=_("发货日")))


def _texts(values: Mapping[str, str]) -> shelf.Texts:
    picture = values.get("picture", "")
    kept: dict[str, Any] = {name: values.get(name, "") for name in SAID} | {
        "picture": picture if picture in PICTURES else ""
    }
    return shelf.Texts(**kept, fresh=bool(values.get("fresh")))


def _blame(form: typed.Form, refusal: Refused | BadInput) -> None:
    """The parsers of the deed name no field: their sentence begins with the label, which finds it."""
    sentence = str(refusal)
    named = next(
        (
            name
            for name, (label, _length) in shelf.LENGTHS.items()
            if label in sentence and name in form.labels
        ),
        "",
    )
    if "商品故事" in sentence:
        named = "story"
    form.refuse(getattr(refusal, "field", None) or named, sentence)


@bp.get("/<coop>/products/<int:product_id>/edit")
@guards.manager
def product_edit(coop: str, product_id: int) -> str:
    row = stocktaking.product(product_id, g.cooperative_id, clock.today())
    values = {name: str(getattr(row, name)) for name in (*SAID, "category_id")} | {
        "fresh": "1" if row.fresh else "",
        "ships_from": row.ships_from.isoformat() if row.ships_from else "",
    }
    return _edit_page(
        row, typed.Form(_text_labels(), values, frozenset({"name", "category_id", "regulatory_class"}))
    )


def _edit_page(row: Any, form: typed.Form) -> str:
    return render_template("office/product_edit.html", p=row, form=form, **_choices())


@bp.post("/<coop>/products/<int:product_id>/edit")
@guards.manager
def product_change(coop: str, product_id: int) -> Response | tuple[str, int]:
    row = stocktaking.product(product_id, g.cooperative_id, clock.today())
    form = typed.posted(_text_labels(), {"name", "category_id", "regulatory_class"})
    category_id = _category(form)
    ships_from = _ships_from(form)
    if category_id is None or form.problems:
        return _edit_page(row, form), 422
    try:
        with transaction():
            texts = replace(_texts(form.values), name_en=row.name_en, ships_from=ships_from)
            shelf.edit(product_id, g.cooperative_id, category_id, texts, by=guards.me().id)
    except (Refused, Conflict, BadInput) as refusal:
        _blame(form, refusal)  # type: ignore[arg-type]
        return _edit_page(row, form), 422
    pages.say(_("已保存"))
    return redirect(url_for("office.product", product_id=product_id), 303)
