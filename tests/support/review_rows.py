"""Reviews in the demo town: one of each of a cooperative's received lines, the first with a picture, a reply and an addition."""

from __future__ import annotations

from io import BytesIO

from PIL import Image
from sqlalchemy import text

from shop.core.db import session, transaction
from shop.core.pictures import WEBP, Paper
from shop.orders.reviews import writing as reviews
from shop.orders.reviews.writing import Photo

RECEIVED = text("""
    select l.id, l.cooperative_id, o.buyer_id
      from order_line l
      join suborder s on s.id = l.suborder_id
      join customer_order o on o.id = s.order_id
      join cooperative c on c.id = l.cooperative_id
     where c.code = :coop and s.state = 'received' and o.state = 'paid' and o.buyer_id is not null
       and s.received_at is not null and (select sum(quantity) from attribution where line_id = l.id) > 0
       and not exists (select from review where line_id = l.id)
     order by l.id desc limit 4
""")
SAID = (
    "菌盖厚，泡开有香味，第二次买了。",
    "干净，没有沙，包装也好。",
    "比上次碎一些，味道还行。",
    "寄得慢，袋子破了一个角。",
)


def picture() -> Photo:
    """A small photograph of nothing."""
    body = BytesIO()
    Image.new("RGB", (240, 240), "#9a5200").save(body, "WEBP")
    paper = Paper(WEBP, body.getvalue())
    return Photo(paper, paper)


def scene(coop: str) -> list[int]:
    """Ids of the reviews written, the first one answered and added to."""
    rows = session().execute(RECEIVED, {"coop": coop}).all()
    session().rollback()
    made = []
    for place, row in enumerate(rows):
        with transaction():
            photos = (picture(),) if place == 0 else ()
            made.append(reviews.write(row.id, row.buyer_id, 5 - place, SAID[place], photos))
    if made:
        with transaction():
            reviews.add(made[0], rows[0].buyer_id, "吃完了，准备再买。")
            reviews.reply(made[0], rows[0].cooperative_id, "谢谢，新货月底封批。", rows[0].buyer_id)
    return made
