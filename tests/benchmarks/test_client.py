"""The load generator on a server of our own: what it measures is only worth something if it sees what comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks import cpu
from benchmarks.client import Steps, Unexpected, Visitor, crowd, one_by_one

FORM = (
    b'<form><input type="hidden" name="token" value="a&amp;b"><button name="to" value="buy">x</button></form>'
)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        seen = int(self.headers.get("Cookie", "seen=0").partition("=")[2])
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Set-Cookie", f"seen={seen + 1}; Path=/")
        self.end_headers()
        self.wfile.write(FORM)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.send_response(303 if self.rfile.read(length) == b"token=a%26b" else 400)
        self.send_header("Location", "http://127.0.0.1/done?x=1")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Tests stay silent."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_journey_carries_cookies_and_form_fields(port: int) -> None:
    visitor = Visitor("127.0.0.1")

    def walk() -> Steps:
        page = yield visitor.get("/", "page")
        assert page.fields() == {"token": "a&b", "to": "buy"}
        yield visitor.get("/搜?q=香菇")
        done = yield visitor.post("/send", {"token": page.fields()["token"]}, "send")
        assert done.location == "/done?x=1"

    one_by_one(port, walk())
    assert visitor.cookies == {"seen": "2"}


def test_only_named_requests_are_noted(port: int) -> None:
    visitors = [Visitor("127.0.0.1", place) for place in range(20)]

    def walk(visitor: Visitor) -> Steps:
        yield visitor.get("/")
        yield visitor.get("/", "page")

    seen = crowd(port, map(walk, visitors), places=8)
    assert (seen.requests, seen.journeys, seen.sizes) == (20, 20, {"page": len(FORM)})
    assert len(seen.seconds["page"]) == 20


def test_another_status_stops_the_run(port: int) -> None:
    def walk() -> Steps:
        yield Visitor("127.0.0.1").get("/missing", "page")

    with pytest.raises(Unexpected, match=r"GET /missing HTTP/1\.1: 404 instead of 200"):
        one_by_one(port, walk())


def test_processor_time_counts_up() -> None:
    before = cpu.seconds_of([1])
    assert cpu.seconds_of([1]) >= before >= 0
