"""Days and amounts that the trade's promises hang on, each said once. Pure."""

from __future__ import annotations

from datetime import date, timedelta

AUTO_RECEIVE_DAYS = 10  # after dispatch a parcel counts as received, when the buyer says nothing
NEAR_BEST_BEFORE_DAYS = 30  # a lot with goods is shown to its cooperative so long before its day
RETURN_DAYS = 7  # after receipt the buyer may send goods back (Consumer Rights Law art. 25)
PAYEE_HOLD = timedelta(hours=24)  # between the approval of a bank account and its first use
MINIMUM_PAYOUT_FEN = 1_000  # less than this is carried to the next month; December pays everything


def due_day(last: date) -> date:
    """When what was sold up to a day can no longer be sent back, so that it may be paid."""
    return last + timedelta(days=AUTO_RECEIVE_DAYS + RETURN_DAYS)
