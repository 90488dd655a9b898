"""Writing down what the members' assembly voted: the same fields for every matter, each judged beside itself."""

from __future__ import annotations

from collections.abc import Callable

from flask import g, request
from flask_babel import gettext as _

from shop.accounts import guards
from shop.cooperatives.income import resolutions
from shop.cooperatives.income.resolutions import Vote
from shop.core import pictures, typed
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.quantity import parse_pieces
from shop.core.text import BadInput
from shop.core.typed import Form

COUNTS = ("present", "votes_for", "votes_against", "extra_votes")


def form(subjects: tuple[str, ...]) -> Form:
    """The form as this request sends it, or empty; `subjects` are what can be voted here."""
    labels = {
        "subject": _("事项"),
        "held_on": _("开会日期"),
        "present": _("出席户数"),
        "votes_for": _("赞成票"),
        "votes_against": _("反对票"),
        "extra_votes": _("附加表决权"),
        "summary": _("决议内容"),
        "minutes": _("会议记录"),
    }
    if len(subjects) == 1:
        del labels["subject"]
    return typed.posted(labels, required=[name for name in labels if name not in COUNTS[2:]])


def save(sent: Form, subjects: tuple[str, ...], distribution_id: int | None = None) -> bool:
    """Record the resolution with its minutes; False, with a sentence beside each field, where something is wrong."""
    held_on = sent.read("held_on", lambda text: typed.day(text, label=_("开会日期")))
    present, votes_for, votes_against, extra = (sent.read(name, _count(sent, name)) for name in COUNTS)
    subject = subjects[0] if len(subjects) == 1 else sent.text("subject")
    if subject not in subjects:
        sent.refuse("subject", _("请选择决议事项"))
    paper = None
    try:
        paper = pictures.sent(request.files.get("minutes"), "minutes")
        if paper is None:
            sent.refuse("minutes", _("请附上有签字的会议记录（照片或 PDF）"))
    except Refused as refusal:
        sent.blame(refusal)
    if paper is None or held_on is None or sent.problems:
        return False
    vote = Vote(
        subject, held_on, present or 0, votes_for or 0, votes_against or 0, sent.text("summary"), extra or 0
    )
    user = guards.me().id
    try:
        with transaction():
            minutes = pictures.store(
                paper,
                subject_type="resolution",
                subject_id=distribution_id or 0,
                cooperative_id=g.cooperative_id,
                by=user,
            )
            resolutions.record(g.cooperative_id, distribution_id, vote, minutes, user)
    except (Refused, BadInput) as refusal:
        sent.blame(refusal)
        return False
    return True


def _count(sent: Form, name: str) -> Callable[[str], int]:
    label = sent.labels[name]
    needed = name in sent.required
    return lambda text: parse_pieces(text if needed else text or "0", "", label=label, zero_allowed=True)
