"""Codes on paper as a phone sees them, and a film of them for Chromium's pretended camera."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

VIEW = (1280, 720)
TABLE = 150  # the grey that the paper lies on
# widths of bars and gaps of the 103 values, start B (104th) and stop, from the standard's table
PATTERNS = re.findall(
    r"[1-4]{6}",
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214",
)
STOP = "2331112"
START_B = 104


def code_128(text: str, module: int = 3) -> Image.Image:
    """Code set B with its check value and quiet zones; `module` is the narrowest bar in pixels."""
    values = [START_B] + [ord(char) - 32 for char in text]
    values.append((START_B + sum(place * value for place, value in enumerate(values[1:], 1))) % 103)
    return _bars("".join(PATTERNS[value] for value in values) + STOP, module)


# wide (1) and narrow (0) of five bars and four gaps
CODE_39 = {
    "0": "000110100", "1": "100100001", "2": "001100001", "3": "101100000", "4": "000110001", "5": "100110000",
    "6": "001110000", "7": "000100101", "8": "100100100", "9": "001100100", "A": "100001001", "B": "001001001",
    "*": "010010100",
}  # fmt: skip


def code_39(text: str, module: int = 3) -> Image.Image:
    """Without a check character, as it is mostly printed."""
    signs = ["".join("3" if wide == "1" else "1" for wide in CODE_39[char]) for char in f"*{text}*"]
    return _bars("1".join(signs), module)


def _bars(widths: str, module: int) -> Image.Image:
    quiet = 10 * module
    wide = sum(map(int, widths)) * module + 2 * quiet
    picture = Image.new("L", (wide, wide // 4), 255)
    pen = ImageDraw.Draw(picture)
    at = quiet
    for place, width in enumerate(widths):
        if place % 2 == 0:
            pen.rectangle((at, 0, at + int(width) * module - 1, picture.height), fill=0)
        at += int(width) * module
    return picture


def photograph(code: Image.Image, turn: float = 10, blur: float = 1.2, *, shadow: bool = True) -> Image.Image:
    """The paper on a table: turned by degrees, out of focus, the left side in the dark."""
    paper = Image.new("L", (code.width + 60, code.height + 60), 255)
    paper.paste(code, (30, 30))
    turned = paper.rotate(turn, expand=True, fillcolor=TABLE, resample=Image.Resampling.BICUBIC)
    scene = Image.new("L", VIEW, TABLE)
    scene.paste(turned, ((VIEW[0] - turned.width) // 2, (VIEW[1] - turned.height) // 2))
    scene = scene.filter(ImageFilter.GaussianBlur(blur))
    if not shadow:
        return scene
    light = Image.linear_gradient("L").rotate(90).resize(VIEW).point(lambda grey: 90 + grey * 165 // 255)
    return ImageChops.multiply(scene, light)


def jpeg(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def film(path: Path, scenes: Sequence[Image.Image], frames: int = 60) -> Path:
    """Motion JPEG, each scene for so many frames; Chromium plays it again and again."""
    path.write_bytes(b"".join(jpeg(scene) * frames for scene in scenes))
    return path
