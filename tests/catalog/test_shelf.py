"""Putting goods on the shelf: what must be said, what must not, dated prices, two managers at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import scoped_session

from shop.catalog import shelf, spec_prices
from shop.catalog.claims import medical_claims
from shop.catalog.models import Product, Sku, SkuPrice
from shop.catalog.shelf import NewSpec, Texts
from shop.core.activity import Activity
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import BadText
from tests.support import shop_builder, town_builder
from tests.support.town_builder import Coop

TODAY = date(2026, 11, 24)
PACK = NewSpec("250克/袋", 250, 6800)


@pytest.fixture
def seller(db_session: scoped_session) -> Coop:
    with transaction():
        return shop_builder.coop(name="卡子香菇农民专业合作社")


def _texts(**changes: Any) -> Texts:
    said: dict[str, Any] = {"name": "干香菇", "origin": "大川镇卡子村", "certificate_no": "CD-1"} | changes
    return Texts(**said)


def _make(seller: Coop, *specs: NewSpec, **changes: Any) -> int:
    with transaction():
        produce_id = town_builder.produce(seller)
        return shelf.create(
            seller.id,
            produce_id,
            shop_builder.category(),
            _texts(**changes),
            specs or (PACK,),
            by=None,
            today=TODAY,
        )


def _sku(product_id: int) -> Any:
    from_db = select(Sku.id, Sku.price_fen, Sku.version).where(Sku.product_id == product_id)
    with transaction() as session:
        return session.execute(from_db).first()


def test_a_new_product_is_not_on_sale_and_its_price_is_dated(
    seller: Coop, db_session: scoped_session
) -> None:
    product_id = _make(seller)
    product = db_session.get_one(Product, product_id)
    assert product.published_at is None
    assert " gxg " in product.search_text
    assert " 卡子 " in product.search_text
    sku = _sku(product_id)
    prices = db_session.execute(
        select(SkuPrice.price_fen, SkuPrice.valid_from).where(SkuPrice.sku_id == sku.id)
    ).all()
    assert prices == [(6800, TODAY)]


def test_publish_and_take_off_again(seller: Coop, db_session: scoped_session) -> None:
    product_id = _make(seller)
    with transaction():
        shelf.publish(product_id, seller.id, by=None)
        shelf.publish(product_id, seller.id, by=None)
    assert db_session.get_one(Product, product_id).published_at is not None
    with transaction():
        shelf.unpublish(product_id, seller.id, by=None)
    acts = db_session.execute(select(Activity.act).order_by(Activity.id)).scalars().all()
    assert [act for act in acts if act.startswith("product")] == [
        "product.created",
        "product.published",
        "product.unpublished",
    ]


@pytest.mark.parametrize(
    "kind,missing,field",
    [
        ("edible_agri", {"certificate_no": ""}, "certificate_no"),
        ("edible_agri", {"origin": ""}, "origin"),
        ("prepackaged", {"storage": "", "shelf_life": "12 个月"}, "storage"),
        ("prepackaged", {"storage": "阴凉", "shelf_life": ""}, "shelf_life"),
        ("workshop", {"storage": "阴凉", "shelf_life": "30 天", "certificate_no": ""}, "certificate_no"),
    ],
)
def test_what_the_class_of_food_must_say(
    seller: Coop, kind: str, missing: dict[str, str], field: str
) -> None:
    product_id = _make(seller, regulatory_class=kind, **missing)
    with pytest.raises(Refused) as refused, transaction():
        shelf.publish(product_id, seller.id, by=None)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "words", ["清热解毒，治 疗 咳嗽", "可降血糖", "抗·癌 佳品", "天然杀菌消炎", "高血压患者首选"]
)
def test_medical_claims_are_refused(seller: Coop, words: str) -> None:
    with pytest.raises(Refused, match="食品安全法") as refused:
        _make(seller, story=words)
    assert refused.value.field == "story"


def test_plants_and_plain_praise_are_no_claims() -> None:
    assert medical_claims(["山药炖鸡", "补充体力", "芍药花旁的蜂场", "口感爽滑，营养丰富"]) == []
    assert medical_claims(["能抗肿瘤"]) == ["抗肿瘤"]


def test_a_claim_written_straight_into_the_row_still_stops_publishing(
    seller: Coop, db_session: scoped_session
) -> None:
    product_id = _make(seller)
    with transaction():
        db_session.execute(update(Product).where(Product.id == product_id).values(story="包治百病"))
    with pytest.raises(Refused, match="包治百病"), transaction():
        shelf.publish(product_id, seller.id, by=None)


def test_a_price_is_changed_once_and_the_second_manager_is_told(
    seller: Coop, db_session: scoped_session
) -> None:
    sku = _sku(_make(seller))
    with transaction():
        spec_prices.set_price(sku.id, seller.id, 7200, version=sku.version, by=None, today=TODAY)
    with pytest.raises(Conflict), transaction():
        spec_prices.set_price(sku.id, seller.id, 6000, version=sku.version, by=None, today=TODAY)
    row = db_session.execute(select(Sku.price_fen, Sku.version).where(Sku.id == sku.id)).one()
    assert tuple(row) == (7200, sku.version + 1)
    last = select(SkuPrice.price_fen).where(SkuPrice.sku_id == sku.id).order_by(SkuPrice.id.desc()).limit(1)
    assert db_session.execute(last).scalar() == 7200


def test_the_same_price_again_writes_nothing(seller: Coop, db_session: scoped_session) -> None:
    sku = _sku(_make(seller))
    with transaction():
        spec_prices.set_price(sku.id, seller.id, sku.price_fen, version=sku.version, by=None, today=TODAY)
    assert db_session.execute(select(func.count()).select_from(SkuPrice)).scalar() == 1


@pytest.mark.parametrize("fen", [0, -1, 10**14])
def test_impossible_prices(seller: Coop, fen: int) -> None:
    sku = _sku(_make(seller))
    with pytest.raises(Refused), transaction():
        spec_prices.set_price(sku.id, seller.id, fen, version=sku.version, by=None, today=TODAY)


def test_the_last_spec_of_a_product_on_sale_stays(seller: Coop) -> None:
    product_id = _make(seller, PACK, NewSpec("500克/袋", 500, 13000))
    with transaction() as session:
        shelf.publish(product_id, seller.id, by=None)
        first, second = session.execute(
            select(Sku.id).where(Sku.product_id == product_id).order_by(Sku.id)
        ).scalars()
        shelf.show_spec(first, seller.id, shown=False, version=1, by=None)
    with pytest.raises(Refused), transaction():
        shelf.show_spec(second, seller.id, shown=False, version=1, by=None)


def test_another_cooperatives_goods_do_not_exist(seller: Coop) -> None:
    product_id = _make(seller)
    sku = _sku(product_id)
    with transaction():
        other = shop_builder.coop()
        foreign = town_builder.produce(other)
    for deed in (
        lambda: shelf.publish(product_id, other.id, by=None),
        lambda: shelf.unpublish(product_id, other.id, by=None),
        lambda: spec_prices.set_price(sku.id, other.id, 1, version=1, by=None, today=TODAY),
        lambda: shelf.show_spec(sku.id, other.id, shown=False, version=1, by=None),
        lambda: shelf.add_spec(product_id, other.id, PACK, by=None, today=TODAY),
        lambda: shelf.edit(product_id, other.id, 1, _texts(), by=None),
        lambda: shelf.create(seller.id, foreign, 1, _texts(), (PACK,), by=None, today=TODAY),
    ):
        with pytest.raises(NotFound), transaction():
            deed()


@pytest.mark.parametrize("name", ["", " ", "\u200b", "菇\x00", "长" * 41, "\u202e菇"])
def test_names_that_cannot_be_read_are_refused(seller: Coop, name: str) -> None:
    with pytest.raises(BadText):
        _make(seller, name=name)


def test_editing_keeps_the_log_of_what_changed(seller: Coop, db_session: scoped_session) -> None:
    product_id = _make(seller)
    with transaction():
        shelf.edit(product_id, seller.id, shop_builder.category(), _texts(name="花菇", grade="一级"), by=None)
    act = db_session.execute(select(Activity).where(Activity.act == "product.edited")).scalar_one()
    assert act.before == {"name": "干香菇", "grade": "统货"}
    assert act.after == {"name": "花菇", "grade": "一级"}
    assert " hg " in db_session.get_one(Product, product_id).search_text
