"""图片: photographs come in drawn anew, keep their order, go and come back; hostile files keep the others; copy and preview."""

from __future__ import annotations

import html
import re
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from shop.catalog import hanging
from shop.catalog.photos import MOST_BYTES, Photo
from shop.core.db import transaction
from shop.core.pictures import WEBP, Paper
from tests.access.identities import signed_in
from tests.office.conftest import Office
from tests.orders import market


def jpeg(colour: str, side: int = 900, exif: bytes = b"") -> bytes:
    body = BytesIO()
    image = Image.effect_noise((side, side), 10).convert("RGB")
    image.paste(colour, (0, 0, side, side // 2))
    image.save(body, "JPEG", exif=exif, quality=30)  # what is larger goes through a file of the test client's
    return body.getvalue()


def flood() -> bytes:
    """A PNG whose header promises 900 million pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def send(office: Office, status: int, *files: tuple[bytes, str]) -> str:
    fields = {"photos": [(BytesIO(body), name) for body, name in files]}
    return office.post(f"/products/{office.stall.product_id}/pictures", status, **fields)


def hung(office: Office) -> list[Any]:
    return office.rows(
        "select id, seq, alt, sketch from product_picture where product_id = :id and seq is not null order by seq",
        id=office.stall.product_id,
    )


def act(office: Office, picture_id: int, what: str, status: int = 303, **fields: Any) -> str:
    return office.post(f"/pictures/{picture_id}/{what}", status, **fields)


def test_several_at_once_are_drawn_anew_in_two_sizes(office: Office) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Phone"
    exif.get_ifd(0x8825)[2] = (32.0, 0.0, 0.0)
    send(office, 303, (jpeg("red", exif=exif.tobytes()), "a.jpg"), (jpeg("blue"), "b.jpg"))
    first, second = hung(office)
    assert (first.seq, second.seq, first.sketch) == (1, 2, False)
    for address, side in (
        (f"/pictures/{first.id}", 720),
        (f"/pictures/{first.id}/small", 360),
        (f"/pictures/{first.id}/thumb", 160),
    ):
        answer = office.client.get(address)
        with Image.open(BytesIO(answer.data)) as image:
            assert (image.format, image.size, dict(image.getexif())) == ("WEBP", (side, side), {})
        assert len(answer.data) <= MOST_BYTES[side]
    page = office.client.get(f"/p/{office.stall.product_id}").text
    assert f"/pictures/{first.id} 720w" in page
    assert "1/2" in page
    assert f"/pictures/{first.id}/small" in office.client.get("/c").text
    assert "示意图" not in re.sub(r"(?s)<h2 class=\"section-title\">.*", "", page)


def test_the_same_photograph_twice_hangs_once(office: Office) -> None:
    photo = jpeg("red")
    send(office, 303, (photo, "a.jpg"), (photo, "again.jpg"))
    send(office, 303, (photo, "a.jpg"))
    assert len(hung(office)) == 1
    assert "没有重复加" in office.get(f"/products/{office.stall.product_id}/pictures")


@pytest.mark.parametrize(
    "body,name,why",
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "x.svg", "只收照片"),
        (flood(), "flood.png", "像素太多"),
        (b"%PDF-1.7\n%%EOF", "paper.pdf", "不收 PDF"),
        (b"", "empty.jpg", "空的"),
        (b"\xff\xd8\xff" + b"\x00" * 50, "broken.jpg", "打不开"),
        (jpeg("red", 200), "tiny.jpg", "太小"),
        (b"GIF89a", "<b>.gif", "只收照片"),
    ],
)
def test_a_hostile_file_is_named_and_the_others_stay(
    office: Office, body: bytes, name: str, why: str
) -> None:
    page = send(office, 422, (body, name), (jpeg("green"), "good.jpg"))
    assert html.escape(name) in page
    assert why in page
    assert len(hung(office)) == 1


def test_without_a_file_nothing_happens(office: Office) -> None:
    assert "请先选照片" in office.post(f"/products/{office.stall.product_id}/pictures", 422)
    assert not hung(office)


def test_ten_are_too_many(office: Office) -> None:
    colours = ("red", "green", "blue", "white", "black", "gray", "pink", "navy", "gold", "teal")
    files = [(jpeg(colour, 400), f"{colour}.jpg") for colour in colours]
    assert "最多 9 张" in send(office, 422, *files)
    send(office, 303, *files[:8])
    assert "最多 9 张" in send(office, 422, *files[8:])
    assert len(hung(office)) == 8


def test_order_words_removal_and_undo(office: Office) -> None:
    send(office, 303, *((jpeg(colour), f"{colour}.jpg") for colour in ("red", "green", "blue")))
    red, green, blue = (row.id for row in hung(office))
    act(office, blue, "move", seq="1")
    assert [row.id for row in hung(office)] == [blue, red, green]
    act(office, blue, "move", seq="99")
    act(office, blue, "move", seq="x")
    assert [row.id for row in hung(office)] == [red, green, blue]
    act(office, green, "text", alt="切开的香菇", sketch="1")
    assert (hung(office)[1].alt, hung(office)[1].sketch) == ("切开的香菇", True)
    for bad, why in (("", "图片说明"), ("x" * 81, "图片说明"), ("能降血压", "降血压"), ("a\x00", "图片说明")):
        page = act(office, green, "text", 422, alt=bad)
        assert why in page
        assert f'id="alt-{green}-error"' in page
    address = act(office, green, "remove")
    assert [row.id for row in hung(office)] == [red, blue]
    found = re.search(
        r'class="toast.*?<form method="post" action="([^"]+)">(.*?)</form>',
        office.client.get(address).text,
        re.DOTALL,
    )
    assert found is not None
    assert office.client.get(f"/pictures/{green}").status_code == 404
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[2]))
    for _press in range(2):
        assert office.client.post(html.unescape(found[1]), data=fields).status_code == 303
    assert [row.id for row in hung(office)] == [red, green, blue]
    log = office.rows(
        "select act, before, after from activity where subject_type = 'product' and subject_id = :id and act like 'product.pict%'"
        " order by id", id=str(office.stall.product_id),
    )  # fmt: skip
    removed = next(row for row in log if row.act == "product.picture_removed")
    assert removed.before["order"] == [red, green, blue]
    assert removed.after == {"order": [red, blue]}


def test_our_illustrations_hang_once_and_say_that_they_are(office: Office) -> None:
    path = f"/products/{office.stall.product_id}/pictures/drawing"
    office.post(path, 422, drawing="../../etc/passwd")
    for _press in range(2):
        office.post(path, 303, drawing="hand")
    (one,) = hung(office)
    assert one.sketch
    assert "托在手心里看大小" in office.client.get(f"/p/{office.stall.product_id}").text


def test_anothers_products_and_pictures_do_not_exist(office: Office) -> None:
    with transaction():
        hanging.hang_drawing(office.other.product_id, office.other.coop.id, "tray", "竹匾", by=None)
    picture = office.rows("select id from product_picture")[0].id
    office.get(f"/products/{office.other.product_id}/pictures", 404)
    office.get(f"/products/{office.other.product_id}/preview", 404)
    for path in ("pictures", "pictures/drawing", "copy"):
        office.post(f"/products/{office.other.product_id}/{path}", 404)
    for what in ("text", "move", "remove", "restore"):
        act(office, picture, what, 404, seq="1")
    assert [tuple(row) for row in office.rows("select id, seq from product_picture")] == [(picture, 1)]


def test_photographs_of_goods_off_sale_are_for_their_managers(office: Office) -> None:
    send(office, 303, (jpeg("red"), "a.jpg"))
    (one,) = hung(office)
    office.post(f"/products/{office.stall.product_id}/off", 303)
    assert office.client.get(f"/pictures/{one.id}").status_code == 200
    assert office.app.test_client().get(f"/pictures/{one.id}").status_code == 404


def test_lines_and_category_tiles_show_the_first_photograph(office: Office) -> None:
    """Of what is on sale: in the basket, on the order and in its list, on the category's tile and on the shelf. Off sale the line
    is shown with the illustration that it was sold with, and nobody sees a broken picture."""
    who = market.buyer()
    placed = market.paid(who, {office.stall.sku_id: 1})
    market.fill(who, {office.stall.sku_id: 2})
    browser = signed_in(office.app, who.id)
    pages = ("/basket", f"/orders/{placed.number}", "/orders", "/")
    assert not any("/thumb" in browser.get(page).text for page in pages)
    send(office, 303, (jpeg("red"), "a.jpg"), (jpeg("blue"), "b.jpg"))
    first = hung(office)[0].id
    for page in pages:
        assert f'src="/pictures/{first}/thumb"' in browser.get(page).text, page
        assert browser.get(page).text.count("/thumb") == 1
    assert browser.get(f"/pictures/{first}/thumb").status_code == 200
    office.post(f"/products/{office.stall.product_id}/off", 303)
    assert not any("/thumb" in browser.get(page).text for page in pages)
    assert browser.get(f"/pictures/{first}/thumb").status_code == 404
    assert f'src="/pictures/{first}/thumb"' in office.get("/products")


def test_twenty_thumbs_of_noise_stay_light(office: Office) -> None:
    send(office, 303, (jpeg("red"), "a.jpg"))
    (one,) = hung(office)
    assert 20 * len(office.client.get(f"/pictures/{one.id}/thumb").data) <= 120 * 1024


def test_preview_shows_what_buyers_would_see(office: Office) -> None:
    product_id = office.stall.product_id
    office.post(f"/products/{product_id}/off", 303)
    assert office.client.get(f"/p/{product_id}").status_code == 404
    page = office.get(f"/products/{product_id}/preview")
    assert "预览" in page
    assert '<meta name="robots" content="noindex">' in page
    assert "还没有上架" in page
    assert f'value="{product_id}" aria-pressed' not in page
    assert office.client.post("/basket/add", data={"sku": office.stall.sku_id, "count": 1}).status_code != 303


def test_a_copy_is_not_on_sale_and_comes_once(office: Office) -> None:
    send(office, 303, (jpeg("red"), "a.jpg"))
    product_id = office.stall.product_id
    address = office.post(f"/products/{product_id}/copy", 303)
    copied = office.rows("select * from product order by id desc limit 1")[0]
    assert f"/products/{copied.id}/edit" in address
    assert copied.name.endswith("（副本）")
    assert (copied.published_at, copied.certificate_no) == (None, "")
    specs = "select spec, unit_quantity, price_fen from sku where product_id = :id order by id"
    assert [tuple(row) for row in office.rows(specs, id=copied.id)] == [
        tuple(row) for row in office.rows(specs, id=product_id)
    ]
    assert len(office.rows("select id from product_picture where product_id = :id", id=copied.id)) == 1
    assert f"/products/{copied.id}" in office.post(f"/products/{product_id}/copy", 303)
    assert len(office.rows("select id from product where name like '%（副本）'")) == 1


def test_two_managers_at_once_get_different_places(office: Office) -> None:
    stall = office.stall

    def hang(number: int) -> int:
        with office.app.app_context(), transaction():
            paper = Paper(WEBP, b"picture %d" % number)
            return hanging.hang_photos(stall.product_id, stall.coop.id, [Photo(paper, paper)], by=None)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(hang, range(4))) == [1] * 4
    assert [row.seq for row in hung(office)] == [1, 2, 3, 4]
