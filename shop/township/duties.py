"""Which staff duty may open what: the one map of the door, and its page for those who may not.

Leaders and the county look at everything and change nothing; clerks enter and check; approvers also decide. That the
approver is another person than the maker is each deed's own rule.
"""

from __future__ import annotations

from flask import g, render_template, request
from sqlalchemy import select

from shop.accounts import duties
from shop.accounts.duty_maps import DutyMap, NoDuty, asker
from shop.cooperatives.people.models import Region
from shop.core.db import session

APPROVER = frozenset({"approver"})
WORKERS = frozenset({"clerk", "approver"})
READERS = frozenset({"leader", "county"})
WATCHERS = READERS | APPROVER  # who saw whose name is not for those who look names up
ALL = frozenset(duties.STAFF_DUTIES)

# duty → endpoints of the door, without "township."; a step that is the approver's alone says so itself as well
_OPEN: tuple[tuple[frozenset[str], str], ...] = (
    (ALL, "door overview overview_paper sales trace_order register household_sums charters conscience"),
    (ALL, "distributions run_page distribution_page distribution_paper distribution_sheet what_if"),
    (
        ALL,
        "all_books books books_balance books_income books_surplus books_members books_member books_entries",
    ),
    (ALL, "books_transaction books_vouchers books_voucher books_paper books_sheet"),
    (ALL, "payouts payout money money_of platform_money platform_payout platform_bank"),
    (ALL, "refunds cash_to_come returns return_page reviews coupons"),
    (ALL, "todo odd odd_capacity people activity more cooperatives"),
    (ALL, "household household_moves register_sheet register_rates register_village register_villages"),
    (ALL, "income income_paper income_sheet income_households income_household income_household_paper"),
    (ALL, "income_household_sheet income_entry"),
    (ALL, "assisted assisted_sale assisted_sheet trade"),
    (ALL, "reports report report_file report_template report_template_file screen"),
    (WATCHERS, "register_reveals"),
    (WORKERS, "start_run cancel_run distribution_step answer_objection"),
    (WORKERS, "platform_payout_met platform_bank_import refund_repaid review_hide review_show"),
    (WORKERS, "odd_note odd_capacity_save month_note village_tell"),
    (WORKERS, "household_new household_enter household_deed household_reveal register_sheet_full"),
    (WORKERS, "imports import_page import_form import_marked import_send import_start"),
    (WORKERS, "income_new income_enter income_reverse income_evidence"),
    (WORKERS, "household_move household_move_undo"),
    (
        WORKERS,
        "assisted_new assisted_enter assisted_paid assisted_proof trade_new trade_post trade_match trade_close",
    ),
    (WORKERS, "contacts_page contact contact_new contact_add contact_change"),
    (WORKERS, "report_ask report_template_save report_template_reset"),
    (APPROVER, "month_close"),
    (APPROVER, "return_decide coupon_issue coupon_stop"),
    (APPROVER, "people_invite people_withdraw people_change people_remove"),
    (APPROVER, "village_add cooperative_new cooperative_found chair_invite"),
)
DOOR = DutyMap("township", _OPEN, APPROVER)
MAP = DOOR.opens


def check() -> None:
    """Before every page of the door. Strangers and other regions are the guard's to answer. Raises NoDuty."""
    asked = asker("region")
    grant = asked[1].oversees(asked[0]) if asked else None
    if asked and grant is not None:
        g.region_code = asked[0]
        DOOR.check(grant)


def refused(error: NoDuty) -> tuple[str, int]:
    """Say in plain words what is missing and whom to ask."""
    allowed = DOOR.duties_of(request.endpoint or "")
    page = render_template(
        "township/no_duty.html",
        place=session().scalar(select(Region.name).where(Region.code == g.region_code)),
        mine=duties.STAFF_DUTIES.get(g.duty or "", ""),
        wanted=[words for duty, words in duties.STAFF_DUTIES.items() if duty in allowed],
        whom=duties.names(g.region_code, allowed & WORKERS),
    )
    return page, 403
