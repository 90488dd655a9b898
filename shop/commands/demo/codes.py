"""Codes that look right and belong to nobody: credit codes with valid check characters, placeholder phone numbers."""

from __future__ import annotations

from shop.core.credit_codes import check_code

_ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

COOPERATIVE = "93"  # 工商, 农民专业合作社
INSTITUTION = "12"  # 机构编制, 事业单位
TRADE_UNION = "81"  # 工会


def credit_code(kind: str, county: str, body: str) -> str:
    """A unified social credit code (GB 32100): kind, county, 8 characters of `body`, and the two check characters."""
    code = kind + county + body + _organisation_check(body)
    return code + check_code(code)


def _organisation_check(body: str) -> str:
    """Check character of an organisation code (GB 11714): 11 minus the weighted sum modulo 11; 10 is X, 11 is 0."""
    total = sum(
        _ORGANISATION.index(char) * weight for char, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X0"[11 - total % 11]


def demo_phone(number: int) -> str:
    """+86 138 0000 0001 and so on: placeholder numbers of the demo accounts."""
    return f"+861380000{number:04d}"


def household_phone(number: int) -> str:
    """+86 139 and the household's running number."""
    return f"+86139{number:08d}"


def buyer_phone(number: int) -> str:
    """+86 137 and the invented buyer's running number."""
    return f"+86137{number:08d}"


def town_phone(town: int, number: int) -> str:
    """+86 136 and a running number: officials and managers of the further towns."""
    return f"+86136{town * 100 + number:08d}"
