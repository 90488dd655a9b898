"""A year's run: asked for on the page, computed by parent and children, read, downloaded, recomputed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from shop.commands import dry_distribution
from shop.cooperatives import tasks
from shop.cooperatives.income import distribution, runs
from shop.cooperatives.income.models import Distribution, DistributionLine, DistributionRun
from shop.core.db import session, transaction
from tests.access.identities import TOWN, make_user, signed_in


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000004", role="staff", duty="clerk", region_code=TOWN))


def start(town: Flask, year: int = 2020) -> int:
    with town.app_context(), transaction():
        return runs.request_run(TOWN, year, None)


def work(town: Flask, run_id: int) -> None:
    with town.app_context():
        for portion in runs.portions(run_id):
            tasks.distribute_portion.run(portion, run_id)


def rows(town: Flask) -> list[Any]:
    with town.app_context():
        return list(
            session().execute(
                select(
                    Distribution.cooperative_id, Distribution.inputs_sha256, Distribution.outputs_sha256,
                    func.sum(DistributionLine.patronage_fen), func.sum(DistributionLine.residual_fen),
                )
                .join(DistributionLine, DistributionLine.distribution_id == Distribution.id)
                .where(Distribution.state == "draft")
                .group_by(Distribution.id)
                .order_by(Distribution.cooperative_id)
            )
        )  # fmt: skip


def test_a_run_computes_every_cooperative_once(town: Flask) -> None:
    run_id = start(town)
    assert start(town) == run_id
    work(town, run_id)
    first = rows(town)
    assert len(first) == 5
    with town.app_context():
        assert session().get(DistributionRun, run_id).finished_at is not None  # type: ignore[union-attr]
    again = start(town)
    assert again != run_id
    work(town, again)
    assert rows(town) == first


def test_a_new_run_computes_only_what_has_changed(town: Flask) -> None:
    work(town, start(town))
    with town.app_context(), transaction():
        before = {
            row.cooperative_id: row.id
            for row in session().execute(select(Distribution.cooperative_id, Distribution.id))
        }
        changed = session().scalar(text("select id from cooperative where code = 'kazi'"))
        session().execute(
            text(
                "insert into charter (cooperative_id, valid_from, reserve_rate, patronage_ratio, resolution)"
                " values (:coop, '2020-06-01', '0.20', '0.70', '2020 年第二次成员大会')"
            ),
            {"coop": changed},
        )
    again = start(town)
    with town.app_context():
        assert [len(portion) for portion in runs.portions(again)] == [1]
    work(town, again)
    with town.app_context():
        live = select(Distribution.cooperative_id, Distribution.id).where(
            Distribution.run_id == again, Distribution.state == "draft"
        )
        after = {row.cooperative_id: row.id for row in session().execute(live)}
        assert {coop for coop in before if after[coop] != before[coop]} == {changed}
        assert runs.progress(again, TOWN).done == 5


def test_a_child_that_is_done_is_left_alone(town: Flask) -> None:
    run_id = start(town)
    with town.app_context():
        children = runs.portions(run_id)
    work(town, run_id)
    before = rows(town)
    with town.app_context():
        for child in (*children, [each[0] for each in children]):
            tasks.distribute_portion.run(child, run_id)
    assert rows(town) == before


def test_an_open_year_is_refused_in_words_and_stops_nobody(town: Flask, clerk: FlaskClient) -> None:
    with town.app_context(), transaction():
        session().execute(text("set local session_replication_role = replica"))
        session().execute(
            text(
                "delete from fiscal_year_close where cooperative_id = (select id from cooperative where code = 'kazi')"
            )
        )
    run_id = start(town)
    work(town, run_id)
    shown = clerk.get(f"/town/{TOWN}/distributions/runs/{run_id}").get_data(as_text=True)
    assert "还没有结账" in shown
    assert len(rows(town)) == 4


def test_work_that_kills_its_worker_is_set_aside(town: Flask) -> None:
    run_id = start(town)
    with town.app_context():
        (child,) = runs.portions(run_id)[0]
        for _ in range(distribution.MOST_TRIES):
            with transaction():
                assert distribution.begin(child) == [child]
        with transaction():
            assert not distribution.begin(child)
        row = session().get(Distribution, child)
        assert row is not None
        assert row.state == "refused"
        assert "已搁置" in (row.refusal or "")


def test_a_cancelled_run_keeps_what_is_done(town: Flask, clerk: FlaskClient) -> None:
    run_id = start(town)
    with town.app_context():
        first = runs.portions(run_id)[0]
        tasks.distribute_portion.run(first, run_id)
    answer = clerk.post(f"/town/{TOWN}/distributions/runs/{run_id}/cancel")
    assert answer.status_code == 303
    assert len(rows(town)) == 1
    with town.app_context():
        assert runs.portions() == []
    assert clerk.post(f"/town/{TOWN}/distributions/runs/{run_id}/cancel").status_code == 404


def test_the_page_starts_a_run_and_shows_its_result(town: Flask, clerk: FlaskClient) -> None:
    answer = clerk.post(f"/town/{TOWN}/distributions", data={"year": "2020"})
    assert answer.status_code == 303
    run_id = int(answer.headers["Location"].rsplit("/", 1)[1])
    work(town, run_id)
    assert "已算完" in clerk.get(answer.headers["Location"]).get_data(as_text=True)
    with town.app_context():
        head = (
            session().execute(select(Distribution).where(Distribution.state == "draft").limit(1)).scalar_one()
        )
        address = f"/town/{TOWN}/distributions/{head.id}"
        sums = (head.patronage_fen, head.residual_fen, len(head.document["inputs"]["members"]))  # type: ignore[index]
    shown = clerk.get(address).get_data(as_text=True)
    assert "分文不差" in shown
    assert "*" in shown
    sheet = openpyxl.load_workbook(io.BytesIO(clerk.get(f"{address}.xlsx").data)).active
    table = [row for row in sheet.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)]
    cents = [(round(row[5] * 100), round(row[6] * 100)) for row in table]
    assert (sum(a for a, _ in cents), sum(b for _, b in cents), len(table)) == sums
    with town.app_context():
        tasks.seal_ledgers.run()
        newest = session().scalar(
            text("select sha256 from ledger_seal s join distribution d using (cooperative_id) where d.id = :d"
                 " order by s.last_id desc limit 1"), {"d": int(address.rpartition("/")[2])},
        )  # fmt: skip
    assert str(newest) in clerk.get(f"{address}/print").get_data(as_text=True)


@pytest.mark.parametrize("year", ["", "20", "二〇二〇", "1e9", "-2020", "2020 ", "2099", "0x7e4", "2020.0"])
def test_a_bad_year_is_refused_beside_the_field(town: Flask, clerk: FlaskClient, year: str) -> None:
    answer = clerk.post(f"/town/{TOWN}/distributions", data={"year": year})
    if year.strip() == "2020":
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    with town.app_context():
        assert session().execute(select(func.count(DistributionRun.id))).scalar() == 0


def test_the_command_prints_what_anybody_can_recompute(town: Flask, tmp_path: Path) -> None:
    runner = town.test_cli_runner()
    first = runner.invoke(args=["distribute", "--cooperative", "kazi", "--year", "2020", "--json"])
    assert first.exit_code == 0, first.output
    document = json.loads(first.output)
    assert set(document) == {
        "cooperative", "year", "parameters", "inputs", "outputs", "inputs_sha256", "outputs_sha256",
    }  # fmt: skip
    file = tmp_path / "kazi.json"
    file.write_text(first.output, encoding="utf-8")
    status, again = dry_distribution.run(file)
    assert status == 0
    assert json.loads(again) == document
    repeated = runner.invoke(args=["distribute", "--cooperative", "kazi", "--year", "2020", "--json"])
    assert repeated.output == first.output
    with town.app_context():
        assert session().execute(select(func.count(Distribution.id))).scalar() == 1


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--cooperative", "nowhere", "--year", "2020"], "没有代码为"),
        (["--cooperative", "kazi", "--year", "2021"], "还没有结账"),
        (["--cooperative", "kazi"], "--year"),
        (["--cooperative", "kazi", "--year", "x"], "x"),
        (["--inputs", "/no/such/file"], "读不到文件"),
        (["--inputs", "f.json", "--year", "2020"], "stands alone"),
    ],
)
def test_the_command_refuses_in_words_with_exit_2(town: Flask, arguments: list[str], words: str) -> None:
    result = town.test_cli_runner().invoke(args=["distribute", *arguments])
    assert result.exit_code == 2
    assert words in result.output
    with town.app_context():
        assert session().execute(select(func.count(Distribution.id))).scalar() == 0


def test_a_ratio_below_the_law_stores_nothing(town: Flask) -> None:
    with town.app_context(), transaction():
        session().execute(text("alter table charter drop constraint ck_charter_patronage_floor"))
        session().execute(text("update charter set patronage_ratio = '0.59'"))
    result = town.test_cli_runner().invoke(
        args=["distribute", "--cooperative", "kazi", "--year", "2020", "--json"]
    )
    assert result.exit_code == 2
    assert "60%" in result.output
    with town.app_context():
        assert session().execute(select(func.count(Distribution.id))).scalar() == 0
