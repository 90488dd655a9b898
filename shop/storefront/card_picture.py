"""The picture of a 爱心证明: terraces, a sun and what the card says, drawn in whole pixels; a PNG of a few dozen KB."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageDraw

from shop.core import fonts

WIDTH, HEIGHT = 750, 1060
SCENE = 400  # pixels of the drawing at the top
FINE = 2  # the drawing is made so many times larger and made small: smooth edges
MARGIN = 60
COLOURS = 128

PAGE, GREEN, GREEN_DARK, RED, HONEY, INK, MUTED = (
    "#f7f6f1", "#1f6b3a", "#155229", "#c8321f", "#9a5200", "#1f2421", "#5a635c",
)  # fmt: skip
SKY, SUN = "#e3f0e4", "#f2c14e"
# terraces from the far ones to the near: colour, and heights of their edge at the left, middle and right (of SCENE)
TERRACES = (
    ("#b9d8bd", 235, 165, 225), ("#93c29c", 265, 215, 250), ("#68a878", 290, 270, 285), ("#3f8b57", 330, 315, 310),
    (GREEN, 360, 365, 345),
)  # fmt: skip


class Words(NamedTuple):
    """What stands on the card, in the reader's language; `rows` are (label, value) lines."""

    title: str
    lead: str
    amount: str
    rows: Sequence[tuple[str, str]]
    foot: str
    shop: str


def png(words: Words) -> bytes:
    """The card."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAGE)
    image.paste(_scene(), (0, 0))
    draw = ImageDraw.Draw(image)
    draw.text((WIDTH // 2, 452), words.title, font=fonts.letters(60), fill=GREEN_DARK, anchor="mm")
    _fitted(draw, words.lead, 524, 30, MUTED)
    _fitted(draw, words.amount, 612, 84, RED)
    top = 694
    draw.line((MARGIN, top, WIDTH - MARGIN, top), fill="#cfe0d0", width=2)
    for place, (label, value) in enumerate(words.rows):
        _row(draw, label, value, top + 50 + place * 68)
    _fitted(draw, words.foot, 958, 26, MUTED)
    _fitted(draw, words.shop, 1006, 26, GREEN)
    written = BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def _scene() -> Image.Image:
    """Terraced hills under a morning sun, a house with a red roof, a heart above it."""
    image = Image.new("RGB", (WIDTH * FINE, SCENE * FINE), SKY)
    draw = ImageDraw.Draw(image)
    _disc(draw, 590, 110, 52, SUN)
    for colour, left, middle, right in TERRACES:
        edge = [(x, _height(x, left, middle, right)) for x in range(0, WIDTH + 1, 10)]
        _shape(draw, [(0, SCENE), *edge, (WIDTH, SCENE)], colour)
    _shape(draw, [(150, 268), (238, 268), (238, 330), (150, 330)], "#fffdf6")
    _shape(draw, [(136, 270), (194, 226), (252, 270)], RED)
    _shape(draw, [(182, 296), (206, 296), (206, 330), (182, 330)], HONEY)
    _disc(draw, 180, 142, 23, RED)
    _disc(draw, 218, 142, 23, RED)
    _shape(draw, [(160, 154), (238, 154), (199, 200)], RED)
    for x, y, size in ((470, 352, 30), (528, 366, 22), (600, 356, 26)):
        _mushroom(draw, x, y, size)
    return image.resize((WIDTH, SCENE), Image.Resampling.LANCZOS)


def _height(x: int, left: int, middle: int, right: int) -> int:
    """Of a hill's edge at x: a parabola through three points, in whole numbers."""
    half = WIDTH // 2
    if x <= half:
        return middle + (left - middle) * (half - x) ** 2 // half**2
    return middle + (right - middle) * (x - half) ** 2 // half**2


def _mushroom(draw: ImageDraw.ImageDraw, x: int, y: int, size: int) -> None:
    stem = size // 3
    _shape(draw, [(x - stem, y), (x + stem, y), (x + stem, y + size), (x - stem, y + size)], "#fffdf6")
    box = tuple(value * FINE for value in (x - size, y - size, x + size, y + size))
    draw.pieslice(box, 180, 360, fill=HONEY)


def _shape(draw: ImageDraw.ImageDraw, points: Sequence[tuple[int, int]], colour: str) -> None:
    draw.polygon([(x * FINE, y * FINE) for x, y in points], fill=colour)


def _disc(draw: ImageDraw.ImageDraw, x: int, y: int, radius: int, colour: str) -> None:
    draw.ellipse(
        tuple(value * FINE for value in (x - radius, y - radius, x + radius, y + radius)), fill=colour
    )


def _row(draw: ImageDraw.ImageDraw, label: str, value: str, y: int) -> None:
    draw.text((MARGIN, y), label, font=fonts.letters(30), fill=MUTED, anchor="lm")
    used = int(draw.textlength(label, font=fonts.letters(30))) + 30
    _fitted(draw, value, y, 34, INK, WIDTH - 2 * MARGIN - used, WIDTH - MARGIN, "rm")


def _fitted(
    draw: ImageDraw.ImageDraw, text: str, y: int, size: int, colour: str,
    width: int = WIDTH - 2 * MARGIN, x: int = WIDTH // 2, anchor: str = "mm",
) -> None:  # fmt: skip
    """One line: smaller where it is too long, and cut where it would be too small to read."""
    while size > 22 and draw.textlength(text, font=fonts.letters(size)) > width:
        size -= 2
    font = fonts.letters(size)
    if draw.textlength(text, font=font) > width:
        while text and draw.textlength(text + "…", font=font) > width:
            text = text[:-1]
        text += "…"
    draw.text((x, y), text, font=font, fill=colour, anchor=anchor)
