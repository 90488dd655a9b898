"""The loaded town: the seed's figures exactly, books and lots that tie, the same rows for the same seed, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from shop.audit import run as audit
from shop.audit.models import AuditResult
from shop.commands.demo import figures, load
from shop.commands.demo.accounts import PASSWORD, accounts_table
from shop.cooperatives.income.rules import compute
from shop.cooperatives.income.year_inputs import read_year
from shop.cooperatives.ledger.closing import balances
from shop.cooperatives.people.queries import cooperatives_under
from shop.cooperatives.people.rates import registry
from shop.core import clock
from shop.core.db import db, transaction
from shop.orders import facts
from shop.orders.figures import year_sales
from tests.demo.rows import everything

DACHUAN = "420302100"


@pytest.fixture
def dachuan(shared_town: Flask) -> Iterator[None]:
    with shared_town.app_context():
        yield
        db.session.rollback()


def _one(sql: str, **values: Any) -> tuple[Any, ...]:
    return tuple(db.session.execute(text(sql), values).one())


def test_the_registry_shows_the_seeds_figures(dachuan: None) -> None:
    found = registry(DACHUAN, figures.AS_OF)
    counts = found.counts
    assert (counts.villages, counts.key_villages, counts.deep_villages, counts.cooperatives) == (5, 2, 1, 5)
    assert (counts.households, counts.persons) == (1_172, 3_830)
    assert (counts.agricultural_households, counts.agricultural_persons) == (936, 3_440)
    assert (counts.registered_households, counts.registered_persons) == (465, 1_593)
    assert (465 - counts.eligible_households, 1_593 - counts.eligible_persons) == (49, 372)
    assert (counts.member_households, counts.member_persons) == (416, 1_221)
    assert (counts.led_households, counts.able_households) == (315, 315)
    assert (counts.loan_households, counts.loan_fen) == (215, 878_500_000)
    assert (counts.pv_stations, counts.pv_running) == (2, 2)
    assert [rate.percent for rate in found.rates[:4]] == ["100%", "100%", "100%", "46.2%"]


def test_the_year_2020_sold_exactly_186000_yuan(dachuan: None) -> None:
    found = year_sales(DACHUAN, figures.YEAR, figures.AS_OF)
    assert found.total.fen == 18_600_000
    assert found.assisted.fen > 0
    assert sorted(found.by["month"]) == list(range(1, 13))
    assert sum(sold.fen for sold, _ in found.by["month"].values()) == 18_600_000
    assert set(found.by["product"]) == {"干香菇", "茶叶", "干竹笋", "蜂蜜"}
    assert set(found.assisted_by["product"]) == {"辣椒", "西瓜"}
    lines = _one(
        "select sum(l.net_fen)::bigint, sum(o.freight_fen) > 0 from order_line l join suborder s on s.id = l.suborder_id"
        " join customer_order o on o.id = s.order_id"
        " where o.state = 'paid' and o.channel in ('online', 'institution') and extract(year from o.paid_on) = 2020"
    )
    assert lines == (18_600_000, True)
    assert _one("select bool_and(evidence <> '') from customer_order where channel = 'assisted'") == (True,)


def test_only_2020_and_this_year_have_data(dachuan: None) -> None:
    this_year = clock.today().year
    for column, table in (
        ("paid_on", "customer_order"), ("received_on", "intake_receipt"), ("on_date", "ledger_transaction"),
        ("on_date", "attribution"), ("booked_on", "bank_statement_line"),
    ):  # fmt: skip
        years = db.session.scalars(
            text(f"select distinct extract(year from {column})::int from {table} where {column} is not null")
        )
        assert set(years) == {2020, this_year}, table


def test_historic_orders_are_paid_by_transfer_and_received(dachuan: None) -> None:
    assert _one(
        "select bool_and(o.pay_method = 'transfer' and o.state = 'paid' and o.attributed_at is not null"
        " and p.method = 'transfer' and p.state = 'succeeded' and p.amount_fen = o.total_fen"
        " and b.amount_fen = o.total_fen), count(*) > 400"
        " from customer_order o left join payment p on p.order_id = o.id left join bank_statement_line b on b.payment_id = p.id"
        " where o.placed_at < '2021-01-01'"
    ) == (True, True)
    states = db.session.scalars(
        text(
            "select distinct s.state from suborder s join customer_order o on o.id = s.order_id"
            " where o.placed_at < '2021-01-01'"
        )
    )
    assert set(states) == {"received"}


def test_this_year_has_orders_in_every_state_and_stock_of_every_season(dachuan: None) -> None:
    found = db.session.execute(
        text(
            "select o.state, s.state, o.close_reason, count(distinct o.id) from customer_order o"
            " join suborder s on s.order_id = o.id where o.placed_at > '2021-01-01' group by 1, 2, 3"
        )
    )
    states = {(order, part, reason): count for order, part, reason, count in found}
    assert set(states) == {
        ("pending", "pending", None), ("paid", "to_ship", None), ("paid", "shipped", None), ("paid", "received", None),
        ("closed", "closed", "expired"), ("closed", "closed", "cancelled"),
    }  # fmt: skip
    assert 38 <= sum(states.values()) <= 46
    assert _one(
        "select count(distinct o.state || coalesce(o.close_reason, '')) >= 3 from customer_order o"
        " join user_account u on u.id = o.buyer_id where u.phone = '+8613800000001'"
    ) == (True,)
    assert _one("select count(*) filter (where closed_at is null) > 10, count(distinct mode) from lot") == (
        True,
        3,
    )
    assert _one(
        "select count(*), bool_and(published_at is not null and certificate_no <> '' and picture <> '') from product"
    ) == (22, True)
    assert _one(
        "select min(n), max(n) from (select count(*) as n from sku where published group by product_id) c"
    ) == (1, 3)


def test_the_stores_worked_today(dachuan: None) -> None:
    """Fresh goods dried with their yield, another lot before dispatch, a lighter parcel, prices of each cooperative, a count."""
    fresh, dried = _one(
        "select sum(i.quantity)::bigint, max(o.quantity) from transformation t"
        " join transformation_input i on i.transformation_id = t.id"
        " join transformation_output o on o.transformation_id = t.id where t.kind = 'dry'"
    )
    assert 6 < fresh / dried < 7
    assert _one(
        "select count(distinct p.id) from transformation_output t join lot_part p on p.lot_id = t.lot_id"
    ) == (4,)
    assert _one(
        "select count(*), bool_and(a.lot_id <> b.lot_id and s.state = 'to_ship' and w.fen is not null) from lot_swap w"
        " join lot_allocation a on a.id = w.from_allocation_id join lot_allocation b on b.id = w.to_allocation_id"
        " join order_line l on l.id = w.line_id join suborder s on s.id = l.suborder_id"
    ) == (1, True)  # fmt: skip
    assert _one(
        "select count(*), bool_and(w.ordered - w.weighed = 30 and k.by_weight and r.amount_fen > 0) from weighing w"
        " join refund_line rl on rl.id = w.refund_line_id join refund r on r.id = rl.refund_id"
        " join order_line l on l.id = w.line_id join sku k on k.id = l.sku_id"
    ) == (1, True)  # fmt: skip
    assert _one("select count(distinct cooperative_id), count(*) from intake_price") == (5, 44)
    assert _one(
        "select count(*) filter (where counted < book), sum(book - counted)::bigint, bool_or(value_fen < 0) from stock_count_line"
    ) == (1, 50, True)  # fmt: skip


def test_lots_and_books_tie(dachuan: None) -> None:
    assert _one(
        "select count(*) from lot l"
        " where received <> (select coalesce(sum(quantity), 0) from intake_receipt r where r.lot_id = l.id)"
        "                 + (select coalesce(sum(quantity), 0) from transformation_output t where t.lot_id = l.id)"
        " or (closed_at is not null and received <> (select sum(quantity) from lot_part p where p.lot_id = l.id))"
        " or reserved <> (select coalesce(sum(quantity), 0) from lot_allocation a where a.lot_id = l.id and a.state = 'reserved')"
        " or shipped <> (select coalesce(sum(quantity), 0) from stock_move m where m.lot_id = l.id and m.kind = 'shipped')"
    ) == (0,)
    assert _one("select bool_and(shipped = received) from lot where opened_at < '2021-01-01'") == (True,)
    assert _one("select coalesce(sum(fen), 0) from ledger_entry") == (0,)
    for cooperative in cooperatives_under(DACHUAN):
        books = balances(cooperative.id, figures.AS_OF)
        assert books["102"] > 0
        assert "113.transfer" not in books
        assert "121" not in books, "everything bought in 2020 was sold"
        assert all(fen <= 0 for account, fen in books.items() if account.startswith(("114", "2", "3")))


def test_the_audit_is_clean(town: Flask) -> None:
    with town.app_context(), transaction():
        result = audit.run_all()
        assert result.clean, _broken(result)


def _broken(result: AuditResult) -> list[Any]:
    return [check for check in result.checks if check["count"]]


def test_every_cooperative_closed_2020_with_a_surplus_to_distribute(dachuan: None) -> None:
    rows = db.session.execute(
        text(
            "select c.code, f.surplus_fen, (select sum(a.fen) from attribution a where a.cooperative_id = c.id"
            " and a.on_date <= '2020-12-31')::bigint from cooperative c join fiscal_year_close f on f.cooperative_id = c.id"
        )
    ).all()
    assert {code for code, _, _ in rows} == {village.key for village in figures.VILLAGES}
    for code, surplus, sold in rows:
        assert sold * 10 < surplus * 100 < sold * 30, code


def test_some_trade_is_with_outsiders_and_some_names_may_be_shown(dachuan: None) -> None:
    assert _one(
        "select count(*) > 5 from intake_receipt where member_id is null and household_id is not null"
    ) == (True,)
    assert _one("select count(*) > 1 from intake_receipt where supplier_id is not null") == (True,)
    assert _one(
        "select count(*) between 100 and 180 from household_consent where purpose = 'public_name'"
    ) == (True,)
    assert _one(
        "select count(*) from ledger_entry where account = '114.payable' and (member_id is null or household_id is null)"
    ) == (0,)


def test_the_accounts_are_listed(dachuan: None) -> None:
    table = accounts_table()
    assert PASSWORD in table
    assert table.count("\n") == 17
    for word in (
        "买家",
        "单位采购",
        "81420302",
        "卡子村合作社经办",
        "卡子村合作社理事长",
        "大川镇政府审核",
        "大川镇政府领导",
        "区级",
        "运维",
    ):
        assert word in table
    assert _one("select count(distinct password_hash) from user_account where password_hash is not null") == (
        1,
    )


def test_the_same_seed_gives_the_same_rows_and_more_towns_leave_dachuan_as_it_is(
    db_session: Any, shared_town: Flask
) -> None:
    with transaction():
        done = load.load(2020, clock.today(), 2)
    facts.rebuild_all()
    assert (done.towns, done.households) == (2, 2 * figures.HOUSEHOLDS)
    again = everything()
    for region in (DACHUAN, "420302D0001"):
        assert year_sales(region, 2020, figures.AS_OF).total.fen == 18_600_000
        assert registry(region, figures.AS_OF).counts.member_persons == 1_221
    assert registry("420302", figures.AS_OF).counts.households == 2 * figures.HOUSEHOLDS
    db_session.rollback()
    with transaction():
        result = audit.run_all()
        assert result.clean, _broken(result)
    with shared_town.app_context():
        first = everything()
        db.session.rollback()
    for table, rows in first.items():
        assert again[table][: len(rows)] == rows, table


def test_a_database_with_data_is_refused(town: Flask) -> None:
    result = town.test_cli_runner().invoke(args=["demo", "load"])
    assert result.exit_code == 2
    assert "已经有数据" in result.output
    too_early = town.test_cli_runner().invoke(args=["demo", "load", "--today", "2020-06-01"])
    assert too_early.exit_code == 2


def test_each_cooperatives_distribution_can_be_computed(dachuan: None) -> None:
    for cooperative in cooperatives_under(DACHUAN):
        read = read_year(cooperative.id, figures.YEAR)
        outputs = compute(read.inputs)
        assert outputs.patronage_fen > 0, cooperative.code
        assert sum(line.patronage_fen for line in outputs.members) == outputs.patronage_fen
        assert sum(line.residual_fen for line in outputs.members) == outputs.residual_fen > 0
