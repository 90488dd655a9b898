"""The kinds of files that a township may import, by their code in addresses."""

from __future__ import annotations

from collections.abc import Mapping

from shop.core.table_import.kind import Kind
from shop.township.entry_rows import EntryRows
from shop.township.household_rows import HouseholdRows
from shop.township.sale_rows import SaleRows

KINDS: Mapping[str, Kind] = {kind.code: kind for kind in (HouseholdRows(), SaleRows(), EntryRows())}
