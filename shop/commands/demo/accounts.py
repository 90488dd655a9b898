"""Demo accounts with one published password, and the invented buyers, who have none."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from shop.accounts.models import RoleGrant, User
from shop.accounts.passwords import hash_password
from shop.commands.demo.buyers import DEMO_BUYERS
from shop.commands.demo.codes import demo_phone, town_phone
from shop.commands.demo.figures import MARK
from shop.commands.demo.places import COUNTY, Place, Town, town
from shop.commands.demo.written import Written
from shop.core.db import insert_rows, session
from shop.orders.models import Address

PASSWORD = "dachuan-demo-2020"  # noqa: S105 - published on purpose; production refuses DEMO
GRANTED_FROM = date(2020, 1, 1)


class Account(NamedTuple):
    """An account with one role; `village` names the cooperative of a manager."""

    label: str
    phone: str
    name: str
    role: str
    duty: str | None = None
    village: str | None = None
    region_code: str | None = None


def _officials(of: Town) -> list[Account]:
    """Manager and chair of each cooperative, clerk, approver and leader of the township; in Dachuan also county and operator."""
    found: list[Account] = []
    for order, place in enumerate(of.places, start=1):
        found.append(_of_place(of, place, order * 10 + 1, "manager", "经办"))
        found.append(_of_place(of, place, order * 10 + 2, "chair", "理事长"))
    for number, duty, word in ((61, "clerk", "经办"), (62, "approver", "审核"), (63, "leader", "领导")):
        found.append(
            Account(
                f"{of.name}镇政府{word}".replace("镇镇", "镇"), _phone(of, number), f"{of.name}{word}（演示）", "staff", duty,
                region_code=of.region_code,
            )
        )  # fmt: skip
    if of.number == 0:
        found.append(
            Account(
                "茅箭区工作人员",
                _phone(of, 71),
                "区级工作人员（演示）",
                "staff",
                "county",
                region_code=COUNTY,
            )
        )
        found.append(Account("平台运维", _phone(of, 99), "平台运维（演示）", "operator"))
    return found


def _of_place(of: Town, place: Place, number: int, duty: str, word: str) -> Account:
    return Account(
        f"{place.village_name}合作社{word}",
        _phone(of, number),
        f"{place.short}{word}（演示）",
        "manager",
        duty,
        place.key,
    )


def _phone(of: Town, number: int) -> str:
    return demo_phone(number) if of.number == 0 else town_phone(of.number, number)


def write_accounts(written: Written, password_hash: str) -> None:
    """Officials of the town and its buyers with an address each; `password_hash` is the demo password's, made once."""
    officials = _officials(written.town)
    users = [
        {"phone": each.phone, "name": each.name, "password_hash": password_hash, "unit_name": None, "unit_tax_code": None}
        for each in officials
    ] + [
        {
            "phone": buyer.phone, "name": buyer.name, "password_hash": password_hash if buyer.demo else None,
            "unit_name": buyer.unit_name or None, "unit_tax_code": buyer.tax_code,
        }
        for buyer in written.buyers
        if buyer.has_account
    ]  # fmt: skip
    ids: list[int] = insert_rows(User, users, "id")
    _grants(written, officials, ids)
    _buyers(written, ids[len(officials) :])


def _grants(written: Written, officials: list[Account], ids: list[int]) -> None:
    rows = []
    for user_id, each in zip(ids, officials, strict=False):
        cooperative_id = written.cooperatives[each.village] if each.village else None
        rows.append(_grant(user_id, each.role, each.duty, cooperative_id, each.region_code))
        if each.duty == "manager" and each.village:
            written.managers[each.village] = user_id
        if each.duty == "chair" and each.village:
            written.chairs[each.village] = user_id
        if each.duty == "clerk":
            written.clerk = user_id
    rows += [_grant(user_id, "buyer") for user_id in ids[len(officials) :]]
    insert_rows(RoleGrant, rows)


def _grant(
    user_id: int,
    role: str,
    duty: str | None = None,
    cooperative_id: int | None = None,
    region_code: str | None = None,
) -> dict[str, object]:
    return {
        "user_id": user_id,
        "role": role,
        "duty": duty,
        "cooperative_id": cooperative_id,
        "region_code": region_code,
        "valid_from": GRANTED_FROM,
    }


def _buyers(written: Written, ids: list[int]) -> None:
    numbers = iter(ids)
    written.users = [next(numbers) if buyer.has_account else None for buyer in written.buyers]
    insert_rows(
        Address,
        [
            {
                "user_id": user_id, "recipient": buyer.name, "phone": buyer.phone, "province": buyer.province,
                "city": buyer.city, "district": buyer.district, "detail": buyer.detail, "is_default": True,
            }
            for user_id, buyer in zip(written.users, written.buyers, strict=True)
            if user_id is not None
        ],
    )  # fmt: skip


def demo_hash() -> str:
    """The hash of the demo password: argon2 is slow on purpose, so once a load."""
    return hash_password(PASSWORD)


def accounts_table() -> str:
    """Dachuan's demo accounts as lines to read; says so when the town is not loaded."""
    buyer, unit = DEMO_BUYERS
    listed = [
        ("买家", buyer.phone, buyer.name),
        ("单位采购", unit.phone, f"{unit.unit_name} · {unit.tax_code}"),
        *((each.label, each.phone, each.name) for each in _officials(town(0))),
    ]
    known = set(
        session().scalars(select(User.phone).where(User.phone.in_([phone for _, phone, _ in listed])))
    )
    lines = [f"演示账号（密码都是 {PASSWORD}；人名和数据均为{MARK}）"]
    for label, phone, name in listed:
        if phone in known:
            local = phone.removeprefix("+86")
            lines.append(f"  {local[:3]} {local[3:7]} {local[7:]}   {label}   {name}")
    return "\n".join(lines) if len(lines) > 1 else "还没有演示账号。先运行：flask demo load"
