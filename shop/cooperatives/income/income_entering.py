"""Entering what a household earned or spent, one amount or a whole table of them: by the same few statements, all or none.

The same paper counts once: household, source, day, amount and evidence make a fingerprint that a unique index holds. What was
taken back may be entered again, one turn later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import aliased

from shop.cooperatives.income.income_entries import SAID_ELSE, SUBJECT
from shop.cooperatives.income.income_models import HouseholdIncomeEntry, IncomeSource
from shop.cooperatives.people.models import Household, Person, Village
from shop.core import activity, clock, pictures
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import MAX_FEN
from shop.core.numbers import fold
from shop.core.privacy import decrypt, fingerprint
from shop.core.text import N_, clean_line

FIRST_DAY = date(2015, 1, 1)
LONGEST = 200  # characters of the evidence
_TOLD = (
    "household_id", "person_id", "on_date", "income_class", "source_code", "fen", "evidence", "request_key",
)  # fmt: skip
_ALIKE = text(
    """
    select e.id, e.household_id, e.source_code, e.on_date, e.fen, e.evidence, e.content_key, e.turn, r.id as undone_id
      from (select distinct * from unnest(cast(:homes as bigint[]), cast(:sources as text[]), cast(:days as date[]),
                                          cast(:fens as bigint[])) w (household_id, source_code, on_date, fen)) w
      join household_income_entry e using (household_id, source_code, on_date, fen)
      left join household_income_entry r on r.reverses_id = e.id
     where e.reverses_id is null
    """
)
_Same = tuple[int, str, date, int, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be; `fen` > 0 also of an expense. `request_key` makes it once."""

    household_id: int
    source_code: str
    on_date: date
    fen: int
    evidence: str
    request_key: str
    person_id: int | None = None

    @property
    def same(self) -> _Same:
        """What makes two entries one: the evidence without blanks, in one writing."""
        return (
            self.household_id, self.source_code, self.on_date, self.fen, "".join(fold(self.evidence).lower().split())
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stands:
    """The entries that say the same: the one that stands, if one does, and the turn of the next one."""

    entry_id: int | None
    turn: int


def record(draft: Draft, region_code: str, by: int | None, paper: pictures.Paper | None = None) -> int:
    """Enter one amount; returns its id, also for the same request again.

    Raises NotFound (household outside the region), Refused (source, person, day, amount, evidence; the same stands already),
    BadText, and Conflict where this request has entered something else.
    """
    entry_id, fresh = _enter([draft], region_code, by)[0]
    if fresh and paper is not None:
        pictures.store(paper, subject_type=SUBJECT, subject_id=entry_id, cooperative_id=None, by=by)
    return entry_id


def record_many(drafts: Sequence[Draft], region_code: str, by: int | None) -> list[int]:
    """`record` for many amounts at once, all or none; ids in their order. Raises as `record`, without saying for which."""
    return [entry_id for entry_id, _fresh in _enter(drafts, region_code, by)]


def check(draft: Draft) -> str:
    """What can be said of an amount without its household; returns the clean evidence. Raises Refused, BadText."""
    evidence = clean_line(draft.evidence, label=N_("凭据"), max_length=LONGEST)
    if not 0 < draft.fen <= MAX_FEN:
        raise Refused(N_("金额要大于 0"), "amount")
    if draft.on_date > clock.today():
        raise Refused(N_("日期不能晚于今天"), "on_date")
    if draft.on_date < FIRST_DAY:
        raise Refused(N_("台账从 2015 年记起，更早的不记"), "on_date")
    return evidence


def standing(drafts: Sequence[Draft]) -> Mapping[_Same, Stands]:
    """What was entered before and says the same as one of these. One statement.

    Evidence is opened only of rows that have no fingerprint, from before there were any.
    """
    values = {
        "homes": [draft.household_id for draft in drafts], "sources": [draft.source_code for draft in drafts],
        "days": [draft.on_date for draft in drafts], "fens": [draft.fen for draft in drafts],
    }  # fmt: skip
    wanted = {_content_key(draft.same): draft.same for draft in drafts}
    found: dict[_Same, Stands] = {}
    for row in session().execute(_ALIKE, values):
        own = Draft(row.household_id, row.source_code, row.on_date, row.fen, "", "")
        if row.content_key is None:
            evidence = decrypt(bytes(row.evidence))
            same = Draft(own.household_id, own.source_code, own.on_date, own.fen, evidence, "").same
            turn = 0
        elif row.content_key in wanted:
            same, turn = wanted[row.content_key], row.turn + 1
        else:
            continue
        before = found.get(same, Stands(None, 0))
        entry_id = before.entry_id if row.undone_id is not None else row.id
        found[same] = Stands(entry_id, max(before.turn, turn))
    return found


def requests(keys: Sequence[str]) -> Mapping[str, bool]:
    """Of these requests those that made an entry, and whether it stands. One statement."""
    undone = aliased(HouseholdIncomeEntry)
    rows = session().execute(
        select(HouseholdIncomeEntry.request_key, undone.id)
        .outerjoin(undone, undone.reverses_id == HouseholdIncomeEntry.id)
        .where(HouseholdIncomeEntry.request_key.in_(keys))
    )
    return {key: undone_id is None for key, undone_id in rows}


def _enter(drafts: Sequence[Draft], region_code: str, by: int | None) -> list[tuple[int, bool]]:
    """Ids in the order of `drafts`, and whether each is new."""
    if not drafts:
        return []
    _check_homes({draft.household_id for draft in drafts}, region_code)
    clean = [check(draft) for draft in drafts]
    classes = _classes({draft.source_code for draft in drafts})
    _check_persons({(draft.person_id, draft.household_id) for draft in drafts if draft.person_id is not None})
    rows = [
        {
            "household_id": draft.household_id, "person_id": draft.person_id, "on_date": draft.on_date,
            "income_class": classes[draft.source_code], "source_code": draft.source_code, "fen": draft.fen,
            "evidence": evidence, "entered_by": by, "request_key": draft.request_key,
        }
        for draft, evidence in zip(drafts, clean, strict=True)
    ]  # fmt: skip
    known = _of_requests([draft.request_key for draft in drafts])
    places = [place for place, draft in enumerate(drafts) if draft.request_key not in known]
    new = _insert([(drafts[place], rows[place]) for place in places])
    known |= _of_requests([drafts[place].request_key for place in places])
    for draft, row in zip(drafts, rows, strict=True):
        _check_told(row, known.get(draft.request_key))
    for place in places:
        draft = drafts[place]
        if draft.request_key in new:
            activity.record(
                "income.entered", SUBJECT, known[draft.request_key].id, actor_id=by,
                after={"household": draft.household_id, "kind": draft.source_code, "fen": draft.fen},
            )  # fmt: skip
    return [(known[draft.request_key].id, draft.request_key in new) for draft in drafts]


def _insert(wanted: Sequence[tuple[Draft, dict[str, Any]]]) -> set[str]:
    """The request keys that made a row. Raises Refused where the same stands already."""
    if not wanted:
        return set()
    before = standing([draft for draft, _row in wanted])
    rows = []
    for draft, row in wanted:
        stands = before.get(draft.same, Stands(None, 0))
        if stands.entry_id is not None:
            raise twice(stands.entry_id)
        rows.append(row | {"content_key": _content_key(draft.same), "turn": stands.turn})
    return set(insert_rows(HouseholdIncomeEntry, rows, "request_key", skip_known=True))


def _check_told(row: Mapping[str, Any], known: HouseholdIncomeEntry | None) -> None:
    """Raises Refused where a colleague entered the same at this moment, Conflict where the request entered something else."""
    if known is None:
        raise Refused(
            N_("刚才已经登记了同样的一笔：同一户、来源、日期、金额和凭据。请看过台账再登记"), "evidence"
        )
    if any(getattr(known, name) != row[name] for name in _TOLD):
        raise Conflict(SAID_ELSE)


def twice(entry_id: int) -> Refused:
    """The refusal of what that entry says already."""
    return Refused(
        N_(
            "已经登记过同样的一笔（登记 %(n)s）：同一户、来源、日期、金额和凭据。确实是另一笔，请在凭据里写明区别，如“第 5 行”"
        ),
        "evidence",
        n=entry_id,
    )


def _content_key(same: _Same) -> str:
    return fingerprint(repr(same))


def _of_requests(keys: Sequence[str]) -> dict[str, HouseholdIncomeEntry]:
    found = session().scalars(select(HouseholdIncomeEntry).where(HouseholdIncomeEntry.request_key.in_(keys)))
    return {row.request_key: row for row in found}


def _check_homes(wanted: set[int], region_code: str) -> None:
    own = (
        select(Household.id)
        .join(Village, Village.id == Household.village_id)
        .where(Household.id.in_(wanted), Village.region_code.startswith(region_code, autoescape=True))
    )
    if set(session().scalars(own)) != wanted:
        raise NotFound(N_("没有找到这一户"))


def _classes(wanted: set[str]) -> dict[str, str]:
    rows = session().execute(
        select(IncomeSource.code, IncomeSource.income_class, IncomeSource.by_hand).where(
            IncomeSource.code.in_(wanted)
        )
    )
    found = {row.code: row for row in rows}
    if set(found) != wanted:
        raise Refused(N_("请选择来源"), "source")
    if not all(row.by_hand for row in found.values()):
        raise Refused(N_("这一项由系统自动记入，不能手工登记"), "source")
    return {code: row.income_class for code, row in found.items()}


def _check_persons(wanted: set[tuple[int | None, int]]) -> None:
    if not wanted:
        return
    rows = session().execute(
        select(Person.id, Person.household_id).where(Person.id.in_({person for person, _home in wanted}))
    )
    if not wanted <= {(row.id, row.household_id) for row in rows}:
        raise Refused(N_("这个人不在这一户，请重新选择"), "person")
