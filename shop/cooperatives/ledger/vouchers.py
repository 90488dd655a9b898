"""凭证: what the books learn from a paper and not from trade. Written once, numbered, undone only by a counter voucher."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, select, text

from shop.cooperatives.ledger.models import LedgerTransaction, Voucher
from shop.cooperatives.ledger.papers import amount_of, check_entries, check_kind
from shop.cooperatives.ledger.posting import Entry, Posting, entries_of, post, reversing
from shop.cooperatives.people.models import Cooperative, Member
from shop.core import activity, clock, pictures
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_, clean_line

SUBJECT = "voucher"  # of its attachments and postings
MAX_PAPERS = 10
_NEXT_IDS = text("select nextval(pg_get_serial_sequence('voucher', 'id')) from generate_series(1, :count)")


@dataclass(frozen=True, slots=True)
class Draft:
    """A voucher to be: entries balance, `papers` builds them for the simple kinds. `request_key` makes it once."""

    kind: str
    on_date: date
    entries: tuple[Entry, ...]
    memo: str
    payee: str = ""
    request_key: str | None = None
    ledger_kind: str | None = None  # of its posting, where that is not the voucher's kind


def record_voucher(
    cooperative_id: int, draft: Draft, by: int | None, picture: pictures.Paper | None = None
) -> int:
    """Number, store and post one voucher; returns its id, also for a request that has made it before.

    Raises Refused (unbalanced, account not for this kind, day in the future or in a closed month), NotFound.
    """
    voucher_id = record_vouchers(cooperative_id, [draft], by)[0]
    if picture is not None and not pictures.papers_of(SUBJECT, voucher_id, cooperative_id):
        _attach(voucher_id, cooperative_id, picture, by)
    return voucher_id


def record_vouchers(cooperative_id: int, drafts: Sequence[Draft], by: int | None) -> list[int]:
    """Any number of one cooperative, in a constant number of statements; ids in their order."""
    if not drafts:
        return []
    ready = [_checked(cooperative_id, draft) for draft in drafts]
    hold_books(cooperative_id)
    made = _by_request_key(cooperative_id, ready)
    fresh = [draft for draft in ready if draft.request_key is None or draft.request_key not in made]
    _check_members(cooperative_id, fresh)
    ids = iter(_write(cooperative_id, fresh, by))
    return [
        made[draft.request_key] if draft.request_key in made and draft.request_key is not None else next(ids)
        for draft in ready
    ]


def reverse_voucher(
    voucher_id: int, cooperative_id: int, reason: str, by: int | None, on: date | None = None
) -> int:
    """A counter voucher of the same entries with turned signs, dated today (or `on`); returns its id.

    The ledger keeps the kind of what it undoes, so that trade is never counted from a paper. Raises NotFound for
    another cooperative's voucher; Refused without a reason, for a reversal, and where it was reversed before.
    """
    reason = clean_line(reason, label=N_("冲销原因"), max_length=200)
    hold_books(cooperative_id)
    row = (
        session()
        .execute(select(Voucher).where(Voucher.id == voucher_id, Voucher.cooperative_id == cooperative_id))
        .scalar_one_or_none()
    )
    if row is None:
        raise NotFound(N_("没有找到这张凭证"))
    if row.reverses_id is not None:
        raise Refused(N_("这是一张冲销凭证，不能再冲销；请重新记一张"))
    if session().scalar(select(Voucher.id).where(Voucher.reverses_id == voucher_id)) is not None:
        raise Refused(N_("这张凭证已经冲销过"))
    day = on or clock.today()
    if day < row.on_date:
        raise Refused(N_("冲销日期不能早于原凭证的日期"), "on_date")
    counter = Draft(
        "reversal", day, reversing(entries_of([row.transaction_id])[row.transaction_id]), reason, row.payee
    )
    return _write(cooperative_id, [counter], by, undone=row)[0]


def attach(voucher_id: int, cooperative_id: int, paper: pictures.Paper, by: int | None) -> int:
    """One more picture or PDF for a voucher. Raises NotFound for another cooperative's, Refused past the limit."""
    found = select(Voucher.id).where(Voucher.id == voucher_id, Voucher.cooperative_id == cooperative_id)
    if session().scalar(found) is None:
        raise NotFound(N_("没有找到这张凭证"))
    hold_books(cooperative_id)
    if len(pictures.papers_of(SUBJECT, voucher_id, cooperative_id)) >= MAX_PAPERS:
        raise Refused(N_("一张凭证最多附 10 个文件"), "picture")
    return _attach(voucher_id, cooperative_id, paper, by)


def _attach(voucher_id: int, cooperative_id: int, paper: pictures.Paper, by: int | None) -> int:
    attachment_id = pictures.store(
        paper, subject_type=SUBJECT, subject_id=voucher_id, cooperative_id=cooperative_id, by=by
    )
    activity.record(
        "voucher.paper_added", SUBJECT, voucher_id, cooperative_id=cooperative_id, actor_id=by,
        after={"attachment": attachment_id},
    )  # fmt: skip
    return attachment_id


def made_before(cooperative_id: int, request_key: str) -> Any:
    """id, number, kind, on_date, amount_fen and memo of the voucher that this request made, or None."""
    return (
        session()
        .execute(
            select(
                Voucher.id, Voucher.number, Voucher.kind, Voucher.on_date, Voucher.amount_fen, Voucher.memo
            ).where(Voucher.request_key == own_key(cooperative_id, request_key))
        )
        .one_or_none()
    )


def own_key(cooperative_id: int, request_key: str) -> str:
    """A request's key as it is stored: another cooperative's same key is another request."""
    return f"{cooperative_id}:{request_key}"


def _checked(cooperative_id: int, draft: Draft) -> Draft:
    check_kind(draft.kind)
    if draft.on_date > clock.today():
        raise Refused(N_("凭证日期不能晚于今天"), "on_date")
    memo = clean_line(draft.memo, label=N_("摘要"), max_length=200)
    payee = clean_line(draft.payee, label=N_("对方名称"), max_length=60, required=False)
    check_entries(draft.kind, draft.entries)
    key = None if draft.request_key is None else own_key(cooperative_id, draft.request_key)
    return replace(draft, memo=memo, payee=payee, request_key=key)


def hold_books(cooperative_id: int) -> None:
    """One writer of vouchers a cooperative, so that numbers follow each other; postings of trade go on meanwhile."""
    held = select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update(key_share=True)
    if session().scalar(held) is None:
        raise NotFound(N_("没有找到这个合作社"))


def _by_request_key(cooperative_id: int, drafts: Iterable[Draft]) -> dict[str, int]:
    keys = [draft.request_key for draft in drafts if draft.request_key is not None]
    if len(set(keys)) < len(keys):
        raise ValueError("one request twice in a batch")
    if not keys:
        return {}
    rows = session().execute(
        select(Voucher.request_key, Voucher.id).where(
            Voucher.cooperative_id == cooperative_id, Voucher.request_key.in_(keys)
        )
    )
    return {str(key): int(voucher_id) for key, voucher_id in rows}


def _check_members(cooperative_id: int, drafts: Iterable[Draft]) -> None:
    wanted = {entry.member_id for draft in drafts for entry in draft.entries if entry.member_id is not None}
    if not wanted:
        return
    own = set(
        session().scalars(
            select(Member.id).where(Member.cooperative_id == cooperative_id, Member.id.in_(wanted))
        )
    )
    if wanted - own:
        raise NotFound(N_("没有找到这个成员"))


def _write(
    cooperative_id: int, drafts: Sequence[Draft], by: int | None, undone: Voucher | None = None
) -> list[int]:
    if not drafts:
        return []
    ids = [int(row_id) for row_id in session().execute(_NEXT_IDS, {"count": len(drafts)}).scalars()]
    numbers = _numbers(cooperative_id, drafts)
    undone_kind = _ledger_kind(undone) if undone is not None else None
    posted = post(
        [
            Posting(
                cooperative_id, undone_kind or draft.ledger_kind or draft.kind, f"voucher:{voucher_id}", draft.on_date,
                SUBJECT, voucher_id, draft.entries, memo=draft.memo, posted_by=by,
                reverses_id=undone.transaction_id if undone is not None else None,
            )
            for voucher_id, draft in zip(ids, drafts, strict=True)
        ]
    )  # fmt: skip
    insert_rows(
        Voucher,
        [
            {
                "id": voucher_id, "cooperative_id": cooperative_id, "number": number, "kind": draft.kind,
                "on_date": draft.on_date, "amount_fen": amount_of(draft.entries),
                "memo": draft.memo, "payee": draft.payee, "transaction_id": posted[f"voucher:{voucher_id}"],
                "reverses_id": undone.id if undone is not None else None, "made_by": by, "request_key": draft.request_key,
            }
            for voucher_id, number, draft in zip(ids, numbers, drafts, strict=True)
        ],
    )  # fmt: skip
    activity.record(
        "voucher.reversed" if undone is not None else "voucher.recorded", SUBJECT,
        undone.id if undone is not None else ids[0], cooperative_id=cooperative_id, actor_id=by,
        after={"numbers": [numbers[0], numbers[-1]], "count": len(ids), "kind": drafts[0].kind},
    )  # fmt: skip
    return ids


def _numbers(cooperative_id: int, drafts: Sequence[Draft]) -> list[str]:
    """V2026-0001 … by the year of the voucher's day; the cooperative's row is locked."""
    year = func.substr(Voucher.number, 2, 4)
    rows = session().execute(
        select(year, func.count())
        .where(
            Voucher.cooperative_id == cooperative_id, year.in_({f"{draft.on_date:%Y}" for draft in drafts})
        )
        .group_by(year)
    )
    used = {found: int(count) for found, count in rows}
    numbers = []
    for draft in drafts:
        name = f"{draft.on_date:%Y}"
        used[name] = used.get(name, 0) + 1
        numbers.append(f"V{name}-{used[name]:04d}")
    return numbers


def _ledger_kind(undone: Voucher) -> str:
    found = session().scalar(
        select(LedgerTransaction.kind).where(LedgerTransaction.id == undone.transaction_id)
    )
    return str(found)
