"""Whom the intake form's search field means: a name, pinyin, a number, a code, or the address that a household's slip shows."""

from __future__ import annotations

import re

from flask import request
from flask_babel import gettext as _

from shop.cooperatives.people import slips
from shop.cooperatives.produce import deliverers
from shop.core.numbers import row_id
from shop.office import intake_form
from shop.office.intake_form import Entry

SHOWN = 8  # households offered for a search text
_ADDRESS = re.compile(r"/m/([A-Za-z0-9_.-]{20,80})(?:[/?#\s]|$)")


def find(entry: Entry) -> None:
    """Whom the search text means: the one chosen from the list that this same text gave, else the one it names exactly."""
    if _of_slip(entry):
        return
    text = entry.form.text("q")
    ticked = row_id(request.form.get("household_id", ""))
    fits = deliverers.matching(entry.people, text)
    entry.candidates, entry.more = fits[:SHOWN], max(0, len(fits) - SHOWN)
    if ticked is not None and request.form.get("found_for", "") == text:
        entry.chosen = next((row for row in entry.people if row.household_id == ticked), None)
        if entry.chosen is None:
            entry.form.refuse("q", _("没有找到这一户，请重新查找"))
        return
    exact = deliverers.exactly(entry.people, text) if text.strip() else []
    if len(exact) == 1:
        entry.chosen = exact[0]
    elif len(fits) == 1 and intake_form.searching():
        entry.chosen = fits[0]


def _of_slip(entry: Entry) -> bool:
    """The scanned or pasted address of a slip: its household where it is one of this cooperative's. Says the same of a slip that
    is none and of one of somebody else's. The address goes out of the field: it is the household's."""
    address = _ADDRESS.search(entry.form.text("q"))
    if address is None:
        return False
    slip = slips.find(address[1])
    found = next(
        (row for row in entry.people if slip is not None and row.household_id == slip.household_id), None
    )
    entry.form.values["q"] = "" if found is None else found.label
    if found is None:
        entry.form.refuse("q", _("这张查询单不是本社农户的，或者已经作废，请填姓名或编号"))
    else:
        entry.candidates, entry.chosen = [found], found
    return True
