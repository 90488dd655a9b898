"""Home, categories, search, places and product page as a visitor reads them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import scoped_session

from shop.cooperatives.people.models import Village
from shop.core.db import transaction
from tests.support import shop_builder
from tests.support.shop_builder import Offer

SCRIPT = "<script>alert(1)</script>"
HTML_BUDGET = 15_000


def _names(html: str) -> list[str]:
    return re.findall(r'<h[23]><a href="/p/\d+">([^<]*)</a>', html)


def test_home_shows_what_is_on_sale(client: FlaskClient, offers: Callable[..., list[Offer]]) -> None:
    offers(3)
    html = client.get("/").text
    assert _names(html) == ["干香菇2号", "干香菇1号", "干香菇0号"]
    assert "¥68.00" in html
    assert "¥136.00/500克" in html
    assert "第0村" in html
    assert '<html lang="zh-CN">' in html
    assert "<title>" in html
    assert "/c/dried" in html


def test_what_can_be_had_stands_first(client: FlaskClient, db_session: scoped_session) -> None:
    with transaction():
        coop = shop_builder.coop()
        shop_builder.offer(coop, "有")
        shop_builder.offer(coop, "无", grams=0)
    html = client.get("/").text
    assert _names(html) == ["有", "无"]
    assert html.count("暂时无货") == 1
    assert _names(client.get("/?stock=1").text) == ["有"]
    assert _names(client.get("/?sort=new").text) == ["无", "有"]


def test_pages_of_24(client: FlaskClient, offers: Callable[..., list[Offer]]) -> None:
    offers(30, grams=0)
    first, second, beyond = (client.get(f"/c?page={number}").text for number in (1, 2, 3))
    assert len(_names(first)) == 24
    assert len(_names(second)) == 6
    assert not set(_names(first)) & set(_names(second))
    assert "没有更多商品了" in beyond
    assert len(_names(client.get("/c?page=-1").text)) == 24
    assert len(_names(client.get("/c?page=1e9&sort=x&stock=2").text)) == 24


def test_an_empty_shop_says_so(client: FlaskClient) -> None:
    assert "还没有上架的商品" in client.get("/").text
    assert client.get("/c/dried").status_code == 404


def test_names_are_text_never_markup(client: FlaskClient, db_session: scoped_session) -> None:
    with transaction() as session:
        coop = shop_builder.coop(name=f"合作社{SCRIPT}", village=f"村{SCRIPT}")
        offer = shop_builder.offer(
            coop, f"菇{SCRIPT}", subtitle=SCRIPT, story=SCRIPT, origin=SCRIPT, grade="{{7*7}}", name_en=SCRIPT
        )
        village = session.get_one(Village, coop.village_id).code
    with transaction():
        user = shop_builder.buyer()
        _, number = shop_builder.order(user, offer.sku_id)
        shop_builder.basket.add(shop_builder.basket.buyer(user), offer.sku_id)
        shop_builder.enter(client, shop_builder.ticket(user))
    for url in (
        "/",
        "/c",
        "/c/dried",
        "/search?q=菇",
        f"/search?q={SCRIPT}",
        f"/p/{offer.product_id}",
        f"/coops/{coop.code}",
        f"/villages/{village}",
        "/basket",
        "/checkout",
        "/orders",
        f"/orders/{number}",
        f"/orders/{number}/pay",
        "/help/licence",
    ):
        for lang in ("zh", "en"):
            client.set_cookie("lang", lang)
            html = client.get(url).text
            assert "<script>alert" not in html, url
            assert "alert(1)" in html or "search" in url or url.endswith("/pay"), url
            assert "49" not in re.findall(r"<dd>(49)</dd>", html)


def test_product_page_says_everything_the_law_wants(client: FlaskClient, db_session: scoped_session) -> None:
    with transaction():
        coop = shop_builder.coop(name="卡子香菇农民专业合作社")
        offer = shop_builder.offer(
            coop, households=12, grade="一级", storage="阴凉干燥处", shelf_life="12 个月"
        )
        shop_builder.spec(coop, offer.product_id, 500, 13000)
    html = client.get(f"/p/{offer.product_id}").text
    for word in (
        "品名",
        "产地",
        "规格",
        "等级",
        "净含量",
        "单价",
        "保质期",
        "贮存",
        "生产者",
        "干香菇",
        "湖北省十堰市茅箭区大川镇",
        "一级",
        "250克",
        "500克",
        "¥68.00",
        "¥136.00/500克",
        "¥130.00",
        "阴凉干燥处",
        "12 个月",
        "CD-2026-1",
        "卡子香菇农民专业合作社",
        "卡子村",
        "库存 100千克",
        "12 户",
        "追溯码",
        "加入购物车",
        "立即购买",
        "示意图",
        "7 天内可以退货",
    ):
        assert word in html, word
    assert html.count('type="radio"') == 2
    assert f'name="sku" value="{offer.sku_id}" checked' in html


def test_a_sold_out_product_cannot_be_bought(client: FlaskClient, db_session: scoped_session) -> None:
    with transaction():
        offer = shop_builder.offer(shop_builder.coop(), grams=0)
    html = client.get(f"/p/{offer.product_id}").text
    assert "暂时无货" in html
    assert "立即购买" not in html


@pytest.mark.parametrize(
    "url",
    [
        "/p/0",
        "/p/99",
        "/p/-1",
        "/p/abc",
        f"/p/{2**63}",
        f"/p/{10**60}",
        "/p/1e9",
        "/c/none",
        "/c/%00",
        "/coops/none",
        "/coops/%00",
        "/coops/a%20b",
        f"/coops/{'x' * 500}",
        "/villages/none",
        "/villages/'--",
        "/villages/%F0%9F%8D%84",
        "/orders/%00",
        "/nothing",
    ],
)
def test_what_does_not_exist_is_404(client: FlaskClient, url: str) -> None:
    response = client.get(url)
    assert response.status_code in {303, 404}
    if response.status_code == 303:
        assert response.location.startswith("/signin")


ODD = ("%", "'--", "\x00", "x" * 20_000, "🍄", "%00", "<b>", "\ud7ff", "０" * 50, "香" * 3000)


def test_odd_searches_get_a_helpful_page(client: FlaskClient, offers: Callable[..., list[Offer]]) -> None:
    offers(1)
    for query in ODD:
        response = client.get("/search", query_string={"q": query})
        assert response.status_code == 200, query
        assert "两个字就能搜" in response.text or _names(response.text)
        assert "<b>" not in response.text.split("<main", 1)[1].split("</h1>")[0]


def test_search_without_words_and_without_hits_offers_goods(
    client: FlaskClient, offers: Callable[..., list[Offer]]
) -> None:
    offers(2)
    for query in ("", "手机"):
        html = client.get("/search", query_string={"q": query}).text
        assert len(_names(html)) == 2
        assert "按分类找" in html


def test_names_in_the_readers_language(client: FlaskClient, db_session: scoped_session) -> None:
    with transaction():
        shop_builder.offer(shop_builder.coop(), name_en="Dried shiitake")
    client.set_cookie("lang", "en")
    html = client.get("/").text
    assert _names(html) == ["Dried shiitake"]
    assert '<html lang="en">' in html


def test_public_pages_may_be_kept_private_ones_not(
    client: FlaskClient, offers: Callable[..., list[Offer]]
) -> None:
    (offer,) = offers(1)
    for url in ("/", "/c", "/search?q=菇", f"/p/{offer.product_id}", "/help"):
        assert client.get(url).headers["Cache-Control"] == "no-cache", url
    for url in ("/basket", "/orders", "/checkout", "/addresses", "/signin"):
        assert client.get(url).headers["Cache-Control"] == "no-store", url


def test_weight_of_full_pages(app: Flask, client: FlaskClient, offers: Callable[..., list[Offer]]) -> None:
    (first, *_) = offers(25, cooperatives=5, grams=5000, households=1)
    for url in (
        "/",
        "/c",
        "/search?q=菇",
        f"/p/{first.product_id}",
        "/help",
        "/help/rules",
        "/help/licence",
        "/help/privacy",
    ):
        weight = len(gzip.compress(client.get(url).data, 6))
        assert weight <= HTML_BUDGET, (url, weight)


def test_help_pages_answer(client: FlaskClient) -> None:
    for url in ("/help", "/help/rules", "/help/licence", "/help/privacy"):
        assert client.get(url).status_code == 200
