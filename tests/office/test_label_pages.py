"""Labels of a lot and its certificate's picture."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from tests.office.conftest import Office


def _picture(kind: str = "PNG") -> BytesIO:
    buffer = BytesIO()
    Image.new("RGB", (60, 40), "green").save(buffer, kind)
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize(
    "query, labels",
    [
        ("", 24),
        ("?paper=roll", 1),
        ("?count=5", 5),
        ("?count=0", 1),
        ("?count=9999", 96),
        ("?paper=x&count=-1", 24),
    ],
)
def test_as_many_labels_as_asked_for(office: Office, query: str, labels: int) -> None:
    page = office.get(f"/lots/{office.stall.lot_id}/labels{query}")
    code = office.rows("select trace_code from lot where id = :id", id=office.stall.lot_id)[0].trace_code
    assert page.count('class="qr"') == labels
    assert page.count(f"{code[:4]} {code[4:8]} {code[8:]}") == labels


def test_an_open_lot_has_no_labels(office: Office, open_produce: int) -> None:
    lot_id = office.rows("select id from lot where closed_at is null")[0].id
    assert "封批以后才有追溯页" in office.get(f"/lots/{lot_id}/labels")


def test_the_certificates_picture_goes_to_the_public_page(office: Office) -> None:
    lot_id = office.stall.lot_id
    where = f"/lots/{lot_id}/certificate"
    assert "请选一张合格证的照片" in office.post(where, 422)
    assert "只收照片" in office.post(where, 422, certificate=(BytesIO(b"not a picture"), "a.jpg"))
    assert "拍一张" in office.post(where, 422, certificate=(BytesIO(b"%PDF-1.4\n%%EOF"), "a.pdf"))
    assert office.post(where, 303, certificate=(_picture(), "a.png")).endswith(f"/lots/{lot_id}/public")
    assert "现在追溯页上的照片" in office.get(f"/lots/{lot_id}/public")
    acts = office.rows("select count(*) from activity where act = 'lot.certificate_shown'")[0][0]
    assert acts == 1


def test_another_cooperatives_lots_get_neither(office: Office) -> None:
    before = office.fingerprint()
    for path in ("labels", "public"):
        office.get(f"/lots/{office.other.lot_id}/{path}", 404)
    office.post(f"/lots/{office.other.lot_id}/certificate", 404, certificate=(_picture(), "a.png"))
    assert office.fingerprint() == before
