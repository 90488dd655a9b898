"""Files to import, and the steps of an import as the page and the worker take them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook

from shop.core import clock
from shop.core.table_import import tasks
from tests.office.conftest import Office

HEAD = (
    "交货户 *",
    "产品",
    "等级",
    "数量",
    "单位",
    "收货方式",
    "单价（元）",
    "计价单位",
    "收货日期",
    "合格证编号",
)


def sheet(*rows: Sequence[Any], head: Sequence[str] = HEAD) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(list(head))
    for row in rows:
        page.append(list(row))
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def row(office: Office, **changes: Any) -> list[Any]:
    values = {
        "q": str(office.stall.parties[0].number), "produce": produce_of(office), "grade": "一级", "quantity": "20",
        "unit": "斤", "mode": "买断", "price": 29, "price_unit": "斤", "on": clock.today().isoformat(), "no": "",
    } | changes  # fmt: skip
    return list(values.values())


def produce_of(office: Office) -> str:
    return str(office.rows("select name from produce where id = :p", p=office.stall.produce_id)[0].name)


def send(office: Office, data: bytes, kind: str = "intake", name: str = "收货.xlsx") -> str:
    """Upload and let the worker check; the address of the import below the cooperative."""
    answer = office.client.post(
        f"/coop/{office.coop.code}/imports/{kind}", data={"file": (BytesIO(data), name)}
    )
    assert answer.status_code == 303, answer.text[-800:]
    tasks.sweep.run()
    return str(answer.location).removeprefix(f"/coop/{office.coop.code}")


def start(office: Office, address: str) -> str:
    office.post(f"{address}/start", 303)
    tasks.sweep.run()
    return office.get(address)


def marked(office: Office, address: str) -> Any:
    body = office.client.get(f"/coop/{office.coop.code}{address}/marked.xlsx").data
    return load_workbook(BytesIO(body)).worksheets[0]


def receipts(office: Office) -> list[Any]:
    return office.rows(
        "select quantity, price_fen, value_fen, household_id, received_on from intake_receipt"
        " where request_key like 'import:%' order by id"
    )


def manager_of(office: Office) -> int:
    return int(office.rows("select max(id) as id from user_account")[0].id)
