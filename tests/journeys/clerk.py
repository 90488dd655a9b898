"""The township clerk's morning in steps: the total, the lines behind it, one trace, a distribution, its Excel sheet."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Locator, expect

from tests.journeys.visitor import Visitor, fen


class Clerk(Visitor):
    def tile(self, name: str) -> Locator:
        return (
            self.page.locator(".tile")
            .filter(has=self.page.locator(".tile-name").get_by_text(name, exact=True))
            .first
        )

    def drill(self, name: str) -> None:
        """From a figure to the rows behind it."""
        self.tile(name).locator("a.tile-link").click()

    def total_of_lines(self) -> tuple[int, int]:
        """Of the list of order lines: the sum it names, and the sum of the rows of all its pages."""
        named = fen(self.page.locator("p strong.money").first.inner_text())
        cells = self.page.locator("table.data tbody td[data-label='金额（元）']")
        rows = sum(map(fen, cells.all_inner_texts()))
        while self.turn_page():
            rows += sum(map(fen, cells.all_inner_texts()))
        return named, rows

    def shares_of_trace(self) -> list[tuple[int, int]]:
        """Of an order's trace: (the line's net, the sum of its households)."""
        return [
            (
                fen(line.locator(".panel-head .money").inner_text()),
                sum(map(fen, line.locator("td[data-label='金额（元）']").all_inner_texts())),
            )
            for line in self.page.locator("section.panel").all()
        ]

    def distribute(self, year: int) -> None:
        """Start the year's run and watch it to its end; the page renews itself."""
        self.follow("盈余分配")
        self.fill("年度", str(year))
        self.press("开始计算")
        self.heading("计算进度")
        expect(self.page.locator("#run").get_by_text("已算完")).to_be_visible(timeout=60_000)

    def download_sheet(self) -> Path:
        with self.page.expect_download() as waiting:
            self.follow("下载 Excel")
        return Path(waiting.value.path())

    def printed_totals(self) -> list[int]:
        """Trade, patronage, residual and their sum, from the foot of the table of members."""
        return [
            fen(cell) for cell in self.page.locator("tfoot td").all_inner_texts() if re.search(r"\d", cell)
        ]


def read_sheet(path: Path) -> tuple[list[str], list[list[object]], list[object]]:
    """Headings, the rows of members, and the row of totals of a distribution's sheet."""
    book = load_workbook(BytesIO(path.read_bytes()))
    rows = [list(row) for row in book.active.iter_rows(min_row=3, values_only=True)]
    book.close()
    last = next(number for number, row in enumerate(rows) if row[0] == "合计")
    return [str(name) for name in rows[0]], rows[1:last], rows[last]
