"""django-oscar from the package registry: installed beside us, filled with our goods, served like us."""

from __future__ import annotations

import json
import subprocess
import venv
from pathlib import Path
from typing import Any

from benchmarks.client import Steps, Visitor
from benchmarks.ground import FOLDER, Ground
from benchmarks.measure import Contender, Page
from dev.runner import services
from dev.runner.postgres import ROLE
from dev.runner.process import ROOT

DATABASE = "bench_oscar"
ENVIRONMENT = FOLDER / "oscar-venv"
PYTHON = ENVIRONMENT / "bin" / "python"
REQUIREMENTS = ROOT / "requirements" / "bench.txt"
STAMP = ENVIRONMENT / "installed.txt"


class NoOscar(Exception):
    """It cannot be installed or filled here; the text says why."""


def installed() -> bool:
    """With exactly the packages that are pinned now."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == REQUIREMENTS.read_text()


def install() -> None:
    """Into a virtual environment of its own, by uv or else by pip. Raises NoOscar."""
    if installed():
        return
    venv.create(ENVIRONMENT, clear=True, with_pip=True)
    uv = ROOT / ".venv" / "tools" / "bin" / "uv"
    by_pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(REQUIREMENTS),
    ]
    ways = [by_pip]
    if uv.exists():
        ways.insert(
            0,
            [
                str(uv),
                "pip",
                "sync",
                "-q",
                "--system-certs",
                "--python",
                str(PYTHON),
                "--require-hashes",
                str(REQUIREMENTS),
            ],
        )
    words = ""
    for way in ways:
        done = subprocess.run(way, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode == 0:
            STAMP.write_text(REQUIREMENTS.read_text())
            return
        words = done.stderr.strip()[-400:]
    raise NoOscar(f"django-oscar could not be installed: {words}")


def _environment(ground: Ground, folder: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "benchmarks.oscar.settings",
        "OSCAR_FOLDER": str(folder),
        "OSCAR_DATABASE": DATABASE,
        "OSCAR_DATABASE_HOST": str(ground.postgres.sockets),
        "OSCAR_DATABASE_USER": ROLE,
        "SECRET_KEY": "only-for-a-measurement-" * 3,
        "VIRTUAL_ENV": str(ENVIRONMENT),
    }


def start(ground: Ground, stock: list[dict[str, Any]], words: tuple[str, ...], buyers: int) -> Contender:
    """Raises NoOscar."""
    ground.fresh_database(DATABASE)
    folder = FOLDER / "oscar"
    for name in ("static", "media"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    environment = _environment(ground, folder)
    filled = _fill(ground, environment, folder, stock, buyers)
    ground.vacuum(DATABASE)
    port = services.free_port()
    service = ground.web("oscar", "benchmarks.oscar.wsgi:application", port, environment, str(PYTHON))
    services.wait_answering(service, f"http://127.0.0.1:{port}/catalogue/")
    host = f"127.0.0.1:{port}"

    def visitor(place: int) -> Visitor:
        buyer = filled["buyers"][place]
        return Visitor(host, place, notes={"session": buyer["session"], "address": str(buyer["address"])})

    return Contender("oscar", port, service, DATABASE, visitor, buyers, pages(filled["goods"], words))


def _fill(
    ground: Ground, environment: dict[str, str], folder: Path, stock: list[dict[str, Any]], buyers: int
) -> dict[str, list[dict[str, Any]]]:
    file = folder / "goods.json"
    file.write_text(json.dumps(stock, ensure_ascii=False))
    words = _run(
        ground, {**environment, "OSCAR_FILLING": "1"}, "benchmarks.oscar.fill", str(file), str(buyers)
    )
    found: dict[str, list[dict[str, Any]]] = json.loads(words)
    (folder / "filled.json").write_text(words)
    return found


def names() -> dict[int, int]:
    """Its product ids → ours."""
    listed: list[dict[str, Any]] = json.loads((FOLDER / "oscar" / "filled.json").read_text())["goods"]
    return {item["id"]: item["ours"] for item in listed}


def found_as_it_comes(ground: Ground, words: list[str]) -> dict[str, int]:
    """Word → number of products that its own search finds, without our pairs of characters. Raises NoOscar."""
    environment = _environment(ground, FOLDER / "oscar-stock")
    environment["OSCAR_SEARCH"] = "haystack.backends.whoosh_backend.WhooshEngine"
    (FOLDER / "oscar-stock").mkdir(exist_ok=True)
    found: dict[str, int] = json.loads(_run(ground, environment, "benchmarks.oscar.stock_search", *words))
    return found


def _run(ground: Ground, environment: dict[str, str], module: str, *words: str) -> str:
    """The last line that a module prints, run by oscar's Python."""
    done = subprocess.run(
        [str(PYTHON), "-m", module, *words],
        env={**ground.environment, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode != 0:
        raise NoOscar(f"{module} failed: {done.stderr.strip()[-600:]}")
    return done.stdout.splitlines()[-1]


class Walks:
    """What visitors do; another product for each."""

    def __init__(self, stock: list[dict[str, Any]], words: tuple[str, ...]) -> None:
        self.stock, self.words = stock, words

    def listed(self, visitor: Visitor) -> Steps:
        yield visitor.get("/catalogue/", "list")

    def product(self, visitor: Visitor) -> Steps:
        yield visitor.get(visitor.choose(self.stock)["path"], "product")

    def search(self, visitor: Visitor) -> Steps:
        for word in self.words:
            yield visitor.get(f"/search/?q={word}", "search")

    def look(self, visitor: Visitor) -> Steps:
        page = yield visitor.get(visitor.choose(self.stock)["path"])
        visitor.notes["token"] = page.fields()["csrfmiddlewaretoken"]

    def put(self, visitor: Visitor, what: str) -> Steps:
        form = {"csrfmiddlewaretoken": visitor.notes["token"], "quantity": "1"}
        yield visitor.post(f"/basket/add/{visitor.choose(self.stock)['id']}/", form, what, 302)

    def add(self, visitor: Visitor) -> Steps:
        yield from self.put(visitor, "add")

    def to_preview(self, visitor: Visitor, measured: bool) -> Steps:
        """From the basket to the last form: what a signed-in buyer with a saved address has to go through."""

        def what(name: str) -> str:
            return name if measured else ""

        yield visitor.get("/checkout/", what("checkout"), 302)
        page = yield visitor.get("/checkout/shipping-address/", what("address"))
        token = page.fields()["csrfmiddlewaretoken"]
        chosen = {"csrfmiddlewaretoken": token, "address_id": visitor.notes["address"], "action": "ship_to"}
        yield visitor.post("/checkout/shipping-address/", chosen, what("address chosen"), 302)
        yield visitor.get("/checkout/shipping-method/", what("method"), 302)
        yield visitor.get("/checkout/payment-method/", what("payment method"), 302)
        yield visitor.get("/checkout/payment-details/", what("payment"))
        page = yield visitor.get("/checkout/preview/", what("preview"))
        visitor.notes["token"] = page.fields()["csrfmiddlewaretoken"]

    def fill(self, visitor: Visitor) -> Steps:
        _sign_in(visitor)
        yield from self.look(visitor)
        yield from self.put(visitor, "")
        yield from self.to_preview(visitor, measured=False)

    def place(self, visitor: Visitor) -> Steps:
        form = {"csrfmiddlewaretoken": visitor.notes["token"], "action": "place_order"}
        yield visitor.post("/checkout/preview/", form, "place", 302)

    def checkout(self, visitor: Visitor) -> Steps:
        _sign_in(visitor)
        yield visitor.get("/catalogue/", "list")
        page = yield visitor.get(visitor.choose(self.stock)["path"], "product")
        visitor.notes["token"] = page.fields()["csrfmiddlewaretoken"]
        yield from self.put(visitor, "add")
        yield visitor.get("/basket/", "basket")
        yield from self.to_preview(visitor, measured=True)
        yield from self.place(visitor)
        yield visitor.get("/checkout/thank-you/", "order")


def pages(stock: list[dict[str, Any]], words: tuple[str, ...]) -> dict[str, Page]:
    walks = Walks(stock, words)
    return {
        "list": Page(walks.listed),
        "home": Page(walks.listed),
        "product": Page(walks.product),
        "search": Page(walks.search),
        "add": Page(walks.add, walks.look),
        "place": Page(walks.place, walks.fill, once=True),
        "checkout": Page(walks.checkout, journey=True),
    }


def _sign_in(visitor: Visitor) -> None:
    visitor.cookies["sessionid"] = visitor.notes["session"]
