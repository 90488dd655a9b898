"""What kinds of voucher there are, which accounts each may touch, and the entries of the simple ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shop.cooperatives.ledger.accounts import Account, title
from shop.cooperatives.ledger.posting import Entry
from shop.core.errors import Refused
from shop.core.money import MAX_FEN, format_yuan
from shop.core.text import N_

KINDS = {
    "expense": N_("支出"),
    "receipt": N_("收款"),
    "subsidy": N_("财政补助"),
    "donation": N_("接受捐赠"),
    "loan": N_("借款还款"),
    "asset": N_("购置资产"),
    "opening": N_("期初余额"),
    "other": N_("其他"),
    "reversal": N_("冲销"),
}
SIMPLE = ("expense", "receipt", "subsidy", "donation", "loan", "asset")
FREE = ("other", "opening")  # debits and credits typed line by line

MEANS = {"bank": Account.BANK, "cash": Account.CASH}
# category → account and its words, per kind; the first is offered first
CATEGORIES: dict[str, dict[str, tuple[Account, str]]] = {
    "expense": {
        "operating": (Account.OPERATING_EXPENSE, N_("经营支出：加工、检测、平台费")),
        "shipping": (Account.OPERATING_EXPENSE, N_("快递、物流运费")),
        "packaging": (Account.OPERATING_EXPENSE, N_("包装材料")),
        "admin": (Account.ADMIN_EXPENSE, N_("管理费用：办公、水电、差旅、工资")),
        "other": (Account.OTHER_EXPENSE, N_("其他支出：利息、损失、罚款")),
        "payable": (Account.OUTSIDE_PAYABLE, N_("还以前欠的款（应付款）")),
    },
    "receipt": {
        "other": (Account.OTHER_INCOME, N_("其他收入")),
        "investment": (Account.INVESTMENT_INCOME, N_("投资收益")),
        "transfer": (Account.CLEARING_TRANSFER, N_("买家对公转账到账")),
        "town": (Account.CLEARING_TOWN, N_("镇政府兑付消费券")),
        "capital": (Account.SHARE_CAPITAL, N_("成员出资（要写成员编号）")),
    },
    "loan": {
        "short": (Account.SHORT_LOANS, N_("短期借款（一年以内）")),
        "long": (Account.LONG_LOANS, N_("长期借款（一年以上）")),
        "repay_short": (Account.SHORT_LOANS, N_("归还短期借款本金")),
        "repay_long": (Account.LONG_LOANS, N_("归还长期借款本金")),
    },
}
# categories that the ledger keeps as a kind of its own: the charter may say that the producers bear them
LEDGER_KINDS = ("shipping", "packaging")
# where the money is or comes from, per kind
PAID_BY: dict[str, tuple[str, ...]] = {
    "expense": ("bank", "cash", "payable"),
    "receipt": ("bank", "cash"),
    "subsidy": ("bank", "cash", "asset"),
    "donation": ("bank", "cash", "asset"),
    "loan": ("bank", "cash"),
    "asset": ("bank", "cash", "payable"),
}
PAID_WORDS = {
    "bank": N_("银行存款"),
    "cash": N_("现金"),
    "payable": N_("先欠着（应付款）"),
    "asset": N_("实物（固定资产）"),
}
_FUNDS = {"subsidy": Account.FUND_SUBSIDY, "donation": Account.FUND_DONATION}

# What a person may book by hand. The rest follows from deliveries, sales, settlements, closings and distributions.
BY_HAND = frozenset(
    {
        Account.CASH, Account.BANK, Account.CLEARING_TRANSFER, Account.CLEARING_TOWN, Account.FIXED_ASSETS,
        Account.DEPRECIATION, Account.SHORT_LOANS, Account.OUTSIDE_PAYABLE, Account.WAGES_PAYABLE, Account.LONG_LOANS,
        Account.EARMARKED_PAYABLE, Account.SHARE_CAPITAL, Account.FUND_SUBSIDY, Account.FUND_DONATION,
        Account.CAPITAL_RESERVE, Account.SURPLUS_RESERVE, Account.PRODUCTION_COST, Account.OPERATING_INCOME,
        Account.OTHER_INCOME, Account.INVESTMENT_INCOME, Account.OPERATING_EXPENSE, Account.ADMIN_EXPENSE,
        Account.OTHER_EXPENSE,
    }
)  # fmt: skip
_ONLY_OPENING = frozenset(
    {
        Account.CLEARING_PROVIDER, Account.MEMBER_PAYABLE, Account.PATRONAGE_PAYABLE, Account.RESIDUAL_PAYABLE,
        Account.APPROPRIATION,
    }
)  # fmt: skip
OPENING = frozenset(account for account in BY_HAND if not account.startswith(("4", "5"))) | _ONLY_OPENING
OF_A_MEMBER = frozenset(
    {Account.SHARE_CAPITAL, Account.MEMBER_PAYABLE, Account.PATRONAGE_PAYABLE, Account.RESIDUAL_PAYABLE}
)
WITH_HOUSEHOLD = frozenset({Account.MEMBER_PAYABLE, Account.PATRONAGE_PAYABLE, Account.RESIDUAL_PAYABLE})


def allowed(kind: str) -> list[Account]:
    """The accounts that a free voucher may name, in the order of the chart."""
    names = OPENING if kind == "opening" else BY_HAND
    return [account for account in Account if account in names]


def simple_entries(
    kind: str, fen: int, category: str, paid_by: str, member_id: int | None = None
) -> tuple[Entry, ...]:
    """The two lines of a simple voucher. Raises Refused naming 'kind', 'category', 'paid_by' or 'member'."""
    if kind not in SIMPLE:
        raise Refused(N_("请选择凭证类别"), "kind")
    if paid_by not in PAID_BY[kind]:
        raise Refused(N_("请选择钱从哪里来、到哪里去"), "paid_by")
    money = _money(paid_by)
    if kind in _FUNDS:
        return (Entry(money, fen), Entry(_FUNDS[kind], -fen))
    if kind == "asset":
        return (Entry(Account.FIXED_ASSETS, fen), Entry(money, -fen))
    if category not in CATEGORIES[kind]:
        raise Refused(N_("请选择用途"), "category")
    account = CATEGORIES[kind][category][0]
    if account in OF_A_MEMBER and member_id is None:
        raise Refused(N_("成员出资要写成员编号"), "member")
    owner = member_id if account in OF_A_MEMBER else None
    out = kind == "expense" or category.startswith("repay")
    return (
        (Entry(account, fen, owner), Entry(money, -fen))
        if out
        else (Entry(money, fen), Entry(account, -fen, owner))
    )


def _money(paid_by: str) -> Account:
    return {"payable": Account.OUTSIDE_PAYABLE, "asset": Account.FIXED_ASSETS}.get(paid_by) or MEANS[paid_by]


def check_kind(kind: str) -> None:
    """Raises Refused for a kind that nobody records by itself."""
    if kind not in SIMPLE and kind not in FREE:
        raise Refused(N_("请选择凭证类别"), "kind")


def check_entries(kind: str, entries: Sequence[Entry]) -> None:
    """A voucher's lines: balanced, worth something, on accounts that its kind may touch. Raises Refused."""
    names = OPENING if kind == "opening" else BY_HAND
    for entry in entries:
        if entry.account not in names:
            raise Refused(
                "“%(account)s”由收货、销售、结算、结账或年终分配自动入账，不能手工记",
                "lines",
                account=title(entry.account),
            )
        if abs(entry.fen) > MAX_FEN:
            raise Refused(N_("金额太大"), "lines")
        if entry.account in OF_A_MEMBER and entry.member_id is None:
            raise Refused("“%(account)s”按成员记，请写成员编号", "lines", account=title(entry.account))
        if entry.member_id is not None and not per_member(entry.account):
            raise Refused("“%(account)s”不分成员，请清空成员编号", "lines", account=title(entry.account))
    if difference := sum(entry.fen for entry in entries):
        side = "借方" if difference > 0 else "贷方"
        raise Refused(
            "借贷不平：%(side)s多 %(format_yuan)s",
            "lines",
            side=side,
            format_yuan=format_yuan(abs(difference)),
        )
    if not amount_of(entries):
        raise Refused(N_("请至少填一行借方和一行贷方"), "lines")


def amount_of(entries: Sequence[Entry]) -> int:
    """What a voucher comes to: the debits, after lines of one sub-account are put together. Fen."""
    sums: Counter[tuple[str, int | None, int | None, int | None]] = Counter()
    for entry in entries:
        sums[str(entry.account), entry.member_id, entry.household_id, entry.supplier_id] += entry.fen
    return sum(fen for fen in sums.values() if fen > 0)


def per_member(account: str) -> bool:
    """Whether a line of this account may name a member."""
    return account in OF_A_MEMBER or account == Account.SURPLUS_RESERVE
