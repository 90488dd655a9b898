"""The plans of the demo data, before anything is written: exact sums for any seed, nothing sold that nobody brought."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import phonenumbers
import pytest

from shop.catalog.claims import medical_claims
from shop.catalog.shelf import LENGTHS
from shop.commands.demo import figures
from shop.commands.demo.assisted import assisted_sales
from shop.commands.demo.buyers import DEMO_BUYERS, buyers
from shop.commands.demo.codes import (
    COOPERATIVE,
    INSTITUTION,
    credit_code,
    demo_phone,
    household_phone,
    town_phone,
)
from shop.commands.demo.current import current_supply
from shop.commands.demo.dice import Dice
from shop.commands.demo.kinds import CATEGORIES, CORE, KINDS
from shop.commands.demo.offers import OFFERS
from shop.commands.demo.parcels import give_parcels
from shop.commands.demo.people import People, people
from shop.commands.demo.places import Town, town
from shop.commands.demo.plan import Pool, Sale
from shop.commands.demo.recent import WANTED, recent_sales
from shop.commands.demo.sales import YearOfSales, exact_counts
from shop.commands.demo.shelves import OutOfGoods, Shelves
from shop.commands.demo.supply import year_of_supply
from shop.commands.demo.timeline import Timeline
from shop.core.clock import shanghai_day
from shop.orders import divisions
from shop.orders.express import BY_CODE, looks_unusual

SEEDS = (0, 1, 2, 3, 2020, 777)
DAYS = [date(2026, month, 24) for month in range(1, 13)] + [
    date(2026, 1, 1), date(2026, 1, 2), date(2026, 12, 31), date(2024, 2, 29), date(2021, 1, 1),
]  # fmt: skip
PICTURES = Path(__file__).parents[2] / "shop" / "static" / "img"


def _town(seed: int, number: int = 0) -> tuple[Town, People]:
    place = town(number)
    return place, people(seed, place)


def test_the_villages_add_up_to_the_town() -> None:
    villages = figures.VILLAGES
    assert [village.name for village in villages] == ["大川村", "唐家村", "浪溪村", "卡子村", "段家村"]
    assert sum(village.households for village in villages) == figures.HOUSEHOLDS
    assert sum(village.members for village in villages) == figures.MEMBER_HOUSEHOLDS
    assert sum(village.excluded for village in villages) == figures.EXCLUDED_HOUSEHOLDS
    farming = sum(village.members + village.excluded + village.other_farming for village in villages)
    assert farming == figures.FARMING_HOUSEHOLDS
    assert sum(village.sales_fen for village in villages) == figures.SALES_FEN
    assert [village.name for village in villages if village.key_poor] == ["唐家村", "卡子村"]
    assert [village.name for village in villages if village.deep_poor] == ["卡子村"]


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_is_counted_for_any_seed(seed: int) -> None:
    homes = people(seed, town(0)).homes
    assert sum(len(home.persons) for home in homes) == figures.PERSONS
    registered = [home for home in homes if home.registered]
    assert (len(registered), sum(len(home.persons) for home in registered)) == (465, 1_593)
    eligible = [[person for person in home.persons if person.reason is None] for home in registered]
    assert (sum(1 for who in eligible if who), sum(map(len, eligible))) == (416, 1_221)
    members = [home for home in homes if home.number]
    assert len(members) == 416
    assert all(home.registered and any(person.reason is None for person in home.persons) for home in members)
    assert all(home.joined_on is not None and home.joined_on < figures.FIRST_DAY for home in members)
    assert all(home.persons[0].reason != "under_18" for home in homes)
    loans = [home.loan_fen for home in homes if home.loan_fen]
    assert (len(loans), sum(loans), max(loans) <= 5_000_000) == (215, 878_500_000, True)
    assert sum(1 for home in homes if home.industry) == 315
    phones = [home.phone for home in homes if home.phone]
    assert len({home.code for home in homes}) == len(homes)
    assert len(set(phones)) == len(phones)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_year_sells_exactly_the_seeds_sum(seed: int) -> None:
    place, who = _town(seed)
    found = buyers(seed, 0)
    sales = YearOfSales(seed, place, found).fill()
    by_village: Counter[str] = Counter()
    months: Counter[int] = Counter()
    for sale in sales:
        assert sale.paid_at is not None
        assert sale.received_at is not None
        assert sale.placed_at.year == shanghai_day(sale.received_at).year == 2020
        for line in sale.lines:
            assert line.offer.kind_key in CORE
            by_village[line.offer.village] += line.net_fen
            months[shanghai_day(sale.paid_at).month] += line.net_fen
    assert by_village == {village.key: village.sales_fen for village in figures.VILLAGES}
    assert sorted(months) == list(range(1, 13))
    assert months[2] < months[1] / 4, "Hubei was locked down"
    assert max(months.values()) < figures.SALES_FEN // 5
    assert {sale.channel for sale in sales} == {"online", "institution"}
    assisted = assisted_sales(seed, place, found)
    assert {line.offer.key for sale in assisted for line in sale.lines} == {
        "kazi/chilli",
        "langxi/watermelon",
    }
    everything = sorted(sales + assisted, key=lambda sale: sale.placed_at)
    pools = year_of_supply(seed, place, who, everything)
    shelves = Shelves(pools)
    for sale in everything:
        shelves.sell(sale)
    assert not any(shelves.left.values()), "what came in was sold to the last gram"
    assert {pool.mode for pool in pools} == {"buyout", "consign_fixed", "consign_commission"}
    assert any(delivery.supplier for pool in pools for delivery in pool.incoming)
    kinds = {
        who.homes[delivery.home].kind
        for pool in pools
        for delivery in pool.incoming
        if delivery.home is not None
    }
    assert kinds == {"member", "farming"}
    assert any(len(line.taken) > 1 for sale in everything for line in sale.lines), (
        "some lines straddle two lots"
    )


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_the_current_weeks_stay_in_their_year_and_order(today: date) -> None:
    place, who = _town(1)
    timeline = Timeline(today)
    pools = current_supply(1, place, who, timeline)
    sales = recent_sales(1, place, buyers(1, 0), pools, timeline)
    assert len(sales) == sum(wanted.times for wanted in WANTED)
    for pool in pools:
        assert all(delivery.day.year == today.year and delivery.day <= today for delivery in pool.incoming)
        if pool.closed_at is not None:
            assert max(delivery.at for delivery in pool.incoming) < pool.closed_at
            assert pool.best_before >= today
    for sale in sales:
        assert sale.lines
        moments = [sale.placed_at, sale.paid_at, sale.shipped_at, sale.received_at]
        happened = [moment for moment in moments if moment is not None]
        assert happened == sorted(happened)
        assert all(shanghai_day(moment).year == today.year for moment in happened)
        assert all(pool.closed_at is not None and pool.closed_at < sale.placed_at for pool in _pools(sale))
    open_lots = [(pool.offer.key, pool.mode) for pool in pools if pool.closed_at is None]
    assert len(set(open_lots)) == len(open_lots), "one open lot of a produce and mode"


def _pools(sale: Sale) -> list[Pool]:
    return [pool for line in sale.lines for pool, _ in line.taken]


def test_seasons_decide_what_is_there() -> None:
    place, who = _town(1)
    july = {pool.offer.kind_key for pool in current_supply(1, place, who, Timeline(date(2026, 7, 20)))}
    november = {pool.offer.kind_key for pool in current_supply(1, place, who, Timeline(date(2026, 11, 24)))}
    assert {"watermelon", "chilli"} <= july
    assert "kiwi" in november
    assert "watermelon" not in november
    assert {*CORE, "chicken", "pork", "goat", "beef"} <= july & november


def test_the_seeds_products_are_all_there_and_say_what_they_must() -> None:
    seeds_list = {
        "kiwi",
        "yanghe",
        "yangjiang",
        "shiitake",
        "chilli",
        "watermelon",
        "chicken",
        "pork",
        "honey",
        "goat",
        "beef",
    }
    assert seeds_list | {"tea", "bamboo", "shoots"} == set(KINDS) == {offer.kind_key for offer in OFFERS}
    assert {kind.category for kind in KINDS.values()} == {slug for slug, _, _ in CATEGORIES}
    for offer in OFFERS:
        kind = offer.kind
        assert 1 <= sum(spec.shown for spec in offer.specs) <= 3
        texts = {
            "subtitle": kind.subtitle,
            "storage": kind.storage,
            "shelf_life": kind.shelf_life,
            "grade": offer.grade,
        }
        assert all(0 < len(text) <= LENGTHS[name][1] for name, text in texts.items())
        assert not medical_claims([*texts.values(), kind.full_story])
        assert (PICTURES / f"{kind.picture}.svg").exists()
        cost = kind.price_fen * 106 // 100
        for spec in offer.specs:
            for price in (spec.price_2020, spec.price_now):
                scale = 1_000 if kind.unit_kind == "g" else 1
                assert not price or price * scale > cost * spec.unit_quantity, (
                    "sold above what households get"
                )


def test_codes_have_valid_check_characters() -> None:
    assert credit_code("91", "440300", "71526726") == "9144030071526726XG"
    assert credit_code("91", "440300", "19220382") == "914403001922038216"
    codes = [place.uscc for number in range(30) for place in town(number).places]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 18 and code.startswith(f"{COOPERATIVE}420302") for code in codes)
    assert (DEMO_BUYERS[1].tax_code or "").startswith("81420302")
    assert INSTITUTION == "12"


def test_phones_are_well_formed_and_addresses_exist() -> None:
    for phone in (
        demo_phone(1),
        household_phone(1_172),
        town_phone(8_999, 99),
        *(buyer.phone for buyer in buyers(1, 3)),
    ):
        assert phonenumbers.is_valid_number(phonenumbers.parse(phone))
    for buyer in buyers(1, 0):
        assert divisions.wrong_part(buyer.province, buyer.city, buyer.district) is None


def test_waybills_look_as_the_companies_are() -> None:
    place, who = _town(5)
    timeline = Timeline(date(2026, 11, 24))
    sales = recent_sales(5, place, buyers(5, 0), current_supply(5, place, who, timeline), timeline)
    assert not any(sale.parcels for sale in sales), "parcels come later"
    from_load = YearOfSales(5, place, buyers(5, 0)).fill()
    give_parcels(Dice(1), from_load)
    for sale in from_load:
        assert set(sale.parcels) == set(sale.villages)
        for company, number in sale.parcels.values():
            assert company in BY_CODE
            assert not looks_unusual(company, number)


def test_dice_repeat_themselves_and_share_out_exactly() -> None:
    first, second = Dice(1, "a"), Dice(1, "a")
    assert [first.below(1_000) for _ in range(20)] == [second.below(1_000) for _ in range(20)]
    parts = Dice(2).parts(1_000, 37, 3, 60)
    assert (sum(parts), len(parts), min(parts) >= 3, max(parts) <= 60) == (1_000, 37, True, True)
    with pytest.raises(ValueError, match="cannot be"):
        Dice(2).parts(10, 3, 4, 5)
    assert sorted(Dice(3).shuffled(range(50))) == list(range(50))


def test_exact_counts_pay_the_amount_or_say_no() -> None:
    counts = exact_counts(123_400, [3_800, 7_300, 4_900], Dice(1))
    assert sum(count * price for count, price in zip(counts, [3_800, 7_300, 4_900], strict=True)) == 123_400
    with pytest.raises(ValueError, match="no whole packs"):
        exact_counts(100, [3_800], Dice(1))
    with pytest.raises(ValueError, match="whole yuan"):
        exact_counts(150, [3_800], Dice(1))


def test_shelves_refuse_what_nobody_brought() -> None:
    place, who = _town(1)
    sale = YearOfSales(1, place, buyers(1, 0)).fill()[0]
    with pytest.raises(OutOfGoods):
        Shelves([]).sell(sale)
    assert who.homes


def test_further_towns_are_clearly_invented() -> None:
    names, codes = set(), set()
    for number in range(1, 40):
        place = town(number)
        assert "示例" in place.name
        assert place.region_code.startswith("420302D")
        names.add(place.name)
        codes |= {each.cooperative_code for each in place.places}
    assert len(names) == 39
    assert len(codes) == 39 * 5
    assert not codes & {village.key for village in figures.VILLAGES}


def test_the_timeline_squeezes_a_young_year() -> None:
    young, old = Timeline(date(2026, 1, 3)), Timeline(date(2026, 6, 1))
    assert young.at(40, 12) < young.at(39, 12) < young.at(1, 12)
    assert shanghai_day(young.at(60, 0)) == date(2026, 1, 1)
    assert shanghai_day(old.at(1, 12)) == date(2026, 5, 31)
    with pytest.raises(ValueError, match="sixty days"):
        old.at(61, 0)
    assert old.tomorrow_night - old.end == timedelta(days=2)
