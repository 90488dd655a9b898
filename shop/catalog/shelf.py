"""Deeds of the shelf: make a product from a produce, price its specs by date, put it on sale and take it off.

All of them are called inside `transaction()` and only touch rows of the given cooperative: another one's raise NotFound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select, update

from shop.catalog.claims import medical_claims
from shop.catalog.models import Category, Product, Sku, SkuPrice
from shop.catalog.search import search_text, sort_key
from shop.cooperatives.people.models import Cooperative, Village
from shop.cooperatives.produce.models import Produce
from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import MAX_FEN
from shop.core.text import clean_line, clean_paragraphs

MAX_SPECS = 20
MAX_UNIT = 10**9
LENGTHS = {
    "name": ("品名", 40), "name_en": ("英文名", 80), "subtitle": ("一句话介绍", 60), "origin": ("产地", 60),
    "grade": ("等级", 20), "storage": ("贮存条件", 60), "shelf_life": ("保质期", 40), "certificate_no": ("证号", 60),
}  # fmt: skip
# What each class of food must say before it may be sold (Agricultural Products Quality Law art. 38-40, Food Safety Law
# art. 35, 67, 68). The number is the certificate of the class.
CERTIFICATES = {
    "edible_agri": "承诺达标合格证编号",
    "prepackaged": "食品生产许可证编号",
    "bulk": "生产者许可证或登记证编号",
    "workshop": "食品小作坊登记证编号",
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
    """What a product says of itself. `picture` names one of our illustrations."""

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


def create(
    cooperative_id: int, produce_id: int, category_id: int, texts: Texts, specs: Sequence[NewSpec],
    *, by: int | None, today: date,
) -> int:  # fmt: skip
    """A product that draws on the lots of a produce; not yet on sale. Returns its id. Raises Refused, NotFound."""
    if not 1 <= len(specs) <= MAX_SPECS:
        raise Refused(f"规格要有 1 到 {MAX_SPECS} 个", "spec")
    values = _cleaned(texts)
    around = _around(cooperative_id, produce_id, category_id)
    values |= {
        "cooperative_id": cooperative_id,
        "produce_id": produce_id,
        "category_id": category_id,
        "pinyin": sort_key(values["name"]),
        "search_text": search_text(
            values["name"], around.produce, around.village, around.cooperative, around.category, values["name_en"]
        ),
    }
    product_id = int(insert_rows(Product, [values], "id")[0])
    for spec in specs:
        add_spec(product_id, cooperative_id, spec, by=by, today=today)
    activity.record(
        "product.created", "product", product_id, cooperative_id=cooperative_id, after={"name": values["name"]}, actor_id=by
    )
    return product_id


def edit(product_id: int, cooperative_id: int, category_id: int, texts: Texts, *, by: int | None) -> None:
    """Change what a product says; one that is on sale must still say everything it has to. Raises Refused, NotFound."""
    before = _locked(product_id, cooperative_id)
    values = _cleaned(texts)
    if before.published_at is not None:
        _check_complete(values)
    around = _around(cooperative_id, before.produce_id, category_id)
    values["pinyin"] = sort_key(values["name"])
    values["search_text"] = search_text(
        values["name"], around.produce, around.village, around.cooperative, around.category, values["name_en"]
    )
    old = {name: getattr(before, name) for name in asdict(texts) if getattr(before, name) != values[name]}
    session().execute(update(Product).where(Product.id == product_id).values(values | {"category_id": category_id}))
    activity.record(
        "product.edited", "product", product_id, cooperative_id=cooperative_id,
        before=old, after={name: values[name] for name in old}, actor_id=by,
    )  # fmt: skip


def add_spec(product_id: int, cooperative_id: int, spec: NewSpec, *, by: int | None, today: date) -> int:
    """One more spec with its first price. Returns the sku's id. Raises Refused, NotFound."""
    _locked(product_id, cooperative_id)
    if not 0 < spec.unit_quantity <= MAX_UNIT:
        raise Refused("每份的净含量要大于 0", "unit_quantity")
    _check_price(spec.price_fen)
    row = {
        "cooperative_id": cooperative_id,
        "product_id": product_id,
        "spec": clean_line(spec.spec, label="规格", max_length=30),
        "unit_quantity": spec.unit_quantity,
        "price_fen": spec.price_fen,
    }
    sku_id = int(insert_rows(Sku, [row], "id")[0])
    insert_rows(SkuPrice, [_price_row(sku_id, spec.price_fen, by, today)])
    after = {"spec": row["spec"], "price_fen": spec.price_fen}
    activity.record("sku.created", "sku", sku_id, cooperative_id=cooperative_id, after=after, actor_id=by)
    return sku_id


def set_price(sku_id: int, cooperative_id: int, price_fen: int, *, version: int, by: int | None, today: date) -> None:
    """A new price from today on. `version` is the one the form was filled with: Conflict when somebody was faster."""
    _check_price(price_fen)
    sku = _locked_sku(sku_id, cooperative_id, version)
    if sku.price_fen == price_fen:
        return
    session().execute(
        update(Sku).where(Sku.id == sku_id).values(price_fen=price_fen, version=Sku.version + 1)
    )
    insert_rows(SkuPrice, [_price_row(sku_id, price_fen, by, today)])
    activity.record(
        "sku.price_changed", "sku", sku_id, cooperative_id=cooperative_id,
        before={"price_fen": sku.price_fen}, after={"price_fen": price_fen}, actor_id=by,
    )  # fmt: skip


def show_spec(sku_id: int, cooperative_id: int, shown: bool, *, version: int, by: int | None) -> None:
    """Offer a spec or stop offering it; the last one of a product on sale stays (take the product off instead)."""
    sku = _locked_sku(sku_id, cooperative_id, version)
    if sku.published == shown:
        return
    product = _locked(sku.product_id, cooperative_id)
    if not shown and product.published_at is not None and _offered(sku.product_id) == 1:
        raise Refused("这是在售的最后一个规格，请直接下架整个商品", "published")
    session().execute(update(Sku).where(Sku.id == sku_id).values(published=shown, version=Sku.version + 1))
    activity.record(
        "sku.shown" if shown else "sku.hidden", "sku", sku_id, cooperative_id=cooperative_id, actor_id=by
    )


def publish(product_id: int, cooperative_id: int, *, by: int | None) -> None:
    """Put on sale. Raises Refused for what is missing or must not be said; a second call changes nothing."""
    product = _locked(product_id, cooperative_id)
    if product.published_at is not None:
        return
    _check_complete({name: getattr(product, name) for name in (*LENGTHS, "story", "regulatory_class")})
    if not _offered(product_id):
        raise Refused("至少要有一个可卖的规格才能上架", "spec")
    session().execute(update(Product).where(Product.id == product_id).values(published_at=func.now()))
    activity.record("product.published", "product", product_id, cooperative_id=cooperative_id, actor_id=by)


def unpublish(product_id: int, cooperative_id: int, *, by: int | None) -> None:
    """Take off sale; orders already placed go on. A second call changes nothing."""
    product = _locked(product_id, cooperative_id)
    if product.published_at is None:
        return
    session().execute(update(Product).where(Product.id == product_id).values(published_at=None))
    activity.record("product.unpublished", "product", product_id, cooperative_id=cooperative_id, actor_id=by)


def _cleaned(texts: Texts) -> dict[str, Any]:
    """The texts as columns. Raises BadText, or Refused for a claim or an unknown class."""
    if texts.regulatory_class not in REQUIRED:
        raise Refused("请选择食品类别", "regulatory_class")
    values: dict[str, Any] = {
        name: clean_line(getattr(texts, name), label=label, max_length=length, required=name == "name")
        for name, (label, length) in LENGTHS.items()
    }
    values["story"] = clean_paragraphs(texts.story, label="商品故事", max_length=2000, required=False)
    values["regulatory_class"] = texts.regulatory_class
    values["picture"] = clean_line(texts.picture, label="插图", max_length=40, required=False)
    _check_claims(values)
    return values


def _check_claims(values: dict[str, Any]) -> None:
    for name in (*LENGTHS, "story"):
        found = medical_claims([values[name]])
        if found:
            words = "、".join(found)
            raise Refused(f"食品不能宣传治病或保健功效，请删掉：{words}（食品安全法第七十一条、七十三条）", name)


def _check_complete(values: dict[str, Any]) -> None:
    _check_claims(values)
    kind = values["regulatory_class"]
    for name in REQUIRED[kind]:
        if not values[name]:
            label = CERTIFICATES[kind] if name == "certificate_no" else LENGTHS[name][0]
            raise Refused(f"上架前要填{label}", name)


def _check_price(price_fen: int) -> None:
    if not 0 < price_fen <= MAX_FEN:
        raise Refused("价格要大于 0", "price")


def _price_row(sku_id: int, price_fen: int, by: int | None, today: date) -> dict[str, Any]:
    return {"sku_id": sku_id, "price_fen": price_fen, "valid_from": today, "set_by": by}


def _around(cooperative_id: int, produce_id: int, category_id: int) -> Row[*tuple[Any, ...]]:
    row = (
        session()
        .execute(
            select(
                Produce.name.label("produce"),
                Cooperative.name.label("cooperative"),
                Village.name.label("village"),
                Category.name.label("category"),
            )
            .join(Cooperative, Cooperative.id == Produce.cooperative_id)
            .join(Village, Village.id == Cooperative.village_id)
            .join(Category, Category.id == category_id)
            .where(Produce.id == produce_id, Produce.cooperative_id == cooperative_id)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound("没有找到这种产品或分类")
    return row


def _locked(product_id: int, cooperative_id: int) -> Product:
    product = session().execute(
        select(Product)
        .where(Product.id == product_id, Product.cooperative_id == cooperative_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()  # fmt: skip
    if product is None:
        raise NotFound("没有找到这个商品")
    return product


def _locked_sku(sku_id: int, cooperative_id: int, version: int) -> Row[*tuple[Any, ...]]:
    sku = session().execute(
        select(Sku.product_id, Sku.price_fen, Sku.published, Sku.version)
        .where(Sku.id == sku_id, Sku.cooperative_id == cooperative_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if sku is None:
        raise NotFound("没有找到这个规格")
    if sku.version != version:
        raise Conflict("这个规格刚刚被别人改过，请看过现在的价格再改", "price")
    return sku


def _offered(product_id: int) -> int:
    return (
        session().scalar(select(func.count()).select_from(Sku).where(Sku.product_id == product_id, Sku.published)) or 0
    )
