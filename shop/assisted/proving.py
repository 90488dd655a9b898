"""未核实 → 已核实: another person than who entered a sale looks at what backs it. The order's `evidence` repeats it."""

from __future__ import annotations

from sqlalchemy import select, update

from shop.assisted.models import AssistedProof, AssistedSale
from shop.assisted.selling import SUBJECT
from shop.cooperatives.people.models import Cooperative, Village
from shop.core import activity, pictures
from shop.core.attachments import Attachment
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_, clean_line
from shop.orders.models import Order, Suborder

PROVEN, UNPROVEN = "proven", "unproven"
LONGEST = 200


def prove(
    order_id: int, region_code: str, *, note: str, by: int, paper: pictures.Paper | None = None
) -> bool:
    """It is backed: by the paper that is sent along, by the last one that lies with the sale, or by what the note says.

    False: it was proven before. Raises NotFound, BadInput (note), Refused (own entry, nothing that backs it).
    """
    note = clean_line(note, label=N_("核实说明"), max_length=LONGEST, required=False)
    entered_by, cooperative_id = _by_another(order_id, region_code, by)
    state, seq = last(order_id)
    if state == PROVEN:
        return False
    attachment_id = _paper(order_id, cooperative_id, by, paper)
    if attachment_id is None and not note:
        raise Refused(N_("请附上收据或送货单的照片，或写明看了什么"), "note")
    words = note or f"凭证 {attachment_id}"
    _write(order_id, seq + 1, PROVEN, attachment_id, note, entered_by, by, words)
    activity.record(
        "assisted.proven", "order", order_id, cooperative_id=cooperative_id, actor_id=by,
        after={"paper": attachment_id, "note": note},
    )  # fmt: skip
    return True


def doubt(order_id: int, region_code: str, *, note: str, by: int) -> bool:
    """What was taken for proof is none; the note says why. False: it is unproven already. Raises as `prove`."""
    note = clean_line(note, label=N_("撤回原因"), max_length=LONGEST)
    entered_by, cooperative_id = _by_another(order_id, region_code, by)
    state, seq = last(order_id)
    if state == UNPROVEN:
        return False
    _write(order_id, seq + 1, UNPROVEN, None, note, entered_by, by, None)
    activity.record(
        "assisted.doubted", "order", order_id, cooperative_id=cooperative_id, actor_id=by, after={"note": note}
    )  # fmt: skip
    return True


def add_paper(order_id: int, region_code: str, paper: pictures.Paper, by: int) -> int:
    """A picture that comes after the sale was entered; anybody may bring it, it proves nothing by itself. Raises NotFound."""
    _entered_by, cooperative_id = _locked(order_id, region_code)
    return pictures.store(
        paper, subject_type=SUBJECT, subject_id=order_id, cooperative_id=cooperative_id, by=by
    )


def last(order_id: int) -> tuple[str, int]:
    """(state, seq) of the newest word; unproven and 0 where nobody has said anything. One statement."""
    row = session().execute(
        select(AssistedProof.state, AssistedProof.seq)
        .where(AssistedProof.order_id == order_id)
        .order_by(AssistedProof.seq.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    return (row.state, row.seq) if row else (UNPROVEN, 0)


def _by_another(order_id: int, region_code: str, by: int) -> tuple[int, int]:
    """As `_locked`. Raises Refused where `by` has entered it."""
    entered_by, cooperative_id = _locked(order_id, region_code)
    if entered_by == by:
        raise Refused(N_("这笔是你自己登记的，要由另一位同事核实"))
    return entered_by, cooperative_id


def _locked(order_id: int, region_code: str) -> tuple[int, int]:
    """Who entered it, and whose goods it was; the order's row is held, so that one word follows another."""
    row = session().execute(
        select(AssistedSale.entered_by, Suborder.cooperative_id)
        .join(Order, Order.id == AssistedSale.order_id)
        .join(Suborder, Suborder.order_id == Order.id)
        .join(Cooperative, Cooperative.id == Suborder.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Order.id == order_id, Village.region_code.startswith(region_code))
        .with_for_update(of=Order, key_share=True)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这笔销售"))
    return row.entered_by, row.cooperative_id


def _paper(order_id: int, cooperative_id: int, by: int, paper: pictures.Paper | None) -> int | None:
    if paper is not None:
        return pictures.store(
            paper, subject_type=SUBJECT, subject_id=order_id, cooperative_id=cooperative_id, by=by
        )
    newest = (
        select(Attachment.id)
        .where(Attachment.subject_type == SUBJECT, Attachment.subject_id == order_id)
        .order_by(Attachment.id.desc())
        .limit(1)
    )
    return session().scalar(newest)


def _write(
    order_id: int, seq: int, state: str, attachment_id: int | None, note: str, entered_by: int, by: int, words: str | None
) -> None:  # fmt: skip
    row = {
        "order_id": order_id, "seq": seq, "state": state, "attachment_id": attachment_id, "note": note,
        "entered_by": entered_by, "by": by,
    }  # fmt: skip
    insert_rows(AssistedProof, [row])
    session().execute(
        update(Order)
        .where(Order.id == order_id)
        .values(evidence=words)
        .execution_options(synchronize_session=False)
    )
