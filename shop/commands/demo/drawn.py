"""A paper for the demo's vouchers: drawn, not photographed, and saying so."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from PIL import Image, ImageDraw

from shop.core.money import format_plain
from shop.core.pictures import WEBP, Paper

SIZE = (480, 640)
_INK, _RULE = "#333333", "#c8c8c8"


def drawn_paper(kind: str, on: date, fen: int) -> Paper:
    """A receipt of this amount and day, as the upload of a photograph would have left it."""
    image = Image.new("RGB", SIZE, "#fdfcf6")
    pen = ImageDraw.Draw(image)
    pen.rectangle((24, 24, SIZE[0] - 24, SIZE[1] - 24), outline=_INK, width=2)
    for line in range(6):
        pen.line((48, 220 + 60 * line, SIZE[0] - 48, 220 + 60 * line), fill=_RULE, width=2)
    for place, words in enumerate(("DEMO RECEIPT", kind.upper(), on.isoformat(), f"CNY {format_plain(fen)}")):
        pen.text((48, 56 + 36 * place), words, fill=_INK, font_size=24)
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=70, method=4)
    return Paper(WEBP, buffer.getvalue())
