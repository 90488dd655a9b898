"""Background work of the cooperatives: distribution runs and monthly settlements. A task loads ids, calls one deed, ends."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task
from celery.schedules import crontab
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from shop.cooperatives.income import distribution, notices, runs, settlement
from shop.cooperatives.ledger import sealing
from shop.cooperatives.people.models import Cooperative
from shop.core import clock
from shop.core.background import ring
from shop.core.db import session, transaction

log = structlog.get_logger()

SCHEDULE: dict[str, dict[str, Any]] = {
    "distribution-sweep": {
        "task": "cooperatives.distribution_sweep",
        "schedule": timedelta(seconds=15),
        "options": {"queue": "distribution", "expires": 15},
    },
    # 16:05 UTC is five past midnight in Shanghai: notices whose last day was yesterday come down
    "notices": {"task": "cooperatives.withdraw_notices", "schedule": crontab(hour=16, minute=5)},
    # 18:10 UTC is 02:10 in Shanghai: the month that ended there is complete. Three times more, an hour apart: what a dead
    # worker or a lost message left undone is done then, and reading what stands costs next to nothing
    "settlements": {"task": "cooperatives.settle_due", "schedule": crontab(hour="18-21", minute=10)},
    "seals": {
        "task": "cooperatives.seal_ledgers",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
}


@shared_task(name="cooperatives.distribute_run")
def distribute_run(run_id: int) -> None:
    """Parent: one child for each cooperative of the run; in a county's, one for a portion of them."""
    for portion in runs.portions(run_id):
        ring(distribute_portion, portion, run_id)
    with transaction():
        runs.close_finished(run_id)


@shared_task(name="cooperatives.distribute_portion")
def distribute_portion(distribution_ids: list[int], run_id: int | None) -> None:
    """Child: idempotent; killed at any line it is done again by the sweep with the same rows."""
    with transaction():
        mine = distribution.begin(*distribution_ids)
    if mine:
        with transaction():
            states = distribution.compute(*mine)
        log.info("distribution", states=dict(Counter(states.values())), ids=mine)
    if run_id is not None:
        with transaction():
            runs.close_finished(run_id)


@shared_task(name="cooperatives.distribution_sweep")
def distribution_sweep() -> None:
    """Finish from state what a lost message or a killed worker left undone; one bad cooperative does not stop the rest."""
    for portion in runs.portions():
        try:
            distribute_portion.run(portion, None)
        except Exception as error:
            session().rollback()
            log.exception("distribution_failed", ids=portion, error=type(error).__name__)
    for run_id in runs.unfinished_runs():
        with transaction():
            runs.close_finished(run_id)


@shared_task(name="cooperatives.settle_due")
def settle_due() -> None:
    """Parent: last month's settlement (Shanghai calendar) of every cooperative, one child for a portion of them."""
    period = (clock.today().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    everybody = session().execute(select(Cooperative.id).order_by(Cooperative.id)).scalars().all()
    session().rollback()
    for at in range(0, len(everybody), runs.PORTION):
        ring(settle_portion, list(everybody[at : at + runs.PORTION]), period)


@shared_task(name="cooperatives.settle_portion")
def settle_portion(cooperative_ids: list[int], period: str) -> None:
    """Child: draft the month's settlements. Idempotent: a draft that says what the books say stays, so do later states."""
    try:
        with transaction():
            settlement.compute_due(cooperative_ids, period)
    except (
        OperationalError
    ) as error:  # held up by somebody's work in one of them; the next hour's turn does it
        log.warning("settlement_postponed", cooperatives=cooperative_ids, error=type(error).__name__)


@shared_task(name="cooperatives.seal_ledgers")
def seal_ledgers() -> None:
    """Chain every cooperative's new transactions; a busy one waits for the next minute and does not stop the rest."""
    waiting = sealing.waiting_cooperatives()
    session().rollback()
    for cooperative_id in waiting:
        try:
            with transaction():
                sealing.seal(cooperative_id)
        except OperationalError as error:
            log.warning("seal_postponed", cooperative=cooperative_id, error=type(error).__name__)


@shared_task(name="cooperatives.withdraw_notices")
def withdraw_notices() -> None:
    """Take down the notices whose period is over."""
    with transaction():
        notices.withdraw_ended(clock.today())
