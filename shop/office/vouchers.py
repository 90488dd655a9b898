"""记凭证: the simple kinds in five fields, free debits and credits line by line; more papers; the counter voucher."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.ledger import entries as ledger
from shop.cooperatives.ledger import papers, vouchers
from shop.cooperatives.ledger.accounts import title
from shop.cooperatives.ledger.posting import Entry
from shop.cooperatives.ledger.vouchers import Draft
from shop.cooperatives.people import queries as people
from shop.core import clock, pages, pictures, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused, said
from shop.core.form_keys import new_key, sent_key
from shop.core.money import parse_yuan
from shop.core.numbers import fold
from shop.core.text import BadInput
from shop.core.typed import Form
from shop.office import books
from shop.office.blueprint import bp

LINES = 8


def labels() -> dict[str, str]:
    found = {
        "kind": _("类别"), "on_date": _("日期"), "amount": _("金额"), "category": _("用途"), "paid_by": _("钱的来去"),
        "member": _("成员编号"), "memo": _("摘要"), "payee": _("对方名称"), "picture": _("照片或 PDF"), "lines": _("分录"),
    }  # fmt: skip
    for n in range(LINES):
        found |= {
            f"account{n}": _("科目"), f"member{n}": _("成员编号"), f"debit{n}": _("借方"), f"credit{n}": _("贷方"),
        }  # fmt: skip
    return found


@bp.get("/<coop>/books/vouchers/new")
@guards.manager
def books_voucher_new(coop: str) -> str:
    kind = request.args.get("kind", "")
    values = {"kind": kind if kind in papers.SIMPLE or kind in papers.FREE else "expense"}
    values["on_date"] = clock.today().isoformat()
    return _page(Form(labels(), values, _required(values["kind"])), new_key())


def _required(kind: str) -> frozenset[str]:
    return frozenset(
        {"on_date", "memo"} if kind in papers.FREE else {"on_date", "memo", "amount", "category", "paid_by"}
    )


def _page(form: Form, key: str) -> str:
    kind = form.text("kind")
    return books.page(
        "voucher_new",
        form=form,
        kind=kind,
        key=key,
        kind_words={code: papers.KINDS[code] for code in (*papers.SIMPLE, *papers.FREE)},
        categories=[(code, _(words)) for code, (_account, words) in papers.CATEGORIES.get(kind, {}).items()],
        paid_by=[(code, _(papers.PAID_WORDS[code])) for code in papers.PAID_BY.get(kind, ())],
        accounts=[(str(account), title(account)) for account in papers.allowed(kind)],
        free=kind in papers.FREE,
        line_count=range(LINES),
        accepted=pictures.ACCEPTED,
    )


@bp.post("/<coop>/books/vouchers/new")
@guards.manager
def books_voucher_save(coop: str) -> Response | tuple[str, int]:
    form = typed.posted(labels())
    kind = form.text("kind")
    if kind not in papers.SIMPLE and kind not in papers.FREE:
        form.values["kind"] = "expense"
        form.refuse("kind", _("请选择凭证类别"))
    form.required = _required(form.text("kind"))
    key = sent_key()
    if not key:
        key = new_key()
        form.refuse("", _("页面信息不完整，请核对后再按一次保存"))
    draft = _draft(form, key)
    picture = _picture(form)
    if draft is None:
        return _page(form, key), 422
    earlier = vouchers.made_before(g.cooperative_id, key)
    if earlier is not None:
        return _answered(form, draft, earlier)
    return _store(form, draft, picture, key)


def _draft(form: Form, key: str) -> Draft | None:
    kind = form.text("kind")
    on_date = form.read("on_date", lambda text: typed.day(text, label=_("日期")))
    entries = _typed_lines(form) if kind in papers.FREE else _simple(form)
    for name, label in (("memo", _("摘要")),):
        if not form.text(name).strip():
            form.refuse(name, _("请填写%(label)s", label=label))
    if form.problems:
        return None
    category = form.text("category")
    ledger_kind = category if kind == "expense" and category in papers.LEDGER_KINDS else None
    return Draft(kind, cast(date, on_date), entries, form.text("memo"), form.text("payee"), key, ledger_kind)


def _simple(form: Form) -> tuple[Entry, ...]:
    fen = form.read("amount", lambda text: parse_yuan(text, label=_("金额")))
    member_id = _member(form, "member")
    try:
        return papers.simple_entries(
            form.text("kind"), fen or 0, form.text("category"), form.text("paid_by"), member_id
        )
    except Refused as refusal:
        form.blame(refusal)
        return ()


def _typed_lines(form: Form) -> tuple[Entry, ...]:
    entries = []
    for n in range(LINES):
        names = {part: f"{part}{n}" for part in ("account", "member", "debit", "credit")}
        debit, credit = form.text(names["debit"]).strip(), form.text(names["credit"]).strip()
        if not debit and not credit:
            if form.text(names["account"]) or form.text(names["member"]).strip():
                form.refuse(names["debit"], _("第 %(n)s 行没有金额，请填借方或贷方", n=n + 1))
            continue
        if debit and credit:
            form.refuse(names["debit"], _("第 %(n)s 行借方和贷方只能填一个", n=n + 1))
            continue
        account = ledger.known_account(form.text(names["account"]))
        if account is None:
            form.refuse(names["account"], _("第 %(n)s 行请选择科目", n=n + 1))
            continue
        side = names["debit"] if debit else names["credit"]
        fen = form.read(side, lambda text: parse_yuan(text, label=_("金额")))
        member = _member_row(form, names["member"])
        household_id = (
            member.household_id if member is not None and account in papers.WITH_HOUSEHOLD else None
        )
        member_id = member.member_id if member is not None else None
        entries.append(Entry(account, (fen or 0) * (1 if debit else -1), member_id, household_id))
    if not form.problems:
        try:
            papers.check_entries(form.text("kind"), entries)
        except Refused as refusal:
            form.blame(refusal)
    return tuple(entries)


def _member(form: Form, name: str) -> int | None:
    row = _member_row(form, name)
    return None if row is None else row.member_id


def _member_row(form: Form, name: str) -> people.MemberRow | None:
    """The member of the number typed in a field; a sentence beside it where there is none."""
    number = fold(form.text(name))
    if not number:
        return None
    found = [row for row in _members() if str(row.number) == number]
    if not found:
        form.refuse(name, _("没有编号为“%(number)s”的成员", number=number[:12]))
        return None
    return found[0]


def _members() -> list[people.MemberRow]:
    """Read once a request."""
    if "book_members" not in g:
        g.book_members = people.members(g.cooperative_id, clock.today())
    return cast("list[people.MemberRow]", g.book_members)


def _picture(form: Form) -> pictures.Paper | None:
    try:
        return pictures.sent(request.files.get("picture"))
    except Refused as refusal:
        form.blame(refusal)
        return None


def _answered(form: Form, draft: Draft, earlier: object) -> Response | tuple[str, int]:
    """This page has already made a voucher: the same again is answered with it, another one needs a key of its own."""
    wanted = (draft.kind, draft.on_date, papers.amount_of(draft.entries), draft.memo.strip())
    made = tuple(getattr(earlier, name) for name in ("kind", "on_date", "amount_fen", "memo"))
    number = getattr(earlier, "number", "")
    if wanted == made:
        pages.say(_("这张凭证已经记过（%(number)s），没有重复记", number=number), "notice")
        return redirect(url_for("office.books_voucher", voucher_id=getattr(earlier, "id", 0)), 303)
    form.refuse("", _("这个页面已经记过一张（%(number)s）。如果现在是另一张，请再按一次保存", number=number))
    return _page(form, new_key()), 409


def _store(form: Form, draft: Draft, picture: pictures.Paper | None, key: str) -> Response | tuple[str, int]:
    if form.problems:
        return _page(form, key), 422
    try:
        with transaction():
            voucher_id = vouchers.record_voucher(g.cooperative_id, draft, guards.me().id, picture)
    except (Refused, Conflict, NotFound, BadInput) as refusal:
        form.blame(refusal)
        return _page(form, key), 422
    pages.say(_("已记账"))
    return redirect(url_for("office.books_voucher", voucher_id=voucher_id, fresh=1), 303)


@bp.post("/<coop>/books/vouchers/<int:voucher_id>/reverse")
@guards.manager
def books_voucher_reverse(coop: str, voucher_id: int) -> Response | tuple[str, int]:
    ledger.voucher(voucher_id, g.cooperative_id)
    form = typed.posted({"reason": _("冲销原因")}, {"reason"})
    try:
        with transaction():
            counter = vouchers.reverse_voucher(
                voucher_id, g.cooperative_id, form.text("reason"), guards.me().id
            )
    except (BadInput, Refused) as refusal:
        form.refuse("reason" if isinstance(refusal, BadInput) else "", said(refusal))
    else:
        pages.say(_("已冲销"))
        return redirect(url_for("office.books_voucher", voucher_id=counter), 303)
    return books.voucher_page(voucher_id, form), 422


@bp.post("/<coop>/books/vouchers/<int:voucher_id>/papers")
@guards.manager
def books_voucher_paper(coop: str, voucher_id: int) -> Response | tuple[str, int]:
    ledger.voucher(voucher_id, g.cooperative_id)
    form = typed.posted({"picture": _("照片或 PDF")}, {"picture"})
    paper = _picture(form)
    if paper is None:
        form.refuse("picture", _("请选择照片或 PDF"))
        return books.voucher_page(voucher_id, form), 422
    try:
        with transaction():
            vouchers.attach(voucher_id, g.cooperative_id, paper, guards.me().id)
    except Refused as refusal:
        form.blame(refusal)
        return books.voucher_page(voucher_id, form), 422
    pages.say(_("已上传"))
    return redirect(url_for("office.books_voucher", voucher_id=voucher_id), 303)
