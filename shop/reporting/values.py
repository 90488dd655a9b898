"""What a template may name: each placeholder with its value for one report, and rows of the tables. Reports are Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from shop.core.money import format_plain, format_wan
from shop.core.numbers import half_up
from shop.reporting.models import MONTHLY
from shop.reporting.wording import words_of

Value = str | bool
Row = Mapping[str, str]


def percent_change(now: int, before: int) -> str:
    """Against before, in percent with one decimal; '—' when there is nothing to compare with."""
    if before <= 0:
        return "—"
    change = now - before
    tenths = half_up(abs(change) * 1000, before)
    sign = "-" if change < 0 and tenths else "+"
    return f"{sign}{tenths // 10}.{tenths % 10}%"


def whole_percent(numerator: int, denominator: int) -> str:
    """Rounded half up to whole percent, as sentences say it; '—' over nothing."""
    return f"{half_up(numerator * 100, denominator)}%" if denominator else "—"


def day_words(day: date) -> str:
    """2020年12月31日."""
    return f"{day.year}年{day.month}月{day.day}日"


def values(facts: Mapping[str, Any], proof: Mapping[str, str]) -> dict[str, Value | list[Row]]:
    """Every placeholder of `placeholders.KNOWN` and every table of `placeholders.TABLES`.

    `proof`: made_on (ISO day), facts_sha256, audit_id, audit_sha256, audit (a sentence).
    """
    day = date.fromisoformat(facts["as_of"])
    return {
        **_heading(facts, proof, day),
        **_sales(facts),
        **_registry(facts),
        **_tables(facts),
    }


def _heading(facts: Mapping[str, Any], proof: Mapping[str, str], day: date) -> dict[str, Value]:
    words = words_of(day)
    monthly = facts["kind"] == MONTHLY
    region = facts["region"]
    return {
        "地区": region["name"],
        "上级地区": region["parent"],
        "年份": str(day.year),
        "月份": str(day.month) if monthly else "",
        "报告期": f"{day.year}年{day.month}月" if monthly else f"{day.year}年",
        "截至日期": day_words(day),
        "落款日期": day_words(date.fromisoformat(proof["made_on"])),
        "演示": facts["demo"],
        "消费帮扶": words.consumption,
        "产业帮扶": words.industry,
        "金融帮扶": words.finance,
        "光伏帮扶": words.solar,
        "光伏电站": words.station,
        "小额信贷": words.loan,
        "建档户": words.registered,
        "核对结果": proof["audit"],
        "核对编号": proof["audit_id"],
        "核对校验码": proof["audit_sha256"],
        "数据校验码": proof["facts_sha256"],
    }


def _sales(facts: Mapping[str, Any]) -> dict[str, Value]:
    figure = {one["code"]: one["value"] for one in facts["figures"]}
    tables = facts["tables"]
    found: dict[str, Value] = {
        "有销售": figure["orders"] > 0,
        "销售额元": format_plain(figure["sales"]),
        "销售额万元": format_wan(figure["sales"]),
        "订单数": str(figure["orders"]),
        "涉及农户": str(figure["reached"]),
        "产品清单": _listed(tables["product"]),
        "有去年": figure["orders_before"] > 0,
        "去年销售额元": _compared(figure["sales_before"], figure["orders_before"]),
        "比去年": percent_change(figure["sales"], figure["sales_before"]),
        "有帮助销售": bool(_sold(tables["assisted_product"])),
        "帮助销售元": format_plain(figure["assisted"]),
        "帮助销售万元": format_wan(figure["assisted"]),
        "帮助销售产品": _listed(tables["assisted_product"]),
        "帮助销售村": "、".join(dict.fromkeys(row["village"] for row in _sold(tables["assisted_village"]))),
        "货款元": format_plain(figure["credited"]),
        "货款万元": format_wan(figure["credited"]),
        "货款户数": str(figure["credited_households"]),
    }
    if facts["kind"] == MONTHLY:
        found |= {
            "累计销售额元": format_plain(figure["sales_year"]),
            "累计销售额万元": format_wan(figure["sales_year"]),
            "累计订单数": str(figure["orders_year"]),
            "累计涉及农户": str(figure["reached_year"]),
            "有去年累计": figure["orders_year_before"] > 0,
            "去年累计销售额元": _compared(figure["sales_year_before"], figure["orders_year_before"]),
            "累计比去年": percent_change(figure["sales_year"], figure["sales_year_before"]),
        }
    return found


def _compared(fen: int, orders: int) -> str:
    """The sum of a stretch to compare with; '—' where nothing was sold in it."""
    return format_plain(fen) if orders else "—"


def _sold(rows: list[Any]) -> list[Any]:
    return [row for row in rows if row["sums"]["now"]["orders"]]


def _listed(rows: list[Any]) -> str:
    return "、".join(row["name"] for row in _sold(rows))


def _registry(facts: Mapping[str, Any]) -> dict[str, Value]:
    stations = facts["tables"]["station"]
    figures = {one["code"]: one for one in facts["figures"]}
    count = {code: str(one["value"]) for code, one in figures.items()}
    rates = {
        code: whole_percent(one["numerator"], one["denominator"])
        for code, one in figures.items()
        if one["unit"] == "rate"
    }
    return {
        "村数": count["villages"],
        "合作社数": count["cooperatives"],
        "户籍户数": count["households"],
        "户籍人数": count["persons"],
        "农业户数": count["agricultural_households"],
        "农业人数": count["agricultural_persons"],
        "建档户数": count["registered_households"],
        "建档人数": count["registered_persons"],
        "入社户数": count["member_households"],
        "入社人数": count["member_persons"],
        "入社率户": rates["member_rate_households"],
        "入社率人": rates["member_rate_persons"],
        "可发展产业户数": count["able_households"],
        "带动户数": count["led_households"],
        "带动率": rates["led_rate"],
        "有电站": bool(stations),
        "电站数": count["pv_stations"],
        "运行电站数": count["pv_running"],
        "电站所在村": "、".join(dict.fromkeys(row["village"] for row in stations)),
        "贷款户数": count["loan_households"],
        "贷款元": format_plain(figures["loan_fen"]["value"]),
        "贷款万元": format_wan(figures["loan_fen"]["value"]),
        "户贷率": rates["loan_rate"],
    }


def _tables(facts: Mapping[str, Any]) -> dict[str, list[Row]]:
    tables, monthly = facts["tables"], facts["kind"] == MONTHLY
    names = ("village", "cooperative", "product", "assisted_village", "assisted_product")
    labels = ("各村", "各合作社", "各产品", "帮助销售各社", "帮助销售各产品")
    sums = {
        label: [_sum_row(row, monthly=monthly) for row in tables[name]]
        for name, label in zip(names, labels, strict=True)
    }
    return {
        **sums,
        "各月": [
            {
                "名称": f"{row['month']}月",
                "销售额": format_plain(row["now"]["fen"]),
                "订单": str(row['now']['orders']),
                "户数": str(row['now']['households']),
                "去年": _compared(row["before_fen"], row["before_fen"]),
                "比去年": percent_change(row["now"]["fen"], row["before_fen"]),
            }
            for row in tables["month"]
        ],
        "农户货款": [
            {
                "名称": row["name"],
                "村": row["village"],
                "有销售户数": str(row['sold_households']),
                "货款户数": str(row['credited_households']),
                "货款": format_plain(row["credited_fen"]),
            }
            for row in tables["money"]
        ],
        "电站": [
            {"村": row["village"], "名称": row["name"], "容量": f"{row['kw']} kW", "状态": "运行" if row["running"] else "停运"}
            for row in tables["station"]
        ],
        "指标": [
            {
                "名称": one["name"],
                "分子": str(one['numerator']),
                "分母": str(one['denominator']),
                "比率": one["percent"],
                "口径": one["definition"],
            }
            for one in facts["figures"]
            if one["unit"] == "rate"
        ],
    }  # fmt: skip


def _sum_row(row: Mapping[str, Any], *, monthly: bool) -> Row:
    sums = row["sums"]
    found = {
        "名称": row["name"],
        "村": row["village"],
        "销售额": format_plain(sums["now"]["fen"]),
        "订单": str(sums["now"]["orders"]),
        "户数": str(sums["now"]["households"]),
        "去年": _compared(sums["before"]["fen"], sums["before"]["orders"]),
        "比去年": percent_change(sums["now"]["fen"], sums["before"]["fen"]),
    }
    if monthly:
        found |= {
            "累计": format_plain(sums["year"]["fen"]),
            "去年累计": _compared(sums["year_before"]["fen"], sums["year_before"]["orders"]),
            "累计比去年": percent_change(sums["year"]["fen"], sums["year_before"]["fen"]),
        }
    return found
