"""What stands under every exported table: who took it when, what was asked for, what was left out."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from shop.accounts import guards
from shop.core import clock


def made() -> str:
    """Who takes the file now."""
    at = f"{clock.in_shanghai(clock.now()):%Y-%m-%d %H:%M}"
    return str(_("导出人 %(who)s，导出时间 %(at)s（北京时间）", who=guards.me().name, at=at))


def asked(words: Iterable[str]) -> str:
    """The filter, in the words of the page; empty ones are left out."""
    return str(_("筛选：%(words)s", words="、".join(word for word in words if word) or _("无")))


def cut(rows: int, total: int, most: int) -> list[str]:
    """That the file does not hold all of the list, where it does not."""
    if rows >= total:
        return []
    return [
        _("共 %(total)s 行，一个文件最多 %(most)s 行，其余没有写出；请缩小范围再导出", total=total, most=most)
    ]
