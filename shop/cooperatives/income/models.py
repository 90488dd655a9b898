"""Attribution rows, settlements and distributions: written once, read by every report."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class Attribution(Base):
    """Order line → lot → party, to the gram and the fen. `kind` sale: amounts ≥ 0; reversal: ≤ 0 and names its row."""

    __tablename__ = "attribution"
    __table_args__ = (
        ForeignKeyConstraint(["lot_part_id", "cooperative_id"], ["lot_part.id", "lot_part.cooperative_id"]),
        ForeignKeyConstraint(
            ["allocation_id", "cooperative_id"], ["lot_allocation.id", "lot_allocation.cooperative_id"]
        ),
        CheckConstraint("(household_id is null) <> (supplier_id is null)", name="one_party"),
        CheckConstraint(
            "(kind = 'sale' and reverses_id is null and quantity >= 0 and fen >= 0)"
            " or (kind = 'reversal' and reverses_id is not null and quantity <= 0 and fen <= 0)",
            name="sign",
        ),
        Index(
            "uq_attribution_sale",
            "allocation_id",
            "lot_part_id",
            unique=True,
            postgresql_where=text("kind = 'sale'"),
        ),
        Index(
            "uq_attribution_reversal",
            "reverses_id",
            "refund_line_id",
            unique=True,
            postgresql_where=text("kind = 'reversal'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index(None, "line_id"),
        Index(None, "household_id", "on_date"),
        Index(None, "cooperative_id", "on_date"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    allocation_id: Mapped[int]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    lot_part_id: Mapped[int]
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("supplier.id"))
    kind: Mapped[str]
    quantity: Mapped[int]
    fen: Mapped[int]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("attribution.id"))
    refund_line_id: Mapped[int | None]
    on_date: Mapped[date]  # Shanghai day of the sale
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class Settlement(Base):
    """What one cooperative owes its deliverers for one month (Shanghai), computed from the ledger."""

    __tablename__ = "settlement"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "period"),
        UniqueConstraint("id", "cooperative_id"),
        CheckConstraint("period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name="period"),
        CheckConstraint("approved_by is null or approved_by <> made_by", name="two_people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    period: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="draft")  # draft | approved | paying | paid
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_on: Mapped[date | None]  # after the buyers' return window
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None]


class SettlementLine(Base):
    """One party's month: credits (b) by mode, deductions by name, and the sum due. Sums tie to ledger entries."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["settlement_id", "cooperative_id"], ["settlement.id", "settlement.cooperative_id"]
        ),
        CheckConstraint("(household_id is null) <> (supplier_id is null)", name="one_party"),
        Index(None, "settlement_id"),
        Index(None, "household_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    settlement_id: Mapped[int]
    cooperative_id: Mapped[int]
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("supplier.id"))
    quantity: Mapped[int]
    credit_fen: Mapped[int]
    deduction_fen: Mapped[int] = mapped_column(server_default=text("0"))
    carried_in_fen: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # small or failed balances of earlier months
    due_fen: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="due")  # due | paying | paid | failed | carried
    details: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))


class DistributionRun(Base):
    """A request to compute a fiscal year for several cooperatives; the parent of their distributions."""

    __tablename__ = "distribution_run"
    __table_args__ = (
        Index(
            "uq_distribution_run_active",
            "year",
            "region_code",
            unique=True,
            postgresql_where=text("finished_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class CharterDeduction(Base):
    """What a month's consigned sales cost and the producers bore by the charter: once a cooperative, month and kind of cost.

    `cost_fen` is what was taken up of the costs not taken before, `borne_fen` the part that fell on producers.
    """

    __tablename__ = "charter_deduction"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "period", "kind"),
        CheckConstraint("kind in ('shipping','packaging','fee')", name="kind"),
        CheckConstraint("cost_fen > 0 and borne_fen between 0 and cost_fen", name="borne"),
        CheckConstraint("consigned_fen between 0 and sales_fen", name="share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    period: Mapped[str]
    kind: Mapped[str]
    cost_fen: Mapped[int]
    borne_fen: Mapped[int]
    consigned_fen: Mapped[int]
    sales_fen: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Distribution(Base):
    """One cooperative's distribution of one fiscal year. One live row per cooperative and year, by constraint.

    state: waiting → computing → draft | refused; later lifecycle states follow from draft. `tries` guards poison work.
    """

    __tablename__ = "distribution"
    __table_args__ = (
        UniqueConstraint("id", "cooperative_id"),
        Index(
            "uq_distribution_live",
            "cooperative_id",
            "year",
            unique=True,
            postgresql_where=text("state not in ('refused','void','reversed')"),
        ),
        Index(None, "run_id"),
        CheckConstraint(
            "state in ('waiting','computing','draft','previewed','published','approved','posted','paying','paid',"
            "'refused','void','reversed')",
            name="state",
        ),
        CheckConstraint(
            "state in ('waiting','computing','refused','void') or outputs_sha256 is not null", name="hashes"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_run.id"))
    cooperative_id: Mapped[int] = mapped_column(ForeignKey("cooperative.id"))
    year: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="waiting")
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    refusal: Mapped[str | None]
    rules: Mapped[dict[str, Any] | None]  # snapshot of the charter parameters used
    document: Mapped[
        dict[str, Any] | None
    ]  # inputs and outputs in full, as `flask distribute --json` prints them
    inputs_sha256: Mapped[str | None]
    outputs_sha256: Mapped[str | None]
    seen: Mapped[
        str | None
    ]  # year_inputs.fingerprints() when it was computed: a run keeps a draft that still stands
    surplus_fen: Mapped[int | None]
    reserve_fen: Mapped[int | None]
    distributable_fen: Mapped[int | None]
    patronage_fen: Mapped[int | None]
    residual_fen: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    computed_at: Mapped[datetime | None]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("distribution.id"), unique=True)


class DistributionLine(Base):
    """What one member gets, with what it was computed from; all fen ≥ 0 except a carried trade."""

    __tablename__ = "distribution_line"
    __table_args__ = (
        UniqueConstraint("distribution_id", "member_id"),
        ForeignKeyConstraint(
            ["distribution_id", "cooperative_id"], ["distribution.id", "distribution.cooperative_id"]
        ),
        ForeignKeyConstraint(["member_id", "cooperative_id"], ["member.id", "member.cooperative_id"]),
        CheckConstraint("patronage_fen >= 0 and residual_fen >= 0", name="not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    distribution_id: Mapped[int]
    cooperative_id: Mapped[int]
    member_id: Mapped[int]
    number: Mapped[int]
    trade_fen: Mapped[int]
    capital_fen: Mapped[int]
    reserve_share_fen: Mapped[int]
    patronage_fen: Mapped[int]
    residual_fen: Mapped[int]
    converted_fen: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # moved to share capital by vote (301)
