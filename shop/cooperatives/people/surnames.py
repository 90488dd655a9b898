"""Surnames that are read otherwise than the same character elsewhere: the reading by which a clerk types them. Pure."""

from __future__ import annotations

DOUBLE = {
    "尉迟": ("yu", "chi"),
    "万俟": ("mo", "qi"),
    "长孙": ("zhang", "sun"),
    "单于": ("chan", "yu"),
    "澹台": ("tan", "tai"),
}
SINGLE = {
    "仇": "qiu",
    "区": "ou",
    "卜": "bu",
    "单": "shan",
    "召": "shao",
    "员": "yun",
    "曾": "zeng",
    "朴": "piao",
    "查": "zha",
    "洗": "xian",
    "盖": "ge",
    "种": "chong",
    "秘": "bi",
    "缪": "miao",
    "翟": "zhai",
    "覃": "qin",
    "解": "xie",
    "黑": "he",
}


def readings(name: str) -> tuple[str, ...]:
    """How the surname of a name is read where a dictionary of words would get it wrong; empty for all others."""
    if name[:2] in DOUBLE:
        return DOUBLE[name[:2]]
    return (SINGLE[name[0]],) if name[:1] in SINGLE else ()
