"""What people send as a picture of a paper: drawn anew without metadata, hostile files refused in words."""

from __future__ import annotations

import contextlib
import random
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage

from shop.core import pictures
from shop.core.errors import Refused

GPS_IFD = 0x8825


def _encoded(image: Image.Image, kind: str, **more: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **more)
    return buffer.getvalue()


def _png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_small_webp_without_metadata(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "Secret Phone"
    exif.get_ifd(GPS_IFD)[1] = "N"
    sent = _encoded(Image.new("RGB", (3000, 1500), "red"), kind, exif=exif)
    assert b"Secret Phone" in sent
    paper = pictures.prepare(sent)
    assert paper.media_type == pictures.WEBP
    assert b"Secret Phone" not in paper.body
    with Image.open(BytesIO(paper.body)) as stored:
        assert (stored.format, stored.size) == ("WEBP", (640, 1280))
        assert not stored.getexif()
        assert "icc_profile" not in stored.info


def test_transparent_palette_and_print_colours_are_taken() -> None:
    for mode, kind in (
        ("RGBA", "PNG"),
        ("P", "PNG"),
        ("CMYK", "JPEG"),
        ("L", "JPEG"),
        ("I;16", "PNG"),
        ("1", "PNG"),
    ):
        paper = pictures.prepare(_encoded(Image.new(mode, (50, 40)), kind))
        with Image.open(BytesIO(paper.body)) as stored:
            assert stored.size == (50, 40)


def test_noise_still_fits_a_megabyte() -> None:
    rough = random.Random(5).randbytes(1280 * 1280 * 3)  # noqa: S311
    paper = pictures.prepare(_encoded(Image.frombytes("RGB", (1280, 1280), rough), "PNG"))
    assert len(paper.body) <= pictures.MAX_PICTURE


def _animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    return _encoded(frames[0], kind, save_all=True, append_images=frames[1:])


HOSTILE = {
    "nothing": (b"", "空的"),
    "text": (b"hello", "只收照片"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "只收照片"),
    "html": (b"<!doctype html><script>alert(1)</script>", "只收照片"),
    "gif": (_animated("GIF"), "只收照片"),
    "moving webp": (_animated("WEBP"), "动图"),
    "moving png": (_animated("PNG"), "动图"),
    "heic": (b"\x00\x00\x00\x18ftypheic" + bytes(40), "HEIC"),
    "flood": (_png_header(30_000, 30_000), "像素太多"),
    "wide flood": (_png_header(2**31 - 1, 1), "像素太多"),
    "hollow": (_png_header(64, 64), "打不开"),
    "no size": (_png_header(0, 0), "打不开"),
    "cut jpeg": (_encoded(Image.new("RGB", (900, 900), "red"), "JPEG")[:400], "打不开"),
    "only magic": (b"\xff\xd8\xff", "打不开"),
    "riff that is sound": (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(30), "只收照片"),
    "webp of nothing": (b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(30), "打不开"),
    "tiff": (b"II*\x00" + bytes(40), "只收照片"),
    "zip": (b"PK\x03\x04" + bytes(40), "只收照片"),
    "huge": (b"\xff\xd8\xff" + bytes(pictures.MAX_SENT), "10 MB"),
    "big pdf": (b"%PDF-1.4" + bytes(pictures.MAX_PDF) + b"%%EOF", "4 MB"),
    "cut pdf": (b"%PDF-1.4\n1 0 obj", "不完整"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_words(name: str) -> None:
    data, words = HOSTILE[name]
    with pytest.raises(Refused, match=words) as refusal:
        pictures.prepare(data, "minutes")
    assert refusal.value.field == "minutes"


def test_a_picture_with_a_program_behind_it_loses_the_program() -> None:
    sent = _encoded(Image.new("RGB", (20, 20), "red"), "JPEG") + b"<script>alert(1)</script>PK\x03\x04"
    assert b"script" not in pictures.prepare(sent).body


def test_bytes_at_random_never_crash() -> None:
    dice = random.Random(7)  # noqa: S311
    starts = [_encoded(Image.new("RGB", (40, 40), "red"), kind) for kind in ("JPEG", "PNG", "WEBP")]
    for turn in range(300):
        data = bytearray(starts[turn % 3])
        for _ in range(dice.randrange(1, 12)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        with contextlib.suppress(Refused):
            assert pictures.prepare(bytes(data)).media_type == pictures.WEBP


def test_a_pdf_is_kept_as_it_is_and_no_file_is_none() -> None:
    whole = b"%PDF-1.4\n...\n%%EOF\n"
    assert pictures.prepare(whole) == pictures.Paper(pictures.PDF, whole)
    assert pictures.sent(None) is None
    assert pictures.sent(FileStorage(BytesIO(b""), filename="")) is None
    assert pictures.sent(FileStorage(BytesIO(whole), filename="../../x.py")) is not None
