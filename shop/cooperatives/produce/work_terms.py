"""What a piece of work in the store may be: which goods go in, what comes out of them, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from shop.core.errors import Refused, beside
from shop.core.quantity import MAX_GRAMS, MAX_PIECES, UnitKind, format_quantity
from shop.core.text import N_, clean_line

KINDS = {"dry": N_("晒干烘干"), "blend": N_("拼配"), "grade": N_("分级"), "pack": N_("分装")}
MOST_LOTS = 6  # of one piece of work, going in or coming out
MOST_FACTOR = 1000


@dataclass(frozen=True, slots=True)
class Made:
    """A new lot: grams or pieces of a produce; `grade_factor` weighs it against the others of the same work (100 is plain)."""

    produce_id: int
    quantity: int
    best_before: date
    grade_factor: int = 100


@dataclass(frozen=True, slots=True)
class Work:
    """What goes in, as (lot id, grams or pieces), and what comes out. Refusals name `input-N` and `output-N`, from 0."""

    cooperative_id: int
    kind: str
    inputs: Sequence[tuple[int, int]]
    outputs: Sequence[Made]
    note: str = ""
    by: int | None = None
    request_key: str | None = None


def check_shape(work: Work, today: date) -> None:
    """What can be said without looking at the goods. Raises Refused."""
    if work.kind not in KINDS:
        raise Refused("请选择加工方式：晒干烘干、拼配、分级或分装", field="kind")
    if not 0 < len(work.inputs) <= MOST_LOTS or not 0 < len(work.outputs) <= MOST_LOTS:
        raise Refused("请填写投入的批次和产出的产品")
    if len(dict(work.inputs)) < len(work.inputs):
        raise Refused("同一个批次只能填一次，请把数量合在一起", field=f"input-{len(work.inputs) - 1}")
    _check_numbers(work, today)
    _check_kind(work)
    with beside("note"):
        clean_line(work.note, label="备注", max_length=200, required=False)


def _check_numbers(work: Work, today: date) -> None:
    for place, (_lot, quantity) in enumerate(work.inputs):
        if quantity <= 0:
            raise Refused("投入数量要大于 0", field=f"input-{place}")
    for place, made in enumerate(work.outputs):
        if made.quantity <= 0:
            raise Refused("产出数量要大于 0", field=f"output-{place}")
        if not 0 < made.grade_factor <= MOST_FACTOR:
            raise Refused("等级系数要在 1 到 1000 之间，普通是 100", field=f"factor-{place}")
        if made.best_before < today:
            raise Refused("保质期已经过了，请检查日期", field=f"best-{place}")


def _check_kind(work: Work) -> None:
    if work.kind == "blend" and len(work.inputs) < 2:
        raise Refused("拼配至少要两个批次；只有一个批次请选别的加工方式", field="input-1")
    if work.kind == "grade" and len(work.inputs) > 1:
        raise Refused("分级一次只能分一个批次", field="input-1")
    if work.kind != "grade" and len(work.outputs) > 1:
        raise Refused("只有分级才能产出几种；这里只填一种", field="output-1")


def check_goods(work: Work, lots: Mapping[int, Any], kinds: Mapping[int, str]) -> None:
    """Whether the locked lots can give what is asked, and the outputs can come of it; `kinds` counts each produce.

    `lots` have code, mode, closed_at, best_before, available, sellable, unit_kind, count_word. Raises Refused.
    """
    for place, (lot_id, quantity) in enumerate(work.inputs):
        _check_lot(lots[lot_id], quantity, f"input-{place}")
    first = lots[work.inputs[0][0]]
    for place, (lot_id, _quantity) in enumerate(work.inputs):
        if lots[lot_id].mode != first.mode:
            raise Refused(
                "批次 %(code)s 和 %(first)s 的收货方式不同：买断的和代销的货不能并到一起，否则分不清欠谁多少",
                field=f"input-{place}", code=lots[lot_id].code, first=first.code,
            )  # fmt: skip
        if lots[lot_id].unit_kind != first.unit_kind:
            raise Refused("按重量的货和按件的货不能一起加工", field=f"input-{place}")
    _check_outputs(work, lots, kinds, first.unit_kind)


def _check_lot(lot: Any, quantity: int, field: str) -> None:
    if lot.closed_at is None:
        raise Refused("批次 %(code)s 还没有封批，先封批再加工", field=field, code=lot.code)
    if not lot.sellable:
        raise Refused("批次 %(code)s 已过期或已停售，不能再加工", field=field, code=lot.code)
    if quantity > lot.available:
        raise Refused(
            "批次 %(code)s 现在最多能用 %(left)s，其余已经有人订了或已发出",
            field=field, code=lot.code,
            left=format_quantity(int(lot.available), cast(UnitKind, lot.unit_kind), lot.count_word),
        )  # fmt: skip


def _check_outputs(work: Work, lots: Mapping[int, Any], kinds: Mapping[int, str], unit_kind: str) -> None:
    out_kinds = {kinds[made.produce_id] for made in work.outputs}
    if len(out_kinds) > 1:
        raise Refused("产出要么都按重量，要么都按件", field="output-1")
    weighed = out_kinds == {"g"}
    for place, made in enumerate(work.outputs):
        if made.quantity > (MAX_GRAMS if weighed else MAX_PIECES):
            raise Refused("产出数量太大了，请检查", field=f"output-{place}")
    came, went = sum(made.quantity for made in work.outputs), sum(quantity for _, quantity in work.inputs)
    if weighed and unit_kind == "g" and came > went:
        raise Refused(
            "产出 %(out)s 比投入 %(into)s 还多，请检查重量",
            field="output-0", out=format_quantity(came, "g"), into=format_quantity(went, "g"),
        )  # fmt: skip
    days = [lot.best_before for lot in lots.values() if lot.best_before is not None]
    for place, made in enumerate(work.outputs):
        if work.kind != "dry" and days and made.best_before > min(days):
            raise Refused(
                "保质期不能晚于原料的 %(day)s：拼配、分级、分装不会让货放得更久",
                field=f"best-{place}", day=min(days).isoformat(),
            )  # fmt: skip
