"""A pasted '顺丰 SF1234567890123' taken apart into company and number; whoever sends looks it over. Pure.

Only what the text says, or what a number can be of no other company, is taken; a shape alone never refuses anything.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from shop.core.errors import Refused
from shop.core.numbers import fold
from shop.orders import express

LONGEST = 200
# what people call them, longer words first where one is part of another
CALLED = (
    ("邮政快递包裹", "post"), ("邮政快递", "post"), ("邮政小包", "post"), ("邮政EMS", "ems"), ("EMS", "ems"), ("邮政", "post"),
    ("中国邮政", "post"), ("顺丰", "sf"), ("圆通", "yto"), ("中通", "zto"), ("申通", "sto"), ("韵达", "yunda"), ("极兔", "jt"),
    ("京东", "jd"), ("德邦", "deppon"), ("宅急送", "zjs"), ("合作社自送", "own"), ("自送", "own"),
)  # fmt: skip
SIGNED = {
    "SF": "sf",
    "YT": "yto",
    "JT": "jt",
    "JD": "jd",
    "DPK": "deppon",
}  # letters that only one company uses
_NUMBER = re.compile(r"(?<![A-Z0-9])[A-Z]{0,4}[0-9](?:[A-Z0-9-]{3,38})[A-Z0-9](?![A-Z0-9])")


class Bill(NamedTuple):
    """`company` is a code of express, empty where nothing said so; `number` is empty where there is none."""

    company: str
    number: str


def read(text: str) -> Bill:
    """Company and number out of any text."""
    plain = fold(text[:LONGEST]).upper()
    company = next((code for word, code in CALLED if word in plain), "")
    found = _NUMBER.search(plain)
    number = found.group() if found else ""
    if number and not company:
        company = next((code for letters, code in SIGNED.items() if number.startswith(letters)), "")
    return Bill(company, number)


def complete(company: str, number: str) -> tuple[str, str]:
    """What was chosen and what was typed into the field of the number, which may name the company too.

    Text that names none stays as it was typed, wrong as it may be: the deed says what is wrong with it. Raises Refused on
    company where one was chosen and another is named.
    """
    bill = read(number)
    said = any(word in fold(number[:LONGEST]).upper() for word, _code in CALLED)
    if said and company and bill.company != company:
        raise Refused(
            "粘贴的是%(said)s，选的是%(chosen)s，请核对",
            field="company",
            said=express.name_of(bill.company),
            chosen=express.name_of(company),
        )
    if said:
        return bill.company, bill.number
    return company or bill.company, number


def named(company: str) -> str:
    """The code of a company written as code, name, or what people call it; empty where it is none."""
    plain = fold(company).strip()
    if plain.lower() in express.BY_CODE:
        return plain.lower()
    return read(plain).company
