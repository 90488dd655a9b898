"""A worker killed in the middle of an import: nothing of the file is in; another worker brings in the whole of it."""

from __future__ import annotations

from io import BytesIO

from openpyxl import Workbook

from shop.audit import checks_imports, run
from shop.core import clock, importing
from shop.core.db import transaction
from shop.core.table_import import working
from shop.office.importing.kinds import KINDS
from tests.faults.crew import crew, wait_killed
from tests.faults.scene import SWEPT, Scene
from tests.support.stand_in import wait_for

ROWS = 600  # more than one portion
STANDING = "select count(*) from intake_receipt where starts_with(request_key, 'import:')"


def test_all_or_nothing_when_the_worker_dies(scene: Scene) -> None:
    scene.shop.kill_worker()
    scene.shop.parts["beat"].stop()
    scene.shop.flush_broker()
    import_id = _previewed(scene)
    with crew(scene, "import:row") as (doomed,):
        scene.bell.send_task("imports.work", args=[import_id, importing.RUNNING], queue="reports")
        wait_killed(doomed)
    assert scene.rows(STANDING)[0][0] == 0
    assert scene.rows(f"select state from sheet_import where id = {import_id}")[0][0] == "running"
    with crew(scene, ""):
        scene.bell.send_task("imports.sweep", queue="reports")
        wait_for(
            lambda: scene.rows(f"select state from sheet_import where id = {import_id}")[0][0] == "done",
            SWEPT,
        )
    assert scene.rows(STANDING)[0][0] == ROWS
    with scene.app.app_context():
        assert run.run_check(checks_imports.CHECKS[0])["rows"] == []


def _previewed(scene: Scene) -> int:
    """A file of good rows, checked and wanted in."""
    cooperative_id, member, user_id, produce = scene.rows(
        "select c.id, m.number, (select min(id) from user_account), (select p.name from produce p where p.cooperative_id = c.id"
        " and p.unit_kind = 'g' order by p.id limit 1) from cooperative c join member m on m.cooperative_id = c.id"
        " where c.code = 'dachuan' and m.left_on is null order by m.number limit 1"
    )[0]
    book = Workbook()
    page = book.active
    assert page is not None
    page.append([column.label for column in KINDS["intake"].columns])
    for number in range(1, ROWS + 1):
        page.append(
            [
                str(member),
                produce,
                "统货",
                str(number),
                "斤",
                "买断",
                "29",
                "斤",
                clock.today().isoformat(),
                "",
            ]
        )
    buffer = BytesIO()
    book.save(buffer)
    with scene.app.app_context():
        with transaction():
            import_id, _fresh = importing.take(
                cooperative_id, "intake", "x.xlsx", buffer.getvalue(), user_id, "zh"
            )
        with transaction():
            working.check(import_id)
        with transaction():
            assert importing.begin(import_id, cooperative_id, user_id)
    return import_id
