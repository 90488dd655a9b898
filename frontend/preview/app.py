"""A throwaway application that shows the real frames and macros with made-up values. Not part of the shop.

.venv/bin/python frontend/preview/app.py shots [FOLDER]   screenshots at 360 and 1366 px, axe and contrast on every page
.venv/bin/python frontend/preview/app.py serve [PORT]     look at it in a browser
"""
# ruff: noqa: INP001, T201, S106

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from flask import Flask, redirect, render_template, request  # noqa: E402
from flask_wtf import CSRFProtect  # noqa: E402
from jinja2 import ChoiceLoader, FileSystemLoader  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

from shop.core import language, pages  # noqa: E402
from shop.core.pages import Page, Tab  # noqa: E402

PAGES = (
    "home", "list", "product", "basket", "checkout", "order", "result", "sign_in",
    "today", "intake", "overview", "batch", "parts", "paper", "missing",
)  # fmt: skip
PRESENT = {
    "home": "storefront.home", "list": "storefront.categories", "basket": "storefront.basket", "today": "office.today",
    "intake": "office.intake", "overview": "township.overview", "batch": "township.distributions",
}  # fmt: skip
DOORS = {"today": "office", "intake": "office", "overview": "township", "batch": "township"}
GOODS = (
    ("干香菇", "dried-shiitake", 6800, "250克/袋 · 一级", 250, "卡子村", 1200, 86, 23),
    ("高山绿茶", "tea", 12800, "125克/罐 · 明前", 125, "唐家村", 42, 37, 12),
    ("干竹笋", "dried-bamboo", 4500, "500克/袋", 500, "浪溪村", 300, 51, 9),
    ("土蜂蜜", "honey", 9800, "500克/瓶", 500, "大川村", 0, 120, 7),
    ("红心猕猴桃", "kiwi", 5900, "2.5千克/箱", 2500, "段家村", 66, 210, 18),
    ("阳荷", "yanghe", 2600, "500克/袋", 500, "唐家村", 40, 8, 6),
    ("洋姜", "yangjiang", 1500, "1千克/袋", 1000, "卡子村", 90, 33, 11),
    ("高山辣椒", "chilli", 1800, "1千克/袋", 1000, "卡子村", 500, 64, 14),
    ("露地西瓜", "watermelon", 3200, "1个约5千克", 5000, "浪溪村", 20, 18, 5),
    ("散养土鸡", "chicken", 12800, "1只约1.5千克", 1500, "大川村", 12, 44, 8),
    ("土猪肉", "pork", 5800, "1千克/份", 1000, "段家村", 30, 72, 10),
    ("山羊肉", "goat", 9600, "1千克/份", 1000, "唐家村", 9, 15, 3),
    ("黄牛肉", "beef", 10800, "1千克/份", 1000, "浪溪村", 16, 12, 4),
    ("鲜竹笋", "bamboo-shoot", 2200, "1千克/袋", 1000, "浪溪村", 80, 95, 9),
)


def build() -> Flask:
    here = Path(__file__).parent
    static = Path(tempfile.mkdtemp(prefix="look-"))
    subprocess.run(
        ["node", "frontend/build.mjs", "--out", str(static / "dist"), "--also", str(here)],
        cwd=ROOT,
        check=True,
    )
    app = Flask("preview", static_folder=str(static), static_url_path="/static")
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(ROOT / "shop/templates"), FileSystemLoader(here / "templates")]
    )
    app.config.update(SECRET_KEY="preview", DEMO=True, TEMPLATES_AUTO_RELOAD=True)
    CSRFProtect(app)
    language.register(app)
    pages.register(app)
    app.add_url_rule("/", "storefront.home", lambda: show("home"))
    app.add_url_rule("/prefs", "storefront.prefs", prefs)
    for endpoint in ("search", "categories", "basket", "account", "help", "rules", "licence", "privacy"):
        app.add_url_rule(f"/to/{endpoint}", f"storefront.{endpoint}", lambda: show("home"))
    for endpoint in ("today", "shipping", "intake", "products", "more", "lots", "sales", "distribution"):
        app.add_url_rule(f"/coop/{endpoint}", f"office.{endpoint}", lambda: show("today"))
    for endpoint in ("overview", "tasks", "distributions", "households", "ledger", "audit"):
        app.add_url_rule(f"/town/{endpoint}", f"township.{endpoint}", lambda: show("overview"))
    app.add_url_rule("/sign-out", "storefront.sign_out", lambda: redirect("/"), methods=["POST"])
    app.add_url_rule("/<name>", "page", show)
    app.after_request(policy)
    pages.set_tabs(app, "storefront", [
        Tab("storefront.home", "首页", icon="house"), Tab("storefront.categories", "分类", icon="grid"),
        Tab("storefront.basket", "购物车", icon="cart3"), Tab("storefront.account", "我的", icon="person"),
    ])  # fmt: skip
    pages.set_tabs(app, "office", [
        Tab("office.today", "今日", icon="sun"), Tab("office.shipping", "发货", icon="truck"),
        Tab("office.intake", "收货", icon="basket"),
        Tab("office.products", "商品", icon="tags"), Tab("office.more", "更多", icon="three-dots"),
        Tab("office.lots", "批次", icon="boxes", group="账目", rail_only=True),
        Tab("office.sales", "销售归属", icon="people", group="账目", rail_only=True),
        Tab("office.distribution", "盈余分配", icon="pie-chart", group="账目", rail_only=True),
    ])  # fmt: skip
    pages.set_tabs(app, "township", [
        Tab("township.overview", "总览", icon="speedometer2"), Tab("township.tasks", "待办", icon="list-check"),
        Tab("township.distributions", "分配批次", icon="pie-chart"), Tab("township.households", "成员户", icon="people"),
        Tab("township.audit", "核对", icon="patch-check"),
    ])  # fmt: skip
    return app


def policy(response: Any) -> Any:
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    return response


def prefs() -> Any:
    answer = redirect(request.args.get("next", "/"))
    for name in ("size", "lang"):
        if name in request.args:
            answer.set_cookie(name, request.args[name])
    return answer


def show(name: str) -> str:
    now = datetime.now(UTC)
    if name == "basket":
        pages.say("已加入购物车")
        pages.say("已下架“干香菇 250克”", undo_url="/", undo={"sku": 3})
    if name == "checkout":
        pages.say("“土蜂蜜”只剩 3 瓶，已改成 3", kind="notice")
    door = DOORS.get(name, "storefront")
    nav = [replace(link, active=link.endpoint == PRESENT.get(name)) for link in pages.tabs_of(door)]
    place = {"office": "卡子村扶贫互助专业合作社", "township": "大川镇"}.get(door)
    return render_template(
        f"preview/{name}.html", goods=GOODS, now=now, deadline=now + timedelta(minutes=29), nav=nav, place=place,
        badges={"storefront.basket": 3, "office.shipping": 12, "township.tasks": 2},
        page=Page(GOODS, number=3, size=14, total=131), current_user={"is_authenticated": door != "storefront", "name": "王建华"},
    )  # fmt: skip


def shots(folder: Path) -> int:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    server = make_server("127.0.0.1", 0, build(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wanted = sys.argv[3:] or PAGES
    bad = 0
    with sync_playwright() as playwright:
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
        ]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        for width, size in ((360, "normal"), (1366, "normal"), (360, "large")):
            context = browser.new_context(
                viewport={"width": width, "height": 740 if width < 500 else 900}, locale="zh-CN"
            )
            context.add_cookies([{"name": "size", "value": size, "url": f"http://127.0.0.1:{server.port}"}])
            tab = context.new_page()
            tab.on("console", lambda m: print("console:", m.text) if m.type == "error" else None)
            tab.on("pageerror", lambda e: print("error:", e))
            for name in wanted:
                tab.set_viewport_size({"width": width, "height": 740 if width < 500 else 900})
                tab.goto(f"http://127.0.0.1:{server.port}/{name}")
                wide = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                small = tab.evaluate(SMALL_TARGETS)
                found = [] if size == "large" else Axe().run(tab).response["violations"]
                bad += len(found)
                for item in found:
                    print(
                        f"axe {width} {name}: {item['id']}: {[node['html'][:110] for node in item['nodes']][:3]}"
                    )
                if wide > 0:
                    print(f"overflow {width} {size} {name}: {wide}px")
                if small and width < 500:
                    print(f"small targets {size} {name}: {small[:6]}")
                height = tab.evaluate("document.documentElement.scrollHeight")
                tab.set_viewport_size({"width": width, "height": height})
                tab.screenshot(
                    path=str(folder / f"{name}-{width}{'-large' if size == 'large' else ''}.png"),
                    full_page=True,
                )
        browser.close()
    server.shutdown()
    return bad


SMALL_TARGETS = """() => {
  const inText = 'label, .search, p, .basis, .product-card, h3, dd, .crumbs, td, tbody th, .field-error, .error-summary';
  const small = (e) => {
    const r = e.getBoundingClientRect();
    return r.width && !e.closest(inText) && Math.min(r.height, r.width) < 43.5 && !e.classList.contains('skip');
  };
  const size = (e) => `${Math.round(e.getBoundingClientRect().width)}x${Math.round(e.getBoundingClientRect().height)}`;
  const all = [...document.querySelectorAll('a, button, select, input:not([type=hidden])')];
  return all.filter(small).map((e) => `${e.className || e.tagName} ${size(e)}`);
}"""

if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        build().run(port=int(sys.argv[2]) if len(sys.argv) > 2 else 8100)
    else:
        sys.exit(
            1 if shots(Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.gettempdir() + "/look")) else 0
        )
