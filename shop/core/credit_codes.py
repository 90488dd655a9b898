"""Unified social credit codes (统一社会信用代码): 18 characters, the last one a check (GB 32100-2015)."""

from __future__ import annotations

from shop.core.errors import Refused
from shop.core.numbers import fold
from shop.core.text import N_, excerpt

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def check_code(body: str) -> str:
    """The eighteenth character to the first seventeen (GB 32100-2015, 4.2.5)."""
    rest = sum(LETTERS.index(letter) * weight for letter, weight in zip(body, WEIGHTS, strict=True)) % 31
    return LETTERS[(31 - rest) % 31]


def read(text: str, field: str) -> str:
    """A code as typed, in capitals without blanks. Raises Refused on `field`."""
    code = fold(text[:80]).replace(" ", "").replace("-", "").upper()
    if not code:
        raise Refused(N_("请填写统一社会信用代码"), field)
    if len(code) != 18:
        raise Refused(N_("统一社会信用代码是 18 位，现在是 %(n)d 位"), field, n=len(code))
    wrong = next((letter for letter in code if letter not in LETTERS), None)
    if wrong:
        raise Refused(N_("统一社会信用代码里没有“%(letter)s”，请再对一遍"), field, letter=excerpt(wrong))
    if check_code(code[:17]) != code[17]:
        raise Refused(N_("统一社会信用代码的校验位不对，可能有一位抄错了"), field)
    return code
