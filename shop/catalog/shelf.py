"""Deeds of the shelf: make a product from a produce, price its specs by date, put it on sale and take it off.

All of them are called inside `transaction()` and only touch rows of the given cooperative: another one's raise NotFound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, update

from shop.catalog.holding import locked_product, locked_sku, names_around, specs_offered
from shop.catalog.models import Product, Sku, SkuPrice
from shop.catalog.search import search_text, sort_key
from shop.catalog.spec_prices import check_price, price_row
from shop.catalog.told import refuse_claims
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import Refused
from shop.core.text import N_, clean_line, clean_paragraphs

MAX_SPECS = 20
MAX_UNIT = 10**9
MOST_AHEAD = timedelta(days=180)  # a pre-sale
LENGTHS = {
    "name": (N_("品名"), 40),
    "name_en": (N_("英文名"), 80),
    "subtitle": (N_("一句话介绍"), 60),
    "origin": (N_("产地"), 60),
    "grade": (N_("等级"), 20),
    "storage": (N_("贮存条件"), 60),
    "shelf_life": (N_("保质期"), 40),
    "certificate_no": (N_("证号"), 60),
}
# What each class of food must say before it may be sold (Agricultural Products Quality Law art. 38-40, Food Safety Law
# art. 35, 67, 68). The number is the certificate of the class.
CERTIFICATES = {
    "edible_agri": N_("承诺达标合格证编号"),
    "prepackaged": N_("食品生产许可证编号"),
    "bulk": N_("生产者许可证或登记证编号"),
    "workshop": N_("食品小作坊登记证编号"),
}
REQUIRED = {
    "edible_agri": ("origin", "grade", "certificate_no"),
    "prepackaged": ("origin", "storage", "shelf_life", "certificate_no"),
    "bulk": ("origin", "storage", "shelf_life", "certificate_no"),
    "workshop": ("origin", "storage", "shelf_life", "certificate_no"),
}


@dataclass(frozen=True, slots=True)
class NewSpec:
    """A spec: `unit_quantity` grams or pieces a pack, `price_fen` a pack."""

    spec: str
    unit_quantity: int
    price_fen: int


@dataclass(frozen=True, slots=True)
class Texts:
    """What a product says of itself. `picture` names one of our illustrations; `fresh`: see orders.fresh."""

    name: str
    name_en: str = ""
    subtitle: str = ""
    regulatory_class: str = "edible_agri"
    origin: str = ""
    grade: str = "统货"
    storage: str = ""
    shelf_life: str = ""
    story: str = ""
    certificate_no: str = ""
    picture: str = ""
    fresh: bool = False
    ships_from: date | None = None  # 预售: the first day of dispatch


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product that draws on the lots of a produce."""

    produce_id: int
    category_id: int
    texts: Texts
    specs: Sequence[NewSpec]


def create(
    cooperative_id: int, produce_id: int, category_id: int, texts: Texts, specs: Sequence[NewSpec],
    *, by: int | None, today: date,
) -> int:  # fmt: skip
    """One product, not yet on sale. Returns its id. Raises Refused, NotFound."""
    wanted = NewProduct(produce_id, category_id, texts, specs)
    return create_many(cooperative_id, [wanted], by=by, today=today)[0]


def create_many(
    cooperative_id: int, wanted: Sequence[NewProduct], *, by: int | None, today: date
) -> list[int]:
    """Any number of products, three statements and one more for each produce and category; ids in their order.

    Raises as `create`, of any of them.
    """
    around = {
        kinds: names_around(cooperative_id, *kinds)
        for kinds in dict.fromkeys((one.produce_id, one.category_id) for one in wanted)
    }
    rows = [_product_row(cooperative_id, one, around[one.produce_id, one.category_id]) for one in wanted]
    ids = [int(product_id) for product_id in insert_rows(Product, rows, "id")]
    specs = [(product_id, spec) for product_id, one in zip(ids, wanted, strict=True) for spec in one.specs]
    sku_ids = iter(_insert_specs(cooperative_id, specs, by, today))
    for product_id, one, row in zip(ids, wanted, rows, strict=True):
        for spec in one.specs:
            _tell_spec(next(sku_ids), cooperative_id, spec, by)
        activity.record(
            "product.created", "product", product_id, cooperative_id=cooperative_id, after={"name": row["name"]}, actor_id=by
        )  # fmt: skip
    return ids


def _product_row(cooperative_id: int, new: NewProduct, around: Any) -> dict[str, Any]:
    if not 1 <= len(new.specs) <= MAX_SPECS:
        raise Refused(_("规格要有 1 到 %(most)d 个", most=MAX_SPECS), "spec")
    values = _cleaned(new.texts)
    _check_presale(new.texts.ships_from)
    return values | {
        "cooperative_id": cooperative_id, "produce_id": new.produce_id, "category_id": new.category_id,
        "pinyin": sort_key(values["name"]),
        "search_text": search_text(
            values["name"], around.produce, around.village, around.cooperative, around.category, values["name_en"]
        ),
    }  # fmt: skip


def edit(product_id: int, cooperative_id: int, category_id: int, texts: Texts, *, by: int | None) -> None:
    """Change what a product says; one that is on sale must still say everything it has to. Raises Refused, NotFound."""
    before = locked_product(product_id, cooperative_id)
    values = _cleaned(texts)
    if before.published_at is not None:
        _check_complete(values)
    around = names_around(cooperative_id, before.produce_id, category_id)
    values["pinyin"] = sort_key(values["name"])
    values["search_text"] = search_text(
        values["name"], around.produce, around.village, around.cooperative, around.category, values["name_en"]
    )
    if values["ships_from"] != before.ships_from:
        _check_presale(texts.ships_from)
    old = {name: getattr(before, name) for name in asdict(texts) if getattr(before, name) != values[name]}
    session().execute(
        update(Product).where(Product.id == product_id).values(values | {"category_id": category_id})
    )
    activity.record(
        "product.edited", "product", product_id, cooperative_id=cooperative_id,
        before=_plain(old), after=_plain({name: values[name] for name in old}), actor_id=by,
    )  # fmt: skip


def add_spec(product_id: int, cooperative_id: int, spec: NewSpec, *, by: int | None, today: date) -> int:
    """One more spec with its first price. Returns the sku's id. Raises Refused, NotFound."""
    locked_product(product_id, cooperative_id)
    sku_id = _insert_specs(cooperative_id, [(product_id, spec)], by, today)[0]
    _tell_spec(sku_id, cooperative_id, spec, by)
    return sku_id


def _insert_specs(
    cooperative_id: int, specs: Sequence[tuple[int, NewSpec]], by: int | None, today: date
) -> list[int]:
    for _product, spec in specs:
        if not 0 < spec.unit_quantity <= MAX_UNIT:
            raise Refused(_("每份的净含量要大于 0"), "unit_quantity")
        check_price(spec.price_fen)
    rows = [
        {
            "cooperative_id": cooperative_id, "product_id": product_id, "spec": _spec_words(spec),
            "unit_quantity": spec.unit_quantity, "price_fen": spec.price_fen,
        }
        for product_id, spec in specs
    ]  # fmt: skip
    ids = [int(sku_id) for sku_id in insert_rows(Sku, rows, "id")]
    prices = zip(ids, specs, strict=True)
    insert_rows(SkuPrice, [price_row(sku_id, spec.price_fen, by, today) for sku_id, (_id, spec) in prices])
    return ids


def _spec_words(spec: NewSpec) -> str:
    return clean_line(spec.spec, label="规格", max_length=30)


def _tell_spec(sku_id: int, cooperative_id: int, spec: NewSpec, by: int | None) -> None:
    after = {"spec": _spec_words(spec), "price_fen": spec.price_fen}
    activity.record("sku.created", "sku", sku_id, cooperative_id=cooperative_id, after=after, actor_id=by)


def show_spec(sku_id: int, cooperative_id: int, shown: bool, *, version: int, by: int | None) -> None:
    """Offer a spec or stop offering it; the last one of a product on sale stays (take the product off instead)."""
    sku = locked_sku(sku_id, cooperative_id, version)
    if sku.published == shown:
        return
    product = locked_product(sku.product_id, cooperative_id)
    if not shown and product.published_at is not None and specs_offered(sku.product_id) == 1:
        raise Refused(_("这是在售的最后一个规格，请直接下架整个商品"), "published")
    session().execute(update(Sku).where(Sku.id == sku_id).values(published=shown, version=Sku.version + 1))
    activity.record(
        "sku.shown" if shown else "sku.hidden", "sku", sku_id, cooperative_id=cooperative_id, actor_id=by
    )


def publish(product_id: int, cooperative_id: int, *, by: int | None) -> None:
    """Put on sale. Raises Refused for what is missing or must not be said; a second call changes nothing."""
    product = locked_product(product_id, cooperative_id)
    if product.published_at is not None:
        return
    _check_complete({name: getattr(product, name) for name in (*LENGTHS, "story", "regulatory_class")})
    if not specs_offered(product_id):
        raise Refused(_("至少要有一个可卖的规格才能上架"), "spec")
    session().execute(update(Product).where(Product.id == product_id).values(published_at=func.now()))
    activity.record("product.published", "product", product_id, cooperative_id=cooperative_id, actor_id=by)


def unpublish(product_id: int, cooperative_id: int, *, by: int | None) -> None:
    """Take off sale; orders already placed go on. A second call changes nothing."""
    product = locked_product(product_id, cooperative_id)
    if product.published_at is None:
        return
    session().execute(update(Product).where(Product.id == product_id).values(published_at=None))
    activity.record("product.unpublished", "product", product_id, cooperative_id=cooperative_id, actor_id=by)


def _cleaned(texts: Texts) -> dict[str, Any]:
    """The texts as columns. Raises BadText, or Refused for a claim or an unknown class."""
    if texts.regulatory_class not in REQUIRED:
        raise Refused(_("请选择食品类别"), "regulatory_class")
    values: dict[str, Any] = {
        name: clean_line(getattr(texts, name), label=label, max_length=length, required=name == "name")
        for name, (label, length) in LENGTHS.items()
    }
    values["story"] = clean_paragraphs(texts.story, label="商品故事", max_length=2000, required=False)
    values["regulatory_class"] = texts.regulatory_class
    values["fresh"] = texts.fresh
    values["ships_from"] = texts.ships_from
    values["picture"] = clean_line(texts.picture, label="插图", max_length=40, required=False)
    _check_claims(values)
    return values


def _check_claims(values: dict[str, Any]) -> None:
    for name in (*LENGTHS, "story"):
        refuse_claims(values[name], name)


def _check_complete(values: dict[str, Any]) -> None:
    _check_claims(values)
    kind = values["regulatory_class"]
    for name in REQUIRED[kind]:
        if not values[name]:
            label = CERTIFICATES[kind] if name == "certificate_no" else LENGTHS[name][0]
            raise Refused(_("上架前要填%(label)s", label=_(label)), name)


def _check_presale(ships_from: date | None) -> None:
    """E-Commerce Law art. 49: what is sold must be delivered; so a day is named, and not a far one."""
    if ships_from is None:
        return
    today = clock.today()
    if ships_from <= today:
        raise Refused(_("预售的发货日要晚于今天；已经能发货的，请留空"), "ships_from")
    if ships_from > today + MOST_AHEAD:
        raise Refused(_("预售最多提前 %(days)d 天", days=MOST_AHEAD.days), "ships_from")


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """For the activity log: days as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
