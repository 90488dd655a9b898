"""The yearly report of the demo town says the source report's figures from the rows, in all three formats."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import text

from shop.audit import checks_reports, run
from shop.core.db import session, transaction
from shop.orders import figures
from shop.reporting import making, paper, tasks
from tests.access.identities import TOWN
from tests.reporting.made import asked, made, row, words_of_docx, words_of_xlsx

SAID = (
    "大川镇2020年产业扶贫和消费扶贫情况报告",
    "产业带动关系的315户，带动率100%",
    "5个行政村建有5家农民专业合作社，入社416户1221人",
    "建档立卡户入社率100%，按人计100%",
    "销售额18.6万元（186,000.00元）",
    "光伏扶贫电站2座，在唐家村、卡子村",
    "215户获得扶贫小额信贷，金额878.5万元，占建档立卡户的46%",
    "数据截至2020年12月31日",
)


def unpacked(pdf: bytes) -> bytes:
    """A PDF with its streams inflated."""
    parts = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompressobj().decompress(part) for part in parts if part[:1] == b"x")


def tables_agree(document: dict[str, Any]) -> None:
    said = {one["code"]: one["value"] for one in document["figures"]}
    for name, code in (
        ("village", "sales"), ("cooperative", "sales"), ("product", "sales"), ("assisted_village", "assisted"),
        ("assisted_product", "assisted"),
    ):  # fmt: skip
        assert sum(line["sums"]["now"]["fen"] for line in document["tables"][name]) == said[code], name
    assert sum(line["credited_fen"] for line in document["tables"]["money"]) == said["credited"]
    for part, code in (("sales", "sales"), ("assisted", "assisted"), ("money", "credited")):
        assert document["counted"][part]["fen"] == said[code]


def test_the_year_is_the_source_reports_in_three_formats(town: Flask) -> None:
    report_id = made(town, "yearly", "2020")
    with town.app_context():
        report = row(report_id)
        assert report.state == "done"
        words = words_of_docx(bytes(report.docx))
        for said in SAID:
            assert said in words
        assert all(name in words for name in ("干香菇", "茶叶", "干竹笋", "蜂蜜"))
        helped = next(line for line in words.splitlines() if "上门" in line)
        assert all(name in helped for name in ("卡子村", "浪溪村", "辣椒", "西瓜"))
        assert "不在上述销售额之内" in helped
        assert "合计 | 186,000.00" in words
        assert report.facts_sha256 in words
        assert report.audit_sha256 in words
        set_page = paper.page(bytes(report.docx))
        assert all(said in set_page for said in SAID)
        assert set_page.count("<thead><tr><th") == words.count("去年同期 | 增减") + 2
        assert bytes(report.pdf).startswith(b"%PDF-")
        assert b"+Report-" in unpacked(bytes(report.pdf)), "the font's subset is not embedded"
        sheets = words_of_xlsx(bytes(report.xlsx))
        for value in ("186000", "416", "1221", "315", "215", "8785000", "46.2%", report.facts_sha256):
            assert value in sheets
        document = json.loads(report.facts)
        assert hashlib.sha256(report.facts.encode()).hexdigest() == report.facts_sha256
        tables_agree(document)
        live = figures.year_sales(TOWN, 2020, date(2020, 12, 31))
        money = figures.households_paid(TOWN, date(2020, 1, 1), date(2020, 12, 31))
        said_now = {one["code"]: one["value"] for one in document["figures"]}
        assert (said_now["sales"], said_now["orders"], said_now["reached"]) == (
            live.total.fen, live.total.orders, live.total.households,
        )  # fmt: skip
        assert (said_now["credited"], said_now["credited_households"]) == (money.fen, money.households)
        _no_person(report.facts)
        session().rollback()
        again = asked("yearly", "2020")
        tasks.make.run(again)
        assert (row(again).state, row(again).same_as) == ("same", report_id)
        assert [run.run_check(check)["rows"] for check in checks_reports.CHECKS] == [[], [], []]
        session().rollback()


def _no_person(facts: str) -> None:
    heads = session().execute(text("select distinct name from user_account where name <> ''")).scalars()
    assert not [name for name in heads if len(name) > 1 and name in facts]


def test_a_month_stands_beside_last_years_and_the_year_so_far(town: Flask) -> None:
    report_id = made(town, "monthly", "2020-11")
    with town.app_context():
        report = row(report_id)
        document = json.loads(report.facts)
        tables_agree(document)
        said = {one["code"]: one["value"] for one in document["figures"]}
        year = figures.year_sales(TOWN, 2020, date(2020, 11, 30))
        assert said["sales_year"] == year.total.fen
        assert said["sales"] == year.by["month"][11][0].fen
        words = words_of_docx(bytes(report.docx))
        assert "大川镇2020年11月产业扶贫和消费扶贫情况月报" in words
        assert "1月至11月累计销售额" in words
        assert "上年同月没有数据" in words


def test_a_year_without_data_says_so(town: Flask) -> None:
    report_id = made(town, "yearly", "2019")
    with town.app_context():
        words = words_of_docx(bytes(row(report_id).docx))
    assert "2019年没有销售数据" in words
    assert "上门联系商家" not in words


def test_later_bookings_make_another_report_and_leave_the_first_true(town: Flask) -> None:
    report_id = made(town, "yearly", "2020")
    with town.app_context():
        session().execute(text("set local session_replication_role = replica"))
        session().execute(
            text(
                "insert into attribution (cooperative_id, line_id, allocation_id, lot_id, lot_part_id, household_id, kind,"
                " quantity, fen, reverses_id, refund_line_id, on_date) select cooperative_id, line_id, allocation_id, lot_id,"
                " lot_part_id, household_id, 'reversal', 0, -5, id, -1, '2020-12-31' from attribution"
                " where on_date = (select max(on_date) from attribution where on_date < '2021-01-01') limit 1"
            )
        )
        session().commit()
        assert [run.run_check(check)["rows"] for check in checks_reports.CHECKS] == [[], [], []]
        session().rollback()
        second = asked("yearly", "2020")
        tasks.make.run(second)
        first, other = row(report_id), row(second)
        assert other.state == "done"
        assert first.facts_sha256 != other.facts_sha256
        figure = {one["code"]: one["value"] for one in json.loads(other.facts)["figures"]}
        assert figure["sales"] == 18_600_000 - 5
        assert not json.loads(other.facts)["audit"]["clean"]  # an altered database is not a clean one
        assert "账目核对发现不符" in words_of_docx(bytes(other.docx))


def test_altered_facts_are_found(town: Flask) -> None:
    report_id = made(town, "yearly", "2020")
    with town.app_context():
        session().execute(text("set local session_replication_role = replica"))
        session().execute(
            text("update report set facts = replace(facts, '18600000', '18600001') where id = :id"),
            {"id": report_id},
        )
        found = {check.code: run.run_check(check)["count"] for check in checks_reports.CHECKS}
        session().rollback()
    assert found == {"reports-sealed": 1, "reports-sales": 1, "reports-money": 0}


def test_a_report_that_cannot_be_made_is_given_up_and_may_be_asked_for_again(town: Flask) -> None:
    with town.app_context():
        report_id = asked("yearly", "2020")
        with transaction():
            session().execute(
                text("update report set template_version = 9 where id = :id"), {"id": report_id}
            )
        for _try in range(making.TRIES):
            tasks.make.run(report_id)
        assert row(report_id).state == "failed"
        again = asked("yearly", "2020")
        assert again != report_id
        tasks.sweep.run()
        assert row(again).state == "done"
