"""Lists of goods: the home page, a category, search."""

from __future__ import annotations

from flask import g, render_template, request
from flask_babel import gettext as _

from shop.accounts import guards
from shop.catalog import queries, search
from shop.catalog.queries import Card, Wish
from shop.core import clock
from shop.core.errors import NotFound
from shop.core.pages import Page, here, page_number
from shop.storefront import impact
from shop.storefront.blueprint import bp

PER_PAGE = 24
SUGGESTIONS = 8


def asked(**more: object) -> Wish:
    """The wish that ?sort= ?stock= ?page= describe; whatever they cannot mean is left out."""
    sort = request.args.get("sort", "")
    return Wish(
        sort=sort if sort in queries.SORTS else "",
        in_stock=request.args.get("stock") == "1",
        limit=PER_PAGE + 1,
        offset=(page_number() - 1) * PER_PAGE,
        **more,  # type: ignore[arg-type]
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
    wish = asked()
    return render_template(
        "storefront/category.html",
        categories=queries.categories(),
        present=None,
        page=found(wish),
        wish=wish,
        sorts=sorts(wish),
    )


@bp.get("/c/<slug>")
@guards.public
def category(slug: str) -> str:
    g.private = False
    rows = queries.categories()
    present = next((row for row in rows if row.slug == slug), None)
    if present is None:
        raise NotFound(_("没有这个分类，或者里面的商品都下架了"))
    wish = asked(category=slug)
    return render_template(
        "storefront/category.html",
        categories=rows,
        present=present,
        page=found(wish),
        wish=wish,
        sorts=sorts(wish),
    )


@bp.get("/search", endpoint="search")
@guards.public
def search_page() -> str:
    g.private = False
    typed = request.args.get("q", "")[: search.MAX_QUERY]
    query = "".join(char if char.isprintable() else " " for char in typed).strip()
    patterns = search.patterns(query)
    wish = asked(patterns=patterns)
    page: Page[Card] = found(wish) if patterns else Page([])
    near = [] if page.items or page.number > 1 else _near(query)
    return render_template(
        "storefront/search.html", q=query, page=page, near=near, wish=wish, sorts=sorts(wish)
    )


def _near(query: str) -> list[Card]:
    """What comes closest to a query that nothing fits; the newest goods where nothing does."""
    today, patterns = clock.today(), search.near_patterns(query)
    near = queries.cards(Wish(patterns=patterns, near=True, limit=SUGGESTIONS), today) if patterns else []
    return near or queries.cards(Wish(limit=SUGGESTIONS), today)
