"""Reports on their pages: asked for once by two people, watched, fetched; templates; and the wall without names."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date
from functools import partial
from html import unescape
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from shop.core.db import session, transaction
from shop.core.privacy import decrypt
from shop.orders import facts_reading, facts_windows
from shop.reporting import asking, periods, standard, tasks
from shop.township.screen import wan
from tests.access.identities import TOWN, make_user, signed_in
from tests.reporting.made import row, somebody, words_of_docx, words_of_xlsx
from tests.reporting.test_templates import paper

REPORTS = f"/town/{TOWN}/reports"


# a reversal nobody asked for, dated in the report's year
BOOKED_LATER = """
    insert into attribution (cooperative_id, line_id, allocation_id, lot_id, lot_part_id, household_id, supplier_id, kind,
                             quantity, fen, reverses_id, on_date)
    select cooperative_id, line_id, allocation_id, lot_id, lot_part_id, household_id, supplier_id, 'reversal', 0, -1, id,
           '2020-12-31' from attribution where kind = 'sale' order by id limit 1
"""


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000004", role="staff", duty="clerk", region_code=TOWN))


def words(answer: object) -> str:
    return unescape(answer.get_data(as_text=True))  # type: ignore[attr-defined]


def ask(client: FlaskClient, kind: str = "yearly", period: str = "2020") -> str:
    answer = client.post(REPORTS, data={"kind": kind, "period": period})
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_from_asking_to_the_files(town: Flask, clerk: FlaskClient) -> None:
    assert "还没有做过报告" in words(clerk.get(REPORTS))
    address = ask(clerk)
    waits = words(clerk.get(address))
    assert "排队中" in waits
    assert "可以关闭页面" in waits
    assert '<meta http-equiv="refresh"' in waits
    assert ask(clerk) == address  # asked twice, it is the one under way
    report_id = int(address.rsplit("/", 1)[1])
    assert clerk.get(f"{address}/docx").status_code == 404
    with town.app_context():
        tasks.make.run(report_id)
    done = words(clerk.get(address))
    assert "核对无误" in done
    assert "186,000.00" in done
    drills = re.findall(r'<a class="drill" href="([^"]+)">', done)
    assert len(drills) > 20
    for link in drills:
        assert clerk.get(link).status_code == 200, link
    with town.app_context():
        stored = row(report_id)
    files = {form: clerk.get(f"{address}/{form}") for form in ("docx", "xlsx", "pdf")}
    assert "18.6万元" in words_of_docx(files["docx"].data)
    assert "186000" in words_of_xlsx(files["xlsx"].data)
    assert files["pdf"].data == bytes(stored.pdf)
    assert files["pdf"].headers["Content-Disposition"] == f"attachment; filename={TOWN}-2020-{report_id}.pdf"
    with town.app_context():
        acts = session().execute(
            text("select act, actor_id from activity where subject_type = 'report' order by id")
        )
        assert [act.act for act in acts] == ["report.asked"] + ["report.taken"] * 3
    again = ask(clerk)
    with town.app_context():
        tasks.make.run(int(again.rsplit("/", 1)[1]))
    answer = clerk.get(again)
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert words(clerk.get(REPORTS)).count(">2020</a>") == 1
    assert "又记了" not in words(clerk.get(address))
    with town.app_context():
        session().execute(text(BOOKED_LATER))
        session().commit()
    assert "又记了 1 笔销售" in words(clerk.get(address))


@pytest.mark.parametrize(
    "kind, period, said",
    [
        ("yearly", "二零", "年份要写成"),
        ("monthly", "2020", "月份要写成"),
        ("monthly", "2999-01", "只能做"),
        ("x", "2020", "请选择月报或年报"),
    ],
)
def test_a_wrong_period_is_said_beside_its_field(
    clerk: FlaskClient, kind: str, period: str, said: str
) -> None:
    answer = clerk.post(REPORTS, data={"kind": kind, "period": period})
    assert answer.status_code == 422
    assert said in words(answer)
    assert f'value="{period}"' in words(answer)


def at_once(acts: list[Callable[[], int]]) -> list[int]:
    """What each gave back, begun at the same moment in threads of their own."""
    gate, given = threading.Barrier(len(acts)), []

    def one(act: Callable[[], int]) -> None:
        gate.wait()
        given.append(act())

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == len(acts)
    return given


def test_two_people_at_once_get_one_report(town: Flask) -> None:
    with town.app_context():
        people = [somebody("+8613900000101"), somebody("+8613900000102")]

    def one(who: int) -> int:
        with town.app_context(), transaction():
            return asking.ask(TOWN, periods.asked("yearly", "2020"), who)

    ids = at_once([partial(one, who) for who in people])
    assert len(set(ids)) == 1
    with town.app_context():
        assert session().scalar(text("select count(*) from report")) == 1
        session().rollback()

    def work() -> int:
        with town.app_context():
            tasks.make.run(ids[0])
        return 0

    at_once([work, work])
    with town.app_context():
        tasks.sweep.run()
        assert row(ids[0]).state == "done"


def test_a_template_goes_out_and_comes_back(town: Flask, clerk: FlaskClient) -> None:
    page = f"{REPORTS}/templates/yearly"
    shown = words(clerk.get(page))
    assert "标准模板" in shown
    assert "销售额万元" in shown
    file = clerk.get(f"{page}/template.docx")
    assert "{{ 销售额万元 }}" in words_of_docx(file.data)

    def send(body: bytes, note: str = "") -> object:
        data = {"file": (BytesIO(body), "模板.docx"), "note": note}
        return clerk.post(page, data=data, content_type="multipart/form-data")

    refused = send(paper("{{ 销售额千元 }}"), "短一点")
    assert refused.status_code == 422  # type: ignore[attr-defined]
    assert "是不是要写“销售额元”" in words(refused)
    assert 'value="短一点"' in words(refused)
    assert "请选择改好的模板" in words(clerk.post(page, data={"note": ""}))
    assert "不能超过" in words(send(standard.build("yearly"), "长" * 61)) or "最多" in words(
        send(standard.build("yearly"), "长" * 61)
    )
    assert send(file.data, "原样").status_code == 303  # type: ignore[attr-defined]
    shown = words(clerk.get(page))
    assert "第 1 版" in shown
    assert "原样" in shown
    assert clerk.get(f"{page}/template.docx?version=1").data == file.data
    assert clerk.get(f"{page}/template.docx?version=7").status_code == 404
    assert clerk.post(f"{page}/standard").status_code == 303
    assert "现在用的：标准模板" in words(clerk.get(page))


def test_the_wall_says_the_year_and_no_name(town: Flask, clerk: FlaskClient) -> None:
    shown = words(clerk.get(f"/town/{TOWN}/screen?year=2020"))
    assert "2020 年卖出 18.6万元，货物来自 391 户" in shown
    assert 'hx-trigger="every 60s"' in shown
    assert '<meta http-equiv="refresh" content="60">' in shown
    with town.app_context():
        whole = facts_reading.sales(TOWN, facts_windows.year(2020, date(2020, 12, 31)))
        months = [(month.month, four["now"].fen) for month, four in sorted(whole.by["month"].items())]
    assert sum(fen for _month, fen in months) == 18_600_000
    bars = re.search(r'id="by-month".*?</section>', shown, re.DOTALL)
    assert bars is not None
    for month, fen in months:
        assert f"{wan(fen)}" in bars[0], month
    with town.app_context():
        heads = {
            decrypt(bytes(blob))
            for blob in session().execute(text("select head_name from household")).scalars()
        }
        accounts = set(
            session().execute(text("select name from user_account where length(name) > 1")).scalars()
        )
        villages = set(session().execute(text("select name from village")).scalars())
    named = [name for name in heads | accounts if name in shown and not any(name in one for one in villages)]
    assert named == []
    for link in re.findall(r'<a href="([^"]+)"', shown):
        assert clerk.get(link).status_code == 200, link
    assert "2019 年还没有销售数据" in words(clerk.get(f"/town/{TOWN}/screen?year=2019"))
