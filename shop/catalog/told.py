"""What a cooperative and a village say of themselves to buyers; a story is held to the rules of food advertising."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import select

from shop.catalog.claims import medical_claims
from shop.cooperatives.people import public_contact
from shop.cooperatives.people.models import Cooperative, Village
from shop.core import activity
from shop.core.db import session
from shop.core.errors import NotFound, Refused, beside
from shop.core.text import N_, clean_paragraphs

LONGEST_STORY = 2000


@dataclass(frozen=True, slots=True)
class Told:
    """Of a cooperative: where it is, whom to call, whom to complain to, its story."""

    address: str
    phone: str
    supervision_phone: str
    story: str


def refuse_claims(text: str, field: str) -> None:
    """Raises Refused on `field` for what food must not be said to do (Food Safety Law arts. 71 and 73)."""
    found = medical_claims([text])
    if found:
        words = "、".join(found)
        raise Refused(
            N_("食品不能宣传治病或保健功效，请删掉：%(words)s（食品安全法第七十一条、七十三条）"),
            field,
            words=words,
        )


def _story(text: str) -> str:
    with beside("story"):
        story = clean_paragraphs(text, label="介绍", max_length=LONGEST_STORY, required=False)
    refuse_claims(story, "story")
    return story


def of_cooperative(cooperative_id: int) -> Told:
    """What it says now."""
    row = session().get_one(Cooperative, cooperative_id)
    return Told(row.address, row.phone, row.supervision_phone, row.story)


def tell(cooperative_id: int, told: Told, by: int) -> None:
    """The cooperative says something else of itself from now on. Raises Refused beside what is wrong."""
    new = Told(
        public_contact.address(told.address),
        public_contact.phone(told.phone, "phone"),
        public_contact.phone(told.supervision_phone, "supervision_phone"),
        _story(told.story),
    )
    row = (
        session().scalars(select(Cooperative).where(Cooperative.id == cooperative_id).with_for_update()).one()
    )
    before = {name: getattr(row, name) for name in asdict(new)}
    changed = {name: value for name, value in asdict(new).items() if value != before[name]}
    if not changed:
        return
    for name, value in changed.items():
        setattr(row, name, value)
    activity.record(
        "cooperative.told", "cooperative", cooperative_id, cooperative_id=cooperative_id, actor_id=by,
        before={name: before[name] for name in changed}, after=changed,
    )  # fmt: skip


def tell_of_village(region_code: str, code: str, story: str, by: int) -> None:
    """The village's page says something else from now on. Raises NotFound outside the region, Refused."""
    row = session().scalars(select(Village).where(Village.code == code).with_for_update()).one_or_none()
    if row is None or not row.region_code.startswith(region_code):
        raise NotFound
    story = _story(story)
    if story == row.story:
        return
    before, row.story = row.story, story
    activity.record(
        "village.told", "village", row.id, before={"story": before}, after={"story": story}, actor_id=by
    )
