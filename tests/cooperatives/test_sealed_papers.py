"""A digest on a paper can be checked years later: by the deed and by the operator's command."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from shop.cooperatives.ledger import sealing
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.core.db import session, transaction
from tests.support import town_builder as town

CLEAN, ALTERED, UNKNOWN = 0, 1, 2


@pytest.fixture
def written(app: Flask) -> Iterator[tuple[Flask, town.Coop, list[str]]]:
    """Two links of one transaction each, and another cooperative's; the digests of the first two."""
    with app.app_context():
        with transaction():
            coop, other = town.cooperative(), town.cooperative()
        digests = []
        for place, of in enumerate((coop, coop, other)):
            with transaction():
                entries = (Entry("522", place + 5), Entry("102", -place - 5))
                post(
                    [
                        Posting(
                            of.id,
                            "voucher",
                            f"paper:{place}",
                            date(2020, 5, 1),
                            "cooperative",
                            of.id,
                            entries,
                        )
                    ]
                )
            with transaction():
                sealing.seal(of.id)
                newest = sealing.newest(of.id)
            assert newest is not None
            digests.append(newest.sha256)
        yield app, coop, digests[:2]
        session().rollback()


def asked(app: Flask, digest: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["seal", digest], catch_exceptions=False)
    return result.exit_code, result.output


def alter(statement: str) -> None:
    with transaction():
        session().execute(text("set local session_replication_role = replica"))
        session().execute(text(statement))


def test_untouched_books_agree_with_every_paper(written: tuple[Flask, town.Coop, list[str]]) -> None:
    app, coop, digests = written
    for digest in digests:
        status, words = asked(app, digest.upper())
        assert status == CLEAN
        assert words.startswith(f"{coop.code}: ")
        assert "Nothing before it was altered" in words


def test_what_was_altered_before_the_paper_is_told_and_what_came_later_is_not(
    written: tuple[Flask, town.Coop, list[str]],
) -> None:
    app, _coop, (first, second) = written
    alter("update ledger_transaction set memo = '别的' where key = 'paper:1'")
    assert asked(app, first)[0] == CLEAN
    status, words = asked(app, second)
    assert status == ALTERED
    assert "ALTERED" in words


def test_a_chain_made_anew_no_longer_has_the_papers_digest(
    written: tuple[Flask, town.Coop, list[str]],
) -> None:
    """Whoever alters an entry and seals again cannot be found in the rows; the paper finds him."""
    app, coop, (_first, second) = written
    alter("update ledger_entry set fen = fen * 2; delete from ledger_seal")
    with transaction():
        sealing.seal(coop.id)
    assert sealing.broken_links() == []
    session().rollback()
    assert asked(app, second)[0] == UNKNOWN
    assert asked(app, "f" * 64)[0] == asked(app, "not a digest")[0] == UNKNOWN
