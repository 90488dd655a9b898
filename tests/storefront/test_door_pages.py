"""The buyer's pages of cash on delivery."""

from __future__ import annotations

from collections.abc import Callable

from shop.core.db import transaction
from shop.orders import fulfilment
from tests.access.identities import signed_in
from tests.payments.door_scene import Door
from tests.storefront.conftest import Buyer


def test_chosen_on_the_pay_page_and_told_until_it_is_paid(
    app, db_session, new_buyer: Callable[[], Buyer]
) -> None:  # type: ignore[no-untyped-def]
    door = Door(chosen=False)
    client, number = signed_in(app, door.who.id), door.placed.number
    assert "改用货到付款" in client.get(f"/orders/{number}/pay").text
    assert new_buyer().client.post(f"/orders/{number}/at-the-door").status_code == 404
    for _ in range(2):
        assert client.post(f"/orders/{number}/at-the-door").location.endswith(number)
    page = client.get(f"/orders/{number}").text
    assert "送到时请备好现金 ¥141.00" in page
    assert "取消订单" in page
    assert "去付款" not in page
    assert "你选了货到付款" in client.get(f"/orders/{number}/pay").text
    assert "货到付款" in client.get("/orders?tab=to_ship").text
    with transaction():
        fulfilment.ship(door.part_id, door.coop_id, "own", "", None)
    page = client.get(f"/orders/{number}").text
    assert "付了现金就算签收" in page
    assert "确认收货" not in page
    assert "取消订单" not in page
    assert client.get(f"/orders/{number}/pay").status_code == 303
    assert client.post(f"/orders/{number}/cancel").status_code == 409
    door.refuse("不想要了")
    page = client.get(f"/orders/{number}").text
    assert "已拒收" in page


def test_where_it_is_not_offered_nobody_speaks_of_it(app, db_session) -> None:  # type: ignore[no-untyped-def]
    door = Door(chosen=False, most_fen=None)
    client = signed_in(app, door.who.id)
    assert "货到付款" not in client.get(f"/orders/{door.placed.number}/pay").text
    refused = client.post(f"/orders/{door.placed.number}/at-the-door", follow_redirects=True)
    assert "不能货到付款" in refused.text
