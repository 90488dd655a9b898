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
    by_pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", str(REQUIREMENTS)]
    ways = [by_pip]
    if uv.exists():
        ways.insert(0, [str(uv), "pip", "sync", "-q", "--system-certs", "--python", str(PYTHON), "--require-hashes", str(REQUIREMENTS)])
    words = ""
    for way in ways:
        done = subprocess.run(way, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode == 0:
            STAMP.write_text(REQUIREMENTS.read_text())
            return
        words = done.stderr.strip()[-400:]
    raise NoOscar(f"django-oscar could not be installed: {words}")


def start(ground: Ground, stock: list[dict[str, Any]], words: tuple[str, ...], buyers: int) -> Contender:
    """Raises NoOscar."""
    ground.fresh_database(DATABASE)
    folder = FOLDER / "oscar"
    for name in ("static", "media"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    environment = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.oscar.settings",
        "OSCAR_FOLDER": str(folder),
        "OSCAR_DATABASE": DATABASE,
        "OSCAR_DATABASE_HOST": str(ground.postgres.sockets),
        "OSCAR_DATABASE_USER": ROLE,
        "SECRET_KEY": "only-for-a-measurement-" * 3,
        "VIRTUAL_ENV": str(ENVIRONMENT),
    }
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
    done = subprocess.run(
        [str(PYTHON), "-m", "benchmarks.oscar.fill", str(file), str(buyers)],
        env={**ground.environment, **environment, "OSCAR_FILLING": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode != 0:
        raise NoOscar(f"django-oscar could not be filled: {done.stderr.strip()[-600:]}")
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout.splitlines()[-1])
    return found


def pages(stock: list[dict[str, Any]], words: tuple[str, ...]) -> dict[str, Page]:
    def listed(visitor: Visitor) -> Steps:
        yield visitor.get("/catalogue/", "list")

    def product(visitor: Visitor) -> Steps:
        yield visitor.get(visitor.choose(stock)["path"], "product")

    def search(visitor: Visitor) -> Steps:
        for word in words:
            yield visitor.get(f"/search/?q={word}", "search")

    def look(visitor: Visitor) -> Steps:
        page = yield visitor.get(visitor.choose(stock)["path"])
        visitor.notes["token"] = page.fields()["csrfmiddlewaretoken"]

    def put(visitor: Visitor, what: str) -> Steps:
        form = {"csrfmiddlewaretoken": visitor.notes["token"], "quantity": "1"}
        yield visitor.post(f"/basket/add/{visitor.choose(stock)['id']}/", form, what, 302)

    def add(visitor: Visitor) -> Steps:
        yield from put(visitor, "add")

    def to_preview(visitor: Visitor, measured: bool) -> Steps:
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

    def fill(visitor: Visitor) -> Steps:
        _sign_in(visitor)
        yield from look(visitor)
        yield from put(visitor, "")
        yield from to_preview(visitor, measured=False)

    def place(visitor: Visitor) -> Steps:
        form = {"csrfmiddlewaretoken": visitor.notes["token"], "action": "place_order"}
        yield visitor.post("/checkout/preview/", form, "place", 302)

    def checkout(visitor: Visitor) -> Steps:
        _sign_in(visitor)
        yield visitor.get("/catalogue/", "list")
        page = yield visitor.get(visitor.choose(stock)["path"], "product")
        visitor.notes["token"] = page.fields()["csrfmiddlewaretoken"]
        yield from put(visitor, "add")
        yield visitor.get("/basket/", "basket")
        yield from to_preview(visitor, measured=True)
        yield from place(visitor)
        yield visitor.get("/checkout/thank-you/", "order")

    return {
        "list": Page(listed),
        "home": Page(listed),
        "product": Page(product),
        "search": Page(search),
        "add": Page(add, look),
        "place": Page(place, fill, once=True),
        "checkout": Page(checkout, journey=True),
    }


def _sign_in(visitor: Visitor) -> None:
    visitor.cookies["sessionid"] = visitor.notes["session"]


