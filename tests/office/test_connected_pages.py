"""本社的平台账户 in the office: what is typed stays, one asks, the chair approves, either may stop it."""

from __future__ import annotations

from tests.office.conftest import Office


def test_one_asks_and_the_chair_approves(office: Office, chair: Office) -> None:
    assert "还没有本社的平台账户" in office.get("/connected")
    page = office.post("/connected", 422, account="bank-1 <b>")
    assert "以 acct_ 开头" in page
    assert "bank-1 &lt;b&gt;" in page
    office.post("/connected", 303, account=" acct_Dachuan1 ")
    assert "已经登记过" in office.post("/connected", 422, account="acct_Dachuan1")
    row = office.rows("select id from connected_account")[0]
    assert "由理事长办理" in office.post(f"/connected/{row.id}/approve", 422)
    chair.post(f"/connected/{row.id}/approve", 303)
    assert "批准过或撤回了" in chair.post(f"/connected/{row.id}/approve", 422)
    assert "起生效" in office.get("/connected")
    office.post(f"/connected/{row.id}/withdraw", 303)
    assert "已撤回" in office.get("/connected")


def test_the_chair_does_not_approve_his_own(office: Office, chair: Office) -> None:
    chair.post("/connected", 303, account="acct_Own1")
    row = office.rows("select id from connected_account")[0]
    assert "不能自己批准" in chair.post(f"/connected/{row.id}/approve", 422)
    office.post("/connected/999999/withdraw", 404)
