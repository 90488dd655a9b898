"""The ways to take goods in, in words: name, what it means for the household, short name."""

from __future__ import annotations

from shop.core.text import N_

MODES = {
    "buyout": (N_("买断"), N_("当场作价，货归合作社，货款记给农户"), N_("买断")),
    "consign_fixed": (N_("代销 · 约定价"), N_("先说好价钱，卖出去才付"), N_("约定价代销")),
    "consign_commission": (N_("代销 · 提成"), N_("卖多少钱算多少，合作社按比例提成"), N_("提成代销")),
}
