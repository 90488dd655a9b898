"""Which lot a code means: typed, shot at with a hand scanner, or the address that the QR code of a label holds."""

from __future__ import annotations

import re

from sqlalchemy import select

from shop.cooperatives.produce.models import Lot
from shop.core import trace_codes
from shop.core.db import session
from shop.core.errors import Refused
from shop.core.numbers import fold

LONGEST = 200
_LABEL = re.compile(r"/t/([^/?#\s]{1,60})")
_SLIP = re.compile(r"/m/\S")


def find(text: str, cooperative_id: int) -> int:
    """The lot's id. Raises Refused on `find`, saying what the code is instead.

    That a label is another cooperative's is said only of closed lots: their page is public, an open lot of somebody else's
    does not exist here.
    """
    plain = "".join(
        char for char in fold(text[:LONGEST]) if char.isprintable()
    ).strip()  # hand scanners send signs
    if _SLIP.search(plain):
        raise Refused("这是农户查询单，不是批次标签", field="find")
    label = _LABEL.search(plain)
    code = trace_codes.normal(label[1] if label else plain)
    found = session().execute(
        select(Lot.id, Lot.cooperative_id, Lot.closed_at).where(Lot.trace_code == code)
    ).one_or_none()  # fmt: skip
    if found is not None and found.cooperative_id == cooperative_id:
        return int(found.id)
    if found is not None and found.closed_at is not None:
        raise Refused("这张标签是别的合作社的批次", field="find")
    own = session().scalar(
        select(Lot.id).where(Lot.cooperative_id == cooperative_id, Lot.code == plain.upper())
    )
    if own is None:
        raise Refused("没有找到这个批次，请对照标签上的追溯码或者批次号", field="find")
    return own
