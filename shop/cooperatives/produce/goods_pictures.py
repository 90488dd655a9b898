"""What a delivery looked like, and its compliance certificate: a few pictures with the receipt, for its cooperative alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from flask import Response
from sqlalchemy import Row, select

from shop.cooperatives.produce import confirming
from shop.core import activity, pictures
from shop.core.attachments import Attachment
from shop.core.db import session
from shop.core.errors import NotFound, Refused

DELIVERY, CERTIFICATE = "intake_delivery", "intake_certificate"
KINDS = (DELIVERY, CERTIFICATE)
MOST = 3


def add(receipt_id: int, cooperative_id: int, kind: str, papers: Sequence[pictures.Paper], by: int) -> int:
    """Keep pictures with a receipt, all or none; returns how many are new. One that is there already is not kept twice.

    Raises NotFound for another cooperative's receipt, Refused for a reversed one, a PDF, or more than MOST in all.
    """
    if kind not in KINDS:
        raise Refused("请选择照片的种类")
    if any(paper.media_type != pictures.WEBP for paper in papers):
        raise Refused("这里只放照片，请拍一张", field=kind)
    confirming.locked(receipt_id, cooperative_id, confirmed_too=True)
    there = of_receipt(receipt_id, cooperative_id)
    kept, count = {picture.sha256 for picture in there}, len(there)
    new = {hashlib.sha256(paper.body).hexdigest(): paper for paper in papers}
    new = {mark: paper for mark, paper in new.items() if mark not in kept}
    if count + len(new) > MOST:
        raise Refused(
            "一张交货单最多放 %(most)s 张照片，已有 %(count)s 张", field=kind, most=MOST, count=count
        )
    for paper in new.values():
        pictures.store(paper, subject_type=kind, subject_id=receipt_id, cooperative_id=cooperative_id, by=by)
    if new:
        activity.record(
            "intake.pictured", "intake_receipt", receipt_id, cooperative_id=cooperative_id, actor_id=by,
            after={"kind": kind, "pictures": len(new)},
        )  # fmt: skip
    return len(new)


def of_receipt(receipt_id: int, cooperative_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """id, subject_type and sha256 of a receipt's pictures, oldest first, without their bodies. One statement."""
    return session().execute(
        select(Attachment.id, Attachment.subject_type, Attachment.sha256)
        .where(
            Attachment.subject_type.in_(KINDS), Attachment.subject_id == receipt_id,
            Attachment.cooperative_id == cooperative_id,
        )
        .order_by(Attachment.id)
    ).all()  # fmt: skip


def shown(attachment_id: int, cooperative_id: int) -> Response:
    """One of these pictures, or a confirmation's signature, as an answer. Raises NotFound for whatever else an id may name."""
    found = session().scalar(
        select(Attachment.id).where(
            Attachment.id == attachment_id,
            Attachment.subject_type.in_((*KINDS, confirming.PAPER)),
            Attachment.cooperative_id == cooperative_id,
        )
    )
    if found is None:
        raise NotFound("没有找到这张照片")
    return pictures.answer(attachment_id, [cooperative_id])
