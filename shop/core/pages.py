"""What templates need from Python: hashed assets, formats, tabs of a door, links that keep the query, page slices, messages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import Flask, current_app, flash, g, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.routing import BuildError

from shop.core import charts, clock, fragments, language, money, numbers, quantity, text

T = TypeVar("T")

SIZE_COOKIE = "size"
PAGE_SIZE = 20
LAST_PAGE = 1000
_NEAR = 2


class Assets:
    """Plain name → address of the hashed file, from the manifest the build wrote.

    Without a build (npm failed) pages still work: pictures come from static/img, style and script are missing.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self._manifest = folder / "dist" / "manifest.json"
        self._prefix = prefix
        self._read_at = 0
        self._urls: dict[str, str] = {}

    def refresh(self) -> None:
        """Read the manifest again if it is another file than last time."""
        try:
            changed_at = self._manifest.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed_at != self._read_at:
            names: dict[str, str] = json.loads(self._manifest.read_text("utf-8"))
            self._urls = {name: f"{self._prefix}/dist/{hashed}" for name, hashed in names.items()}
            self._read_at = changed_at
            fragments.forget()

    def url(self, name: str) -> str:
        """Address of 'app.css', 'app.js', 'icons.svg' or 'img/tea.svg'."""
        return self._urls.get(name) or f"{self._prefix}/{name}"


@dataclass(frozen=True, slots=True)
class Tab:
    """One place of a door's navigation.

    `under`: more endpoints of it; `rail_only`: not on the phone's bar; labels are marked with N_; the build looks for icon="…".
    """

    endpoint: str
    label: str
    icon: str = field(kw_only=True)
    under: tuple[str, ...] = ()
    group: str = ""
    rail_only: bool = False


@dataclass(frozen=True, slots=True)
class NavLink:
    """A tab as a template prints it."""

    url: str
    label: str
    icon: str
    active: bool
    endpoint: str
    group: str
    rail_only: bool
    count: int = 0


def set_tabs(app: Flask, door: str, tabs: Sequence[Tab]) -> None:
    """Tell the shell of a door ('storefront', 'office', 'township') which tabs it has; called by the door's register()."""
    app.extensions.setdefault("tabs", {})[door] = tuple(tabs)


def tabs_of(door: str, counts: Mapping[str, int] | None = None) -> tuple[NavLink, ...]:
    """The tabs of a door whose pages exist, the present one marked; `counts` are the badges' numbers by endpoint;
    `g.stands_under`: the endpoint that a page of several tabs' subjects stands in for."""
    here_now = g.get("stands_under") or request.endpoint or ""
    links = []
    for tab in current_app.extensions.get("tabs", {}).get(door, ()):
        url = url_if(tab.endpoint)
        if url is not None:
            active = here_now == tab.endpoint or here_now in tab.under
            count = counts.get(tab.endpoint, 0) if counts else 0
            links.append(
                NavLink(url, tab.label, tab.icon, active, tab.endpoint, tab.group, tab.rail_only, count)
            )
    return tuple(links)


def url_if(endpoint: str, **values: str | int) -> str | None:
    """The address of a page, or None where there is no such page, or it needs a value that this request does not have.

    Every page prints a dozen of them, so addresses that depend on nothing are built once.
    """
    if endpoint not in current_app.view_functions:
        return None
    known: dict[tuple[str, str], str] = current_app.extensions["fixed_urls"]
    key = (request.script_root, endpoint)
    if not values and key in known:
        return known[key]
    try:
        url = url_for(endpoint, **values)  # type: ignore[arg-type]
    except BuildError:
        return None
    if not values and not any(rule.arguments for rule in current_app.url_map.iter_rules(endpoint)):
        known[key] = url
    return url


def here(**changes: str | int | None) -> str:
    """The present address with some query values changed; None or '' drops one. Other values stay as they are."""
    query: dict[str, list[str]] = request.args.to_dict(flat=False)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = [str(value)]
    text = urlencode(query, doseq=True)
    return f"{request.path}?{text}" if text else request.path


def sort_link(key: str) -> tuple[str, str]:
    """Address that sorts the present list by `key`, and how it is sorted now: 'ascending', 'descending' or ''."""
    now = request.args.get("sort", "")
    if now == key:
        return here(sort=f"-{key}", page=None, after=None), "ascending"
    return here(sort=key, page=None, after=None), "descending" if now == f"-{key}" else ""


def page_number() -> int:
    """?page= as 1 … LAST_PAGE; anything else is page 1."""
    text = request.args.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return min(max(number, 1), LAST_PAGE)


@dataclass(frozen=True)  # without slots: Page[Row](…) would break them
class Page(Generic[T]):
    """A slice of a list. Numbered when `total` is known; else `more` or `next_after` (a keyset cursor) says that it goes on."""

    items: Sequence[T]
    number: int = 1
    size: int = PAGE_SIZE
    total: int | None = None
    more: bool = False
    next_after: str | None = None

    @property
    def last(self) -> int:
        """Number of the last page, at least 1; with an unknown total the present one."""
        return self.number if self.total is None else max(1, -(-self.total // self.size))

    @property
    def previous_url(self) -> str | None:
        """Address of the page before; a keyset list only leads back to its beginning."""
        if request.args.get("after"):
            return here(after=None, page=None)
        return here(page=self.number - 1 if self.number > 2 else None) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        """Address of the page behind, or None at the end."""
        if self.next_after is not None:
            return here(after=self.next_after, page=None)
        goes_on = self.more if self.total is None else self.number < self.last
        return here(page=self.number + 1) if goes_on else None

    def window(self) -> list[int | None]:
        """Page numbers to print: first, those near, last; None stands for a gap."""
        wanted = sorted({1, self.last, *range(self.number - _NEAR, self.number + _NEAR + 1)})
        shown: list[int | None] = []
        for number in wanted:
            if 1 <= number <= self.last:
                before = shown[-1] if shown else None
                if before is not None and number - before > 1:
                    shown.append(None)
                shown.append(number)
        return shown


def say(
    text: str,
    kind: str = "ok",
    undo_url: str | None = None,
    undo: Mapping[str, str | int] | None = None,
    link: tuple[str, str] | None = None,
) -> None:
    """Show a message on the next page; kind is 'ok', 'notice' or 'error'.

    With `undo_url` it carries a 撤销 button that posts the fields `undo` there; with `link` (address, words) a way on.
    """
    said = {"text": text, "undo_url": undo_url, "undo": dict(undo or {}), "link": link}
    flash(said, kind)  # type: ignore[arg-type]


def translate(message: str, **values: object) -> Markup:
    """The `_` of templates: as Flask-Babel's, but Chinese, in which the messages are written, needs no look-up.

    Values are escaped. A message without values may hold a plain percent sign.
    """
    found = Markup(message if language.chosen() == "zh" else gettext(message))  # noqa: S704 (our own sentences)
    return found % values if values else found


def weight(grams: int) -> str:
    """500克, 1.5千克; in English 500 g, 1.5 kg."""
    return _in_language(quantity.format_weight(grams))


def qty(number: int, unit_kind: quantity.UnitKind, count_word: str = "件") -> str:
    """A stored quantity with its unit: weight for 'g', number and count word for 'piece'."""
    return _in_language(quantity.format_quantity(number, unit_kind, count_word))


def _in_language(text: str) -> str:
    if language.chosen() != "en":
        return text
    return text.replace("千克", " kg").replace("克", " g")


def wan(fen: int) -> str:
    """18.6万元, for summaries beside the exact figure; English readers get the exact figure, which they can count."""
    return money.format_yuan(fen) if language.chosen() == "en" else money.format_wan(fen)


def day(value: date | datetime | None) -> str:
    """2020-12-31, the Shanghai day of an instant; '—' for none."""
    if value is None:
        return "—"
    return (clock.shanghai_day(value) if isinstance(value, datetime) else value).isoformat()


def moment(value: datetime | None) -> str:
    """2020-12-31 14:05, Shanghai time; '—' for none."""
    return "—" if value is None else clock.in_shanghai(value).strftime("%Y-%m-%d %H:%M")


def iso(value: date | datetime) -> str:
    """For the datetime attribute of <time>."""
    return value.isoformat()


def percent(numerator: int, denominator: int, places: int = 1) -> str:
    """numerator ÷ denominator as '46.2%', half up, in whole numbers; '—' where the denominator is 0."""
    if denominator <= 0:
        return "—"
    scaled = numbers.half_up(numerator * 100 * 10**places, denominator)
    return numbers.trimmed(scaled, places) + "%"


def axis_label(value: int, kind: str = "num") -> str:
    """A round value on a chart's axis: 2,000 or 1.5万; of kind 'yuan' the value is fen and the label yuan."""
    number = value // 100 if kind == "yuan" else value
    if number < 10_000:
        return f"{number:,}"
    if language.chosen() == "en":
        return numbers.trimmed(numbers.half_up(number, 100), 1) + "k"
    return numbers.trimmed(numbers.half_up(number, 1000), 1) + "万"


def text_size() -> str:
    """'large' where the reader chose 大字版, else 'normal'."""
    return "large" if request.cookies.get(SIZE_COOKIE) == "large" else "normal"


def register(app: Flask) -> None:
    """Make all of this known to the templates."""
    assets = Assets(Path(app.static_folder or "static"), app.static_url_path or "/static")
    assets.refresh()
    if app.debug or app.testing or app.config.get("TEMPLATES_AUTO_RELOAD"):
        app.before_request(assets.refresh)
    app.extensions["fixed_urls"] = {}
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        yuan=money.format_yuan, yuan_plain=money.format_plain, yuan_capital=money.chinese_capital, wan=wan,
        weight=weight, qty=qty, day=day, moment=moment, iso=iso,
    )  # fmt: skip
    app.jinja_env.globals.update(
        _=translate, gettext=translate, N_=text.N_, asset=assets.url, url_if=url_if, here=here, sort_link=sort_link,
        tabs_of=tabs_of, remembered=fragments.remembered, text_size=text_size, percent=percent, axis_label=axis_label,
        per_500g=money.per_500g, column_chart=charts.column_chart, line_chart=charts.line_chart,
    )  # fmt: skip
