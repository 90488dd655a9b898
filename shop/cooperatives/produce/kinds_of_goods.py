"""What a cooperative stocks: a new kind of goods, made on the way."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.produce.models import Produce
from shop.core import activity
from shop.core.db import session
from shop.core.errors import Refused
from shop.core.pinyin import syllables
from shop.core.text import BadText, clean_line

COUNT_WORD = "件"


def add(cooperative_id: int, name: str, unit_kind: str, by: int | None = None) -> int:
    """A new produce, counted in grams or pieces; returns its id. Raises Refused for a bad name or one that is there already."""
    try:
        name = clean_line(name, label="新产品名称", max_length=40)
    except BadText as refusal:
        raise Refused(str(refusal), field="new_name") from refusal
    if unit_kind not in ("g", "piece"):
        raise Refused("请选择按重量还是按件", field="new_name")
    values = {
        "cooperative_id": cooperative_id, "name": name, "pinyin": " ".join(syllables(name.casefold())), "unit_kind": unit_kind,
        "count_word": COUNT_WORD,
    }  # fmt: skip
    statement = insert(Produce).values(values).on_conflict_do_nothing().returning(Produce.id)
    produce_id = session().scalar(statement)
    if produce_id is None:
        raise Refused("已经有叫“%(name)s”的产品，请直接选它", field="new_name", name=name)
    activity.record("produce.added", "produce", produce_id, cooperative_id=cooperative_id, actor_id=by)
    return produce_id
