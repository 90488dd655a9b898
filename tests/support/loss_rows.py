"""A loss with its picture, a count and a recall that was lifted, by the real deeds, for pages that show them."""

from __future__ import annotations

from sqlalchemy import text

from shop.cooperatives.income import loss_reads, stock_counts, stock_losses
from shop.cooperatives.produce import recalls
from shop.core import clock, pictures
from shop.core.db import session, transaction
from shop.orders import recalled

FREE = text(
    "select l.id, l.cooperative_id, l.received + l.returned - l.shipped - l.written_off - l.transformed as book from lot l"
    " join cooperative c on c.id = l.cooperative_id where c.code = :coop and l.closed_at is not null"
    " and l.reserved < l.received + l.returned - l.shipped - l.written_off - l.transformed order by l.id desc limit 1"
)


def scene(coop: str) -> None:
    lot = session().execute(FREE, {"coop": coop}).one()
    session().rollback()
    with transaction():
        loss_id = stock_losses.write_off(
            stock_losses.Lost(lot.cooperative_id, lot.id, 1, "damage", f"scene:{coop}", note="压坏了")
        )
        pictures.store(
            pictures.Paper(pictures.WEBP, b"a picture"), subject_type=loss_reads.PICTURE, subject_id=loss_id,
            cooperative_id=lot.cooperative_id, by=None,
        )  # fmt: skip
    counted = stock_counts.Counted(lot.id, int(lot.book) - 1, int(lot.book))
    with transaction():
        stock_counts.post(lot.cooperative_id, [counted], stock_counts.Terms(clock.today()), f"scene:{coop}")
    with transaction():
        ids = recalls.recall(lot.id, lot.cooperative_id, "抽检水分超标", "请不要食用")
        recalled.tell(ids)
    with transaction():
        recalls.lift(ids[0], lot.cooperative_id, "复检合格")
        recalled.tell_lifted(ids[0])
