"""盈余分配: ask for a year's run, watch it, read every cooperative's result and each member's figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives import tasks
from shop.cooperatives.income import lifecycle, notices, resolutions, runs
from shop.cooperatives.income.appropriation import POSTED
from shop.cooperatives.income.models import Distribution, DistributionLine, DistributionRun
from shop.cooperatives.people.models import Cooperative, Household, Member, Village
from shop.core import clock, pages
from shop.core.background import ring
from shop.core.db import session, transaction
from shop.core.errors import Refused
from shop.core.privacy import mask_name
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.period import FIRST_YEAR


@bp.get("/<region>/distributions")
@guards.staff
def distributions(region: str) -> str:
    return _list_page(region)


def _list_page(region: str, error: str = "") -> str:
    rows = (
        session()
        .execute(
            select(
                Distribution.id,
                Distribution.year,
                Distribution.state,
                Distribution.refusal,
                Distribution.surplus_fen,
                Distribution.distributable_fen,
                Distribution.patronage_fen,
                Distribution.residual_fen,
                Distribution.computed_at,
                Cooperative.name.label("cooperative"),
            )
            .join(Cooperative, Cooperative.id == Distribution.cooperative_id)
            .join(Village, Village.id == Cooperative.village_id)
            .where(Village.region_code.startswith(region), Distribution.state != "void")
            .order_by(Distribution.year.desc(), Cooperative.id, Distribution.id.desc())
            .limit(200)
        )
        .all()
    )
    running = (
        session()
        .execute(
            select(DistributionRun.id).where(
                DistributionRun.region_code == region, DistributionRun.finished_at.is_(None)
            )
        )
        .scalar()
    )
    return render_template(
        "township/distributions.html",
        place=region_name(region),
        rows=rows,
        running=running,
        year=request.form.get("year", "") or str(clock.today().year - 1),
        error=error,
    )


@bp.post("/<region>/distributions")
@guards.staff
def start_run(region: str) -> Response | tuple[str, int]:
    typed = request.form.get("year", "").strip()
    if not (
        typed.isascii()
        and typed.isdigit()
        and len(typed) == 4
        and FIRST_YEAR <= int(typed) <= clock.today().year
    ):
        return _list_page(region, _("年度要填四位年份，例如 2020")), 422
    try:
        with transaction():
            run_id = runs.request_run(region, int(typed), guards.me().id)
    except Refused as refusal:
        return _list_page(region, refusal.message), 422
    ring(tasks.distribute_run, run_id)
    return redirect(url_for("township.run_page", run_id=run_id), 303)


@bp.get("/<region>/distributions/runs/<int:run_id>")
@guards.staff
def run_page(region: str, run_id: int) -> str:
    progress = runs.progress(run_id, region)
    part = "township/_run.html" if request.headers.get("HX-Request") else "township/run.html"
    return render_template(part, place=region_name(region), progress=progress, children=_children(run_id))


def _children(run_id: int) -> list[Any]:
    return list(
        session()
        .execute(
            select(
                Distribution.id,
                Distribution.state,
                Distribution.refusal,
                Cooperative.name.label("cooperative"),
            )
            .join(Cooperative, Cooperative.id == Distribution.cooperative_id)
            .where(Distribution.run_id == run_id)
            .order_by(Distribution.cooperative_id)
        )
        .all()
    )


@bp.post("/<region>/distributions/runs/<int:run_id>/cancel")
@guards.staff
def cancel_run(region: str, run_id: int) -> Response:
    with transaction():
        runs.cancel(run_id, region, guards.me().id)
    pages.say(_("已停止。算好的草稿留着，没算的作废"))
    return redirect(url_for("township.distributions"), 303)


@dataclass(frozen=True)
class Result:
    """A stored distribution with its lines; heads masked."""

    head: Any
    lines: list[dict[str, Any]]

    @property
    def patronage_sum(self) -> int:
        return sum(line["patronage_fen"] for line in self.lines)

    @property
    def residual_sum(self) -> int:
        return sum(line["residual_fen"] for line in self.lines)

    @property
    def trade_sum(self) -> int:
        return sum(line["trade_fen"] for line in self.lines)


def read_result(region: str, distribution_id: int) -> Result:
    """Load a distribution of this region with every member's line, by member number; 404 for another region's."""
    head = (
        session()
        .execute(
            select(Distribution, Cooperative.name.label("cooperative"), Cooperative.code)
            .join(Cooperative, Cooperative.id == Distribution.cooperative_id)
            .join(Village, Village.id == Cooperative.village_id)
            .where(Distribution.id == distribution_id, Village.region_code.startswith(region))
        )
        .one_or_none()
    )
    if head is None:
        abort(404)
    rows = session().execute(
        select(DistributionLine, Household.head_name, Household.code)
        .join(Member, Member.id == DistributionLine.member_id)
        .join(Household, Household.id == Member.household_id)
        .where(DistributionLine.distribution_id == distribution_id)
        .order_by(DistributionLine.number)
    )
    lines = [
        {
            "number": row.DistributionLine.number,
            "name": mask_name(row.head_name),
            "code": row.code,
            "trade_fen": row.DistributionLine.trade_fen,
            "capital_fen": row.DistributionLine.capital_fen,
            "reserve_share_fen": row.DistributionLine.reserve_share_fen,
            "patronage_fen": row.DistributionLine.patronage_fen,
            "residual_fen": row.DistributionLine.residual_fen,
            "total_fen": row.DistributionLine.patronage_fen + row.DistributionLine.residual_fen,
        }
        for row in rows
    ]
    return Result(head=head, lines=lines)


@bp.get("/<region>/distributions/<int:distribution_id>")
@guards.staff
def distribution_page(region: str, distribution_id: int) -> str:
    return distribution_view(region, distribution_id)


def distribution_view(region: str, distribution_id: int, problem: str = "") -> str:
    """The page of a distribution: how it came about, every member, its notice, resolutions, objections and next step."""
    result = read_result(region, distribution_id)
    head = result.head.Distribution
    return render_template(
        "township/distribution.html",
        place=region_name(region),
        result=result,
        head=head,
        duty=g.duty,
        problem=problem,
        notice=notices.latest(distribution_id),
        least_days=notices.least_days(head.cooperative_id),
        objections=notices.objections_of(distribution_id),
        resolutions=resolutions.of_distribution(distribution_id),
        resolution_names=resolutions.NAMES,
        events=lifecycle.events(distribution_id),
        last_year=_last_year(head.cooperative_id, head.year),
    )


def _last_year(cooperative_id: int, year: int) -> dict[int, int]:
    """Member number → what last year's distribution gave; empty when there was none."""
    rows = session().execute(
        select(DistributionLine.number, DistributionLine.patronage_fen + DistributionLine.residual_fen)
        .join(Distribution, Distribution.id == DistributionLine.distribution_id)
        .where(
            Distribution.cooperative_id == cooperative_id,
            Distribution.year == year - 1,
            Distribution.state.in_(POSTED),
        )
    )
    return {number: int(fen) for number, fen in rows}
