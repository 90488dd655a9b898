"""Lists of goods: the home page, a category, search."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

from flask import g, render_template, request
from flask_babel import gettext as _

from shop.accounts import guards
from shop.catalog import queries, search
from shop.catalog.choices import Choices, choices
from shop.catalog.queries import Card, CategoryRow
from shop.catalog.wishes import SORTS, Wish
from shop.core import clock
from shop.core.errors import NotFound
from shop.core.kept import kept
from shop.core.pages import Page, here, page_number
from shop.storefront import favourites, impact, typed
from shop.storefront.blueprint import bp

PER_PAGE = 24
SUGGESTIONS = 8
POPULAR_LASTS = timedelta(minutes=10)


def asked(**more: object) -> Wish:
    """The wish that ?sort= ?stock= ?page= describe; whatever they cannot mean is left out."""
    sort = request.args.get("sort", "")
    return Wish(
        sort=sort if sort in SORTS else "",
        in_stock=request.args.get("stock") == "1",
        viewer=favourites.viewer(),
        limit=PER_PAGE + 1,
        offset=(page_number() - 1) * PER_PAGE,
        **more,  # type: ignore[arg-type]
    )


def asked_closely(**more: object) -> Wish:
    """The same with ?village= ?coop= ?certified=, for lists that can be filtered by them."""
    return asked(
        coop=typed.plain("coop"),
        village=typed.plain("village"),
        certified=request.args.get("certified") == "1",
        **more,
    )


def found(wish: Wish) -> Page[Card]:
    """One page of it; a row more than shown says that it goes on."""
    rows = queries.cards(wish, clock.today())
    if not wish.sort:  # what can be had stands before what cannot
        rows[:PER_PAGE] = sorted(rows[:PER_PAGE], key=lambda card: not card.in_stock)
    return Page(rows[:PER_PAGE], number=page_number(), size=PER_PAGE, more=len(rows) > PER_PAGE)


def sorts(wish: Wish) -> list[dict[str, object]]:
    """The row of sort links; price turns round when pressed again."""
    price = "-price" if wish.sort == "price" else "price"
    arrow = {"price": "↑", "-price": "↓"}.get(wish.sort, "")
    links = (("", _("综合")), ("sold", _("销量")), (price, _("价格") + arrow), ("new", _("新品")))
    return [
        {"label": label, "url": here(sort=key, page=None), "on": key.strip("-") == wish.sort.strip("-")}
        for key, label in links
    ]


def chosen(wish: Wish, known: Choices) -> list[dict[str, str]]:
    """What is filtered by, each with the address without it."""
    marks = (
        (wish.village, known.village_name(wish.village), here(village=None, page=None)),
        (wish.coop, known.cooperative_name(wish.coop), here(coop=None, page=None)),
        (wish.in_stock, _("有货"), here(stock=None, page=None)),
        (wish.certified, _("消费帮扶产品"), here(certified=None, page=None)),
    )
    return [{"label": str(label), "url": url} for on, label, url in marks if on]


@bp.get("/")
@guards.public
def home() -> str:
    g.private = False
    wish = asked()
    return render_template(
        "storefront/home.html", categories=queries.categories(), page=found(wish), wish=wish, sorts=sorts(wish),
        impact=impact.this_year(),
    )  # fmt: skip


@bp.get("/c")
@guards.public
def categories() -> str:
    g.private = False
    return _category(queries.categories(), None, asked_closely())


@bp.get("/c/<slug>")
@guards.public
def category(slug: str) -> str:
    g.private = False
    rows = queries.categories()
    present = next((row for row in rows if row.slug == slug), None)
    if present is None:
        raise NotFound(_("没有这个分类，或者里面的商品都下架了"))
    return _category(rows, present, asked_closely(category=slug))


def _category(rows: list[CategoryRow], present: CategoryRow | None, wish: Wish) -> str:
    known = choices(wish, clock.today())
    return render_template(
        "storefront/category.html",
        categories=rows,
        present=present,
        page=found(wish),
        wish=wish,
        sorts=sorts(wish),
        known=known,
        chosen=chosen(wish, known),
    )


@bp.get("/search", endpoint="search")
@guards.public
def search_page() -> str:
    g.private = False
    words = request.args.get("q", "")[: search.MAX_QUERY]
    query = "".join(char if char.isprintable() else " " for char in words).strip()
    patterns = search.patterns(query)
    wish = asked_closely(patterns=patterns)
    page: Page[Card] = found(wish) if patterns else Page([])
    listed = bool(page.items or page.number > 1 or (wish.narrowed and patterns))
    known = choices(wish, clock.today()) if listed else None
    return render_template(
        "storefront/search.html", q=query, page=page, near=[] if listed else _near(query), wish=wish, sorts=sorts(wish),
        listed=listed, known=known, chosen=chosen(wish, known) if known else [],
        marks=partial(search.marks, query=query),
    )  # fmt: skip


def _near(query: str) -> list[Card]:
    """What comes closest to a query that nothing fits, also by its sound; what sells best where nothing does."""
    today, patterns = clock.today(), search.near_patterns(query)
    near = queries.cards(Wish(patterns=patterns, near=True, limit=SUGGESTIONS), today) if patterns else []
    return near or kept(("popular", today), POPULAR_LASTS, partial(_popular, today))


def _popular(today: date, _now: datetime) -> list[Card]:
    return queries.cards(Wish(sort="sold", limit=SUGGESTIONS), today)
