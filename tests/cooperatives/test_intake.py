"""Intake: receipts, lots and their bookings, on the real database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from shop.cooperatives.ledger.closing import balances, close_year
from shop.cooperatives.people.models import Member
from shop.cooperatives.produce import intake, lots
from shop.cooperatives.produce.models import IntakeReceipt, Lot, LotPart
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from tests.support import town_builder as town

END = date(2099, 1, 1)


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def _delivery(coop: town.Coop, produce_id: int, party: town.Party, **changes: object) -> intake.Delivery:
    values: dict[str, object] = {
        "cooperative_id": coop.id, "produce_id": produce_id, "quantity": 12_345, "mode": "buyout", "price_fen": 5801,
        "received_on": town.DELIVERED_ON, "household_id": party.household_id, "supplier_id": party.supplier_id,
    }  # fmt: skip
    return intake.Delivery(**(values | changes))  # type: ignore[arg-type]


def _receipt(receipt_id: int) -> IntakeReceipt:
    found = db.session.get(IntakeReceipt, receipt_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "mode,account,owed", [("buyout", "121", "payable"), ("consign_fixed", "128", "consigned")]
)
def test_intake_is_valued_once_and_booked_for_each_kind_of_party(
    coop: town.Coop, mode: str, account: str, owed: str
) -> None:
    with transaction():
        produce_id = town.produce(coop)
        parties = [town.member(coop), town.household(coop.village_id), town.supplier(coop)]
        receipts = [intake.record(_delivery(coop, produce_id, party, mode=mode)) for party in parties]
    value = 71_613  # 12.345 kg × 58.01 = 716.133…, half up
    assert [_receipt(row).value_fen for row in receipts] == [value] * 3
    assert [_receipt(row).member_id for row in receipts] == [parties[0].member_id, None, None]
    assert len({_receipt(row).lot_id for row in receipts}) == 1
    outside = "211" if owed == "payable" else "211.consigned"
    assert balances(coop.id, END) == {account: 3 * value, f"114.{owed}": -value, outside: -2 * value}


def test_commission_intake_books_nothing_and_freezes_the_charters_rate(coop: town.Coop) -> None:
    with transaction():
        produce_id, owner = town.produce(coop), town.member(coop)
        by_charter = intake.record(_delivery(coop, produce_id, owner, mode="consign_commission", price_fen=0))
        agreed = intake.record(
            _delivery(
                coop, produce_id, owner, mode="consign_commission", price_fen=0, commission_rate="0.125"
            )
        )
    assert balances(coop.id, END) == {}
    assert [_receipt(row).commission_rate for row in (by_charter, agreed)] == ["0.08", "0.125"]


def test_pieces_are_priced_each(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop, "土鸡", "piece")
        receipt_id = intake.record(_delivery(coop, produce_id, town.member(coop), quantity=3, price_fen=8050))
    assert _receipt(receipt_id).value_fen == 24_150


def test_membership_is_that_of_the_day(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        late = town.member(coop, joined_on=town.DELIVERED_ON + timedelta(days=1))
        gone = town.member(coop)
        db.session.execute(
            update(Member)
            .where(Member.id == gone.member_id)
            .values(left_on=town.DELIVERED_ON - timedelta(days=1))
        )
        receipts = [intake.record(_delivery(coop, produce_id, party)) for party in (late, gone)]
    assert [_receipt(row).member_id for row in receipts] == [None, None]
    assert balances(coop.id, END)["211"] == -2 * 71_613


def test_a_repeated_request_gets_the_first_receipt(coop: town.Coop) -> None:
    with transaction():
        delivery = _delivery(coop, town.produce(coop), town.member(coop), request_key="form-1")
        other = town.cooperative()
        first = intake.record(delivery)
    with transaction():
        assert intake.record(delivery) == first
    assert _count("intake_receipt") == _count("stock_move") == _count("ledger_transaction") == 1
    with pytest.raises(Conflict), transaction():
        intake.record(_delivery(other, 1, town.member(other), request_key="form-1"))


@pytest.mark.parametrize(
    "changes,field",
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": -5}, "quantity"),
        ({"quantity": 10**13}, "quantity"),
        ({"mode": "gift"}, "mode"),
        ({"price_fen": 0}, "price_fen"),
        ({"price_fen": 10**14}, "price_fen"),
        ({"commission_rate": "0.08"}, "commission_rate"),
        ({"mode": "consign_commission"}, "price_fen"),
        ({"mode": "consign_commission", "price_fen": 0, "commission_rate": "1"}, "commission_rate"),
        ({"mode": "consign_commission", "price_fen": 0, "commission_rate": ".5"}, "commission_rate"),
        ({"supplier_id": 1}, "household_id"),
        ({"household_id": None}, "household_id"),
        ({"grade_factor": 0}, "grade_factor"),
        ({"grade": " "}, "grade"),
        ({"certificate_no": "x" * 61}, "certificate_no"),
        ({"certificate_no": "a\x00b"}, "certificate_no"),
        ({"received_on": clock.today() + timedelta(days=1)}, "received_on"),
    ],
)
def test_bad_terms_are_refused_at_their_field(
    coop: town.Coop, changes: dict[str, object], field: str
) -> None:
    with transaction():
        produce_id, owner = town.produce(coop), town.member(coop)
    with pytest.raises(Refused) as refusal, transaction():
        intake.record(_delivery(coop, produce_id, owner, **changes))
    assert refusal.value.field == field
    assert _count("intake_receipt") == _count("lot") == 0


def test_what_belongs_to_others_does_not_exist(coop: town.Coop) -> None:
    with transaction():
        produce_id, owner = town.produce(coop), town.member(coop)
        other = town.cooperative()
        theirs, their_supplier = town.produce(other), town.supplier(other)
        db.session.execute(text("insert into region values ('4203031', '别镇', 'township', '4203')"))
        far = town.household(town.village("远村", "4203031"))
    for bad in (
        _delivery(coop, theirs, owner),
        _delivery(coop, produce_id, their_supplier),
        _delivery(coop, produce_id, far),
        _delivery(coop, produce_id, town.Party(household_id=999_999)),
    ):
        with pytest.raises(NotFound), transaction():
            intake.record(bad)


def test_an_unknown_rate_is_asked_for(coop: town.Coop) -> None:
    with transaction():
        produce_id, owner = town.produce(coop), town.member(coop)
    with pytest.raises(Refused, match="提成比例"), transaction():
        intake.record(
            _delivery(
                coop,
                produce_id,
                owner,
                mode="consign_commission",
                price_fen=0,
                received_on=date(2018, 12, 31),
            )
        )


def test_a_reversal_takes_goods_and_money_back_once(coop: town.Coop) -> None:
    with transaction():
        produce_id, owner = town.produce(coop), town.member(coop)
        wrong = intake.record(_delivery(coop, produce_id, owner))
        kept = intake.record(_delivery(coop, produce_id, owner, quantity=1000, price_fen=100))
    with transaction():
        reversing = intake.reverse(wrong, coop.id, "称重错了")
    assert balances(coop.id, END) == {"121": 100, "114.payable": -100}
    lot = db.session.get(Lot, intake.lot_of(kept))
    assert lot is not None
    assert lot.received == 1000
    for receipt_id, words in ((wrong, "已经冲销"), (reversing, "冲销单")):
        with pytest.raises(Refused, match=words), transaction():
            intake.reverse(receipt_id, coop.id, "再来一次")
    acts = db.session.scalars(text("select act from activity order by id")).all()
    assert acts == ["intake.recorded", "intake.recorded", "intake.reversed"]


def test_a_reversal_needs_a_reason_the_own_receipt_and_an_open_lot(coop: town.Coop) -> None:
    with transaction():
        produce_id, other = town.produce(coop), town.cooperative()
        receipt_id = intake.record(_delivery(coop, produce_id, town.member(coop)))
    with pytest.raises(Refused, match="冲销原因"), transaction():
        intake.reverse(receipt_id, coop.id, "  ")
    with pytest.raises(NotFound), transaction():
        intake.reverse(receipt_id, other.id, "不是我的")
    with transaction():
        lots.close(intake.lot_of(receipt_id), coop.id)
    with pytest.raises(Refused, match="已经封批"), transaction():
        intake.reverse(receipt_id, coop.id, "晚了")


def test_closing_freezes_the_unreversed_receipts_in_order(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        owners = town.members(coop, 3)
        receipts = [
            intake.record(_delivery(coop, produce_id, owner, quantity=1000 * place))
            for place, owner in enumerate(owners, start=1)
        ]
        intake.reverse(receipts[1], coop.id, "退回")
        lot_id = intake.lot_of(receipts[0])
        lots.close(lot_id, coop.id)
    parts = db.session.execute(
        select(LotPart.seq, LotPart.receipt_id, LotPart.quantity, LotPart.member_id).order_by(LotPart.seq)
    ).all()
    assert [tuple(part) for part in parts] == [
        (1, receipts[0], 1000, owners[0].member_id),
        (2, receipts[2], 3000, owners[2].member_id),
    ]
    lot = db.session.get(Lot, lot_id)
    assert lot is not None
    assert lot.best_before == town.DELIVERED_ON + timedelta(days=365)
    with transaction():
        again = intake.record(_delivery(coop, produce_id, owners[0]))
    assert intake.lot_of(again) != lot_id
    with pytest.raises(IntegrityError, match="frozen"), transaction():
        db.session.execute(text("update lot_part set quantity = 5"))


def test_a_lot_is_closed_once_by_its_own_cooperative_and_never_empty(coop: town.Coop) -> None:
    with transaction():
        produce_id, other = town.produce(coop), town.cooperative()
        receipt_id = intake.record(_delivery(coop, produce_id, town.member(coop)))
        lot_id = intake.lot_of(receipt_id)
    with pytest.raises(NotFound), transaction():
        lots.close(lot_id, other.id)
    with pytest.raises(Refused, match="保质期"), transaction():
        lots.close(lot_id, coop.id, town.DELIVERED_ON - timedelta(days=1))
    with transaction():
        intake.reverse(receipt_id, coop.id, "全部退回")
    with pytest.raises(Refused, match="还没有货"), transaction():
        lots.close(lot_id, coop.id)
    with transaction():
        intake.record(_delivery(coop, produce_id, town.member(coop)))
        lots.close(lot_id, coop.id)
    with pytest.raises(Conflict, match="已经封批"), transaction():
        lots.close(lot_id, coop.id)


def test_nothing_comes_into_a_closed_year(coop: town.Coop) -> None:
    with transaction():
        produce_id, owner = town.produce(coop), town.member(coop)
        intake.record(_delivery(coop, produce_id, owner))
        close_year(coop.id, 2020)
    with pytest.raises(Refused, match="已经结账"), transaction():
        intake.record(_delivery(coop, produce_id, owner))
    assert _count("intake_receipt") == 1


def _count(table: str) -> int:
    return int(db.session.scalar(text(f"select count(*) from {table}")) or 0)
