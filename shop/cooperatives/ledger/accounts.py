"""The chart of accounts: codes of 《农民专业合作社会计制度》 (财会〔2007〕15号 and 财会〔2021〕37号), with our sub-accounts.

114 is kept per member, 211 per outside party (a household that is no member, or a named supplier): `consigned` holds
goods that lie here and are not yet owed for, the payable what we owe.
"""

from __future__ import annotations

from enum import StrEnum

from shop.core.text import N_


class Account(StrEnum):
    """A code as `ledger_entry.account` stores it; `name_zh` for tables."""

    CASH = "101"
    BANK = "102"
    IN_TRANSIT = "102.transit"
    COLLECTED = "102.collected"
    CONNECTED = "102.connected"
    CLEARING_PROVIDER = "113.provider"
    CLEARING_TRANSFER = "113.transfer"
    CLEARING_TOWN = "113.town"
    MEMBER_CONSIGNED = "114.consigned"
    MEMBER_PAYABLE = "114.payable"
    INVENTORY = "121"
    CONSIGNED_IN = "128"
    FIXED_ASSETS = "151"
    DEPRECIATION = "152"
    SHORT_LOANS = "201"
    OUTSIDE_PAYABLE = "211"
    OUTSIDE_CONSIGNED = "211.consigned"
    WAGES_PAYABLE = "212"
    PATRONAGE_PAYABLE = "221"
    RESIDUAL_PAYABLE = "222"
    LONG_LOANS = "231"
    EARMARKED_PAYABLE = "235"
    SHARE_CAPITAL = "301"
    FUND_SUBSIDY = "311.subsidy"
    FUND_DONATION = "311.donation"
    CAPITAL_RESERVE = "321"
    SURPLUS_RESERVE = "322"
    SURPLUS_OF_YEAR = "331"
    APPROPRIATION = "332"
    PRODUCTION_COST = "401"
    OPERATING_INCOME = "501"
    OTHER_INCOME = "502"
    INVESTMENT_INCOME = "511"
    OPERATING_EXPENSE = "521"
    ADMIN_EXPENSE = "522"
    OTHER_EXPENSE = "529"

    @property
    def name_zh(self) -> str:
        return NAMES[self]


NAMES = {
    Account.CASH: N_("库存现金"),
    Account.BANK: N_("银行存款"),
    Account.IN_TRANSIT: N_("银行存款——平台转款在途"),
    Account.COLLECTED: N_("银行存款——镇代收账户"),
    Account.CONNECTED: N_("银行存款——本社的平台账户"),
    Account.CLEARING_PROVIDER: N_("应收款——支付平台"),
    Account.CLEARING_TRANSFER: N_("应收款——对公转账"),
    Account.CLEARING_TOWN: N_("应收款——镇政府"),
    Account.MEMBER_CONSIGNED: N_("成员往来——代销货物"),
    Account.MEMBER_PAYABLE: N_("成员往来——应付"),
    Account.INVENTORY: N_("产品物资"),
    Account.CONSIGNED_IN: N_("受托代销商品"),
    Account.FIXED_ASSETS: N_("固定资产"),
    Account.DEPRECIATION: N_("累计折旧"),
    Account.SHORT_LOANS: N_("短期借款"),
    Account.OUTSIDE_PAYABLE: N_("应付款"),
    Account.OUTSIDE_CONSIGNED: N_("应付款——代销货物"),
    Account.WAGES_PAYABLE: N_("应付工资"),
    Account.PATRONAGE_PAYABLE: N_("应付盈余返还"),
    Account.RESIDUAL_PAYABLE: N_("应付剩余盈余"),
    Account.LONG_LOANS: N_("长期借款"),
    Account.EARMARKED_PAYABLE: N_("专项应付款"),
    Account.SHARE_CAPITAL: N_("股金"),
    Account.FUND_SUBSIDY: N_("专项基金——国家财政补助"),
    Account.FUND_DONATION: N_("专项基金——捐赠"),
    Account.CAPITAL_RESERVE: N_("资本公积"),
    Account.SURPLUS_RESERVE: N_("盈余公积"),
    Account.SURPLUS_OF_YEAR: N_("本年盈余"),
    Account.APPROPRIATION: N_("盈余分配"),
    Account.PRODUCTION_COST: N_("生产成本"),
    Account.OPERATING_INCOME: N_("经营收入"),
    Account.OTHER_INCOME: N_("其他收入"),
    Account.INVESTMENT_INCOME: N_("投资收益"),
    Account.OPERATING_EXPENSE: N_("经营支出"),
    Account.ADMIN_EXPENSE: N_("管理费用"),
    Account.OTHER_EXPENSE: N_("其他支出"),
}

CLEARING = {
    "provider": Account.CLEARING_PROVIDER,
    "transfer": Account.CLEARING_TRANSFER,
    "cash": Account.CASH,
    "town": Account.CLEARING_TOWN,
}

# Income and expense accounts, emptied into 331 when a year closes.
YEARLY = tuple(account for account in Account if account.startswith("5"))


def base_code(account: str) -> str:
    """The code of the chart without our sub-account: '113.provider' is 113."""
    return account.partition(".")[0]


def title(account: str) -> str:
    """'102 银行存款' as lists and sheets print it; an unknown code stays a code."""
    return f"{base_code(account)} {name_of(account)}"


def name_of(account: str) -> str:
    """The Chinese name of a stored code, or the code itself where it is none of ours."""
    return NAMES[Account(account)] if account in NAMES else account


def payable(member_id: int | None) -> Account:
    """Where we owe a deliverer: 114 for members, 211 for everybody else (Cooperative Law art. 41)."""
    return Account.OUTSIDE_PAYABLE if member_id is None else Account.MEMBER_PAYABLE


def consigned(member_id: int | None) -> Account:
    """Where goods of a deliverer lie that are not yet owed for."""
    return Account.OUTSIDE_CONSIGNED if member_id is None else Account.MEMBER_CONSIGNED
