"""收入台账: a region's year by class, village and month, its households, and each household's statement of a year."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for

from shop.accounts import guards
from shop.cooperatives.income import income_entries, income_year, movements
from shop.cooperatives.income.income_words import CLASSES
from shop.core import clock, pages
from shop.core.privacy import mask_name
from shop.township import income_rows
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.period import year_asked

SIZE = 50
MOVEMENTS = 100
LONGEST_PAPER = 2000


@bp.get("/<region>/income")
@guards.staff
def income(region: str) -> str:
    return render_template("township/income.html", **region_page(region))


@bp.get("/<region>/income/print")
@guards.staff
def income_paper(region: str) -> str:
    page = region_page(region)
    back = url_for("township.income", year=page["period"].year)
    return render_template("township/income_print.html", back_url=back, now=clock.now(), **page)


def region_page(region: str) -> dict[str, Any]:
    """What the page and its paper show; the newest year with a movement unless ?year= says another."""
    years = income_year.years(region)
    period = year_asked(years[0] if years else clock.today().year)
    found = income_year.region_year(region, period.year)
    return {
        "place": region_name(region),
        "years": sorted({*years, period.year}, reverse=True),
        "period": period,
        "found": found,
        "classes": CLASSES,
        "villages": income_rows.by_village(found, income_rows.village_names(region)),
        "months": income_rows.by_month(found),
        "total": income_rows.sums_row(found.total),
    }


@bp.get("/<region>/income/households")
@guards.staff
def income_households(region: str) -> str:
    """?village= is a village's code, ?code= the beginning of a household's code, ?all=1 also those without a movement."""
    period = year_asked(clock.today().year)
    wanted = income_year.Wanted(
        request.args.get("village", "")[:40],
        request.args.get("code", "").strip()[:40],
        request.args.get("all") == "1",
    )
    number = pages.page_number()
    rows = income_year.households(region, period.year, wanted, SIZE, (number - 1) * SIZE)
    shown = [income_rows.household_row(row, period.year) for row in rows]
    return render_template(
        "township/income_households.html",
        place=region_name(region),
        period=period,
        wanted=wanted,
        villages=income_rows.village_names(region),
        classes=CLASSES,
        page=pages.Page(shown, number, SIZE, rows[0].total if rows else 0),
    )


@bp.get("/<region>/income/households/<int:household_id>")
@guards.staff
def income_household(region: str, household_id: int) -> str:
    number = pages.page_number()
    page = household_page(household_id, MOVEMENTS, (number - 1) * MOVEMENTS)
    rows = page.pop("rows")
    total = page.pop("count")
    return render_template(
        "township/income_household.html",
        place=region_name(region),
        page=pages.Page(rows, number, MOVEMENTS, total),
        **page,
    )


@bp.get("/<region>/income/households/<int:household_id>/print")
@guards.staff
def income_household_paper(region: str, household_id: int) -> str:
    page = household_page(household_id, LONGEST_PAPER)
    back = url_for("township.income_household", household_id=household_id, year=page["period"].year)
    return render_template(
        "township/income_household_print.html",
        place=region_name(region),
        back_url=back,
        now=clock.now(),
        **page,
    )


def household_page(household_id: int, limit: int, offset: int = 0) -> dict[str, Any]:
    """A household's statement of ?year=: its sums by source and its movements; the name is masked. Raises NotFound."""
    home = income_entries.household(household_id, g.region_code)
    years = movements.years(household_id)
    period = year_asked(years[0] if years else clock.today().year)
    rows = movements.movements(household_id, period.year, g.region_code, limit, offset)
    return {
        "home": home,
        "head": mask_name(home.head_name),
        "years": sorted({*years, period.year}, reverse=True),
        "period": period,
        "sums": movements.year_sums(household_id, period.year),
        "rows": [income_rows.movement(row) for row in rows],
        "count": rows[0].total if rows else 0,
    }
