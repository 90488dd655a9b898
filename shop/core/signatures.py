"""A signature drawn on a phone: the canvas's PNG as the form sends it, checked, and drawn anew like every other picture."""

from __future__ import annotations

import base64
import binascii
from io import BytesIO

from PIL import Image

from shop.core.errors import Refused
from shop.core.pictures import Paper, prepare
from shop.core.text import N_

HEAD = "data:image/png;base64,"
MOST_TEXT = 400_000
FEWEST_DARK = 40  # pixels: a slip of the finger is no name
DARK = 128


def drawn(text: str, field: str = "signature") -> Paper:
    """The signature as a picture. Raises Refused naming the field for what is no PNG, too large or empty."""
    if not text.startswith(HEAD) or len(text) > MOST_TEXT:
        raise Refused(N_("签名没有传上来，请重新签，或拍下签过字的单子"), field)
    try:
        data = base64.b64decode(text.removeprefix(HEAD), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(N_("签名没有传上来，请重新签，或拍下签过字的单子"), field) from error
    if not data.startswith(b"\x89PNG"):
        raise Refused(N_("签名没有传上来，请重新签，或拍下签过字的单子"), field)
    paper = prepare(data, field)
    with Image.open(BytesIO(paper.body)) as image:
        dark = sum(image.convert("L").histogram()[:DARK])
    if dark < FEWEST_DARK:
        raise Refused(N_("还没有签名，请在框里写名字"), field)
    return paper
