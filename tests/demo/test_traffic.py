"""flask demo traffic: real orders through the deeds and the stand-in, with and without the other processes."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from shop.audit import run as audit
from shop.commands.demo.stand_in import StandInSilent, pay
from shop.commands.demo.traffic import COURSES, GOT, Traffic
from shop.core.db import db, transaction
from tests.support.live import LiveShop
from tests.support.stand_in import StandInProcess, start_stand_in

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInProcess]:
    with start_stand_in(tmp_path_factory.mktemp("stand_in"), "") as process:
        yield process


@pytest.fixture
def paying_town(town: Flask, stand_in: StandInProcess) -> Iterator[Flask]:
    """The demo town with its payments going to the stand-in."""
    before = town.extensions["settings"]
    town.extensions["settings"] = before.model_copy(
        update={"stripe_api_base": stand_in.url, "stripe_secret_key": stand_in.key}
    )
    with town.app_context():
        yield town
        db.session.rollback()
    town.extensions["settings"] = before


def _states() -> Counter[tuple[str, str, str | None]]:
    rows = db.session.execute(
        text(
            "select distinct o.id, o.state, s.state as part, p.failure from customer_order o join suborder s on s.order_id = o.id"
            " left join payment p on p.order_id = o.id where o.request_key like 'traffic-%'"
        )
    )
    return Counter((row.state, row.part, row.failure) for row in rows)


def test_traffic_needs_no_other_process(paying_town: Flask, stand_in: StandInProcess) -> None:
    driven = Traffic(3, stand_in.url).run(48)
    assert sum(driven.values()) == 48
    assert set(driven) <= {*COURSES, "sold_out"}
    states = _states()
    assert states["paid", "received", None] == sum(driven[course] for course in GOT) > driven["received"] > 0
    assert (
        states["paid", "shipped", None] == driven["shipped"] + driven["transferred"] > driven["shipped"] > 0
    )
    assert states["paid", "to_ship", None] == driven["paid"] + driven["retried"] > 0
    assert (
        sum(count for key, count in states.items() if key[:2] == ("pending", "pending") and key[2])
        == driven["refused"]
    )
    assert driven["called_back"] > 0
    assert states["closed", "closed", None] == driven["expired"] + driven["cancelled"] + driven["called_back"]
    paid = sum(driven[course] for course in ("shipped", "paid", "retried", "called_back", *GOT))
    refunds = db.session.execute(
        text(
            "select f.state, f.kind from refund f join customer_order o on o.id = f.order_id"
            " where o.request_key like 'traffic-%'"
        )
    ).all()
    assert {row.state for row in refunds} == {"succeeded"}
    assert {row.kind for row in refunds} == {"goods", "amount"}
    parcels = db.session.execute(
        text(
            "select s.suborder_id, count(*) as sent from shipment s join suborder p on p.id = s.suborder_id"
            " join customer_order o on o.id = p.order_id where o.request_key like 'traffic-%' group by 1"
        )
    ).all()
    assert {row.sent for row in parcels} == {1, 2}, "some go in two parcels"
    reviewed = db.session.scalar(
        text(
            "select count(*) from review r join order_line l on l.id = r.line_id join suborder p on p.id = l.suborder_id"
            " join customer_order o on o.id = p.order_id where o.request_key like 'traffic-%'"
        )
    )
    assert reviewed
    fees = db.session.scalar(text("select count(*) from ledger_transaction where kind = 'fee'"))
    assert fees is not None
    assert fees >= paid
    db.session.rollback()
    out, held = db.session.execute(
        text(
            "select (select sum(amount_fen) from provider_payout), (select sum(net_fen) from provider_entry)"
        )
    ).one()
    assert out > 0
    assert held > 0
    assert db.session.scalar(text("select count(*) from provider_entry where town_fen is null")) == 0
    db.session.rollback()
    with transaction():
        result = audit.run_all()
        assert result.clean, [check for check in result.checks if check["count"]]


def test_the_command_tells_what_it_drove_and_can_go_on(paying_town: Flask) -> None:
    runner = paying_town.test_cli_runner()
    for _ in range(2):
        result = runner.invoke(args=["demo", "traffic", "--orders", "3", "--seed", "8"])
        assert result.exit_code == 0, result.output
        assert "演示订单 3 张" in result.output


def test_without_a_stand_in_it_says_so(town: Flask) -> None:
    result = town.test_cli_runner().invoke(args=["demo", "traffic", "--orders", "1", "--seed", "2"])
    assert result.exit_code == 1, result.output
    assert "支付平台暂时连不上" in result.output
    before = town.extensions["settings"]
    town.extensions["settings"] = before.model_copy(update={"stripe_api_base": ""})
    try:
        refused = town.test_cli_runner().invoke(args=["demo", "traffic"])
    finally:
        town.extensions["settings"] = before
    assert refused.exit_code == 2
    assert "STRIPE_API_BASE" in refused.output
    with pytest.raises(StandInSilent):
        pay("http://127.0.0.1:1", "cs_test_1", "4242424242424242")


def test_without_a_town_it_says_so(db_session: Any, app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["demo", "traffic", "--orders", "1"])
    assert result.exit_code == 1
    assert "flask demo load" in result.output


def test_with_web_and_worker_running_it_waits_for_them(live_shop: LiveShop) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "flask",
            "--app",
            "wsgi",
            "demo",
            "traffic",
            "--orders",
            "8",
            "--seed",
            "5",
            "--wait",
        ],
        env=live_shop.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "演示订单 8 张" in done.stdout
