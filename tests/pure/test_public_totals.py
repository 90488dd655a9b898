"""Public totals: whatever is shown, and whatever can be subtracted from it, is of ten households at least."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shop.orders.figures import Sold
from shop.orders.public_totals import LEAST, grouped

SOLD = st.builds(Sold, fen=st.integers(1, 10**6), orders=st.integers(1, 50), households=st.integers(1, 40))


@given(st.dictionaries(st.sampled_from("甲乙丙丁戊己"), SOLD, min_size=1), st.integers(0, 30))
def test_nothing_shown_or_left_over_is_of_fewer_than_ten(rows: dict[str, Sold], twice: int) -> None:
    counted = sum(sold.households for sold in rows.values())
    most = max(sold.households for sold in rows.values())
    households = max(most, counted - twice)
    total = Sold(
        sum(sold.fen for sold in rows.values()), sum(sold.orders for sold in rows.values()), households
    )
    shown = grouped(rows, total)
    if households < LEAST:
        assert shown == []
        return
    assert sum(group.fen for group in shown) == total.fen
    assert [group for group in shown if group.households < LEAST] == []
    hidden = set(rows) - {group.name for group in shown}
    if len(hidden) == 1:
        (name,) = hidden
        assert rows[name].households >= LEAST or len(shown) == 1


def test_the_small_ones_stand_together_and_take_the_next_along() -> None:
    rows = {"大": Sold(500, 5, 60), "中": Sold(300, 3, 12), "小": Sold(20, 2, 4), "微": Sold(10, 1, 2)}
    shown = grouped(rows, Sold(830, 11, 78))
    assert [(group.name, group.fen, group.households) for group in shown] == [("大", 500, 60), ("", 330, 18)]


def test_ten_together_need_nobody_else() -> None:
    rows = {"大": Sold(500, 5, 60), "小": Sold(20, 2, 6), "微": Sold(10, 1, 4)}
    assert [group.name for group in grouped(rows, Sold(530, 8, 70))] == ["大", ""]


def test_of_too_few_nothing_is_said() -> None:
    assert grouped({"小": Sold(20, 2, 9)}, Sold(20, 2, 9)) == []
