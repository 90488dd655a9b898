"""Writing, reading, answering and hiding reviews through the pages; what is typed stays, strangers see no names."""

from __future__ import annotations

import json
import re
from datetime import date
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from shop.accounts import registration
from shop.core.db import transaction
from shop.orders import fulfilment
from tests.access.identities import signed_in
from tests.orders import market
from tests.storefront.forms import error_beside

pytestmark = pytest.mark.usefixtures("db_session")


class Scene:
    """One stall, a buyer to whom its goods came, and browsers of the buyer, the manager, the township and nobody."""

    def __init__(self, app: Flask) -> None:
        self.stall = market.stall(households=12)
        self.buyer = market.buyer("张小明")
        self.order = market.paid(self.buyer, {self.stall.sku_id: 1})
        part = market.rows("select id, number from suborder where order_id = :id", id=self.order.order_id)[0]
        with transaction():
            fulfilment.ship(part.id, self.stall.coop.id, "sf", "SF1234567890123", None)
        with transaction():
            fulfilment.receive(part.number, self.buyer.id)
        self.line = market.rows("select id from order_line where suborder_id = :id", id=part.id)[0].id
        self.number = market.rows("select number from customer_order where id = :id", id=self.order.order_id)[
            0
        ].number
        coop = market.rows(
            "select c.code, v.region_code from cooperative c join village v on v.id = c.village_id where c.id = :id",
            id=self.stall.coop.id,
        )[0]
        self.code, self.region = coop.code, coop.region_code
        manager, clerk = market.buyer("理事长").id, market.buyer("干事").id
        with transaction():
            registration.grant(
                manager,
                role="manager",
                duty="manager",
                cooperative_id=self.stall.coop.id,
                valid_from=date(2020, 1, 1),
            )
            registration.grant(
                clerk, role="staff", duty="clerk", region_code=self.region, valid_from=date(2020, 1, 1)
            )
        self.client = signed_in(app, self.buyer.id)
        self.manager, self.clerk = signed_in(app, manager), signed_in(app, clerk)
        self.other, self.guest = signed_in(app, market.buyer().id), app.test_client()

    @property
    def form(self) -> str:
        return f"/reviews/of/{self.line}"

    def write(self, stars: str = "4", words: str = "肉厚，干净", pictures: int = 0) -> int:
        """Through the form; the review's id."""
        answer = self.client.post(
            self.form, data={"stars": stars, "words": words, "pictures": photos(pictures)}
        )
        assert answer.status_code == 303, answer.text
        return int(answer.headers["Location"].rsplit("/", 1)[1])

    def product(self, client: FlaskClient | None = None, page: str = "") -> str:
        return (client or self.guest).get(f"/p/{self.stall.product_id}{page}").text


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene(app)


def photos(number: int) -> list[tuple[BytesIO, str]]:
    """JPEGs with a place in their EXIF."""
    made = []
    for _ in range(number):
        exif = Image.Exif()
        exif[0x010E] = "secret place"
        body = BytesIO()
        Image.new("RGB", (400, 300), "brown").save(body, "JPEG", exif=exif)
        made.append((BytesIO(body.getvalue()), "a.jpg"))
    return made


def test_the_way_from_receipt_to_the_products_page(scene: Scene) -> None:
    assert scene.form in scene.client.get(f"/orders/{scene.number}").text
    assert scene.form in scene.client.get("/reviews").text
    review = scene.write(pictures=2)
    mine = scene.client.get(f"/reviews/{review}").text
    assert "肉厚，干净" in mine
    assert f"/reviews/{review}" in scene.client.get(f"/orders/{scene.number}").text
    assert scene.client.get(scene.form).status_code == 303
    seen = scene.product()
    assert "肉厚，干净" in seen
    assert "张**" in seen
    assert "小明" not in seen + scene.product(page="/reviews")
    data = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', seen, re.DOTALL)[0])
    assert data["aggregateRating"]["ratingValue"] == "4.0"
    assert data["aggregateRating"]["reviewCount"] == 1
    for address in re.findall(r"/reviews/pictures/\d+(?:/small)?", seen):
        answer = scene.guest.get(address)
        assert answer.mimetype == "image/webp"
        assert b"secret place" not in answer.data
        assert answer.headers["Cache-Control"].startswith("private")
    answer = scene.client.post(f"/reviews/{review}/more", data={"words": "一个月后还香"})
    assert answer.status_code == 303
    assert "一个月后还香" in scene.product()


@pytest.mark.parametrize(
    "data, field, sentence",
    [
        ({"stars": "", "words": "很好"}, "stars", "请选几颗星"),
        ({"stars": "6", "words": "很好"}, "stars", "请选几颗星"),
        ({"stars": "5", "words": " "}, "words", "请填写评价"),
        ({"stars": "5", "words": "好" * 501}, "words", "最多 500 个字"),
        ({"stars": "5", "words": "找我13800138000"}, "words", "不能写电话号码"),
        ({"stars": "5", "words": "看 www.a.cn"}, "words", "不能写网址"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    scene: Scene, data: dict[str, str], field: str, sentence: str
) -> None:
    answer = scene.client.post(scene.form, data=data)
    assert answer.status_code == 422
    assert sentence in error_beside(answer.text, field)
    assert data["words"].strip() in answer.text
    assert market.rows("select 1 from review") == []


def test_four_pictures_or_a_paper_are_refused(scene: Scene) -> None:
    for sent in (photos(4), [(BytesIO(b"%PDF-1.4\n%%EOF"), "a.pdf")], [(BytesIO(b"GIF89a"), "a.gif")]):
        answer = scene.client.post(scene.form, data={"stars": "5", "words": "很好", "pictures": sent})
        assert answer.status_code == 422
        assert error_beside(answer.text, "pictures")
        assert "很好</textarea>" in answer.text


def test_a_second_tab_and_a_stranger_get_no_second_review(scene: Scene) -> None:
    scene.write()
    again = scene.client.post(scene.form, data={"stars": "1", "words": "再写"})
    assert again.status_code == 409
    assert "已经评价过" in again.text
    assert scene.other.get(scene.form).status_code == 404
    assert scene.other.post(scene.form, data={"stars": "1", "words": "冒充"}).status_code == 404
    assert market.rows("select words from review")[0].words == "肉厚，干净"


def test_the_manager_answers_and_a_refused_answer_stays_in_the_form(scene: Scene) -> None:
    review = scene.write()
    address = f"/coop/{scene.code}/reviews/{review}/reply"
    bad = scene.manager.post(address, data={"words": "打13800138000"})
    assert bad.status_code == 422
    assert "打13800138000</textarea>" in bad.text
    for words in ("谢谢惠顾", "谢谢，常来"):
        assert scene.manager.post(address, data={"words": words}).status_code == 303
    seen = scene.product()
    assert "谢谢，常来" in seen
    assert "改过 1 次" in seen
    assert "谢谢惠顾" in seen
    assert scene.manager.get(f"/coop/{scene.code}/reviews?only=waiting").text.count("review-head") == 0


def test_a_hidden_review_says_why_and_keeps_its_star(scene: Scene) -> None:
    review = scene.write("1", "骂人的话", pictures=1)
    picture = market.rows("select id from review_picture")[0].id
    hide = f"/town/{scene.region}/reviews/{review}/hide"
    for data, field in (({"why": "", "note": "骂人"}, "why"), ({"why": "abuse", "note": ""}, "note")):
        refused = scene.clerk.post(hide, data=data)
        assert refused.status_code == 422
        assert error_beside(refused.text, f"{field}-{review}")
    assert scene.clerk.post(hide, data={"why": "abuse", "note": "骂人，已核实"}).status_code == 303
    for page in (scene.product(), scene.product(page="/reviews?only=low")):
        assert "此评价因辱骂他人被隐藏" in page
        assert "骂人的话" not in page
        assert "已核实" not in page
        assert "1.0" in page
    assert scene.guest.get(f"/reviews/pictures/{picture}").status_code == 404
    assert "骂人的话" in scene.client.get(f"/reviews/{review}").text
    assert scene.manager.post(hide, data={"why": "abuse", "note": "x"}).status_code == 404
    assert scene.clerk.post(hide.replace("/hide", "/show"), data={"note": "复核"}).status_code == 303
    assert "骂人的话" in scene.product()


def test_filters_and_their_empty_states(scene: Scene) -> None:
    assert "还没有评价" in scene.product(page="/reviews")
    scene.write("5")
    assert "肉厚" in scene.product(page="/reviews")
    assert "这里没有评价" in scene.product(page="/reviews?only=low")
    assert "这里没有评价" in scene.product(page="/reviews?only=pictures")
    assert "没有要评价的商品" in scene.client.get("/reviews").text
    assert "还没有写过评价" in scene.other.get("/reviews?tab=done").text
