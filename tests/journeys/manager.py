"""The manager's day in steps: today, an intake, closing the lot, a product on sale, a parcel, sales to households."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.visitor import Visitor, fen


class Manager(Visitor):
    def tile(self, name: str) -> str:
        """The figure of a tile, with its unit."""
        tile = self.page.locator(".tile").filter(has=self.page.locator(".tile-name", has_text=name)).first
        return tile.locator(".tile-value").inner_text()

    def record_intake(self, produce: str, household: str, amount: str, unit: str, price: str) -> str:
        """One delivery, bought outright; returns the household's name as the page found it."""
        self.follow("登记收货")
        self.page.get_by_role("button", name=produce, exact=True).click()
        self.page.locator("#q").fill(household)
        self.press("查找")
        chosen = self.page.get_by_role("group", name="是哪一户").get_by_role("radio").first
        chosen.check()
        name = chosen.locator("xpath=..").locator("strong").inner_text()
        self.page.locator("#quantity").fill(amount)
        self.page.locator("select[name=unit]").select_option(label=unit)
        self.page.get_by_role("radio", name=re.compile("买断")).check()
        self.page.locator("#price").fill(price)
        self.page.get_by_label("等级").select_option(label="一级")
        self.page.get_by_role("button", name="保存", exact=True).click()
        self.heading(re.compile("交货单"))
        return name

    def close_lot(self) -> None:
        """From the receipt's page: its lot, and close that."""
        self.page.locator("dl.kv a[href*='/lots/']").click()
        self.follow("收齐了，封批")
        self.press("确认封批")
        self.sees(re.compile("还能卖"))

    def put_on_sale(self, produce: str, name: str, grams: str, price: str) -> None:
        """A product of its own from what came in."""
        self.follow("商品")
        self.follow("新商品")
        self.page.get_by_role("navigation", name="用哪种货").get_by_role(
            "link", name=produce, exact=True
        ).click()
        self.page.locator("#name").fill(name)
        self.page.locator("#content").fill(grams)
        self.page.locator("#pack").select_option(label="袋")
        self.page.locator("#price").fill(price)
        category = self.page.locator("#category_id")
        category.select_option(index=1)
        self.page.locator("summary", has_text="上架要的证号").click()
        self.page.locator("#certificate_no").fill("CD-2026-0042")
        self.page.locator("#origin").fill("湖北省十堰市茅箭区大川镇大川村")
        self.press("建商品")
        self.heading(name)
        self.press("上架")
        expect(self.page.get_by_role("button", name="下架", exact=True)).to_be_visible()

    def ship(self, order_number: str, company: str, waybill: str) -> None:
        """The card of that order's parcel in 发货."""
        self.follow("发货")
        card = self.page.locator("ul.card-list > li").filter(has_text=order_number)
        card.get_by_label("快递公司").select_option(label=company)
        card.get_by_label("快递单号").fill(waybill)
        self.press("确认发货", card)
        expect(self.page.locator("ul.card-list > li").filter(has_text=order_number)).to_have_count(0)

    def sales_per_household(self) -> dict[str, int]:
        """This month's attributed sales: household → fen, from every page of the list."""
        found = self._shares()
        while self.turn_page():
            found |= self._shares()
        return found

    def _shares(self) -> dict[str, int]:
        rows = self.page.locator("table.data tbody tr")
        names, sold = rows.locator("th").all_inner_texts(), rows.locator("td:first-of-type").all_inner_texts()
        return dict(zip(names, map(fen, sold), strict=True))
