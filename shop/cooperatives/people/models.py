"""Regions, villages, cooperatives, households, persons and members."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted


class Region(Base):
    """GB/T 2260 division down to the township; the code without trailing zeros, so a prefix is a subtree."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[str]  # province | city | county | township
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))


class Village(Base):
    __tablename__ = "village"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True)
    name: Mapped[str]
    pinyin: Mapped[str] = mapped_column(index=True)  # sort key
    key_poor: Mapped[bool] = mapped_column(server_default=text("false"))
    deep_poor: Mapped[bool] = mapped_column(server_default=text("false"))
    story: Mapped[str] = mapped_column(server_default="")


class Cooperative(Base):
    """A farmer cooperative (农民专业合作社), seller of its own suborders."""

    __tablename__ = "cooperative"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # in addresses and commands, e.g. dachuan-1
    uscc: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    pinyin: Mapped[str]
    village_id: Mapped[int] = mapped_column(ForeignKey("village.id"), index=True)
    address: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    supervision_phone: Mapped[str] = mapped_column(server_default="")
    founded_on: Mapped[date | None]
    story: Mapped[str] = mapped_column(server_default="")
    freight_fen: Mapped[int] = mapped_column(server_default=text("0"))
    freight_free_from_fen: Mapped[int | None]
    # where buyers' transfers go, shown to every payer; empty: transfers are not offered
    bank_holder: Mapped[str] = mapped_column(server_default="")
    bank_name: Mapped[str] = mapped_column(server_default="")
    bank_account: Mapped[str] = mapped_column(server_default="")


class Charter(Base):
    """Charter parameters by date; rates are decimal strings, parsed to exact fractions (Cooperative Law art. 44)."""

    __tablename__ = "charter"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "valid_from"),
        CheckConstraint("patronage_basis in ('amount','volume')", name="basis"),
        CheckConstraint("patronage_ratio ~ '^(1|1\\.0+|0\\.[6-9][0-9]*)$'", name="patronage_floor"),
        CheckConstraint("reserve_rate ~ '^0(\\.[0-9]+)?$'", name="reserve_rate"),
        CheckConstraint("commission_rate ~ '^0(\\.[0-9]+)?$'", name="commission_rate"),
        CheckConstraint(
            "freight_bearer in ('cooperative','producers') and packaging_bearer in ('cooperative','producers')"
            " and fee_bearer in ('cooperative','producers')",
            name="bearers",
        ),
        CheckConstraint("minimum_payout_fen >= 0", name="minimum_payout"),
        CheckConstraint("notice_days between 15 and 90", name="notice_days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    valid_from: Mapped[date]
    reserve_rate: Mapped[str]
    patronage_ratio: Mapped[str]
    patronage_basis: Mapped[str] = mapped_column(server_default="amount")
    commission_rate: Mapped[str] = mapped_column(server_default="0.08")
    # who bears what consigned sales cost: the cooperative, or the households and suppliers whose goods they were
    freight_bearer: Mapped[str] = mapped_column(server_default="cooperative")
    packaging_bearer: Mapped[str] = mapped_column(server_default="cooperative")
    fee_bearer: Mapped[str] = mapped_column(server_default="cooperative")
    minimum_payout_fen: Mapped[int] = mapped_column(
        server_default=text("1000")
    )  # less is carried; December pays all
    notice_days: Mapped[int] = mapped_column(server_default=text("15"))
    resolution: Mapped[str]  # which assembly decided it, and when
    resolution_id: Mapped[int | None] = mapped_column(
        ForeignKey("resolution.id"), unique=True
    )  # the assembly's vote, where it was recorded here


class Household(Base):
    """A household (户); its head's name and phone are encrypted, never public without consent.

    `entered_on` and `left_on` are its first and last day in the register; none: since ever, and still.
    """

    __tablename__ = "household"
    __table_args__ = (
        Index(None, "village_id"),
        CheckConstraint("left_on >= entered_on - 1", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("village.id"))
    head_name: Mapped[str] = mapped_column(Encrypted)
    phone: Mapped[str | None] = mapped_column(Encrypted)
    agricultural: Mapped[bool]
    industry_able_on: Mapped[date | None]  # assessed able to be led by an industry
    entered_on: Mapped[date | None]
    left_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class HouseholdCategory(Base):
    """A dated category (建档立卡户 …): reference data, not a property for ever.

    Days of one category never overlap (exclusion constraint); one that ends before it begins was a mistake: never in force.
    """

    __tablename__ = "household_category"
    __table_args__ = (
        Index(None, "household_id"),
        Index(None, "category"),
        CheckConstraint("valid_to >= valid_from - 1", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    category: Mapped[str]  # registered_household | exited_household | monitored_household
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Person(Base):
    """Somebody in one household, from `joined_on` to `left_on` (none: since ever, still); elsewhere later is another row,
    which names this one in `before_id`. A household has one head at a time."""

    __tablename__ = "person"
    __table_args__ = (
        Index(None, "household_id"),
        Index(None, "before_id", unique=True),
        CheckConstraint("left_on >= joined_on - 1", name="days"),
        CheckConstraint("before_id is null or joined_on is not null", name="before"),
        Index(
            "uq_person_head",
            "household_id",
            unique=True,
            postgresql_where=text("is_head and left_on is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    name: Mapped[str] = mapped_column(Encrypted)
    is_head: Mapped[bool] = mapped_column(server_default=text("false"))
    joined_on: Mapped[date | None]
    left_on: Mapped[date | None]
    before_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class PersonExclusion(Base):
    """Why a person may not join, by date: a reason code only, no health or school facts. Days of one reason never overlap."""

    __tablename__ = "person_exclusion"
    __table_args__ = (
        Index(None, "person_id"),
        CheckConstraint("reason in ('extreme_hardship','safety_net','under_18')", name="reason"),
        CheckConstraint("valid_to >= valid_from - 1", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Member(Base):
    """One member account per household. Capital and reserve share stand in the ledger (301, 322 by member)."""

    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "number"),
        UniqueConstraint("id", "cooperative_id"),
        Index(
            "uq_member_live_household", "household_id", unique=True, postgresql_where=text("left_on is null")
        ),
        CheckConstraint("number > 0", name="number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    number: Mapped[int]
    joined_on: Mapped[date]
    left_on: Mapped[date | None]


class HouseholdConsent(Base):
    """Separate consent to be named in public (PIPL art. 25); absent or withdrawn means: not named.

    Days of one household's consents never overlap (exclusion constraint); a withdrawal counts from its day on.
    """

    __tablename__ = "household_consent"
    __table_args__ = (
        Index(None, "household_id"),
        CheckConstraint("withdrawn_on is null or withdrawn_on >= given_on", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    purpose: Mapped[str]  # public_name
    given_on: Mapped[date]
    withdrawn_on: Mapped[date | None]
    # how it was said: the number of the signed paper, and its picture
    how: Mapped[str] = mapped_column(server_default="")
    withdrawn_how: Mapped[str] = mapped_column(server_default="")
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"), index=True)


class IndustryLink(Base):
    """A household led by an industry or an organisation, as registered by the township. Days of one kind never overlap."""

    __tablename__ = "industry_link"
    __table_args__ = (
        Index(None, "household_id"),
        CheckConstraint("valid_to >= valid_from - 1", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    kind: Mapped[str]  # planting | husbandry | tourism
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    evidence: Mapped[str] = mapped_column(server_default="")


class Microloan(Base):
    """A poverty microloan (扶贫小额信贷), a registry fact; entered by mistake, it counts until the day before `withdrawn_on`."""

    __tablename__ = "microloan"
    __table_args__ = (
        Index(None, "household_id"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("withdrawn_on >= lent_on", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    amount_fen: Mapped[int]
    lent_on: Mapped[date]
    withdrawn_on: Mapped[date | None]


class PvStation(Base):
    """A photovoltaic station owned by a village collective, a registry fact; never cooperative surplus."""

    __tablename__ = "pv_station"

    id: Mapped[int] = mapped_column(primary_key=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("village.id"), index=True)
    name: Mapped[str]
    capacity_kw: Mapped[int]
    in_service_on: Mapped[date]
    running: Mapped[bool] = mapped_column(server_default=text("true"))
    title_confirmed: Mapped[bool] = mapped_column(server_default=text("true"))


class HouseholdToken(Base):
    """A slip's address for a household's own page: the token is printed once, its hash kept; revocable."""

    __tablename__ = "household_token"
    __table_args__ = (Index(None, "household_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # wrong phone digits since the last right ones
    tried_at: Mapped[datetime | None]
