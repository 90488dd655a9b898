"""Daily facts: whatever is sold, refunded and swept in whatever order, what is read are the rows' own sums."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from shop.audit.run import CHECKS, run_check
from shop.catalog.models import SkuPrice
from shop.core import clock
from shop.core.db import db, insert_rows, session, transaction
from shop.orders import attributing, facts, facts_money, facts_reading, facts_windows, figures, tasks
from tests.access.identities import TOWN
from tests.orders import market
from tests.orders.killing import killed_at
from tests.payments.refund_scene import give_back, line_ids, part_ids
from tests.support import town_builder

LAST_DAY = date(2020, 12, 31)
FACTS = ("daily-sales", "daily-money", "county-sales", "county-money")
MARKS = "select count(*) from fact_touched"


def broken() -> dict[str, object]:
    """What the audit finds of the facts."""
    found = {check.code: run_check(check)["rows"] for check in CHECKS if check.code in FACTS}
    session().rollback()
    return {code: rows for code, rows in found.items() if rows}


def seen_and_true(region: str, windows: facts_windows.Windows) -> tuple[dict[str, object], dict[str, object]]:
    """What a page would read, and the same from the rows by other statements."""
    first, last = windows.first, windows.last
    sold = facts_reading.sales(region, windows)
    paid_out = facts_money.read(region, windows)
    rows = figures.lines(figures.Slice(region, first, last), 10_000, 0)
    people = figures.household_sums(region, first, last, 1, 0)
    paid = figures.households_paid(region, first, last)
    so_far = figures.lines(figures.Slice(region, windows.so_far, last), 10_000, 0)
    so_far_people = figures.household_sums(region, windows.so_far, last, 1, 0)
    count = text(
        "select count(*) filter (where first_on between :first and :last) from (select distinct on (line_id) line_id,"
        " on_date as first_on from attribution order by line_id, id) as lines"
    )
    seen = {
        "fen": sold.total()["now"].fen,
        "lines": sold.total()["now"].lines,
        "sold": paid_out.reached()["now"].sold,
        "credited": paid_out.reached()["now"].money,
        "money": paid_out.total()["now"],
        "so far": sold.total()["so_far"].fen,
        "sold so far": paid_out.reached()["so_far"].sold,
        "by cooperative": sum(four["so_far"].fen for four in sold.by["cooperative_id"].values()),
        "by month": sum(four["so_far"].fen for four in sold.by["month"].values()),
    }
    true = {
        "fen": rows[0].total_fen if rows else 0,
        "lines": session().scalar(count, {"first": first, "last": last}),
        "sold": people[0].sold_households if people else 0,
        "credited": paid.households,
        "money": paid.fen,
        **dict.fromkeys(("so far", "by cooperative", "by month"), so_far[0].total_fen if so_far else 0),
        "sold so far": so_far_people[0].sold_households if so_far_people else 0,
    }
    session().rollback()
    return seen, true


def sell(who: market.Buyer, wanted: dict[int, int], day: date) -> int:
    placed = market.paid(who, wanted, attribute=False)
    with transaction():
        market.row(
            "update customer_order set paid_on = :day where id = :id returning id",
            day=day,
            id=placed.order_id,
        )
    with transaction():
        attributing.attribute_orders([placed.order_id])
    return placed.order_id


def visited(host: market.Stall, guest: market.Stall) -> market.Stall:
    """Other goods of a stall's cooperative, brought by a household of another one: it must not be counted twice."""
    home = town_builder.Party(household_id=guest.parties[0].household_id)
    with transaction():
        produce_id = town_builder.produce(host.coop)
        goods = [town_builder.Goods(home, 100 * market.UNIT, price_fen=4000)]
        lot_id = town_builder.closed_lot(host.coop, produce_id, "buyout", goods)
        product_id, sku_id = town_builder.sku(host.coop, produce_id, unit_quantity=market.UNIT)
        price = {"sku_id": sku_id, "price_fen": host.price_fen, "valid_from": town_builder.LONG_AGO}
        insert_rows(SkuPrice, [price])
    return market.Stall(host.coop, produce_id, lot_id, product_id, sku_id, host.price_fen, [home])


def noon(day: date) -> datetime:
    return clock.day_range(day).start + timedelta(hours=12)


def test_the_demo_town_ends_with_facts_and_they_are_the_reports(shared_town: Flask) -> None:
    with shared_town.app_context():
        assert session().scalar(text(MARKS)) == 0
        windows = facts_windows.year(2020, LAST_DAY)
        found = facts_reading.sales(TOWN, windows)
        rows = figures.year_sales(TOWN, 2020, LAST_DAY)
        money, paid = (
            facts_money.read(TOWN, windows),
            figures.households_paid(TOWN, date(2020, 1, 1), LAST_DAY),
        )
    assert found.total()["now"].fen == 18_600_000 == found.total()["so_far"].fen
    assert found.total()["before"] == facts_reading.Sum()
    assert found.total(assisted=True)["now"].fen == rows.assisted.fen
    assert {key: four["now"].fen for key, four in found.by["product"].items() if four["now"].lines} == {
        key: now.fen for key, (now, _) in rows.by["product"].items()
    }
    for level in ("cooperative_id", "village_id", "product", "channel", "buyer_kind", "certified"):
        for what in ("fen", "lines", "parts"):
            cells = [getattr(four["now"], what) for four in found.by[level].values()]
            assert sum(cells) == getattr(found.total()["now"], what), (level, what)
    assert (money.total()["now"], money.reached()["now"].money) == (paid.fen, paid.households)
    assert money.reached()["now"].sold == rows.total.households
    by_cooperative = {int(key): one["now"].sold for key, one in money.households["cooperative_id"].items()}
    assert by_cooperative == {key: now.households for key, (now, _) in rows.by["cooperative"].items()}
    months = {month.month: four["now"].fen for month, four in found.by["month"].items()}
    assert months == {key: now.fen for key, (now, _) in rows.by["month"].items()}


@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_sales_refunds_and_sweeps(seed: int, db_session: object) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    today = clock.today()
    stalls = [
        market.stall(200, mode="buyout"),
        market.stall(200, mode="consign_commission"),
        market.stall(200, households=4, mode="consign_fixed"),
    ]
    stalls.append(visited(stalls[1], stalls[0]))
    who, sold = market.buyer(), list[int]()
    days = [today - timedelta(days=back) for back in (0, 1, 29, 33, 64, 365, 366, 400)]
    spans = [facts_windows.year(today.year, today), facts_windows.month(today.replace(day=1), today)]
    spans += [facts_windows.month(day.replace(day=1), today) for day in (days[3], days[5])]
    for _ in range(14):
        act = dice.choice(("sell", "sell", "refund", "fold", "sweep", "rebuild"))
        if act == "sell":
            wanted = {one.sku_id: dice.randint(1, 3) for one in dice.sample(stalls, dice.randint(1, 2))}
            sold.append(sell(who, wanted, dice.choice(days)))
        elif act == "refund" and sold:
            order = sold.pop(dice.randrange(len(sold)))
            part, line = part_ids(order)[0], line_ids(order)[0]
            give_back(part, (line, market.UNIT), at=noon(dice.choice(days)))
        elif act == "fold":
            with transaction():
                facts.fold(dice.choice(stalls).coop.id)
        elif act == "sweep":
            assert facts.sweep() == []
        else:
            with transaction():
                facts.rebuild(dice.choice(stalls).coop.id)
        assert not broken(), act
        for windows in spans:
            seen, true = seen_and_true(town_builder.TOWNSHIP, windows)
            assert seen == true, (act, windows)
    facts.sweep()
    assert market.rows(MARKS)[0][0] == 0
    assert not broken()
    assert all(seen == true for seen, true in (seen_and_true(town_builder.TOWNSHIP, one) for one in spans))


BEHIND = (
    "update sales_year set fen = fen + 1",
    "delete from takings_month",
    "update assisted_day set fen = fen + 1",
    "update money_month set fen = fen + 1",
    "update household_month_count set sold = sold + 1",
    "update household_year_count set money = money + 1",
    "delete from household_home",
)


def test_an_altered_fact_is_found(town: Flask) -> None:
    with town.app_context():
        assert not broken()
        for statement in BEHIND:
            session().execute(text("set local session_replication_role = replica"))
            assert session().execute(text(statement)).rowcount > 0, statement  # type: ignore[attr-defined]
            assert broken(), statement


def killed_in_the_middle(order_id: int) -> int:
    """Attribute the order and take it back; how many marks there were meanwhile."""
    marks = 0
    with contextlib.suppress(RuntimeError), transaction():
        attributing.attribute_orders([order_id])
        marks = session().scalar(text(MARKS)) or 0
        raise RuntimeError
    return marks


def test_what_is_rolled_back_leaves_no_mark(db_session: object) -> None:
    goods = market.stall()
    placed = market.paid(market.buyer(), {goods.sku_id: 1}, attribute=False)
    facts.sweep()
    assert killed_in_the_middle(placed.order_id) > 0
    assert market.rows(MARKS)[0][0] == 0
    assert not broken()


def test_a_sweep_killed_before_its_commit_changes_nothing(app: Flask, db_session: object) -> None:
    goods = market.stall()
    sell(market.buyer(), {goods.sku_id: 2}, clock.today())
    marks = market.rows(MARKS)[0][0]
    assert marks > 0
    assert killed_at(app, "facts:written", facts.sweep)
    assert market.rows(MARKS)[0][0] == marks
    assert market.rows("select count(*) from sales_day")[0][0] == 0
    tasks.fold_facts.run()
    assert market.rows(MARKS)[0][0] == 0
    assert market.rows("select sum(fen) from sales_day")[0][0] == 2 * goods.price_fen
    assert not broken()


def in_threads(app: Flask, works: Sequence[Callable[[], None]]) -> list[Exception]:
    """Run all of them at once, each with a connection of its own; what went wrong."""
    wrong: list[Exception] = []

    def run(work: Callable[[], None]) -> None:
        try:
            with app.app_context():
                work()
                db.session.remove()
        except Exception as error:  # noqa: BLE001 - told by the test
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return wrong


def test_writers_and_sweeps_at_the_same_time(app: Flask, db_session: object) -> None:
    goods = market.stall(packs=60)
    today = clock.today()
    windows = facts_windows.month(today.replace(day=1), today)
    orders = [market.paid(market.buyer(), {goods.sku_id: 1}, attribute=False).order_id for _ in range(12)]
    done = threading.Event()
    sums = [0]

    def write() -> None:
        for order in orders:
            with transaction():
                attributing.attribute_orders([order])
        done.set()

    def sweep() -> None:
        while not done.is_set():
            facts.sweep()

    def read() -> None:
        while not done.is_set():
            sums.append(facts_reading.sales(town_builder.TOWNSHIP, windows).total()["now"].fen)
            session().rollback()

    assert not in_threads(app, (write, sweep, sweep, read))
    assert sums == sorted(sums), "a sale was seen and then not seen"
    assert not any(fen % goods.price_fen for fen in sums)
    assert not broken()
    seen, true = seen_and_true(town_builder.TOWNSHIP, windows)
    assert seen == true
    assert true["fen"] == 12 * goods.price_fen
    facts.sweep()
    assert market.rows(MARKS)[0][0] == 0
    assert not broken()


def test_of_two_sweeps_one_leaves_the_cooperative_to_the_other(app: Flask, db_session: object) -> None:
    goods = market.stall()
    who = market.buyer()
    sell(who, {goods.sku_id: 1}, clock.today())
    with transaction():
        assert facts.fold(goods.coop.id) > 0
        # its snapshot is older than this sale: were the second sweep let in, the first would write over its sums
        assert not in_threads(app, [lambda: _sell_and_sweep(goods, who)])
    assert market.rows(MARKS)[0][0] > 0
    assert not broken()
    facts.sweep()
    assert market.rows("select sum(fen) from sales_day")[0][0] == 2 * goods.price_fen
    assert not broken()


def _sell_and_sweep(goods: market.Stall, who: market.Buyer) -> None:
    sell(who, {goods.sku_id: 1}, clock.today())
    facts.sweep()
