"""The four duties walk over every page of the door: what one may not do is neither shown nor done, and what writes is listed."""

from __future__ import annotations

import ast
import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.township.duties import MAP
from tests.access.identities import TOWN, make_user, signed_in
from tests.access.places import OWN, Addresses, Route, routes
from tests.township import reach

DOOR = Path(__file__).parents[2] / "shop" / "township"
ROLES = Path(__file__).parents[2] / "docs" / "roles.md"
DUTIES = ("leader", "clerk", "approver", "county")
REFUSED = "这件事归别的职务"
# files that leave the house with figures or names; what is shown on the screen is not a file
FILES = {
    "register_sheet", "register_sheet_full", "income_sheet", "income_household_sheet", "assisted_sheet", "books_sheet",
    "distribution_sheet", "report_file", "import_marked",
}  # fmt: skip


# a page asks the kinds of tables for words and choices; what their rows become is told of the form that sends them
ASKED = frozenset({("shop.township.import_kinds", "KINDS")})


def views(method: str) -> dict[str, str]:
    """Function of the door → its module, of one method."""
    found = {}
    for file in sorted(DOOR.glob("*.py")):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(mark, ast.Call) and getattr(mark.func, "attr", "") == method
                for mark in node.decorator_list
            ):
                found[node.name] = f"shop.township.{file.stem}"
    return found


def listed() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", ROLES.read_text(), re.MULTILINE)
    assert all(len(rule.strip()) > 9 or rule.strip() == "As above." for _form, _tables, rule in rows)
    return {form: set(tables.replace(" ", "").split(",")) for form, tables, _rule in rows}


def test_every_form_that_writes_a_cooperatives_rows_is_listed_with_its_rule(app: Flask) -> None:
    assert app.blueprints["township"]
    found = {name: reach.written(module, name) for name, module in views("post").items()}
    assert {name: tables for name, tables in found.items() if tables} == listed(), (
        "docs/roles.md says otherwise"
    )
    assert reach.written("shop.township.steps", "distribution_step") >= {"ledger_entry", "distribution"}, (
        "it finds nothing"
    )


def test_no_page_writes_a_cooperatives_rows(app: Flask) -> None:
    assert app.blueprints["township"]
    found = {name: reach.written(module, name, ASKED) for name, module in views("get").items()}
    assert {name: tables for name, tables in found.items() if tables} == {}


def test_every_form_and_every_file_is_told_in_the_activity_log() -> None:
    told = ("shop.core.activity", "record")
    both = views("get") | views("post")
    assert set(both) >= FILES
    silent = [
        name
        for name, module in both.items()
        if (name in FILES or name in views("post")) and told not in reach.reached(module, name)
    ]
    assert silent == []


@pytest.mark.parametrize("duty", DUTIES)
def test_a_duty_sees_only_what_it_may_do(shared_town: Flask, duty: str) -> None:
    """Every page it may open shows no form it may not send; everything else of the door is a 403 in a sentence."""
    client = walker(shared_town, duty)
    adapter = shared_town.url_map.bind("localhost")
    wrong: list[str] = []
    seen = 0
    for route, address in addressed(shared_town, Addresses(shared_town)):
        if duty not in MAP[route.rule.endpoint]:
            answer = client.open(address, method=route.method)
            if answer.status_code != 403 or REFUSED not in answer.text:
                wrong.append(f"{route.method} {address}: {answer.status_code}")
        elif route.method == "GET":
            page = client.get(address)
            if page.mimetype == "text/html" and page.status_code == 200:
                seen += 1
                for target in re.findall(
                    r'<form[^>]*method="post"[^>]*action="(/town/[^"?]+)', unescape(page.text)
                ):
                    endpoint = adapter.match(target, method="POST")[0]
                    if duty not in MAP[endpoint]:
                        wrong.append(f"the form of {endpoint} stands on {address}")
    assert wrong == []
    assert seen > 20


def walker(app: Flask, duty: str) -> FlaskClient:
    scope = "420302" if duty == "county" else TOWN
    phone = f"+861371111000{DUTIES.index(duty)}"
    return signed_in(app, make_user(app, phone, role="staff", duty=duty, region_code=scope))


def addressed(app: Flask, addresses: Addresses) -> list[tuple[Route, str]]:
    """Every route of the door with an address; those whose rows the town has not are the access matrix's business."""
    found = []
    with app.app_context():
        for route in routes(app):
            if not route.rule.endpoint.startswith("township.") or "region" not in route.rule.arguments:
                continue
            try:
                found.append((route, addresses.build(route.rule, OWN, OWN)))
            except pytest.fail.Exception:
                continue
    return found
