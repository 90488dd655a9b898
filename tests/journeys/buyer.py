"""The buyer's journey in steps: find, put into the basket, sign in, address, order, pay, read whom it helped."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.journeys.visitor import Visitor, fen

DECLINED, GOOD = "4000 0000 0000 0002", "4242 4242 4242 4242"


@dataclass
class HelpedLine:
    """One line of 这一单帮到了谁: what was paid for it, and the amounts of villages and households under it."""

    net_fen: int
    villages: list[int]
    households: list[int]


class Buyer(Visitor):
    def find(self, words: str, product: str) -> None:
        """By the search box; initials will do."""
        self.go("/")
        box = self.page.get_by_role("searchbox")
        box.fill(words)
        box.press("Enter")
        self.follow(product, self.page.locator("main"))
        self.heading(product)

    def put_in_basket(self, spec: str, units: int) -> None:
        self.page.get_by_role("radio", name=spec).check()
        self.page.get_by_label("数量", exact=True).fill(str(units))
        self.press("加入购物车")
        self.heading("购物车")

    def check_out(self) -> None:
        self.page.locator("a:visible", has_text="去结算").first.click()

    def add_address(self, recipient: str, *, scripts: bool = True) -> None:
        """On the address form that the first order leads to."""
        self.fill("收货人", recipient)
        self.fill("手机号", "13800138000")
        steps = (("省份", "湖北省"), ("城市", "武汉市"), ("区县", "洪山区"), ("乡镇街道", "珞南街道"))
        for number, (label, option) in enumerate(steps):
            self.choose(label, option)
            if number + 1 < len(steps) and not scripts:
                self.press("选好一级后，按这里显示下一级")
        self.fill("详细地址", "珞喻路 1 号 2 栋 301 室")
        self.press("保存并继续")
        self.heading("确认订单")
        self.sees(recipient)

    def place_order(self) -> str:
        """Returns the order's number."""
        self.page.locator("button:visible", has_text="提交订单").first.click()
        self.heading("付款")
        found = re.search(r"/orders/(\w+)/pay", self.page.url)
        assert found, self.page.url
        return found[1]

    def open_checkout(self) -> None:
        """Over to the provider's page."""
        self.press("去付款")
        self.sees("测试收银台：不会扣真钱。")

    def pay_by_card(self, number: str) -> None:
        self.fill("卡号", number)
        self.page.get_by_role("button", name=re.compile("确认付款")).click()

    def whom_it_helped(self) -> list[HelpedLine]:
        """On the order's page, every line of it."""
        self.reload_until("这一单帮到了谁")
        box = self.page.locator("section.helped")
        for more in box.locator("summary").all():
            more.click()
        lines: list[HelpedLine] = []
        for part in box.locator(".helped-title .money, .helped-line .money, .share-list .money").all():
            amount = fen(part.inner_text())
            if part.locator("xpath=ancestor::h3").count():
                lines.append(HelpedLine(amount, [], []))
            elif part.locator("xpath=ancestor::ul").count():
                lines[-1].households.append(amount)
            else:
                lines[-1].villages.append(amount)
        return lines

    def total(self) -> int:
        """What the page says is paid or to be paid."""
        return fen(self.page.locator("dd.total").last.inner_text())

    def receives(self) -> None:
        self.press("确认收货")
        expect(self.page.get_by_role("button", name="确认收货")).to_have_count(0)
