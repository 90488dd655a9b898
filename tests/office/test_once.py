"""A form sent twice: one deed, the same answer; together with the first it waits; what was refused may be tried again."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from shop.core import clock, once
from shop.core.db import session, transaction
from shop.personal import tasks
from tests.office.conftest import Office

PATH = "/payees"


def fields(office: Office, which: int = 0, **more: str) -> dict[str, str]:
    """A payee's account of one of the households, as the form sends it."""
    name = office.rows(
        "select h.code from household h join member m on m.household_id = h.id where m.cooperative_id = :c order by m.id",
        c=office.coop.id,
    )[which].code
    return {
        "party": name, "holder": "王小华", "bank": "农商银行", "account": "6222020200012345", "again": "6222020200012345",
    } | more  # fmt: skip


def key_of(page: str) -> str:
    found = re.search(r'name="once" value="([A-Za-z0-9_-]{20,})"', page)
    assert found, page[-500:]
    return found.group(1)


def count(office: Office) -> int:
    return int(office.rows("select count(*) as n from payee_account")[0].n)


def test_every_form_of_the_door_has_a_key_of_its_own(office: Office, chair: Office) -> None:
    first, second = key_of(office.get(PATH)), key_of(office.get(PATH))
    assert first != second
    assert 'name="once"' not in office.client.get("/me").text


def test_a_repeat_gets_the_first_answer(office: Office) -> None:
    sent = fields(office, once=key_of(office.get(PATH)))
    first = office.post(PATH, 303, **sent)
    assert "账户已登记" in office.get(PATH)
    assert "账户已登记" not in office.get(PATH)
    assert office.post(PATH, 303, **sent) == first
    assert count(office) == 1
    assert "账户已登记" in office.get(PATH)  # with its message


def test_another_content_is_another_request(office: Office) -> None:
    """Who goes back, types another number and sends again has not repeated himself."""
    key = key_of(office.get(PATH))
    office.post(PATH, 303, **fields(office, once=key))
    other = {"account": "6222020200099999", "again": "6222020200099999"}
    office.post(PATH, 303, **fields(office, 1, once=key, **other))
    assert count(office) == 2


def test_a_refusal_uses_nothing_up(office: Office) -> None:
    key = key_of(office.get(PATH))
    office.post(PATH, 422, **fields(office, once=key, again="1"))
    office.post(PATH, 422, **fields(office, once=key, again="1"))
    assert office.rows("select count(*) as n from request_answer")[0].n == 0
    office.post(PATH, 303, **fields(office, once=key))


def test_anothers_key_is_nothing(office: Office, chair: Office) -> None:
    sent = fields(office, once=key_of(office.get(PATH)))
    office.post(PATH, 303, **sent)
    chair.post(PATH, 409, **sent)  # not the first answer: a second account of this household waits for nobody
    assert count(office) == 1


def test_without_a_key_or_with_a_bad_one_the_page_works(office: Office) -> None:
    office.post(PATH, 303, **fields(office))
    office.post(PATH, 303, **fields(office, 1, once="x" * 5000))
    office.post(PATH, 303, **fields(office, 2, once="'; drop table"))
    assert office.rows("select count(*) as n from request_answer")[0].n == 0


def test_two_at_the_same_moment_do_it_once(office: Office) -> None:
    sent = fields(office, once=key_of(office.get(PATH)))
    start, answers = threading.Barrier(2), []
    cookie = office.client.get_cookie("sid")
    assert cookie is not None

    def send() -> None:
        client = office.app.test_client()
        client.set_cookie("sid", cookie.value)
        start.wait()
        answers.append(client.post(f"/coop/{office.coop.code}{PATH}", data=sent))

    threads = [threading.Thread(target=send) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(office) == 1
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses in ([303, 303], [303, 409])
    for answer in answers:
        if answer.status_code == 409:
            address = answer.headers["Refresh"].partition("url=")[2]
            assert office.client.get(address).headers["Location"].endswith(PATH)


def test_while_the_first_is_at_work_the_repeat_waits(office: Office) -> None:
    """The first holds its mark; the repeat says so and looks again by itself."""
    sent = fields(office, once=key_of(office.get(PATH)))
    office.post(PATH, 303, **sent)
    mark = office.rows("select mark from request_answer")[0].mark
    with transaction():
        session().execute(text("delete from request_answer"))
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with office.app.app_context(), transaction() as within:
            once.claim(within, {"user_id": 0, "cooperative_id": 1, "endpoint": "x", "mark": mark})
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    try:
        answer: Any = office.client.post(f"/coop/{office.coop.code}{PATH}", data=sent)
        address = answer.headers["Refresh"].partition("url=")[2]
        assert office.client.get(address).status_code == 409
    finally:
        done.set()
        thread.join()
    assert answer.status_code == 409
    assert "正在办" in answer.text
    assert "没有办成" in office.client.get(address, follow_redirects=True).text
    assert count(office) == 1


def test_an_answer_that_was_lost(office: Office) -> None:
    """Killed between the deed and the note of its answer: the repeat waits a little, then says that it was done."""
    sent = fields(office, once=key_of(office.get(PATH)))
    office.post(PATH, 303, **sent)
    with transaction():
        session().execute(text("update request_answer set status = null, location = null"))
    assert "正在办" in office.post(PATH, 409, **sent)
    with transaction():
        session().execute(text("update request_answer set at = at - interval '1 minute'"))
    assert office.post(PATH, 303, **sent).endswith(f"/coop/{office.coop.code}/")
    assert "没有重复办" in office.get("/")
    assert count(office) == 1


def test_old_answers_are_forgotten(office: Office) -> None:
    office.post(PATH, 303, **fields(office, once=key_of(office.get(PATH))))
    tasks.tidy()
    assert office.rows("select count(*) as n from request_answer")[0].n == 1
    with transaction():
        session().execute(
            text("update request_answer set at = :at"), {"at": clock.now() - timedelta(days=31)}
        )
    tasks.tidy()
    assert office.rows("select count(*) as n from request_answer")[0].n == 0
