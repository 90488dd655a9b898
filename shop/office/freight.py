"""运费: the rule in force, a new version of it, and what a parcel would cost before anybody pays it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict
from shop.core.money import format_plain, parse_yuan
from shop.core.numbers import fold, row_id, trimmed
from shop.core.quantity import parse_weight
from shop.core.text import N_, BadInput, clean_line
from shop.office.blueprint import bp
from shop.orders import divisions, freight, freight_book

BANDS = 5  # rows of the form
COLUMNS = ("name", "provinces", "first", "first_fen", "step", "step_fen", "free")


def labels() -> dict[str, str]:
    """Every field of the page by its name."""
    words = {
        "name": _("地区叫法"), "provinces": _("省份"), "first": _("首重（公斤）"), "first_fen": _("首重价"),
        "step": _("续重（公斤）"),
        "step_fen": _("续重价"), "free": _("满多少免运费"),
    }  # fmt: skip
    found = {f"{name}-{row}": words[name] for row in range(BANDS) for name in COLUMNS}
    found |= {
        "piece_g": _("按个卖的，每件算多重（克）"), "town_fen": _("送货上门收费"), "town_free": _("上门满多少免费"),
        "cash_most": _("货到付款一单最多"),
        "town_streets": _("送到哪些乡镇"), "pickup": _("自提地点"), "try_weight": _("重量（公斤）"), "try_province": _("寄到"),
        "try_goods": _("货款"),
    }  # fmt: skip
    return found


@bp.get("/<coop>/freight")
@guards.manager
def freight_rule(coop: str) -> str:
    rule = freight_book.in_force(g.cooperative_id)
    asked = {name: request.args.get(name, "")[:60] for name in ("try_weight", "try_province", "try_goods")}
    values = _values(rule) | asked
    return _page(rule, typed.Form(labels(), values, _needed(values)))


@bp.post("/<coop>/freight")
@guards.manager
def freight_set(coop: str) -> Response | tuple[str, int] | str:
    """A new version; `act=try` only reckons with what is typed."""
    now, home = freight_book.in_force(g.cooperative_id), freight_book.home(g.cooperative_id)
    form = typed.posted(labels(), _needed(request.form))
    after = _after()
    rule = _rule(form, after, home)
    if rule is None or request.form.get("act") == "try":
        page = _page(now, form, rule)
        return page if rule is not None and not form.problems else (page, 422)
    try:
        with transaction():
            version = freight_book.publish(g.cooperative_id, rule, after=after, by=guards.me().id)
    except Conflict as conflict:
        form.refuse("", conflict.message)
        return _page(now, form, rule), 409
    pages.say(_("新运费已生效，第 %(version)d 版；已下的订单不变", version=version))
    return redirect(url_for("office.freight_rule"), 303)


def _after() -> int:
    """The version that the form was filled from; 0 is the first terms."""
    return row_id(request.form.get("after", "")) or 0


@dataclass(frozen=True)
class Tried:
    """What a parcel would cost: one line a way of delivery."""

    name: str
    fen: int
    to_free_fen: int


def _page(now: freight.Rule, form: typed.Form, trying: freight.Rule | None = None) -> str:
    home = freight_book.home(g.cooperative_id)
    return render_template(
        "office/freight.html",
        form=form,
        rows=range(BANDS),
        version=_after() if request.method == "POST" else now.version,
        history=freight_book.versions(g.cooperative_id),
        provinces=[(name, name) for name in divisions.table()],
        tried=_try(form, trying or now, home),
        home=home,
    )


def _try(form: typed.Form, rule: freight.Rule, home: freight.Place) -> list[Tried] | None:
    """What the parcel asked about costs (in the own province: to the own town); None where nothing was asked."""
    if not form.text("try_weight"):
        return None
    grams = form.read("try_weight", lambda text: parse_weight(text, "公斤", label=_("重量")))
    goods = (
        form.read("try_goods", lambda text: parse_yuan(text, label=_("货款")))
        if form.text("try_goods")
        else 0
    )
    province = form.text("try_province")
    if province not in divisions.table():
        form.refuse("try_province", _("请选择省份"))
        return None
    if grams is None or goods is None:
        return None
    to = home if province == home.province else freight.Place(province)
    found = []
    for way in rule.methods(to):
        terms = rule.terms(way, to, grams)
        if terms is not None:
            free = terms.free_from_fen is not None and goods >= terms.free_from_fen
            more = max(0, (terms.free_from_fen or 0) - goods)
            found.append(Tried(_(freight.METHODS[way]), 0 if free else terms.fen, more if terms.fen else 0))
    return found


def _needed(values: Mapping[str, str]) -> frozenset[str]:
    """The fields that may not stay empty: of every row that is used, and of the first."""
    used = [row for row in range(BANDS) if row == 0 or values.get(f"name-{row}")]
    return frozenset(
        {f"{name}-{row}" for row in used for name in ("name", "first", "first_fen")} | {"piece_g"}
    )


def _values(rule: freight.Rule) -> dict[str, str]:
    """A rule as the form shows it."""
    values: dict[str, str] = {
        "piece_g": str(rule.piece_g),
        "town_fen": "" if rule.town_fen is None else format_plain(rule.town_fen),
        "town_free": "" if rule.town_free_from_fen is None else format_plain(rule.town_free_from_fen),
        "cash_most": "" if rule.cash_most_fen is None else format_plain(rule.cash_most_fen),
        "town_streets": " ".join(rule.town_streets),
        "pickup": rule.pickup,
    }
    for row, band in enumerate(rule.bands[:BANDS]):
        values |= {
            f"name-{row}": band.name,
            f"provinces-{row}": " ".join(band.provinces),
            f"first-{row}": trimmed(band.first_g, 3),
            f"first_fen-{row}": format_plain(band.first_fen),
            f"step-{row}": trimmed(band.step_g, 3) if band.step_g else "",
            f"step_fen-{row}": format_plain(band.step_fen) if band.step_g else "",
            f"free-{row}": "" if band.free_from_fen is None else format_plain(band.free_from_fen),
        }
    return values


def _rule(form: typed.Form, after: int, home: freight.Place) -> freight.Rule | None:
    """The rule as typed; None, with sentences beside the fields, where something has to be mended."""
    bands = [band for row in range(BANDS) if (band := _band(form, row)) is not None]
    _once(form)
    if not bands and not form.problems:
        form.refuse("name-0", _("至少填一个地区"))
    piece = form.read("piece_g", lambda text: parse_weight(text, "克", label=_("每件重量")))
    town, streets = _yuan(form, "town_fen"), _names(form.text("town_streets"))
    known = divisions.streets_of(home.region)
    if town is not None and not streets:
        form.refuse("town_streets", _("请填送到哪些乡镇，例如 %(town)s", town=home.street))
    strange = next((name for name in streets if name not in known), None)
    if strange:
        form.refuse(
            "town_streets", _("%(place)s没有“%(text)s”，要写全称", place=home.region, text=strange[:20])
        )
    if streets and town is None and "town_fen" not in form.problems:
        form.refuse("town_fen", _("请填送货上门收多少钱，不收填 0"))
    free = _yuan(form, "town_free")
    cash_most = _yuan(form, "cash_most")
    if cash_most is not None and town is None:
        form.refuse("cash_most", _("货到付款只管送货上门：先填送到哪些乡镇和收费，或者把这里清空"))
    if cash_most == 0:
        form.refuse("cash_most", _("请填一单最多收多少现金，例如 300；不开通就空着"))
    pickup = form.read(
        "pickup", lambda text: clean_line(text, label=_("自提地点"), max_length=80, required=False)
    )
    if form.problems or piece is None:
        return None
    return freight.Rule(
        after, tuple(bands), piece, town, free if town is not None else None,
        home.region if town is not None else "", streets, pickup or "", cash_most,
    )  # fmt: skip


def _band(form: typed.Form, row: int) -> freight.Band | None:
    fields = {name: f"{name}-{row}" for name in COLUMNS}
    if not any(form.text(name).strip() for name in fields.values()):
        return None
    name = form.read(fields["name"], lambda text: clean_line(text, label=_("地区叫法"), max_length=20))
    provinces = _names(form.text(fields["provinces"]))
    wrong = next((word for word in provinces if word not in divisions.table()), None)
    if wrong:
        form.refuse(fields["provinces"], _("没有“%(text)s”这个省份，要写全称，例如 湖北省", text=wrong[:20]))
    first = form.read(fields["first"], lambda text: parse_weight(text, "公斤", label=_("首重")))
    first_fen = _yuan(form, fields["first_fen"], required=True)
    step, step_fen = 0, 0
    if form.text(fields["step"]).strip() or form.text(fields["step_fen"]).strip():
        step = form.read(fields["step"], lambda text: parse_weight(text, "公斤", label=_("续重"))) or 0
        step_fen = _yuan(form, fields["step_fen"], required=True) or 0
    free = _yuan(form, fields["free"])
    if name is None or first is None or first_fen is None:
        return None
    return freight.Band(name, provinces, first, first_fen, step, step_fen, free)


def _once(form: typed.Form) -> None:
    """A province stands in one row only, and one row only takes all the others."""
    seen: dict[str, int] = {}
    for row in range(BANDS):
        name = form.text(f"name-{row}").strip()
        for word in _names(form.text(f"provinces-{row}")) or (("",) if name else ()):
            if word in seen:
                text = (
                    _("“%(province)s”写了两次", province=word)
                    if word
                    else _("只能有一行不写省份（其余所有省份）")
                )
                form.refuse(f"provinces-{row}", text)
            seen[word] = row


def _names(text: str) -> tuple[str, ...]:
    """Names parted by blanks or commas."""
    return tuple(fold(text).replace("、", " ").replace(",", " ").split())


def _yuan(form: typed.Form, name: str, *, required: bool = False) -> int | None:
    """An amount in fen; None where the field is empty. At most 10,000 yuan: nobody's parcel costs more."""
    if not form.text(name).strip() and not required:
        return None

    def parse(text: str) -> int:
        fen = parse_yuan(text, label=_("金额"), zero_allowed=True)
        if fen > 1_000_000:
            raise BadInput(N_("金额太大了，最多 10000 元"))
        return fen

    return form.read(name, parse)
