"""A pasted '张三 13800138000 湖北省十堰市茅箭区大川镇人民路1号' taken apart; the buyer looks it over. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from shop.core.numbers import fold
from shop.orders import divisions

LONGEST = 500
_PHONE = re.compile(
    r"(?<![0-9])(?:\+?86[- ]?)?(1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}|0[0-9]{2,3}-?[0-9]{7,8})(?![0-9])"
)
_DIGITS = re.compile(r"(?<![0-9])[0-9]{8,13}(?![0-9])")  # a phone with a digit too many or too few
_LABEL = re.compile(
    r"(收货人|收件人|姓名|联系人|手机号码|手机号|手机|联系电话|电话|所在地区|地区|详细地址|收货地址|地址)\s*[:：]"
)
_STREET = re.compile(r"^(\S{1,15}?(?:街道|镇|乡|苏木))(?!路|街|巷|村口)")
_CUTS = re.compile(r"[\s,，;；、|/\n]+")


class Found(NamedTuple):
    """What was recognised; empty where nothing was."""

    recipient: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    detail: str = ""


def split(text: str) -> Found:
    """Take name, phone and address apart. Nothing typed is lost: what is not recognised stays in the detail."""
    plain = _LABEL.sub(" ", fold(text[:LONGEST]))
    number = _PHONE.search(plain) or _DIGITS.search(plain)
    phone = re.sub("[- ]", "", number.group(number.lastindex or 0)) if number else ""
    if number:
        plain = plain[: number.start()] + " " + plain[number.end() :]
    words = [word for word in _CUTS.split(plain) if word]
    province, city, district, start = _region("".join(words))
    names = [word for word in words if 2 <= len(word) <= 4 and not _placelike(word)]
    name = names[0] if names else ""
    if not province:
        rest = [word for word in words if word is not name]
        return Found(name, phone, detail="".join(rest))
    joined = "".join(word for word in words if word is not name)
    province, city, district, start = _region(joined)
    before, after = joined[: start[0]], joined[start[1] :]
    street = _STREET.match(after)
    detail = after[street.end() :] if street else after
    return Found(name, phone, province, city, district, street.group(1) if street else "", before + detail)


def phone_end(text: str) -> int:
    """Where the phone number of a text ends; -1 where there is none."""
    number = _PHONE.search(text)
    return number.end() if number else -1


def _placelike(word: str) -> bool:
    """Whether a short word is part of an address: a division, or something with a number."""
    if any(char.isdigit() for char in word) or word[-1] in "省市区县镇乡村路街号栋室":
        return True
    return any(name.startswith(word) for name in divisions.table())


def _region(text: str) -> tuple[str, str, str, tuple[int, int]]:
    """Province, city and district in a text, with the place they stand at; short names count (湖北十堰茅箭)."""
    for province in divisions.table():
        for word in (province, _short(province)):
            at = text.find(word)
            if at < 0:
                continue
            end = at + len(word)
            city, end = _next(text, end, divisions.cities(province))
            district, end = _next(text, end, divisions.districts(province, city)) if city else ("", end)
            return province, city, district, (at, end)
    return "", "", "", (0, 0)


def _next(text: str, end: int, names: tuple[str, ...]) -> tuple[str, int]:
    for name in names:
        for word in (name, _short(name)):
            if len(word) > 1 and text.startswith(word, end):
                return name, end + len(word)
    skipped = text[end:]
    if skipped.startswith("市"):  # 北京市北京市东城区, 重庆市市辖区 and the like
        return _next(text, end + 1, names)
    return "", end


def _short(name: str) -> str:
    return re.sub(r"(壮族自治区|回族自治区|维吾尔自治区|自治区|省|市|区|县)$", "", name)
