"""Every figure of a report in one document: value, numerator and denominator, definition, day, and where its rows are.

The document is canonical JSON (whole numbers and texts only), so the same rows give the same bytes and the same SHA-256.
It also names exactly which attribution and ledger rows were counted, so that the audit can add them up again years later,
whatever has been booked since. It holds no person's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text

from shop.cooperatives.people import rates
from shop.cooperatives.people.models import Region
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.http import settings
from shop.core.text import N_
from shop.orders.figures import Sold
from shop.reporting import sold
from shop.reporting.periods import Period

FORMAT = 1  # of this document and of the standard templates; a new one makes new reports
SOLD = N_("已付款订单的商品净额（扣除商家优惠，不含运费），按归属记录汇总；含全部交货方；帮助销售另计")
ORDERS = N_("有成交商品的订单数")
REACHED = N_("至少有一笔销售归属的户，一户只计一次；各月户数相加不等于全年户数")
ASSISTED = N_("镇村干部上门对接商家帮助销售的农产品，单独统计，不并入销售额")
CREDITED = N_("买断在收货时、代销在售出时记给农户的钱，未扣生产成本；与销售额是两回事，不相加")
REGISTERED = N_("登记事实，不由收入推算")

_PLACES = text(
    """
    select v.id, v.name, null::bigint as cooperative_id, null as cooperative, null as code from village v
     where v.region_code like :prefix
    union all
    select v.id, v.name, c.id, c.name, c.code from village v join cooperative c on c.village_id = v.id
     where v.region_code like :prefix and (c.founded_on is null or c.founded_on <= :day)
     order by 1, 3 nulls first
    """
)
_STATIONS = text(
    "select v.name as village, s.name, s.capacity_kw, s.running from pv_station s join village v on v.id = s.village_id"
    " where v.region_code like :prefix and s.in_service_on <= :day order by v.id, s.id"
)


def gather(region_code: str, period: Period) -> dict[str, Any]:
    """The document. Reads only, a fixed number of statements; give it one snapshot. Raises NotFound for the region."""
    day = period.as_of
    scope = {"prefix": region_code + "%", "day": day}
    sales = sold.sales(region_code, period.windows)
    money = sold.money(region_code, period.windows["now"])
    counted = sold.counted(region_code, period.windows["now"])
    places = session().execute(_PLACES, scope).all()
    villages = [row for row in places if row.cooperative_id is None]
    cooperatives = [row for row in places if row.cooperative_id is not None]
    registry = rates.registry(region_code, day)
    found = _Tables(period, sales)
    return {
        "format": FORMAT,
        "region": _region(region_code),
        "kind": period.kind,
        "period": period.text,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "as_of": day.isoformat(),
        "demo": settings().demo,
        "windows": {
            name: {"first": window.first.isoformat(), "last": window.last.isoformat()}
            for name, window in period.windows.items()
        },
        "figures": _figures(found, money, registry),
        "tables": {
            "village": found.rows(False, "village", [(row.id, row.name, {}) for row in villages]),
            "cooperative": found.rows(False, "cooperative", _named(cooperatives)),
            "product": found.products(False),
            "month": found.months(),
            "assisted_village": found.rows(True, "cooperative", _named(cooperatives), empty=False),
            "assisted_product": found.products(True),
            "money": [
                {
                    "name": row.cooperative,
                    "village": row.name,
                    "sold_households": found.sum(False, "cooperative", row.cooperative_id, "now").households,
                    "credited_households": money.by.get(row.cooperative_id, (0, 0))[1],
                    "credited_fen": money.by.get(row.cooperative_id, (0, 0))[0],
                }
                for row in cooperatives
            ],
            "station": [
                {"village": row.village, "name": row.name, "kw": row.capacity_kw, "running": row.running}
                for row in session().execute(_STATIONS, scope)
            ],
        },
        "counted": {
            "sales": _counted(counted[False]),
            "assisted": _counted(counted[True]),
            "money": _counted(money.counted),
        },
    }


def _region(code: str) -> dict[str, Any]:
    parent = select(Region.name).where(
        Region.code == select(Region.parent_code).where(Region.code == code).scalar_subquery()
    )
    name = session().scalar(select(Region.name).where(Region.code == code))
    if name is None:
        raise NotFound
    return {"code": code, "name": name, "parent": session().scalar(parent) or ""}


def _counted(rows: sold.Counted) -> dict[str, Any]:
    return {"fen": rows.fen, "number": rows.number, "rows": rows.rows}


def _named(cooperatives: list[Any]) -> list[tuple[int, str, dict[str, str]]]:
    return [
        (row.cooperative_id, row.cooperative, {"village": row.name, "code": row.code}) for row in cooperatives
    ]


class _Tables:
    """The sums of all stretches laid out as rows: a key of a level under its name, each stretch with its sum."""

    def __init__(self, period: Period, sales: sold.Sales) -> None:
        self.period = period
        self.sales = sales

    def sum(self, assisted: bool, level: str, key: Any, window: str) -> Sold:
        return self.sales[assisted, level].get(key, {}).get(window, Sold())

    def sums(self, assisted: bool, level: str, key: Any) -> dict[str, dict[str, int]]:
        return {
            name: {"fen": one.fen, "orders": one.orders, "households": one.households}
            for name in self.period.windows
            for one in [self.sum(assisted, level, key, name)]
        }

    def lines(self, *, assisted: bool = False, **more: str) -> dict[str, Any]:
        """Where the order lines of the period are: a list of the township's door with its choices."""
        window = self.period.windows["now"]
        args = {"first": window.first.isoformat(), "last": window.last.isoformat(), **more}
        return {"list": "sales", "args": args | ({"assisted": "1"} if assisted else {})}

    def rows(
        self, assisted: bool, level: str, keys: list[tuple[int, str, dict[str, str]]], *, empty: bool = True
    ) -> list[dict[str, Any]]:
        """One row a key, in their order; without `empty` those that sold nothing in any stretch are left out."""
        found = []
        for key, name, more in keys:
            sums = self.sums(assisted, level, key)
            if empty or any(one["orders"] for one in sums.values()):
                narrower = {"coop": more["code"]} if "code" in more else None
                where = self.lines(assisted=assisted, **narrower) if narrower else None
                found.append({"name": name, "village": more.get("village", ""), "sums": sums, "rows": where})
        return found

    def products(self, assisted: bool) -> list[dict[str, Any]]:
        """By product, the most sold first."""
        found = [
            {
                "name": name, "village": "", "sums": self.sums(assisted, "product", name),
                "rows": self.lines(assisted=assisted, product=name),
            }
            for name in self.sales[assisted, "product"]
        ]  # fmt: skip
        return sorted(found, key=lambda row: (-row["sums"]["now"]["fen"], row["name"]))

    def months(self) -> list[dict[str, Any]]:
        """1 January to now, month by month, beside the year before; assisted sales are not in it."""
        now, before = ("year", "year_before") if "year" in self.period.windows else ("now", "before")
        return [
            {
                "month": month,
                "now": {"fen": one.fen, "orders": one.orders, "households": one.households},
                "before_fen": self.sum(False, "month", month, before).fen,
            }
            for month in range(1, self.period.as_of.month + 1)
            for one in [self.sum(False, "month", month, now)]
        ]


def _figures(found: _Tables, money: sold.Money, registry: rates.Registry) -> list[dict[str, Any]]:
    day = found.period.as_of.isoformat()
    lines, helped = found.lines(), found.lines(assisted=True)
    households = {"list": "household_sums", "args": {k: lines["args"][k] for k in ("first", "last")}}
    document: list[dict[str, Any]] = []

    def add(code: str, name: str, value: int, unit: str, definition: str, rows: Any, **more: Any) -> None:
        document.append(
            {
                "code": code, "name": name, "value": value, "unit": unit, "definition": definition, "as_of": day,
                "rows": rows, **more,
            }
        )  # fmt: skip

    for window in found.period.windows:
        one, other = found.sum(False, "total", None, window), found.sum(True, "total", None, window)
        for code, name, value, unit, definition, rows in (
            ("sales", N_("销售额"), one.fen, "fen", SOLD, lines),
            ("orders", N_("订单"), one.orders, "order", ORDERS, lines),
            ("reached", N_("涉及农户"), one.households, "household", REACHED, households),
            ("assisted", N_("帮助销售"), other.fen, "fen", ASSISTED, helped),
        ):
            here = window == "now"
            add(
                code if here else f"{code}_{window}",
                name,
                value,
                unit,
                definition,
                rows if here else None,
                window=window,
            )
    add("credited", N_("计入农户的货款"), money.fen, "fen", CREDITED, households, window="now")
    add(
        "credited_households",
        N_("计入货款的户"),
        money.households,
        "household",
        CREDITED,
        households,
        window="now",
    )
    for code, (name, unit, which) in COUNTS.items():
        listed = {"list": "register", "args": {"which": which, "day": day}} if which else None
        add(code, name, int(registry.counts._mapping[code]), unit, REGISTERED, listed)
    for code, rate in zip(RATES, registry.rates, strict=True):
        add(
            code, rate.name, rate.numerator, "rate", rate.definition,
            {"list": "register", "args": {"which": rate.rows, "day": day}},
            numerator=rate.numerator, denominator=rate.denominator, percent=rate.percent,
        )  # fmt: skip
    return document


WINDOWS = {
    "now": N_("本期"), "before": N_("去年同期"), "year": N_("1 月至今累计"), "year_before": N_("去年同期累计"),
}  # fmt: skip
# in the order of rates.registry()
RATES = ("member_rate_households", "member_rate_persons", "led_rate", "loan_rate")
# attribute of rates.registry().counts → name, unit, list of households behind it
COUNTS: Mapping[str, tuple[str, str, str]] = {
    "villages": (N_("行政村"), "village", ""),
    "cooperatives": (N_("合作社"), "cooperative", ""),
    "households": (N_("户籍户数"), "household", "all"),
    "persons": (N_("户籍人数"), "person", "all"),
    "agricultural_households": (N_("农业户数"), "household", "agricultural"),
    "agricultural_persons": (N_("农业人数"), "person", "agricultural"),
    "registered_households": (N_("建档立卡户数"), "household", "registered"),
    "registered_persons": (N_("建档立卡人数"), "person", "registered"),
    "eligible_households": (N_("符合入社条件的户"), "household", "eligible"),
    "eligible_persons": (N_("符合入社条件的人"), "person", "eligible"),
    "member_households": (N_("入社户数"), "household", "member"),
    "member_persons": (N_("入社人数"), "person", "member"),
    "able_households": (N_("经认定有条件发展产业的户"), "household", "able"),
    "led_households": (N_("产业带动户数"), "household", "led"),
    "loan_households": (N_("累计贷款户数"), "household", "loan"),
    "loan_fen": (N_("累计贷款金额"), "fen", "loan"),
    "pv_stations": (N_("光伏电站"), "station", ""),
    "pv_running": (N_("在运行的光伏电站"), "station", ""),
}
