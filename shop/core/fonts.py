"""The font for pictures that the server draws: checked at the start, so that no picture is made of empty boxes."""

from __future__ import annotations

from pathlib import Path

from PIL import ImageFont

from shop.config import ConfigError

BUILT = Path(__file__).parent.parent / "fonts" / "NotoSansSC-Medium.ttf"
_ABSENT = "\U0010fffe"  # no font has it: what is drawn for it is the empty box
_path: dict[str, str] = {}


def configure(path: str) -> None:
    """Take the font that the setting names, or the built one. Raises ConfigError: no such file, no font, no Chinese in it."""
    wanted = Path(path) if path else BUILT
    if not wanted.is_file():
        mend = (
            "correct the path"
            if path
            else "run `npm ci` and `npm run build`, or set CARD_FONT to a font file"
        )
        raise ConfigError(f"CARD_FONT is wrong: there is no file {wanted}: {mend}.")
    try:
        letters = ImageFont.truetype(str(wanted), 24, layout_engine=ImageFont.Layout.BASIC)
    except OSError:
        raise ConfigError(f"CARD_FONT is wrong: {wanted} is no font that Pillow reads.") from None
    if bytes(letters.getmask("村")) == bytes(letters.getmask(_ABSENT)):
        raise ConfigError(f"CARD_FONT is wrong: {wanted} has no Chinese letters.")
    _path["letters"] = str(wanted)


def file() -> Path:
    """The font's file, for what sets its own pages."""
    return Path(_path["letters"])


def letters(size: int) -> ImageFont.FreeTypeFont:
    """The font in this size (pixels), for one thread: a face is not shared."""
    return ImageFont.truetype(_path["letters"], size, layout_engine=ImageFont.Layout.BASIC)
