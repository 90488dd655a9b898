"""爱心证明: villages, a number where it is large enough, the buyer's own amount; a PNG for its buyer alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from shop.config import ConfigError
from shop.core import fonts
from shop.core.db import session
from shop.core.errors import NotFound
from shop.orders.card_facts import Card, card_of
from shop.storefront import card_picture
from shop.storefront.card import rows_of
from shop.storefront.card_picture import Words
from tests.access.identities import signed_in
from tests.orders import market
from tests.payments import refund_scene

SMALL = 300 * 1024


def ordered(households: int, packs: int = 1) -> tuple[market.Buyer, str, int]:
    """Buyer, number and id of a paid, attributed order from so many households' goods."""
    stall = market.stall(packs=24, households=households)
    who = market.buyer()
    placed = market.paid(who, {stall.sku_id: packs})
    return (
        who,
        market.rows("select number from customer_order where id = :id", id=placed.order_id)[0].number,
        placed.order_id,
    )


@pytest.mark.usefixtures("db_session")
@pytest.mark.parametrize(
    "households, packs, paid, together", [(9, 24, 0, 0), (12, 1, 12, 12), (12, 24, 12, 12)]
)
def test_households_are_counted_from_ten_on(households: int, packs: int, paid: int, together: int) -> None:
    who, number, _order = ordered(households, packs)
    card = card_of(number, who.id)
    assert (card.paid, card.together, card.fen) == (paid, together, packs * 6800)
    assert len(card.villages) == 1


def test_few_who_delivered_with_many_are_told_with_those(app: Flask) -> None:
    card = Card("1", date(2026, 11, 28), 6800, ("大川村",), 0, 12, 1)
    with app.test_request_context():
        assert rows_of(card)[1] == ("同批供货农户", "12 户")
        assert rows_of(replace(card, paid=11))[1] == ("帮到农户", "11 户")
        assert rows_of(replace(card, together=0))[1] == ("帮到农户", "户数少，不单列")
        villages = tuple("大唐浪卡段")
        assert rows_of(replace(card, villages=villages))[0][1] == "大、唐、浪 等 5 个村"


@pytest.mark.usefixtures("db_session")
def test_what_went_back_is_not_on_it_and_nobody_else_has_it() -> None:
    who, number, order = ordered(12, 2)
    with pytest.raises(NotFound):
        card_of(number, market.buyer().id)
    session().rollback()
    part, line = refund_scene.part_ids(order)[0], refund_scene.line_ids(order)[0]
    refund_scene.give_back(part, (line, 500, "lost"))
    assert card_of(number, who.id).fen == 6800
    session().rollback()
    refund_scene.give_back(part, (line, 500, "lost"))
    with pytest.raises(NotFound):
        card_of(number, who.id)


@pytest.mark.usefixtures("db_session")
def test_the_page_and_the_picture_are_the_buyers_alone(app: Flask) -> None:
    who, number, _order = ordered(9)
    mine, other = signed_in(app, who.id), signed_in(app, market.buyer().id)
    page = mine.get(f"/orders/{number}/card").text
    assert "户数少，不单列" in page
    assert f"/orders/{number}/card.png" in page
    assert f"/orders/{number}/card" in mine.get(f"/orders/{number}").text
    answer = mine.get(f"/orders/{number}/card.png")
    assert answer.mimetype == "image/png"
    assert answer.headers["Cache-Control"].startswith("private")
    with Image.open(BytesIO(answer.data)) as image:
        assert image.size == (card_picture.WIDTH, card_picture.HEIGHT)
    for client in (other, app.test_client()):
        for address in (f"/orders/{number}/card", f"/orders/{number}/card.png"):
            assert client.get(address).status_code in {303, 404}


def test_the_longest_words_fit_and_the_file_is_small() -> None:
    fonts.configure("")
    rows = [("来自", "很长很长的村名" * 12), ("同批供货农户", "1,234,567 户"), ("下单日期", "2026-11-28")]
    made = card_picture.png(
        Words("爱心证明", "我买的山货", "¥99,999,999.99", rows, "每一分钱" * 20, "大川助农")
    )
    assert len(made) < SMALL
    with Image.open(BytesIO(made)) as image:
        colours = image.convert("RGB").crop((0, 400, 50, card_picture.HEIGHT)).getcolors()
    assert colours is not None
    assert len(colours) == 1  # the margin stays empty: nothing runs out of the card


def test_a_missing_or_wrong_font_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CARD_FONT is wrong: there is no file"):
        fonts.configure(str(tmp_path / "none.ttf"))
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    with pytest.raises(ConfigError, match="no font that Pillow reads"):
        fonts.configure(str(broken))
    fonts.configure("")
