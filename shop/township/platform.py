"""平台和银行: the provider's balance, its payouts, the town's bank statement; what does not meet by itself is matched here.

The provider's account is one for all cooperatives. Staff whose region holds them all see its whole sums and match; others see
the parts of their own cooperatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.numbers import row_id
from shop.core.sheet_limits import MAX_SENT
from shop.core.table_file import ACCEPTED
from shop.core.text import N_
from shop.payments import meeting, platform, statement_lines, town_statement
from shop.payments.provider import queries as provider_queries
from shop.payments.provider.booking import PROBLEMS, RETURNED
from shop.payments.statement_lines import COLUMNS, FIELD
from shop.township.blueprint import bp
from shop.township.payouts import cooperatives_of

SIZE = 30
KINDS = {
    "charge": N_("收款"),
    "payment": N_("收款"),
    "refund": N_("退款"),
    "payment_refund": N_("退款"),
    "refund_failure": N_("退款没成，退回"),
    "payment_failure_refund": N_("退款没成，退回"),
    "payout": N_("手工提现"),
    "payout_failure": N_("转款没成，退回"),
    "payout_cancel": N_("转款取消，退回"),
}


@bp.get("/<region>/platform")
@guards.staff
def platform_money(region: str) -> str:
    number = pages.page_number()
    ids = list(cooperatives_of(region))
    whole = provider_queries.covers(region)
    rows = provider_queries.payouts(ids, limit=SIZE, offset=(number - 1) * SIZE)
    found = platform.of(ids, whole=whole)
    return render_template(
        "township/platform.html",
        found=found,
        gaps=platform.gaps,
        whole=whole,
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        standing=standing,
        now=clock.now(),
    )


@bp.get("/<region>/platform/payouts/<int:provider_payout_id>")
@guards.staff
def platform_payout(region: str, provider_payout_id: int) -> str:
    return _payout(region, provider_payout_id)


@bp.post("/<region>/platform/payouts/<int:provider_payout_id>")
@guards.staff
def platform_payout_met(region: str, provider_payout_id: int) -> Response | tuple[str, int]:
    """The form names the line of the statement that is this payout, or says that it was not that line."""
    _whole_only(region)
    provider_queries.payout(provider_payout_id)
    if request.form.get("act") == "undo":
        return _undo(region, provider_payout_id)
    line_id = row_id(request.form.get("line", "")) or 0
    try:
        with transaction():
            fresh = meeting.choose(provider_payout_id, line_id, guards.me().id)
    except (Refused, Conflict) as refusal:
        return _payout(region, provider_payout_id, refusal.message), 422
    pages.say(_("已对上，各合作社的账从在途转到镇代收账户") if fresh else _("这笔刚才已经对上"))
    return redirect(url_for("township.platform_payout", provider_payout_id=provider_payout_id), 303)


@bp.get("/<region>/platform/bank")
@guards.staff
def platform_bank(region: str) -> str:
    _whole_only(region)
    return _bank()


@bp.post("/<region>/platform/bank")
@guards.staff
def platform_bank_import(region: str) -> Response | tuple[str, int]:
    _whole_only(region)
    typed = {name: request.form.get(f"heading_{name}", "")[:100] for name in COLUMNS}
    try:
        own = town_statement.headings(typed)
        data = _sent()
        lines = statement_lines.read(data, own)
        with transaction():
            done = town_statement.import_lines(data, lines, own, guards.me().id)
    except statement_lines.BadRows as bad:
        return _bank(typed, [(FIELD, sentence) for sentence in bad.told], bad.message), 422
    except (Refused, Conflict) as refusal:
        return _bank(typed, [(refusal.field or FIELD, refusal.message)]), 422
    if done.repeated:
        pages.say(_("这个文件以前导入过，没有再记一遍"), "notice")
    else:
        pages.say(
            _(
                "新导入 %(new)s 条流水，已有的 %(known)s 条没有重复记，对上转款 %(met)s 笔",
                new=done.new,
                known=done.known,
                met=done.met,
            )
        )
    return redirect(url_for("township.platform_bank"), 303)


def _undo(region: str, payout_id: int) -> Response | tuple[str, int]:
    try:
        with transaction():
            meeting.undo(payout_id, guards.me().id)
    except Conflict as refusal:
        return _payout(region, payout_id, refusal.message), 422
    pages.say(_("已撤销，这条流水可以对别的款"))
    return redirect(url_for("township.platform_payout", provider_payout_id=payout_id), 303)


def standing(payout: Any) -> tuple[str, str, str]:
    """Where a payout stands: a code, the words and the tone of its badge."""
    if payout.met_at is not None:
        return "met", _("已到代收账户"), "tone-good"
    if payout.returned_at is not None:
        return "back", _("没付成，已退回平台"), ""
    if payout.state in RETURNED:
        return "failed", _("没付成，等平台流水"), "tone-bad"
    if payout.booked_at is not None:
        return "way", _("在路上，等银行流水"), "tone-wait"
    return "unbooked", _("还没入账"), "tone-wait"


def _payout(region: str, payout_id: int, problem: str = "") -> str:
    whole = provider_queries.covers(region)
    ids = list(cooperatives_of(region))
    payout = provider_queries.payout(payout_id)
    parts = provider_queries.parts_of(payout_id, ids)
    if not whole and not parts:
        abort(404)
    number = pages.page_number()
    open_ = whole and payout.booked_at and not payout.met_at and not payout.returned_at
    entries = provider_queries.entries_of(payout_id, limit=SIZE, offset=(number - 1) * SIZE) if whole else []
    return render_template(
        "township/platform_payout.html",
        payout=payout,
        parts=parts,
        whole=whole,
        candidates=meeting.candidates(payout) if open_ else [],
        open=open_,
        page=pages.Page(entries, number, SIZE, entries[0].total if entries else 0),
        kinds=KINDS,
        problem=problem,
        why=PROBLEMS.get(payout.problem or "", ""),
        standing=standing,
        now=clock.now(),
    )


def _bank(
    typed: Mapping[str, str] | None = None, errors: list[tuple[str, str]] | None = None, lead: str = ""
) -> str:
    number = pages.page_number()
    which = "open" if request.args.get("which") == "open" else ""
    lines = town_statement.lines_of(which, limit=SIZE, offset=(number - 1) * SIZE)
    own = town_statement.last_headings() if typed is None else typed
    wrong: dict[str, list[str]] = {}
    for field, words in errors or []:
        wrong.setdefault(field, []).append(words)
    return render_template(
        "township/platform_bank.html",
        page=pages.Page(lines, number, SIZE, lines[0].total if lines else 0),
        which=which,
        headings=[
            {
                "name": f"heading_{name}",
                "label": _(town_statement.NAMES[name]),
                "data": own.get(name, ""),
                "errors": wrong.get(f"heading_{name}", []),
                "usual": "、".join(words[:3]),
            }
            for name, words in COLUMNS.items()
        ],
        statement={
            "name": "statement",
            "label": _("流水文件"),
            "required": True,
            "errors": wrong.get("statement", []),
        },
        errors=([("statement", lead)] if lead else []) or (errors or []),
        accepted=ACCEPTED,
        now=clock.now(),
    )


def _sent() -> bytes:
    """The body of the file, at most a byte more than is allowed; empty where none was chosen."""
    upload = request.files.get("statement")
    if upload is None:
        return b""
    try:
        return bytes(upload.stream.read(MAX_SENT + 1))
    finally:
        upload.close()  # a large one lies in a file


def _whole_only(region: str) -> None:
    """The whole account is no business of a part of the region: as if the page did not exist."""
    if not provider_queries.covers(region):
        abort(404)
