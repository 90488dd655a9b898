"""Invented names of persons: a surname, and a given name put together from two lists. Nobody is meant."""

from __future__ import annotations

from shop.commands.demo.dice import Dice

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾"
    "夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_FIRST = "明建国志永春秋文玉世光大长天正兴家开金成德忠培承立启宏远仁守宗本朝先良有安庆福瑞云月晓雅思子心若雪慧彩素淑桂凤翠红美巧"
_SECOND = "军平生林山海清江武田柱根贵财祥顺和宝元亮发强勇兰英珍芳秀莲梅香菊琴霞萍玲云娟燕芹娥芬芝荣琼蓉雯宁琳轩涵睿彤"
_SINGLE = "军勇伟强辉斌峰涛波鹏飞丽娟敏静芳萍燕玲霞婷娜倩雷磊毅杰超宁洋"
_SURNAME_WEIGHTS = [max(2, 60 - place) for place in range(len(SURNAMES))]


def surname(dice: Dice) -> str:
    return dice.weighted(SURNAMES, _SURNAME_WEIGHTS)


def given_name(dice: Dice) -> str:
    """One character in a fifth of the cases, else two."""
    if dice.percent(20):
        return dice.pick(_SINGLE)
    first, second = dice.pick(_FIRST), dice.pick(_SECOND)
    return first + (second if second != first else dice.pick(_SINGLE))


def full_name(dice: Dice, family: str | None = None) -> str:
    """A whole name; `family` gives the surname of somebody in a household."""
    return (family or surname(dice)) + given_name(dice)
