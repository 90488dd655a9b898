"""The kinds of files that a cooperative may import, by their code in addresses."""

from __future__ import annotations

from collections.abc import Mapping

from shop.core.table_import.kind import Kind
from shop.office.importing.intake_rows import IntakeRows
from shop.office.importing.member_rows import MemberRows
from shop.office.importing.opening_rows import OpeningRows
from shop.office.importing.parcel_rows import ParcelRows
from shop.office.importing.shelf_rows import PriceRows, ProductRows

KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (IntakeRows(), PriceRows(), ProductRows(), ParcelRows(), MemberRows(), OpeningRows())
}
