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


class _Region(NamedTuple):
    """The three levels found in a text, and the place they stand at."""

    province: str = ""
    city: str = ""
    district: str = ""
    start: int = 0
    end: int = 0


def split(text: str) -> Found:
    """Take name, phone and address apart. Nothing typed is lost: what is not recognised stays in the detail."""
    plain = _LABEL.sub(" ", fold(text[:LONGEST]))
    number = _PHONE.search(plain) or _DIGITS.search(plain)
    phone = re.sub("[- ]", "", number.group(number.lastindex or 0)) if number else ""
    before, after = (plain[: number.start()], plain[number.end() :]) if number else (plain, "")
    words, rest = _words(before), _words(after)
    if number and len(words) == 1 and not _has_place(words[0]):
        name, words = words[0], rest  # what stands alone before the phone is the name, however it looks
    else:
        words += rest
        name = next((word for word in words if 2 <= len(word) <= 4 and not _placelike(word)), "")
        if name:
            words.remove(name)
    address = _joined(words).removeprefix("中国")
    at = _region(address)
    if not at.province:
        return Found(name, phone, detail=address)
    start, after = address[: at.start], address[at.end :]
    known = divisions.streets(at.province, at.city, at.district)
    street = max((one for one in known if after.startswith(one)), key=len, default="")
    detail = after.removeprefix(street).removeprefix("办事处") if street else after
    return Found(name, phone, at.province, at.city, at.district, street, start + detail)


def phone_end(text: str) -> int:
    """Where the phone number of a text ends; -1 where there is none."""
    number = _PHONE.search(text)
    return number.end() if number else -1


def _words(text: str) -> list[str]:
    return [word for word in _CUTS.split(text) if word]


def _joined(words: list[str]) -> str:
    """One text again; only numbers that would run into each other stay apart."""
    text = ""
    for word in words:
        apart = text[-1:].isascii() and text[-1:].isalnum() and word[0].isascii() and word[0].isalnum()
        text += f" {word}" if apart else word
    return text


def _placelike(word: str) -> bool:
    """Whether a short word is part of an address: a division, or something with a number."""
    if any(char.isdigit() for char in word) or word[-1] in "省市区县镇乡村路街号栋室":
        return True
    return any(name.startswith(word) for name in divisions.table())


def _has_place(word: str) -> bool:
    """Whether a word before the phone is no name: it has a number or a division in it, or is too long."""
    return len(word) > 20 or any(char.isdigit() for char in word) or bool(_region(word).province)


def _region(text: str) -> _Region:
    """The divisions in a text; short names count (湖北十堰茅箭). Of several places the one with most levels, then the first:
    a 北京路 in 武汉市 is no 北京."""
    found = [
        _below(text, province, at, at + len(word))
        for province in divisions.table()
        for word in (province, _short(province))
        if (at := text.find(word)) >= 0
    ]
    if not any(one.city for one in found):
        for city, (province, _city) in divisions.cities_by_name().items():
            if len(city) > 2 and (at := text.find(city)) >= 0:
                found.append(_below(text, province, at, at))
    return max(
        found, key=lambda one: (bool(one.city) + bool(one.district), -one.start, one.end), default=_Region()
    )


def _below(text: str, province: str, start: int, end: int) -> _Region:
    """City and district that follow a province in a text; the city may be left out where the district says it."""
    for twice in ("", province, _short(province), "市辖区", "市"):  # 重庆市重庆市渝中区, 北京市市辖区东城区
        if text.startswith(twice, end):
            city, after = _next(text, end + len(twice), divisions.cities(province))
            if city:
                district, after = _next(text, after, divisions.districts(province, city))
                return _Region(province, city, district, start, after)
    below = {name for city in divisions.cities(province) for name in divisions.districts(province, city)}
    district = max((name for name in below if text.startswith(name, end)), key=len, default="")
    only = divisions.city_of(province, district) if district else None
    if only:
        return _Region(province, only, district, start, end + len(district))
    return _Region(province, "", "", start, end)


def _next(text: str, end: int, names: tuple[str, ...]) -> tuple[str, int]:
    """The division that stands at `end`, and where it ends; full names before short ones."""
    for shorten in (str, _short):
        fitting = [name for name in names if len(shorten(name)) > 1 and text.startswith(shorten(name), end)]
        if fitting:
            name = max(fitting, key=lambda one: len(shorten(one)))
            return name, end + len(shorten(name))
    return "", end


def _short(name: str) -> str:
    return re.sub(r"(壮族自治区|回族自治区|维吾尔自治区|自治区|省|市|区|县)$", "", name)
