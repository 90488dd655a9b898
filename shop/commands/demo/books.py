"""Books beside intake and sales: opening balances, money in the bank, expenses, the year's close."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from shop.commands.demo.dice import Dice
from shop.commands.demo.drawn import drawn_paper
from shop.commands.demo.figures import AS_OF, FIRST_DAY, MARK, YEAR
from shop.commands.demo.places import Place
from shop.commands.demo.written import Written, WrittenOrder
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.closing import close_year
from shop.cooperatives.ledger.papers import simple_entries
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.ledger.vouchers import Draft, record_voucher, record_vouchers
from shop.core.clock import shanghai_day

PARCEL_FEN = (520, 880)
DELIVERY_FEN = (2_000, 4_500)
PACKAGING_PERCENT = 3
OFFICE_FEN = (5_000, 9_000)


def open_books(seed: int, written: Written) -> None:
    """Capital and reserve share of every member, subsidy and donation of every cooperative, all in the bank."""
    dice = Dice(seed, written.town.number, "capital")
    postings = []
    for home, member_id in zip(written.people.homes, written.members, strict=True):
        if member_id is None:
            continue
        capital = dice.pick(home.place.terms.capital_fen)
        share = home.place.terms.reserve_share_fen * dice.between(0, 2)
        entries = [Entry(Account.BANK, capital + share), Entry(Account.SHARE_CAPITAL, -capital, member_id)]
        if share:
            entries.append(Entry(Account.SURPLUS_RESERVE, -share, member_id))
        cooperative_id = written.cooperatives[home.place.key]
        postings.append(_opening(cooperative_id, member_id, entries, "成员出资与公积金份额"))
    post(postings)
    for place in written.town.places:
        _grants(written, place)


def _opening(cooperative_id: int, member_id: int, entries: Sequence[Entry], memo: str) -> Posting:
    return Posting(
        cooperative_id, "opening", f"opening:member:{member_id}", FIRST_DAY, "member", member_id, tuple(entries),
        memo=f"{memo}（{MARK}）",
    )  # fmt: skip


def _grants(written: Written, place: Place) -> None:
    """Vouchers of the state's subsidy and of a donation, each with a drawn paper."""
    cooperative_id, by = written.cooperatives[place.key], written.managers[place.key]
    for kind, fen, memo, payee in (
        ("subsidy", place.terms.subsidy_fen, "产业扶持补助", "茅箭区农业农村局"),
        ("donation", place.terms.donation_fen, "帮扶单位捐赠", "帮扶单位"),
    ):
        if fen:
            draft = Draft(kind, FIRST_DAY, simple_entries(kind, fen, "", "bank"), f"{memo}（{MARK}）", payee)
            record_voucher(cooperative_id, draft, by, drawn_paper(kind, FIRST_DAY, fen))


def bank_transfers(orders: Sequence[WrittenOrder]) -> None:
    """The transfers that paid these orders stand in the cooperatives' bank accounts: Dr 102, Cr 113."""
    post(
        [
            Posting(
                part.cooperative_id, "receipt", f"receipt:suborder:{part.id}", shanghai_day(order.sale.paid_at), "suborder",
                part.id,
                (
                    Entry(Account.BANK, part.goods_fen + part.freight_fen),
                    Entry(Account.CLEARING_TRANSFER, -part.goods_fen - part.freight_fen),
                ),
                memo=f"货款到账 {order.number}",
            )
            for order in orders
            if order.sale.paid_at is not None
            for part in order.parts
        ]
    )  # fmt: skip


def expenses(seed: int, written: Written, orders: Sequence[WrittenOrder]) -> None:
    """Carriage, packaging and the office, month by month, out of the bank, each with its voucher."""
    dice = Dice(seed, written.town.number, "expenses")
    carriage: Counter[tuple[int, int]] = Counter()
    sold: Counter[tuple[int, int]] = Counter()
    for order in orders:
        if order.sale.shipped_at is None:
            continue
        month = shanghai_day(order.sale.shipped_at).month
        for part in order.parts:
            own = order.sale.channel != "online"
            carriage[part.cooperative_id, month] += dice.between(*(DELIVERY_FEN if own else PARCEL_FEN))
            if order.sale.channel != "assisted":
                sold[part.cooperative_id, month] += part.goods_fen
    for village, cooperative_id in written.cooperatives.items():
        drafts = []
        for month in range(1, 13):
            key = cooperative_id, month
            spent = (
                ("operating", carriage[key], "快递与运输"),
                ("operating", sold[key] * PACKAGING_PERCENT // 100, "包装物"),
                ("admin", dice.between(*OFFICE_FEN), "办公与电费"),
            )
            drafts += [_expense(month, *each) for each in spent if each[1]]
        record_vouchers(cooperative_id, drafts, written.managers[village])


def _expense(month: int, category: str, fen: int, memo: str) -> Draft:
    entries = simple_entries("expense", fen, category, "bank")
    return Draft("expense", _last_day(month), entries, f"{YEAR}年{month}月{memo}（{MARK}）")


def _last_day(month: int) -> date:
    return AS_OF if month == 12 else date(YEAR, month + 1, 1) - timedelta(days=1)


def close_books(written: Written) -> dict[str, int]:
    """Close the year of every cooperative; returns village key → surplus."""
    return {
        village: close_year(cooperative_id, YEAR, by=written.managers[village])
        for village, cooperative_id in written.cooperatives.items()
    }
