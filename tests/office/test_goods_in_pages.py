"""A receipt after the scales: pictures, the household's confirmation, the slip, and who is no member."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from shop.cooperatives.people import slips
from shop.cooperatives.people.models import Household
from shop.core import clock, pictures
from shop.core.db import session, transaction
from tests.office.conftest import Office
from tests.office.test_intake_pages import _form, _receipts
from tests.support import town_builder as town

PHONE = "+8613900002222"


@pytest.fixture
def receipt(office: Office) -> int:
    """A delivery of today by a member household with a phone."""
    with transaction():
        _phone(office)
        goods = town.Goods(office.stall.parties[0], 2_000, 5_800)
        return town.deliver(office.coop, office.stall.produce_id, "buyout", goods, clock.today())


def _phone(office: Office) -> None:
    home = session().get(Household, office.stall.parties[0].household_id)
    assert home is not None
    home.phone = PHONE


def _sent(office: Office) -> list[str]:
    path = Path(office.app.extensions["settings"].sms_console_file)
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [line.split("\t")[1] for line in lines if line.startswith(PHONE)]


def _photo(color: str = "green", kind: str = "JPEG") -> BytesIO:
    exif = Image.Exif()
    exif[0x010E] = "secret-place"
    buffer = BytesIO()
    Image.new("RGB", (800, 600), color).save(buffer, kind, exif=exif)
    buffer.seek(0)
    return buffer


def _signature(*, ink: bool = True) -> str:
    image = Image.new("RGB", (300, 150), "white")
    if ink:
        ImageDraw.Draw(image).line([(20, 20), (200, 100), (60, 120)], fill="black", width=4)
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _how(office: Office, receipt_id: int) -> list[str]:
    rows = office.rows("select how from receipt_confirmation where receipt_id = :r", r=receipt_id)
    return [row.how for row in rows]


def test_the_code_goes_to_the_household_and_confirms(office: Office, receipt: int) -> None:
    assert "待农户确认" in office.get("/intake")
    office.post(f"/intake/{receipt}/code", 303)
    words = _sent(office)[-1]
    assert "2千克" in words
    assert "¥116.00" in words
    code = re.search(r"确认码 ([0-9]{6})", words)
    assert code is not None
    wrong = f"{(int(code[1]) + 1) % 1_000_000:06d}"
    for bad in (wrong, "", "'", "9" * 5000):
        assert "确认码不对" in office.post(f"/intake/{receipt}/confirm", 422, how="code", code=bad)
    assert not _how(office, receipt)
    office.post(f"/intake/{receipt}/confirm", 303, how="code", code=code[1])
    assert _how(office, receipt) == ["code"]
    assert "手机确认码" in office.get(f"/intake/{receipt}")
    office.post(f"/intake/{receipt}/confirm", 303, how="code", code=code[1])
    assert _how(office, receipt) == ["code"]


def test_a_second_code_within_the_minute_is_not_sent(office: Office, receipt: int) -> None:
    office.post(f"/intake/{receipt}/code", 303)
    before = len(_sent(office))
    assert "秒后再试" in office.post(f"/intake/{receipt}/code", 422)
    assert len(_sent(office)) == before


def test_a_drawn_name_confirms_and_an_empty_frame_does_not(office: Office, receipt: int) -> None:
    for bad in ("", "data:image/png;base64,", "data:image/png;base64,!!!", "data:image/svg+xml;base64,PHN2Zz4=",
                "data:image/png;base64," + base64.b64encode(b"<svg>").decode(), _signature(ink=False)):  # fmt: skip
        page = office.post(f"/intake/{receipt}/confirm", 422, how="signature", signature=bad)
        assert "error-summary" in page
    assert "请选择怎么确认" in office.post(f"/intake/{receipt}/confirm", 422, how="friend")
    assert not _how(office, receipt)
    office.post(f"/intake/{receipt}/confirm", 303, how="signature", signature=_signature())
    assert _how(office, receipt) == ["signature"]
    page = office.get(f"/intake/{receipt}")
    address = re.search(r'src="(/coop/[^"]+/pictures/[0-9]+)"', page)
    assert address is not None
    answer = office.client.get(address[1])
    assert answer.mimetype == "image/webp"


def test_a_photograph_of_the_signed_slip_confirms(office: Office, receipt: int) -> None:
    assert "请选一张" in office.post(f"/intake/{receipt}/confirm", 422, how="slip")
    bad = (BytesIO(b"%PDF-1.4 %%EOF"), "x.pdf")
    assert "拍照片" in office.post(f"/intake/{receipt}/confirm", 422, how="slip", slip=bad)
    office.post(f"/intake/{receipt}/confirm", 303, how="slip", slip=(_photo(), "../../x.py"))
    assert _how(office, receipt) == ["slip"]


def test_pictures_are_drawn_anew_and_three_at_most(office: Office, receipt: int) -> None:
    first = [(_photo("green"), "a.jpg"), (_photo("red"), "b.jpg")]
    office.post(f"/intake/{receipt}/pictures", 303, intake_delivery=first)
    office.post(f"/intake/{receipt}/pictures", 303, intake_delivery=(_photo("green"), "again.jpg"))
    kept = office.rows("select id, body from attachment where subject_type = 'intake_delivery' order by id")
    assert len(kept) == 2
    assert all(b"secret-place" not in bytes(row.body) for row in kept)
    office.post(f"/intake/{receipt}/pictures", 303, intake_certificate=(_photo("blue"), "c.jpg"))
    full = office.post(f"/intake/{receipt}/pictures", 422, intake_delivery=(_photo("white"), "d.jpg"))
    assert "最多放 3 张" in full
    page = office.get(f"/intake/{receipt}")
    assert page.count('class="goods-picture"') == 3
    assert "加照片" not in page


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\nbroken",
        b"%PDF-1.4 %%EOF",
        b"GIF89a",
    ],
)
def test_what_is_no_photograph_is_refused(office: Office, receipt: int, body: bytes) -> None:
    page = office.post(f"/intake/{receipt}/pictures", 422, intake_delivery=(BytesIO(body), "x.png"))
    assert "error-summary" in page
    assert not office.rows("select 1 from attachment where subject_type like 'intake%'")
    office.post(f"/intake/{receipt}/pictures", 422)


def test_a_picture_is_only_the_own_cooperatives(office: Office, receipt: int) -> None:
    office.post(f"/intake/{receipt}/pictures", 303, intake_delivery=(_photo(), "a.jpg"))
    kept = office.rows("select id from attachment order by id")[0].id
    assert office.client.get(f"/coop/{office.other.coop.code}/intake/pictures/{kept}").status_code == 404
    with transaction():
        foreign = pictures.store(
            pictures.prepare(_photo().getvalue()), subject_type="intake_delivery", subject_id=1,
            cooperative_id=office.other.coop.id, by=None,
        )  # fmt: skip
        unlike = pictures.store(
            pictures.prepare(_photo().getvalue()), subject_type="return", subject_id=1,
            cooperative_id=office.coop.id, by=None,
        )  # fmt: skip
    for wrong in (foreign, unlike, 10**17):
        office.get(f"/intake/pictures/{wrong}", 404)


def test_another_cooperatives_receipt_is_not_found_by_any_of_it(office: Office) -> None:
    with transaction():
        goods = town.Goods(office.other.parties[0], 1_000, 900)
        foreign = town.deliver(office.other.coop, office.other.produce_id, "buyout", goods, clock.today())
    for deed in ("pictures", "code", "confirm", "message"):
        office.post(f"/intake/{foreign}/{deed}", 404, how="signature", signature=_signature())
    office.get(f"/intake/{foreign}/slip", 404)
    assert not office.rows("select 1 from receipt_confirmation union all select 1 from attachment")


def test_the_slip_by_message_goes_once(office: Office, receipt: int) -> None:
    before = len(_sent(office))
    office.post(f"/intake/{receipt}/message", 303)
    office.post(f"/intake/{receipt}/message", 303)
    assert len(_sent(office)) == before + 1
    assert "单号 J" in _sent(office)[-1]
    assert "短信单已发过" in office.get(f"/intake/{receipt}")


def test_a_gateway_that_fails_leaves_the_slip_to_be_asked_for_again(
    office: Office, receipt: int, tmp_path: Path
) -> None:
    whole = office.app.extensions["settings"]
    office.app.extensions["settings"] = whole.model_copy(
        update={"sms_console_file": str(tmp_path / "no" / "such" / "folder")}
    )
    assert "没发出去" in office.post(f"/intake/{receipt}/message", 422)
    assert "没发出去" in office.post(f"/intake/{receipt}/code", 422)
    office.app.extensions["settings"] = whole
    office.post(f"/intake/{receipt}/message", 303)


def test_the_printed_slip_shows_the_households_page_while_its_token_stands(
    office: Office, receipt: int
) -> None:
    assert "<svg" not in office.get(f"/intake/{receipt}/slip")
    household_id = office.stall.parties[0].household_id or 0
    with transaction():
        issued = slips.issue(
            office.coop.id, household_id, office.rows("select min(id) from user_account")[0][0]
        )
    for paper in ("a5", "roll", "nonsense"):
        page = office.get(f"/intake/{receipt}/slip?paper={paper}")
        assert "<svg" in page
        assert "¥116.00" in page
    again = slips.reprinted(household_id)
    assert again is not None
    assert slips.find(again) == slips.find(issued) is not None
    slip_id = again.split(".")[0]
    for forged in (
        f"{slip_id}.{'A' * 32}",
        f"{int(slip_id) + 1}.{again.split('.')[1]}",
        again[:-1],
        again + "x",
    ):
        assert slips.find(forged) is None
    with transaction():
        slips.revoke(household_id)
    assert slips.find(again) is None
    assert "<svg" not in office.get(f"/intake/{receipt}/slip")


def test_a_scanned_slip_finds_the_household_of_the_own_cooperative_only(office: Office, receipt: int) -> None:
    mine, theirs = office.stall.parties[0], office.other.parties[0]
    user = office.rows("select min(id) from user_account")[0][0]
    with transaction():
        session().get(Household, theirs.household_id).phone = "+8613900003333"  # type: ignore[union-attr]
        token = slips.issue(office.coop.id, mine.household_id or 0, user)
        foreign = slips.issue(office.other.coop.id, theirs.household_id or 0, user)
    for text in (f"https://shop.example/m/{token}", f"/m/{token}", f" /m/{token}?year=2026"):
        page = office.post("/intake/new", 200, **_form(office, act="find", q=text))
        assert f'value="{mine.household_id}" data-no-draft checked' in page
        assert token not in page
    office.post("/intake/new", 303, **_form(office, q=f"/m/{token}"))
    assert _receipts(office)[-1].household_id == mine.household_id
    for wrong in (foreign, "x" * 32, f"1.{'A' * 32}"):
        page = office.post("/intake/new", 422, **_form(office, q=f"/m/{wrong}", request_key="d" * 32))
        assert "不是本社农户的" in page
        assert wrong not in page
    code = office.rows("select code from household where id = :h", h=mine.household_id)[0].code
    office.post("/intake/new", 303, **_form(office, q=code, request_key="e" * 32))


def test_who_is_no_member_stands_apart(office: Office, receipt: int) -> None:
    office.post("/intake/new", 303, **_form(office, q="", supplier_new="山货行"))
    page = office.get("/intake")
    assert "今天已记 2 单" in page
    assert "其中非成员 1 单" in page
    apart = office.get("/intake?which=outside")
    assert "山货行" in apart
    assert "不算成员交易量" in apart
    waiting = office.get("/intake?which=unconfirmed")
    assert "山货行" not in waiting
    assert "1 单、1 户还没确认，作价合计 ¥116.00" in waiting
    assert "山货行" in office.get("/intake?which=%27")
    assert "1 户，作价 ¥116.00" in office.get("/")


def test_what_was_taken_back_is_neither_confirmed_nor_pictured(office: Office, receipt: int) -> None:
    office.post(f"/intake/{receipt}/reverse", 303, reason="称错了")
    for deed, fields in (
        ("code", {}), ("message", {}), ("pictures", {"intake_delivery": (_photo(), "a.jpg")}),
        ("confirm", {"how": "signature", "signature": _signature()}),
    ):  # fmt: skip
        assert "已经冲销" in office.post(f"/intake/{receipt}/{deed}", 422, **fields)
    assert "都确认过了" in office.get("/intake?which=unconfirmed")
