"""Loading the demo data: every town planned first, then written by a constant number of statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text

from shop.accounts.models import User
from shop.catalog.models import Category
from shop.commands.demo import books, households_paid
from shop.commands.demo.accounts import demo_hash, write_accounts
from shop.commands.demo.assisted import assisted_sales
from shop.commands.demo.buyers import buyers
from shop.commands.demo.current import current_supply
from shop.commands.demo.dice import Dice
from shop.commands.demo.figures import YEAR
from shop.commands.demo.parcels import give_parcels
from shop.commands.demo.people import people
from shop.commands.demo.places import town
from shop.commands.demo.plan import Pool, Sale
from shop.commands.demo.recent import recent_sales
from shop.commands.demo.sales import YearOfSales
from shop.commands.demo.shelves import Shelves
from shop.commands.demo.supply import year_of_supply
from shop.commands.demo.timeline import Timeline
from shop.commands.demo.write_catalogue import write_catalogue, write_categories
from shop.commands.demo.write_contacts import write_contacts
from shop.commands.demo.write_coupons import write_coupons
from shop.commands.demo.write_course import write_course
from shop.commands.demo.write_freight import write_freight
from shop.commands.demo.write_goods import write_goods
from shop.commands.demo.write_orders import write_orders
from shop.commands.demo.write_people import write_people
from shop.commands.demo.write_pictures import write_pictures
from shop.commands.demo.write_places import write_county, write_town
from shop.commands.demo.write_returns import write_returns
from shop.commands.demo.write_reviews import write_reviews
from shop.commands.demo.write_store_work import write_store_work
from shop.commands.demo.written import Written, WrittenOrder
from shop.cooperatives.people.models import Household, Region
from shop.core.db import session
from shop.core.errors import Refused
from shop.orders.models import Order

FIRST_TODAY = date(YEAR + 1, 1, 1)


class AlreadyLoaded(Refused):
    """The database is not empty."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came in: counts for the closing line of the command."""

    towns: int
    households: int
    orders: int


def load(seed: int, today: date, scale: int) -> Loaded:
    """Dachuan and `scale` − 1 invented towns; call it inside transaction(). Raises AlreadyLoaded, Refused."""
    if today < FIRST_TODAY:
        raise Refused(f"演示数据里 {YEAR} 年已经结账，--today 不能早于 {FIRST_TODAY.isoformat()}")
    _refuse_non_empty()
    write_county()
    categories = write_categories()
    password_hash = demo_hash()
    households = orders = 0
    for number in range(scale):
        written = load_town(seed, number, today, categories, password_hash)
        households += len(written.households)
        orders += len(written.orders)
    session().execute(text("analyze"))
    return Loaded(scale, households, orders)


def load_town(seed: int, number: int, today: date, categories: dict[str, int], password_hash: str) -> Written:
    """One town with its year 2020 and its current weeks."""
    place = town(number)
    written = Written(place, people(seed, place), buyers(seed, number))
    write_town(place, written)
    write_accounts(written, password_hash)
    write_people(written)
    write_catalogue(written, categories, today)
    write_pictures(written)
    books.open_books(seed, written)
    sales, pools = plan_year(seed, written)
    orders = write_trade(seed, written, pools, sales)
    books.expenses(seed, written, orders)
    households_paid.settle_and_pay(written)
    books.close_books(written)
    timeline = Timeline(today)
    current = current_supply(seed, place, written.people, timeline)
    recent = recent_sales(seed, place, written.buyers, current, timeline)
    give_parcels(Dice(seed, number, "recent parcels"), recent)
    written.orders = orders + write_trade(seed, written, current, recent)
    write_freight(written)
    write_returns(written, today)
    write_coupons(written, today)
    write_contacts(written, today)
    write_reviews(seed, written, timeline)
    write_store_work(seed, written, today)
    return written


def plan_year(seed: int, written: Written) -> tuple[list[Sale], list[Pool]]:
    """The orders of 2020 and the lots that they took everything of."""
    place = written.town
    sales = YearOfSales(seed, place, written.buyers).fill() + assisted_sales(seed, place, written.buyers)
    sales.sort(key=lambda sale: sale.placed_at)
    pools = year_of_supply(seed, place, written.people, sales)
    shelves = Shelves(pools)
    for sale in sales:
        shelves.sell(sale)
    give_parcels(Dice(seed, place.number, "parcels"), sales)
    return sales, pools


def write_trade(seed: int, written: Written, pools: list[Pool], sales: list[Sale]) -> list[WrittenOrder]:
    """Goods, orders and all that followed."""
    lots = write_goods(seed, written, pools, sales)
    orders = write_orders(written, sales, lots)
    write_course(written, orders)
    books.bank_transfers(orders)
    return orders


def _refuse_non_empty() -> None:
    for column in (Region.code, User.id, Category.id, Household.id, Order.id):
        if session().scalar(select(column).limit(1)) is not None:
            raise AlreadyLoaded("数据库里已经有数据，演示数据只能装进空的数据库（make reset 会清空）")
