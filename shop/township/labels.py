"""Words for what sales are told apart by: how they came, who bought, whether the goods are certified."""

from __future__ import annotations

from flask_babel import gettext as _

from shop.core.text import N_
from shop.orders.figures import Slice

CHANNELS = {
    "online": N_("网上商城"),
    "institution": N_("单位采购"),
    "imported": N_("别处成交导入"),
    "assisted": N_("帮助销售"),
}
BUYERS = {
    "person": N_("个人"),
    "budget_unit": N_("预算单位"),
    "trade_union": N_("工会"),
    "merchant": N_("商家"),
}
CERTIFIED = {True: N_("认定产品"), False: N_("未认定产品")}


def channel(code: str) -> str:
    return str(_(CHANNELS[code])) if code in CHANNELS else code


def buyer(code: str) -> str:
    return str(_(BUYERS[code])) if code in BUYERS else code


def certified(yes: bool) -> str:
    return str(_(CERTIFIED[yes]))


def of_slice(part: Slice) -> str:
    """What a list of order lines is limited to, besides days, cooperative and product."""
    words = [
        channel(part.channel) if part.channel else "",
        buyer(part.buyer_kind) if part.buyer_kind else "",
        "" if part.certified is None else certified(part.certified),
    ]
    return " · ".join(word for word in words if word)
