"""What invented buyers say of what they received: the words fit the kind, the stars are not all five; by the pages' own deeds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from shop.commands.demo.dice import Dice
from shop.commands.demo.figures import MARK
from shop.commands.demo.plan import moment
from shop.commands.demo.timeline import Timeline
from shop.commands.demo.written import Written, WrittenLine, WrittenOrder, WrittenPart
from shop.orders.reviews import writing

MOST = 36  # a town's reviews; each is a handful of statements
STARS = (5, 4, 3, 2)
WEIGHTS = (66, 22, 8, 4)
SAID = {
    "shiitake": (
        "菇盖厚，泡开以后香味很足，炖鸡汤全家都说好。",
        "大小比较匀，没有碎末，冷水泡了两个小时就软了。",
        "包装简单但是干净，泡菇的水也香，会再买。",
    ),
    "tea": (
        "汤色清亮，第二泡最好喝。",
        "自己喝正合适，有一点点涩，回甘不错。",
        "给父母买的，说比超市的新鲜。",
    ),
    "bamboo": (
        "泡一夜再煮，炖腊肉特别香，也没有酸味。",
        "笋尖多，老根少，没有硫黄味。",
        "按说明换了两次水，口感脆，就是泡的时间要长。",
    ),
    "honey": (
        "味道淡淡的花香，不齁甜，天冷了有结晶，看说明说是正常的。",
        "瓶口封得严，一点没洒。",
        "泡水喝着舒服，喝完再来。",
    ),
}
PLAIN = (
    "和说明写的一样，路上走了三天。",
    "东西新鲜，称过了，斤两是足的。",
    "能看到是哪个村哪些户的货，买着放心。",
)
POOR = ("东西还行，就是路上走得久，外箱压瘪了一角。", "有几块碎了，希望包装再扎实一点。")
LATER = ("吃了半个月再来说一句：放冰箱里没有受潮，味道没变。", "又买了一次，两次的品质差不多。")
ANSWER = "谢谢您告诉我们。下一批换厚纸箱，外面再套一层袋子，欢迎再来。"


class _Said(NamedTuple):
    """A line that its buyer will say something of, and when its goods arrived."""

    order: WrittenOrder
    part: WrittenPart
    line: WrittenLine
    received_at: datetime


def write_reviews(seed: int, written: Written, timeline: Timeline) -> None:
    """Of some lines that arrived before yesterday; who looks in as the demo buyer still has the own one to write."""
    dice = Dice(seed, written.town.number, "reviews")
    latest = min(timeline.end, moment(timeline.today, 0)) - timedelta(hours=1)
    arrived = dice.shuffled(list(_received(written, latest)))
    arrived.sort(
        key=lambda said: said.received_at < timeline.end - timeline.window
    )  # of the last weeks first
    chosen = [
        (min(said.received_at + timedelta(hours=dice.between(5, 90)), latest), said)
        for said in arrived[:MOST]
    ]
    for at, said in sorted(chosen, key=lambda each: each[0]):  # lists show the newest by its number
        _write(dice, written, said, at, latest)


def _received(written: Written, latest: datetime) -> Iterator[_Said]:
    for order in written.orders:
        arrived = order.sale.received_at
        buyer = written.buyers[order.sale.buyer]
        if arrived is None or arrived >= latest or order.sale.channel != "online" or buyer.demo:
            continue
        for part in order.parts:
            for line in part.lines:
                yield _Said(order, part, line, arrived)


def _write(dice: Dice, written: Written, said: _Said, at: datetime, latest: datetime) -> None:
    buyer_id = written.users[said.order.sale.buyer]
    if buyer_id is None:
        return
    stars = dice.weighted(STARS, WEIGHTS)
    kind = said.line.selling.offer.kind.key
    words = dice.pick(SAID.get(kind, PLAIN) + PLAIN) if stars > 3 else dice.pick(POOR)
    review_id = writing.write(said.line.id, buyer_id, stars, f"{words}（{MARK}）", at=at)
    if stars <= 3:
        by = written.managers[said.part.village]
        answered = min(at + timedelta(hours=dice.between(3, 30)), latest)
        writing.reply(review_id, said.part.cooperative_id, f"{ANSWER}（{MARK}）", by, at=answered)
    elif dice.percent(15):
        added = min(at + timedelta(days=dice.between(9, 20)), latest)
        writing.add(review_id, buyer_id, f"{dice.pick(LATER)}（{MARK}）", at=added)
