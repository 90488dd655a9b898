"""Filters with addresses, marks in search, favourites, what was looked at, goods beside a product."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import scoped_session

from shop.catalog import favourites, search
from shop.catalog.choices import MOST_COUNTED
from shop.core.db import session, transaction
from shop.core.errors import NotFound, Refused
from tests.storefront.conftest import Buyer
from tests.support import shop_builder
from tests.support.shop_builder import Offer, Village


def _names(html: str) -> list[str]:
    return re.findall(r'<h[23]><a href="/p/\d+">(.*?)</a>', html)


def _village(seller: shop_builder.Coop) -> str:
    code = session().execute(select(Village.code).where(Village.id == seller.village_id)).scalar_one()
    session().rollback()
    return str(code)


def test_filters_narrow_and_each_can_be_taken_off(client: FlaskClient, db_session: scoped_session) -> None:
    with transaction():
        one, two = shop_builder.coop(village="甲村"), shop_builder.coop(village="乙村")
        shop_builder.offer(one, "甲香菇", certified=True)
        shop_builder.offer(one, "甲木耳", grams=0)
        shop_builder.offer(two, "乙香菇", grams=0, certified=True)
    village = _village(one)
    for path in ("/c", "/c/dried"):
        assert "共 3 件" in client.get(path).text
        assert _names(client.get(f"{path}?village={village}&stock=1").text) == ["甲香菇"]
        assert _names(client.get(f"{path}?coop={two.code}").text) == ["乙香菇"]
        assert set(_names(client.get(f"{path}?certified=1").text)) == {"甲香菇", "乙香菇"}
        both = client.get(f"{path}?village={village}&coop={two.code}&sort=price").text
        assert "没有符合的商品" in both
        assert "共 0 件" in both
        assert f'href="{path}?coop={two.code}&amp;sort=price"' in both
        assert f'href="{path}?village={village}&amp;sort=price"' in both
        assert 'name="sort" value="price"' in both
        assert f'rel="canonical" href="http://localhost{path}"' in both
    found = client.get(f"/search?q=香菇&village={village}").text
    assert _names(found) == ["甲<mark>香菇</mark>"]
    assert 'name="q" value="香菇"' in found


@pytest.mark.parametrize("odd", ["%00", "x" * 300, "'--", "%F0%9F%8D%84", "a b"])
def test_odd_filters_are_left_out(client: FlaskClient, offers: Callable[..., list[Offer]], odd: str) -> None:
    offers(2, grams=0)
    html = client.get(f"/c?village={odd}&coop={odd}&certified={odd}&stock={odd}").text
    assert len(_names(html)) == 2
    assert "共 2 件" in html


def test_a_long_list_is_counted_so_far_only(client: FlaskClient, offers: Callable[..., list[Offer]]) -> None:
    (offer,) = offers(1, grams=0)
    with transaction():
        session().execute(
            text(
                "insert into product (cooperative_id, produce_id, category_id, name, pinyin, search_text, origin, published_at)"
                " select cooperative_id, produce_id, category_id, name || n, pinyin, search_text, origin, published_at"
                " from product, generate_series(1, :n) n where id = :id"
            ),
            {"n": MOST_COUNTED, "id": offer.product_id},
        )
        session().execute(
            text(
                "insert into sku (cooperative_id, product_id, spec, unit_quantity, price_fen)"
                " select p.cooperative_id, p.id, '1袋', 250, 100 + p.id from product p where p.id <> :id"
            ),
            {"id": offer.product_id},
        )
    assert f"{MOST_COUNTED} 件以上" in client.get("/c").text


@pytest.mark.parametrize(
    "query, name, marked",
    [
        ("香菇", "卡子干香菇", ["香菇"]),
        ("xianggu", "卡子干香菇", ["香菇"]),
        ("xiangg", "卡子干香菇", ["香菇"]),
        ("XG", "卡子干香菇", ["香菇"]),
        ("gxg", "卡子干香菇", ["干香菇"]),
        ("茶", "卡子干香菇", []),
        ("卡子 菇", "卡子干香菇", ["卡子", "菇"]),
        ("", "卡子干香菇", []),
        ("<b>", "<b>茶", ["b"]),
    ],
)
def test_marks(query: str, name: str, marked: list[str]) -> None:
    pieces = search.marks(name, query)
    assert "".join(piece for piece, _ in pieces) == name
    assert [piece for piece, hit in pieces if hit] == marked


def test_words_that_only_sound_right_find_something_near(
    client: FlaskClient, db_session: scoped_session
) -> None:
    with transaction():
        coop = shop_builder.coop()
        shop_builder.offer(coop, "香菇", grams=0)
        for place in range(9):
            shop_builder.offer(coop, f"茶叶{place}", grams=0)
    html = client.get("/search?q=相姑").text
    assert "没有找到" in html
    assert _names(html)[0] == "香菇"


def test_a_heart_is_one_however_often_it_is_pressed(buyer: Buyer, offers: Callable[..., list[Offer]]) -> None:
    offer, _ = offers(2)
    path = f"/p/{offer.product_id}"
    for _ in range(2):
        answer = buyer.client.post("/favourites", data={"on": offer.product_id, "next": path})
        assert (answer.status_code, answer.location) == (303, path)
    assert "已收藏" in buyer.client.get(path).text
    assert buyer.client.get("/").text.count('name="off"') == 1
    assert offer.name in buyer.client.get("/favourites").text
    for _ in range(2):
        buyer.client.post("/favourites", data={"off": offer.product_id, "next": "https://evil.example/"})
    assert "还没有收藏" in buyer.client.get("/favourites").text
    assert buyer.client.post("/favourites", data={"on": 10**9}).status_code == 404
    assert buyer.client.post("/favourites", data={}).status_code == 404


def test_favourites_say_what_has_changed(buyer: Buyer, offers: Callable[..., list[Offer]]) -> None:
    cheaper, dearer, gone, empty = offers(4, price_fen=6800)
    with transaction():
        for offer in (cheaper, dearer, gone, empty):
            favourites.add(buyer.id, offer.product_id)
    with transaction():
        session().execute(text("update sku set price_fen = 6000 where id = :id"), {"id": cheaper.sku_id})
        session().execute(text("update sku set price_fen = 7000 where id = :id"), {"id": dearer.sku_id})
        session().execute(
            text("update product set published_at = null where id = :id"), {"id": gone.product_id}
        )
        session().execute(
            text("update lot set written_off = received where produce_id = :id"), {"id": empty.produce_id}
        )
    html = buyer.client.get("/favourites").text
    for words in ("便宜 ¥8.00", "贵 ¥2.00", "已下架", "暂时无货"):
        assert html.count(words) == 1, words
    assert f'href="/p/{gone.product_id}"' not in html


def test_another_buyers_favourites_are_his_own(
    new_buyer: Callable[[], Buyer], offers: Callable[..., list[Offer]]
) -> None:
    one, two = new_buyer(), new_buyer()
    (offer,) = offers(1)
    one.client.post("/favourites", data={"on": offer.product_id})
    two.client.post("/favourites", data={"off": offer.product_id})
    assert offer.name in one.client.get("/favourites").text
    assert "还没有收藏" in two.client.get("/favourites").text
    assert 'name="on"' in two.client.get("/").text


def test_a_full_list_says_so_and_two_presses_at_once_are_one(
    app: Flask, buyer: Buyer, offers: Callable[..., list[Offer]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = offers(2)
    monkeypatch.setattr(favourites, "MOST", 1)

    def press(_place: int) -> None:
        with app.app_context(), transaction():
            favourites.add(buyer.id, first.product_id)

    session().rollback()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(press, range(4)))
    with pytest.raises(Refused), transaction():
        favourites.add(buyer.id, second.product_id)
    with pytest.raises(NotFound), transaction():
        favourites.add(buyer.id, 10**9)
    assert session().execute(text("select count(*) from favourite")).scalar() == 1


def test_a_guests_heart_leads_to_sign_in_and_his_lists_set_no_cookie(
    client: FlaskClient, offers: Callable[..., list[Offer]]
) -> None:
    offers(1)
    answer = client.get("/c")
    assert 'id="hearts" method="get" action="/signin"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_what_was_looked_at_is_kept_in_the_cookie_and_forgotten_on_demand(
    client: FlaskClient, offers: Callable[..., list[Offer]]
) -> None:
    goods = offers(15, grams=0)
    for offer in [*goods, goods[3]]:
        client.get(f"/p/{offer.product_id}")
    names = _names(client.get("/seen").text)
    assert len(names) == 12
    assert names[:3] == [goods[3].name, goods[14].name, goods[13].name]
    page = client.get(f"/p/{goods[3].product_id}").text.split("最近看过")[1]
    assert _names(page) == [offer.name for offer in goods[14:10:-1]]
    client.post("/seen/clear")
    assert "还没有看过商品" in client.get("/seen").text


def test_goods_like_it_stand_beside_a_product(client: FlaskClient, db_session: scoped_session) -> None:
    with transaction():
        own, other = shop_builder.coop(), shop_builder.coop()
        tea = shop_builder.category("tea", "茶")
        present = shop_builder.offer(own, "这一个")
        shop_builder.offer(own, "卖完的", grams=0)
        shop_builder.offer(other, "别家同类")
        shop_builder.offer(own, "自家同类")
        shop_builder.offer(own, "自家的茶", category_id=tea)
        shop_builder.offer(other, "别家的茶", category_id=tea)
    html = client.get(f"/p/{present.product_id}").text.split("同类的山货")[1]
    assert _names(html) == ["自家同类", "别家同类", "自家的茶", "卖完的"]


@pytest.mark.parametrize("households, words", [(9, "不足10户"), (12, "12 户")])
def test_places_tell_members_and_certificates(
    client: FlaskClient, db_session: scoped_session, households: int, words: str
) -> None:
    with transaction():
        coop = shop_builder.coop()
        shop_builder.offer(coop, households=households, certificate_no="CD-77")
        shop_builder.offer(coop, published=False, grams=0, certificate_no="CD-78")
    for path in (f"/coops/{coop.code}", f"/villages/{_village(coop)}"):
        html = client.get(path).text
        for word in (words, "成员农户", "CD-77"):
            assert word in html, word
        assert "CD-78" not in html
