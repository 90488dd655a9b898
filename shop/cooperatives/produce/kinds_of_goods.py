"""What a cooperative takes in and stocks: its kinds of goods."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.produce.models import Produce
from shop.core import activity
from shop.core.db import session
from shop.core.errors import NotFound, Refused, beside
from shop.core.pinyin import sort_key
from shop.core.text import clean_line

COUNT_WORD = "件"
SHELF_LIFE_DAYS = 365
LONGEST_SHELF_LIFE = 3650


def add(
    cooperative_id: int,
    name: str,
    unit_kind: str,
    by: int | None = None,
    *,
    count_word: str = COUNT_WORD,
    shelf_life_days: int = SHELF_LIFE_DAYS,
) -> int:
    """A new produce, counted in grams or in pieces (then `count_word` is what one is called); returns its id.

    Raises Refused for a bad name, count word or shelf life, or a name that is there already.
    """
    name = _line(name, "新产品名称", 40, "new_name")
    if unit_kind not in ("g", "piece"):
        raise Refused("请选择按重量还是按件", field="new_name")
    word = _line(count_word, "一件叫什么", 4, "count_word") if unit_kind == "piece" else COUNT_WORD
    _check_shelf_life(shelf_life_days)
    values = {
        "cooperative_id": cooperative_id, "name": name, "pinyin": sort_key(name), "unit_kind": unit_kind,
        "count_word": word, "shelf_life_days": shelf_life_days,
    }  # fmt: skip
    statement = insert(Produce).values(values).on_conflict_do_nothing().returning(Produce.id)
    produce_id = session().scalar(statement)
    if produce_id is None:
        raise Refused("已经有叫“%(name)s”的产品，请直接选它", field="new_name", name=name)
    activity.record("produce.added", "produce", produce_id, cooperative_id=cooperative_id, actor_id=by)
    return produce_id


def keep_for(produce_id: int, cooperative_id: int, days: int, by: int) -> None:
    """How many days the goods keep, for lots that are closed from now on. Raises NotFound, Refused."""
    _check_shelf_life(days)
    mine = (Produce.id == produce_id, Produce.cooperative_id == cooperative_id)
    produce = session().scalar(select(Produce).where(*mine).with_for_update())
    if produce is None:
        raise NotFound("没有找到这种产品")
    if produce.shelf_life_days == days:
        return
    before, produce.shelf_life_days = produce.shelf_life_days, days
    activity.record(
        "produce.shelf_life", "produce", produce_id, cooperative_id=cooperative_id,
        before={"shelf_life_days": before}, after={"shelf_life_days": days}, actor_id=by,
    )  # fmt: skip


def _line(text: str, label: str, longest: int, field: str) -> str:
    with beside(field):
        return clean_line(text, label=label, max_length=longest)


def _check_shelf_life(days: int) -> None:
    if not 1 <= days <= LONGEST_SHELF_LIFE:
        raise Refused("保质期请填 1 到 %(most)s 天", field="shelf_life", most=LONGEST_SHELF_LIFE)
