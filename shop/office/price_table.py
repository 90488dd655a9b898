"""改价表: every spec of the cooperative in one table, saved together; somebody else's change is shown beside what was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import price_table
from shop.catalog.price_table import Change, ChangedMeanwhile
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Refused, said
from shop.core.money import format_plain, parse_yuan
from shop.core.numbers import row_id
from shop.core.text import BadInput
from shop.office.blueprint import bp


@dataclass
class Table:
    """The page as it was typed, by spec."""

    prices: dict[int, str] = field(default_factory=dict)
    offered: dict[int, bool] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    shown: dict[int, str] = field(default_factory=dict)  # what the row said before anything was typed
    problems: dict[int, str] = field(default_factory=dict)
    now: Mapping[int, Any] = field(default_factory=dict)


@bp.get("/<coop>/products/prices")
@guards.manager
def price_table_page(coop: str) -> str:
    return _page(_rows(), Table())


def _rows() -> Sequence[Any]:
    return price_table.rows(g.cooperative_id, (pages.page_number() - 1) * price_table.MOST)


def _page(rows: Sequence[Any], table: Table, problem: str = "") -> str:
    shown = rows[: price_table.MOST]
    for row in shown:
        table.prices.setdefault(row.id, format_plain(row.price_fen))
        table.offered.setdefault(row.id, row.published)
        table.versions.setdefault(row.id, row.version)
        table.shown.setdefault(row.id, _said(row.price_fen, row.published))
    page = pages.Page(shown, pages.page_number(), price_table.MOST, more=len(rows) > price_table.MOST)
    return render_template("office/price_table.html", page=page, sheet=table, problem=problem)


@bp.post("/<coop>/products/prices")
@guards.manager
def price_table_save(coop: str) -> Response | tuple[str, int]:
    """All rows in one transaction; where one is wrong or was changed by somebody else, nothing is saved and all stays typed."""
    rows = _rows()
    table, changes = Table(), []
    for row in rows[: price_table.MOST]:
        change = _read(row, table)
        if change is not None:
            changes.append(change)
    if table.problems:
        return _page(rows, table, _("有 %(n)s 个价格要改一改，一个都没有保存", n=len(table.problems))), 422
    try:
        with transaction():
            touched = price_table.apply(changes, g.cooperative_id, by=guards.me().id, today=clock.today())
    except ChangedMeanwhile as meanwhile:
        table.now = meanwhile.now
        table.versions |= {sku_id: now.version for sku_id, now in meanwhile.now.items()}
        return _page(rows, table, meanwhile.message), 409
    except Refused as refusal:
        return _page(rows, table, refusal.message), 422
    pages.say(_("已保存，改了 %(n)s 个规格", n=touched) if touched else _("没有改动"))
    return redirect(url_for("office.price_table_page", page=pages.page_number()), 303)


def _read(row: Any, table: Table) -> Change | None:
    """A row of the form; None where it is as it was shown: somebody else's change of it is then no conflict."""
    typed = request.form.get(f"price-{row.id}")
    version = row_id(request.form.get(f"version-{row.id}", ""))
    if typed is None or version is None:
        return None
    table.prices[row.id] = typed[:20]
    table.offered[row.id] = f"offered-{row.id}" in request.form
    table.versions[row.id] = version
    table.shown[row.id] = request.form.get(f"shown-{row.id}", "")[:40]
    try:
        fen = parse_yuan(typed[:40], label=_("价格"))
    except (BadInput, Refused) as refusal:
        table.problems[row.id] = said(refusal)
        return None
    if table.shown[row.id] == _said(fen, table.offered[row.id]):
        return None
    return Change(row.id, version, fen, table.offered[row.id])


def _said(fen: int, offered: bool) -> str:
    return f"{fen} {int(offered)}"
