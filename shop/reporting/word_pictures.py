"""Pictures and text boxes of a Word document: their size kept, floating ones beside, over or behind the words they hang on."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
WPS = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_EMU_A_POINT = 12700
_PASSED = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif"}
_REDRAWN = frozenset({"BMP", "TIFF", "WEBP"})  # read here, written as PNG
_MOST_PIXELS = 40_000_000
_BESIDE = frozenset({"wrapSquare", "wrapTight", "wrapThrough"})


def address(part: Any, relation: str | None) -> str | None:
    """The picture as a data: address; None for a kind that cannot be drawn here."""
    found = part.related_parts.get(relation) if relation else None
    if found is None:
        return None
    blob = bytes(found.blob)
    try:
        with Image.open(BytesIO(blob), formats=[*_PASSED, *_REDRAWN]) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            kind = str(picture.format)
            if kind not in _PASSED:
                buffer = BytesIO()
                picture.convert("RGBA" if picture.has_transparency_data else "RGB").save(buffer, "PNG")
                kind, blob = "PNG", buffer.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    return f"data:{_PASSED[kind]};base64,{base64.b64encode(blob).decode()}"


def size_css(drawing: Any) -> str:
    """Width and height of an inline or floating drawing, as Word has them."""
    extent = drawing.find(f"{WP}extent")
    width, height = (_points(extent.get(side)) for side in ("cx", "cy")) if extent is not None else (0, 0)
    return f"width:{width:g}pt;height:{height:g}pt" if width and height else ""


def place_css(drawing: Any) -> str:
    """Where a floating drawing stands: beside the words, above them, or over them at its distance; '' for an inline one."""
    if drawing.tag != f"{WP}anchor":
        return ""
    across, down = drawing.find(f"{WP}positionH"), drawing.find(f"{WP}positionV")
    side = across.findtext(f"{WP}align") if across is not None else None
    offset = _points(across.findtext(f"{WP}posOffset")) if across is not None else 0
    wraps = {child.tag.removeprefix(WP) for child in drawing}
    if wraps & _BESIDE:
        return f"float:{'left' if side in (None, 'left', 'inside') else 'right'};margin:0 6pt"
    if "wrapTopAndBottom" in wraps:
        around = {"center": "margin:0 auto", "right": "margin:0 0 0 auto"}.get(
            side or "", f"margin:0 0 0 {offset:g}pt"
        )
        return f"display:block;{around}"
    top = (
        _points(down.findtext(f"{WP}posOffset"))
        if down is not None and down.get("relativeFrom") == "paragraph"
        else 0
    )
    level = "z-index:-1;" if drawing.get("behindDoc") in ("1", "true") else ""
    left = {"center": "left:0;right:0;margin:0 auto", "right": "right:0"}.get(
        side or "", f"left:{offset:g}pt"
    )
    return f"position:absolute;{level}top:{top:g}pt;{left}"


def _points(emu: str | None) -> float:
    try:
        return int(emu or 0) / _EMU_A_POINT
    except ValueError:
        return 0
