"""Pictures and PDF papers that people send: checked by content, pictures drawn anew, then kept as attachments.

Nothing of what was sent is stored as it came but a PDF: a picture is decoded, turned upright, made small and written as
WebP without any of its metadata (EXIF with its place among it), so a file that is two things at once is one afterwards.
"""

from __future__ import annotations

import hashlib
import struct
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Response
from PIL import Image, ImageOps
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from shop.core.attachments import Attachment
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_

WEBP, PDF = "image/webp", "application/pdf"
ACCEPTED = "image/jpeg,image/png,image/webp,application/pdf"  # for the accept attribute of a file field
LONGEST_SIDE = 1280
MAX_PICTURE = 1024 * 1024
MAX_PDF = 4 * 1024 * 1024
MAX_SENT = 10 * 1024 * 1024
# Width × height, read from the header before a pixel is decoded. A JPEG is decoded at a fraction of its size.
MAX_PIXELS = {"JPEG": 50_000_000, "MPO": 50_000_000, "PNG": 24_000_000, "WEBP": 24_000_000}
QUALITIES = (80, 65, 50, 35)
_MAGIC = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"RIFF", "WEBP"))
# What a decoder raises on hostile bytes.
_BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, OverflowError, ZeroDivisionError,
    MemoryError, struct.error,
)  # fmt: skip
_FLOODS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_TOO_MANY = N_("图片的像素太多，请用普通的手机照片")
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Paper:
    """A checked file, ready to be stored."""

    media_type: str
    body: bytes


def sent(upload: FileStorage | None, field: str = "picture") -> Paper | None:
    """The file of a form field, prepared; None where none was chosen. Raises Refused naming the field."""
    if upload is None or not upload.filename:
        return None
    return prepare(upload.stream.read(MAX_SENT + 1), field)


def prepare(data: bytes, field: str = "picture") -> Paper:
    """Check a file by its content and draw a picture anew. Slow (decoding): call it outside a transaction. Raises Refused."""
    if not data:
        raise Refused(N_("文件是空的，请重新选择"), field)
    if len(data) > MAX_SENT:
        raise Refused(N_("文件太大，最大 10 MB"), field)
    if data.startswith(b"%PDF-"):
        return _pdf(data, field)
    kind = next((name for magic, name in _MAGIC if data.startswith(magic)), None)
    if kind is None or (kind == "WEBP" and data[8:12] != b"WEBP"):
        raise Refused(_unknown(data), field)
    try:
        return Paper(WEBP, _redrawn(data, kind, field))
    except _FLOODS as error:
        raise Refused(_TOO_MANY, field) from error
    except _BROKEN as error:
        raise Refused(N_("这张图片打不开，可能损坏了，请重新拍一张"), field) from error


def fingerprint(paper: Paper) -> str:
    """SHA-256 of what will be stored: the same photograph sent twice has the same one."""
    return hashlib.sha256(paper.body).hexdigest()


def store(
    paper: Paper, *, subject_type: str, subject_id: int, cooperative_id: int | None, by: int | None
) -> int:
    """Keep a prepared file for a row; returns the attachment's id. Call it inside the deed's transaction."""
    row = {
        "cooperative_id": cooperative_id, "subject_type": subject_type, "subject_id": subject_id,
        "media_type": paper.media_type, "sha256": fingerprint(paper), "body": paper.body,
        "uploaded_by": by,
    }  # fmt: skip
    return int(insert_rows(Attachment, [row], "id")[0])


def papers_of(subject_type: str, subject_id: int, cooperative_id: int) -> Sequence[Any]:
    """id, media_type and uploaded_at of a row's files, oldest first, without their bodies."""
    return (
        session()
        .execute(
            select(Attachment.id, Attachment.media_type, Attachment.uploaded_at)
            .where(
                Attachment.subject_type == subject_type,
                Attachment.subject_id == subject_id,
                Attachment.cooperative_id == cooperative_id,
            )
            .order_by(Attachment.id)
        )
        .all()
    )


def body_of(attachment_id: int, cooperative_ids: Sequence[int]) -> Paper:
    """A stored file of one of these cooperatives. Raises NotFound for any other."""
    row = (
        session()
        .execute(
            select(Attachment.media_type, Attachment.body).where(
                Attachment.id == attachment_id, Attachment.cooperative_id.in_(cooperative_ids)
            )
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound
    return Paper(row.media_type, row.body)


def answer(attachment_id: int, cooperative_ids: Sequence[int]) -> Response:
    """A stored file of one of these cooperatives as the answer of a page. Raises NotFound."""
    return shown(body_of(attachment_id, cooperative_ids), attachment_id)


def shown(paper: Paper, attachment_id: int) -> Response:
    """A stored file as the answer of a page: pictures shown, PDFs only as a download, never guessed at."""
    how, ending = ("attachment", "pdf") if paper.media_type == PDF else ("inline", "webp")
    response = Response(paper.body, mimetype=paper.media_type)
    response.headers.set("Content-Disposition", how, filename=f"paper-{attachment_id}.{ending}")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _unknown(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return N_("这是苹果手机的 HEIC 照片，请在手机里另存为 JPG 再上传")
    return N_("只收照片（JPG、PNG、WebP）和 PDF，这个文件不是")


def _pdf(data: bytes, field: str) -> Paper:
    if len(data) > MAX_PDF:
        raise Refused(N_("PDF 太大，最大 4 MB"), field)
    if b"%%EOF" not in data[-1024:]:
        raise Refused(N_("这个 PDF 不完整，请重新导出后上传"), field)
    return Paper(PDF, data)


def _redrawn(data: bytes, kind: str, field: str) -> bytes:
    with Image.open(BytesIO(data), formats=(kind,)) as image:
        width, height = image.size
        if width * height > MAX_PIXELS.get(str(image.format), 0):
            raise Refused(_TOO_MANY, field)
        if kind != "JPEG" and getattr(image, "is_animated", False):
            raise Refused(N_("不收动图，请上传照片"), field)
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        drawn = upright.convert("RGBA")
    plain = Image.new("RGB", drawn.size, "white")
    plain.paste(drawn, mask=drawn.getchannel("A"))
    return _written(plain)


def _written(image: Image.Image) -> bytes:
    """WebP of at most MAX_PICTURE bytes; photographs of this size take far less at the first quality."""
    for quality in QUALITIES:
        buffer = BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=4)
        if buffer.tell() <= MAX_PICTURE:
            return buffer.getvalue()
    half = image.resize((max(1, image.width // 2), max(1, image.height // 2)))
    return _written(half)
