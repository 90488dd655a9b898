"""Pictures of a review: drawn anew as every picture is, with a small one for lists."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

from PIL import Image, ImageOps
from werkzeug.datastructures import FileStorage

from shop.core import pictures
from shop.core.errors import Refused
from shop.core.pictures import PDF, WEBP, Paper
from shop.core.text import N_
from shop.orders.reviews.writing import MOST_PICTURES, Photo

FIELD = "pictures"
THUMB = 240  # pixels each way
ACCEPTED = "image/jpeg,image/png,image/webp"


def sent(uploads: Iterable[FileStorage]) -> list[Photo]:
    """The photos of a form, prepared; slow, call it outside a transaction. Raises Refused (too many, not a picture)."""
    chosen = [upload for upload in uploads if upload.filename]
    if len(chosen) > MOST_PICTURES:
        raise Refused(
            N_("最多 %(most)d 张图片，现在有 %(count)d 张"), FIELD, most=MOST_PICTURES, count=len(chosen)
        )
    return [_photo(upload) for upload in chosen]


def _photo(upload: FileStorage) -> Photo:
    large = pictures.sent(upload, FIELD)
    if large is None or large.media_type == PDF:
        raise Refused(N_("这里只收照片，不收 PDF"), FIELD)
    with Image.open(BytesIO(large.body), formats=("WEBP",)) as image:
        small = ImageOps.fit(image, (THUMB, THUMB))
    written = BytesIO()
    small.save(written, "WEBP", quality=70, method=4)
    return Photo(large, Paper(WEBP, written.getvalue()))
