"""Deeds of a product's pictures: hang one up, say what it shows, change the order, take one down and put it back.

Every deed locks the product first, so two managers at once never get the same place. Call them inside `transaction()`;
another cooperative's products and pictures raise NotFound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import BigInteger, Row, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from shop.catalog.gallery import DRAWN
from shop.catalog.holding import locked_product
from shop.catalog.photos import FIELD, Photo
from shop.catalog.picture_models import MOST_PICTURES, ProductPicture
from shop.catalog.told import refuse_claims
from shop.core import activity, pictures
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_, clean_line

MOST_ALT = 80


def hang_photos(product_id: int, cooperative_id: int, photos: Sequence[Photo], *, by: int | None) -> int:
    """Hang photographs behind the others; one that hangs there already is passed over. Returns how many are new.

    Raises Refused (more than the product can have: then none is hung), NotFound.
    """
    product = locked_product(product_id, cooperative_id)
    hanging = _hanging(product_id)
    marks = {row.mark for row in hanging}
    new = {}
    for photo in photos:
        mark = pictures.fingerprint(photo.large)
        if mark not in marks:
            new[mark] = photo
    _check_room(len(hanging), len(new))
    rows = []
    for seq, (mark, photo) in enumerate(new.items(), start=len(hanging) + 1):
        large, small = (
            pictures.store(
                paper, subject_type="product", subject_id=product_id, cooperative_id=cooperative_id, by=by
            )
            for paper in photo
        )
        rows.append(
            _row(product_id, cooperative_id, seq, mark, product.name, by)
            | {"large_id": large, "small_id": small}
        )
    _hang(product_id, cooperative_id, rows, by)
    return len(rows)


def hang_drawing(product_id: int, cooperative_id: int, name: str, alt: str, *, by: int | None) -> None:
    """Hang one of our illustrations behind the others; a second time changes nothing. Raises Refused, NotFound, BadInput."""
    product = locked_product(product_id, cooperative_id)
    if name not in (*DRAWN, product.picture):
        raise Refused(N_("请选一张插图"), "drawing")
    hanging = _hanging(product_id)
    if name in {row.mark for row in hanging}:
        return
    _check_room(len(hanging), 1)
    row = _row(product_id, cooperative_id, len(hanging) + 1, name, _said(alt), by)
    _hang(product_id, cooperative_id, [row | {"large_id": None, "small_id": None, "sketch": True}], by)


def describe(picture_id: int, cooperative_id: int, alt: str, sketch: bool, *, by: int | None) -> None:
    """What a picture shows, and whether it is only like the goods. Raises NotFound, Refused (a claim), BadInput."""
    picture = _locked(picture_id, cooperative_id)
    after = {"alt": _said(alt), "sketch": sketch or picture.large_id is None}
    before = {"alt": picture.alt, "sketch": picture.sketch}
    if before == after:
        return
    session().execute(update(ProductPicture).where(ProductPicture.id == picture_id).values(after))
    _note("described", picture, cooperative_id, before, after, by)


def move(picture_id: int, cooperative_id: int, seq: int, *, by: int | None) -> None:
    """To another place; one beyond either end is the end. Raises NotFound."""
    picture = _locked(picture_id, cooperative_id)
    order = [row.id for row in _hanging(picture.product_id)]
    wanted = [one for one in order if one != picture_id]
    wanted.insert(min(max(seq, 1), len(order)) - 1, picture_id)
    if wanted == order:
        return
    _arrange(wanted)
    _note("moved", picture, cooperative_id, {"order": order}, {"order": wanted}, by)


def take_down(picture_id: int, cooperative_id: int, *, by: int | None) -> int:
    """Buyers see it no more; the row and its files stay. Returns the place it had. Raises NotFound."""
    picture = _locked(picture_id, cooperative_id)
    order = [row.id for row in _hanging(picture.product_id)]
    left = [one for one in order if one != picture_id]
    session().execute(
        update(ProductPicture).where(ProductPicture.id == picture_id).values(seq=None, removed_at=func.now())
    )
    _arrange(left)
    before = {"order": order, "mark": picture.mark, "alt": picture.alt}
    _note("removed", picture, cooperative_id, before, {"order": left}, by)
    return int(picture.seq)


def put_back(picture_id: int, cooperative_id: int, seq: int, *, by: int | None) -> None:
    """Hang a picture again that was taken down, at the place it had; a second call changes nothing. Raises NotFound, Refused."""
    product_id = product_of(picture_id, cooperative_id)
    locked_product(product_id, cooperative_id)
    hanging = _hanging(product_id)
    order = [row.id for row in hanging]
    if picture_id in order:
        return
    picture = _row_of(picture_id)
    if picture.mark in {row.mark for row in hanging}:
        raise Refused(N_("同一张图片已经在这个商品里了"), FIELD)
    _check_room(len(order), 1)
    wanted = [*order]
    wanted.insert(min(max(seq, 1), len(order) + 1) - 1, picture_id)
    session().execute(
        update(ProductPicture)
        .where(ProductPicture.id == picture_id)
        .values(seq=len(order) + 1, removed_at=None)
    )
    _arrange(wanted)
    _note("restored", picture, cooperative_id, {"order": order}, {"order": wanted}, by)


def copy_pictures(product_id: int, cooperative_id: int, to_product_id: int, *, by: int | None) -> None:
    """The same pictures on another product of the cooperative that has none yet."""
    rows = [
        {
            "cooperative_id": cooperative_id, "product_id": to_product_id, "seq": row.seq, "mark": row.mark,
            "large_id": row.large_id, "small_id": row.small_id, "alt": row.alt, "sketch": row.sketch, "added_by": by,
        }
        for row in _hanging(product_id)
    ]  # fmt: skip
    insert_rows(ProductPicture, rows)


def _said(alt: str) -> str:
    """Raises BadInput, or Refused for a claim that food must not make."""
    text = clean_line(alt, label=N_("图片说明"), max_length=MOST_ALT)
    refuse_claims(text, "alt")
    return text


def _check_room(hanging: int, new: int) -> None:
    if hanging + new > MOST_PICTURES:
        raise Refused(
            N_("一个商品最多 %(most)d 张图片，已经有 %(count)d 张，先删掉几张再加"), FIELD,
            most=MOST_PICTURES, count=hanging,
        )  # fmt: skip


def _row(
    product_id: int, cooperative_id: int, seq: int, mark: str, alt: str, by: int | None
) -> dict[str, Any]:
    return {
        "cooperative_id": cooperative_id, "product_id": product_id, "seq": seq, "mark": mark,
        "alt": alt, "sketch": False, "added_by": by,
    }  # fmt: skip


def _hang(product_id: int, cooperative_id: int, rows: list[dict[str, Any]], by: int | None) -> None:
    if not rows:
        return
    ids = insert_rows(ProductPicture, rows, "id")
    activity.record(
        "product.pictures_added", "product", product_id, cooperative_id=cooperative_id,
        after={"pictures": ids, "marks": [row["mark"] for row in rows]}, actor_id=by,
    )  # fmt: skip


def _hanging(product_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    return (
        session()
        .execute(
            select(*ProductPicture.__table__.c)
            .where(ProductPicture.product_id == product_id, ProductPicture.seq.is_not(None))
            .order_by(ProductPicture.seq)
        )
        .all()
    )


def product_of(picture_id: int, cooperative_id: int) -> int:
    """The product of a picture, also of one that was taken down. Raises NotFound."""
    product_id = session().scalar(
        select(ProductPicture.product_id).where(
            ProductPicture.id == picture_id, ProductPicture.cooperative_id == cooperative_id
        )
    )
    if product_id is None:
        raise NotFound(_("没有找到这张图片"))
    return product_id


def _row_of(picture_id: int) -> Row[*tuple[Any, ...]]:
    return session().execute(select(*ProductPicture.__table__.c).where(ProductPicture.id == picture_id)).one()


def _locked(picture_id: int, cooperative_id: int) -> Row[*tuple[Any, ...]]:
    """The row of a picture that hangs, its product held. Raises NotFound."""
    locked_product(product_of(picture_id, cooperative_id), cooperative_id)
    row = _row_of(picture_id)
    if row.seq is None:
        raise NotFound(_("这张图片已经删掉了"))
    return row


def _arrange(ids: Sequence[int]) -> None:
    """These pictures get the places 1, 2, 3 in this order; the constraint looks when all have theirs."""
    wanted = (
        func.unnest(literal(list(ids), ARRAY(BigInteger)))
        .table_valued("id", with_ordinality="place")
        .render_derived("wanted")
    )
    session().execute(
        update(ProductPicture).where(ProductPicture.id == wanted.c.id).values(seq=wanted.c.place)
    )


def _note(
    what: str, picture: Row[*tuple[Any, ...]], cooperative_id: int, before: dict[str, Any], after: dict[str, Any],
    by: int | None,
) -> None:  # fmt: skip
    activity.record(
        f"product.picture_{what}", "product", picture.product_id, cooperative_id=cooperative_id,
        before={"picture": picture.id} | before, after=after, actor_id=by,
    )  # fmt: skip
