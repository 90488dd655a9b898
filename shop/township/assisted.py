"""帮扶销售: every assisted sale and every order from elsewhere, what backs it, and whose money is still to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response as Download
from flask import abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.assisted import goods, proving, reading, selling
from shop.core import activity, clock, pages, pictures, spreadsheet, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.money import format_plain
from shop.core.numbers import row_id
from shop.core.privacy import decrypt
from shop.core.quantity import format_quantity
from shop.core.spreadsheet import Column, Sheet
from shop.core.text import N_, BadInput
from shop.core.typed import Form
from shop.township import export_notes
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.period import day_asked

SIZE = 50
MOST = 5_000  # rows of a sheet
PROOFS = {"": N_("全部"), "unproven": N_("未核实"), "proven": N_("已核实")}
COLUMNS = (
    Column("day", N_("日期")), Column("number", N_("订单号"), width=20), Column("village", N_("村")),
    Column("cooperative", N_("合作社"), width=24), Column("buyer", N_("卖给谁"), width=24), Column("goods", N_("货")),
    Column("amount", N_("数量")), Column("fen", N_("金额（元）"), "yuan"), Column("paid", N_("收款")),
    Column("proof", N_("核实")), Column("source", N_("来源"), width=24),
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A sale as list and sheet show it."""

    row: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def buyer(self) -> str:
        return self.row.contact or decrypt(bytes(self.row.recipient)) or "—"

    @property
    def amount(self) -> str:
        return format_quantity(self.row.quantity, self.row.unit_kind)

    @property
    def paid(self) -> str:
        if self.row.state == "pending":
            return str(_("还没收到钱"))
        return str(_("已取消")) if self.row.state == "closed" else str(_("已收款"))

    @property
    def proof(self) -> str:
        return str(_("已核实") if self.row.evidence else _("未核实"))

    @property
    def source(self) -> str:
        if self.row.platform is None:
            return str(_("镇里帮助销售"))
        return f"{self.row.platform} {self.row.platform_number}-{self.row.platform_line}"


def _asked() -> reading.Slice:
    today = clock.today()
    proof = request.args.get("proof", "")
    channel = request.args.get("channel", "")
    return reading.Slice(
        region_code=g.region_code,
        first=day_asked("first", date(today.year, 1, 1)),
        last=day_asked("last", today),
        village_id=row_id(request.args.get("village", "")),
        contact=request.args.get("q", "")[:60].strip(),
        proof=proof if proof in PROOFS else "",
        channel=channel if channel in (selling.ASSISTED, selling.IMPORTED) else "",
    )


@bp.get("/<region>/assisted")
@guards.staff
def assisted(region: str) -> str:
    part, number = _asked(), pages.page_number()
    rows = reading.sales(part, SIZE, (number - 1) * SIZE)
    return render_template(
        "township/assisted.html",
        place=region_name(region),
        part=part,
        page=pages.Page([Shown(row) for row in rows], number, SIZE, rows[0].total if rows else 0),
        sums=rows[0] if rows else None,
        proofs=PROOFS,
        villages=goods.villages(g.region_code),
    )


@bp.get("/<region>/assisted.xlsx")
@guards.staff
def assisted_sheet(region: str) -> Download:
    part = _asked()
    rows = [Shown(row) for row in reading.sales(part, MOST, 0)]
    with transaction():
        said = {"rows": len(rows), "first": part.first.isoformat(), "last": part.last.isoformat()}
        activity.record("assisted.exported", "region", region, after=said, actor_id=guards.me().id)
    total: dict[str, int | str] = {"day": str(_("合计")), "fen": sum(row.fen for row in rows)}
    notes = [
        *export_notes.cut(len(rows), rows[0].total if rows else 0, MOST),
        _(
            "其中未核实 %(fen)s 元，还没收到钱 %(owed)s 元；退货已扣除，已取消的不计金额；帮助销售不并入销售额",
            fen=format_plain(rows[0].unproven_fen if rows else 0),
            owed=format_plain(rows[0].unpaid_fen if rows else 0),
        ),
        export_notes.asked(_filter(part)),
        export_notes.made(),
    ]
    title = f"{region_name(region)} {_('帮扶销售')} {part.first} – {part.last}"
    sheet = Sheet(str(_("帮扶销售")), title, COLUMNS, rows, total, notes)
    return spreadsheet.answer([sheet], f"assisted-{region}-{part.first}-{part.last}")


def _filter(part: reading.Slice) -> list[str]:
    """The filter as the page words it."""
    village = next((row.name for row in goods.villages(part.region_code) if row.id == part.village_id), "")
    channel = {selling.ASSISTED: _("镇里帮助销售"), selling.IMPORTED: _("外部平台")}.get(part.channel, "")
    return [village, channel, _(PROOFS[part.proof]) if part.proof else "", part.contact]


def _labels() -> dict[str, str]:
    return {
        "paid": _("怎么收的"), "reference": _("银行流水号"), "received_on": _("哪天收的"), "note": _("核实说明"),
        "doubt": _("撤回原因"), "picture": _("收据或送货单照片"),
    }  # fmt: skip


@bp.get("/<region>/assisted/<int:assisted_id>")
@guards.staff
def assisted_sale(region: str, assisted_id: int) -> str:
    return _page(region, assisted_id, Form(_labels(), {"received_on": clock.today().isoformat()}))


def _page(region: str, order_id: int, form: Form) -> str:
    row = reading.one(order_id, g.region_code)
    if row is None:
        abort(404)
    return render_template(
        "township/assisted_sale.html",
        place=region_name(region),
        r=Shown(row),
        form=form,
        papers=reading.papers(order_id),
        proofs=reading.proofs(order_id),
        own=row.entered_by == guards.me().id,
        ways=[(code, _(words)) for code, words in selling.PAID.items() if code != selling.LATER],
        accepted=pictures.ACCEPTED,
    )


def _back(order_id: int) -> Response:
    return redirect(url_for("township.assisted_sale", assisted_id=order_id), 303)


@bp.post("/<region>/assisted/<int:assisted_id>/paid")
@guards.staff
def assisted_paid(region: str, assisted_id: int) -> Response | tuple[str, int]:
    """The money came after all."""
    form = typed.posted(_labels())
    on = form.read("received_on", lambda text: typed.day(text, label=_("收款日期")))
    if on is None:
        return _page(region, assisted_id, form), 422
    try:
        with transaction():
            fresh = selling.receive(
                assisted_id,
                g.region_code,
                form.text("paid"),
                on,
                guards.me().id,
                form.text("reference")[:100],
            )
    except (Refused, Conflict, BadInput) as refusal:
        form.blame(refusal)
        return _page(region, assisted_id, form), 422
    pages.say(_("已登记收款，货款已分到户") if fresh else _("这笔款刚才已经登记过"))
    return _back(assisted_id)


@bp.post("/<region>/assisted/<int:assisted_id>/proof")
@guards.staff
def assisted_proof(region: str, assisted_id: int) -> Response | tuple[str, int]:
    """act: prove (with a picture or words), doubt (with words) or paper (only add the picture)."""
    form, act = typed.posted(_labels()), request.form.get("act", "")
    try:
        paper = pictures.sent(request.files.get("picture"))
        with transaction():
            words = _prove(assisted_id, act, form, paper)
    except (Refused, Conflict, BadInput) as refusal:
        names = {"": "doubt" if act == "doubt" else "note"} if isinstance(refusal, BadInput) else {}
        form.blame(refusal, names)
        return _page(region, assisted_id, form), 422
    pages.say(words)
    return _back(assisted_id)


def _prove(order_id: int, act: str, form: Form, paper: pictures.Paper | None) -> str:
    me = guards.me().id
    if act == "paper":
        if paper is None:
            raise Refused(N_("请选择收据或送货单的照片"), "picture")
        proving.add_paper(order_id, g.region_code, paper, me)
        return str(_("照片已存，请另一位同事核实"))
    if act == "doubt":
        fresh = proving.doubt(order_id, g.region_code, note=form.text("doubt"), by=me)
        return str(_("已改回未核实") if fresh else _("这笔已经是未核实"))
    fresh = proving.prove(order_id, g.region_code, note=form.text("note"), by=me, paper=paper)
    return str(_("已核实") if fresh else _("这笔刚才已经核实过"))
