"""Photographs of goods as managers send them: drawn anew as every picture is, cut square, in the two sizes pages use."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageOps
from werkzeug.datastructures import FileStorage

from shop.catalog.picture_models import MOST_PICTURES
from shop.core import pictures
from shop.core.errors import Refused
from shop.core.pictures import PDF, WEBP, Paper
from shop.core.text import N_, excerpt

FIELD = "photos"
ACCEPTED = "image/jpeg,image/png,image/webp"
# side in pixels → the most bytes of it, so that a page's first picture keeps within what a weak network brings
LARGE, SMALL, THUMB = 720, 360, 160
MOST_BYTES = {LARGE: 90 * 1024, SMALL: 32 * 1024, THUMB: 6 * 1024}
QUALITIES = (78, 65, 50, 35, 20)


class Photo(NamedTuple):
    """A photograph in both sizes."""

    large: Paper
    small: Paper


class Sent(NamedTuple):
    """What came: the good ones, and of every other one (its name, why not)."""

    photos: list[Photo]
    refused: list[tuple[str, str]]


def sent(uploads: Iterable[FileStorage]) -> Sent:
    """The photographs of a form; slow, call it outside a transaction. One bad file does not stop the others.

    Raises Refused (none was chosen, or more than a product can have).
    """
    chosen = [upload for upload in uploads if upload.filename]
    if not chosen:
        raise Refused(N_("请先选照片，或者直接拍一张"), FIELD)
    if len(chosen) > MOST_PICTURES:
        raise Refused(
            N_("最多 %(most)d 张图片，现在有 %(count)d 张"), FIELD, most=MOST_PICTURES, count=len(chosen)
        )
    found = Sent([], [])
    for upload in chosen:
        try:
            found.photos.append(photo(upload))
        except Refused as refusal:
            found.refused.append((excerpt(upload.filename or ""), refusal.message))
    return found


def photo(upload: FileStorage) -> Photo:
    """One photograph. Raises Refused (not a picture, or too small to be one of goods)."""
    paper = pictures.sent(upload, FIELD)
    if paper is None or paper.media_type == PDF:
        raise Refused(N_("这里只收照片，不收 PDF"), FIELD)
    with Image.open(BytesIO(paper.body), formats=("WEBP",)) as image:
        if min(image.size) < SMALL:
            raise Refused(N_("照片太小，短边至少 %(side)d 像素，请用手机原图"), FIELD, side=SMALL)
        return Photo(_square(image, LARGE), _square(image, SMALL))


def thumb(paper: Paper) -> Paper:
    """The same photograph as small as the lines of a basket or an order show it: a list of twenty stays light."""
    with Image.open(BytesIO(paper.body), formats=("WEBP",)) as image:
        return _square(image, THUMB)


def _square(image: Image.Image, side: int) -> Paper:
    cut = ImageOps.fit(image, (side, side))
    body = b""
    for quality in QUALITIES:
        written = BytesIO()
        cut.save(written, "WEBP", quality=quality, method=4)
        body = written.getvalue()
        if len(body) <= MOST_BYTES[side]:
            break
    return Paper(WEBP, body)
