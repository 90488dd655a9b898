"""The load generator: visitors written as generators, eight at a time, one loopback connection per request.

A visitor yields requests and is sent answers, so that a whole journey (with cookies and form tokens) is a plain function:

    def look(visitor):
        page = yield visitor.get("/", "list")
"""

from __future__ import annotations

import html
import re
import selectors
import socket
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

T = TypeVar("T")
TIMEOUT = 30.0
_FIELD = re.compile(rb"<(?:input|button)\b[^>]*>")
_ATTRIBUTE = re.compile(rb'\b(name|value)="([^"]*)"')


class Unexpected(Exception):
    """A page answered something else than what is to be measured."""


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def location(self) -> str:
        """Path (with query) that a redirect leads to."""
        parts = urlsplit(self.headers.get("location", ""))
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def fields(self) -> dict[str, str]:
        """Names and values of the page's form fields; the first of a name counts."""
        found: dict[str, str] = {}
        for tag in _FIELD.findall(self.body):
            pairs = dict(_ATTRIBUTE.findall(tag))
            if b"name" in pairs:
                found.setdefault(pairs[b"name"].decode(), html.unescape(pairs.get(b"value", b"").decode()))
        return found


@dataclass(slots=True)
class Request:
    """`what` names the measured page; an empty name is a step that only prepares. `expect` is the status that counts as right."""

    raw: bytes
    what: str
    expect: int
    visitor: Visitor


@dataclass
class Visitor:
    """A browser: its cookies, how it writes a request, and what its scripts remember (`notes`). `place` tells them apart."""

    host: str
    place: int = 0
    cookies: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def choose(self, ids: Sequence[T]) -> T:
        """Another one for each neighbour, always the same one for this visitor."""
        return ids[self.place % len(ids)]

    def get(self, path: str, what: str = "", expect: int = 200) -> Request:
        return Request(self._head("GET", quote(path, safe="/?=&%:+")), what, expect, self)

    def post(self, path: str, form: dict[str, str], what: str = "", expect: int = 303) -> Request:
        body = urlencode(form).encode()
        kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        return Request(self._head("POST", path, kind) + body, what, expect, self)

    def _head(self, method: str, path: str, more: str = "") -> bytes:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        more += f"Cookie: {cookie}\r\n" if cookie else ""
        return (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\nAccept: text/html\r\n"
            f"Referer: http://{self.host}/\r\nUser-Agent: bench\r\n{more}\r\n"
        ).encode()

    def keep(self, set_cookie: str) -> None:
        name, _, value = set_cookie.partition(";")[0].partition("=")
        if value and value != '""':
            self.cookies[name] = value
        else:
            self.cookies.pop(name, None)


Steps = Generator[Request, Answer, None]
Script = Callable[[Visitor], Steps]


@dataclass
class Seen:
    """Latencies in seconds and body sizes in bytes by page; whole journeys under 'journey'."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    journeys: int = 0

    def note(self, request: Request, answer: Answer) -> None:
        self.requests += 1
        self.seconds.setdefault(request.what, []).append(answer.seconds)
        self.sizes[request.what] = len(answer.body)

    def add(self, other: Seen) -> None:
        for what, values in other.seconds.items():
            self.seconds.setdefault(what, []).extend(values)
        self.sizes.update(other.sizes)
        self.requests += other.requests
        self.journeys += other.journeys


def one_by_one(port: int, steps: Steps, seen: Seen | None = None) -> None:
    """Walk a single journey to its end, alone."""
    crowd(port, iter([steps]), places=1, seen=seen)


def crowd(
    port: int,
    journeys: Iterator[Steps],
    *,
    places: int = 8,
    until: float | None = None,
    seen: Seen | None = None,
) -> Seen:
    """Keep `places` journeys under way until `journeys` is empty, or the moment `until` has passed (then they are finished).

    Raises Unexpected at the first answer that is not the one asked for.
    """
    seen = seen if seen is not None else Seen()
    with selectors.DefaultSelector() as selector:
        free = places
        while True:
            while free and (until is None or time.perf_counter() < until) and (steps := next(journeys, None)):
                free -= 1
                _Call(port, selector, steps, seen).begin()
            if free == places:
                return seen
            events = selector.select(TIMEOUT)
            if not events:
                raise Unexpected(f"no answer within {TIMEOUT:.0f} s")
            for key, _mask in events:
                call: _Call = key.data
                free += call.go_on()


class _Call:
    """One journey's place: a socket at a time, from the first request to the last."""

    def __init__(self, port: int, selector: selectors.BaseSelector, steps: Steps, seen: Seen) -> None:
        self.port, self.selector, self.steps, self.seen = port, selector, steps, seen
        self.began = time.perf_counter()

    def begin(self) -> None:
        self._send(next(self.steps))

    def go_on(self) -> int:
        """Read what is there; 1 when the journey has ended and its place is free."""
        part = self.socket.recv(262_144)
        if part:
            self.parts.append(part)
            return 0
        self.selector.unregister(self.socket)
        self.socket.close()
        answer = _parse(b"".join(self.parts), time.perf_counter() - self.sent, self.request)
        if self.request.what:
            self.seen.note(self.request, answer)
        try:
            request = self.steps.send(answer)
        except StopIteration:
            self.seen.journeys += 1
            self.seen.seconds.setdefault("journey", []).append(time.perf_counter() - self.began)
            return 1
        self._send(request)
        return 0

    def _send(self, request: Request) -> None:
        """Loopback takes a connection and a small request at once, so only the answer is waited for."""
        self.request, self.parts = request, list[bytes]()
        self.sent = time.perf_counter()
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)
        self.socket.sendall(request.raw)
        self.selector.register(self.socket, selectors.EVENT_READ, self)


def _parse(raw: bytes, seconds: float, request: Request) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    status = int(first.split()[1]) if first.startswith("HTTP/") else 0
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "set-cookie":
            request.visitor.keep(value.strip())
        headers[name.lower()] = value.strip()
    if status != request.expect:
        line = request.raw.split(b"\r\n", 1)[0].decode()
        words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body.decode("utf-8", "replace")))
        raise Unexpected(
            f"{line}: {status} instead of {request.expect}; {headers.get('location', '')} {words[:300]}"
        )
    return Answer(status, headers, body, seconds)
