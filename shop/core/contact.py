"""Telephone numbers and addresses of elsewhere in what strangers write for everybody to read. Pure."""

from __future__ import annotations

import re
import unicodedata

from shop.core.text import N_, BadInput

DIGITS = 7  # so many in a row can be dialled

_SPOKEN = str.maketrans("零〇幺一二三四五六七八九", "001123456789")
_DAY = re.compile(r"(?<!\d)(?:19|20)\d\d[-./年]\d{1,2}[-./月]\d{1,2}日?(?!\d)")
_NUMBER = re.compile(rf"\d(?:[\s\-—–_.·()]*\d){{{DIGITS - 1},}}")
_MAIL = re.compile(r"[\w.+-]+\s*@\s*[\w-]+")
_LINK = re.compile(
    r"https?:|www\.|\b[a-z0-9-]+\s*[.。]\s*(?:com|cn|net|org|top|xyz|shop|vip|cc|me|io|info|site|club|link)\b",
    re.IGNORECASE,
)
_CHAT = re.compile(
    r"(?:微信|威信|薇信|扣扣|(?<![a-z])(?:vx|wx|wechat|qq|v信)(?![a-z]))\s*(?:号|群)?\s*[:：是加]?\s*[a-z0-9_-]{5,}",
    re.IGNORECASE,
)


def refuse_contacts(text: str, *, label: str) -> str:
    """The text as it is. Raises BadInput where it holds a number to dial, a mail address, a link or a chat account.

    Full-width and spoken digits (一三八…) count; a day such as 2026-11-28 and a weight do not.
    """
    plain = unicodedata.normalize("NFKC", text)
    if _MAIL.search(plain):
        raise BadInput(N_("%(label)s里不能写邮箱地址，请删掉后再提交"), label=label)
    if _LINK.search(plain):
        raise BadInput(N_("%(label)s里不能写网址和链接，请删掉后再提交"), label=label)
    if _CHAT.search(plain):
        raise BadInput(N_("%(label)s里不能写微信号、QQ 号，请删掉后再提交"), label=label)
    if _NUMBER.search(_DAY.sub(" 日 ", plain).translate(_SPOKEN)):
        raise BadInput(N_("%(label)s里不能写电话号码和其他长号码，请删掉后再提交"), label=label)
    return text
