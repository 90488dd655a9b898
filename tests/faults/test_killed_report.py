"""A worker killed between two files of a report: another one goes on at the first that is missing."""

from __future__ import annotations

from shop.core.db import transaction
from shop.reporting import asking, periods
from tests.access.identities import TOWN
from tests.faults.crew import crew, wait_killed
from tests.faults.scene import SWEPT, Scene
from tests.support.stand_in import wait_for


def test_the_next_worker_finishes_what_is_missing(scene: Scene) -> None:
    scene.shop.kill_worker()
    scene.shop.parts["beat"].stop()
    scene.shop.flush_broker()
    by = scene.rows("select min(id) from user_account")[0][0]
    with scene.app.app_context(), transaction():
        report_id = asking.ask(TOWN, periods.asked("yearly", "2020"), by)
    with crew(scene, "report:file") as (doomed,):
        scene.bell.send_task("reporting.make", args=[report_id], queue="reports")
        wait_killed(doomed)
    one = f"from report where id = {report_id}"
    assert scene.rows(f"select state, facts is null, docx is null, xlsx is null {one}")[0] == (
        "running", False, False, True,
    )  # fmt: skip
    first = scene.rows(f"select facts_sha256, md5(docx) {one}")[0]
    with crew(scene, ""):
        scene.bell.send_task("reporting.sweep", queue="reports")
        wait_for(lambda: scene.rows(f"select state {one}")[0][0] == "done", SWEPT)
    assert scene.rows(f"select facts_sha256, md5(docx) {one}")[0] == first
