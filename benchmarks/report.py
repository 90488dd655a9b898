"""The figures of a run as tables of Markdown: what docs/benchmarks.md quotes and what the terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

NAMES = {
    "list": "list, 24 goods",
    "home": "home",
    "product": "product",
    "search": "search (three words)",
    "add": "add to basket",
    "place": "place the order",
    "checkout": "whole checkout",
}


def render(data: dict[str, Any]) -> str:
    """Everything that was measured, as Markdown."""
    return "\n".join(
        [*_about(data), *_pages(data), *_latency(data), *_recall(data), *_distribution(data), *_said(data)]
    )


def _table(head: Iterable[str], lines: Iterable[Iterable[object]]) -> Iterator[str]:
    names = list(head)
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for line in lines:
        yield "| " + " | ".join(str(cell) for cell in line) + " |"
    yield ""


def _about(data: dict[str, Any]) -> Iterator[str]:
    about = data["about"]
    host = about["machine"]
    yield (
        f"{about['at']}: {host['cores']} cores ({host['processor']}), {host['memory_gib']} GiB, "
        f"load {host['load']} at the start; "
        f"gunicorn {about['workers']} × {about['threads']}, {about['connections']} connections, one per request; "
        f"{about['rounds']} rounds of {about['seconds']} s a page; {about.get('products', 0)} products; "
        + (f"{about['took_seconds']} s in all." if "took_seconds" in about else "not finished.")
    )
    yield ""


def _pages(data: dict[str, Any]) -> Iterator[str]:
    if "pages" not in data:
        return
    yield "**CPU of application and database in milliseconds; SQL statements; bytes of HTML; requests per second**"
    yield ""
    lines = []
    for what, found in data["pages"].items():
        limit, ours, oscar = found["limit"], found["ours"], found.get("oscar")
        lines.append(
            [
                NAMES[what] + (f" ({ours['requests']} requests)" if ours["requests"] > 1 else ""),
                _cpu(limit),
                f"{_cpu(ours)} ({ours['application_ms']:.2f} + {ours['database_ms']:.2f})",
                _cpu(oscar) if oscar else "–",
                f"{ours['cpu_ms'] / limit['cpu_ms']:.1f} ×",
                f"{oscar['cpu_ms'] / ours['cpu_ms']:.0f} ×" if oscar else "–",
                f"{limit['sql']} / {ours['sql']} / {oscar['sql'] if oscar else '–'}",
                f"{ours['bytes']:,} / {oscar['bytes']:,}" if oscar else f"{ours['bytes']:,}",
                f"{limit['per_second']:,.0f} / {ours['per_second']:,.0f} / "
                + (f"{oscar['per_second']:,.1f}" if oscar else "–"),
                f"{ours['per_second'] / oscar['per_second']:.0f} ×" if oscar else "–",
            ]
        )
    head = (
        "page",
        "limit CPU",
        "ours CPU (app + DB)",
        "oscar CPU",
        "ours ÷ limit",
        "oscar ÷ ours",
        "SQL limit / ours / oscar",
    )
    yield from _table(
        (*head, "bytes ours / oscar", "req/s limit / ours / oscar", "req/s ours ÷ oscar"), lines
    )


def _cpu(figures: dict[str, Any]) -> str:
    return f"{figures['cpu_ms']:.2f}" if figures["cpu_ms"] < 100 else f"{figures['cpu_ms']:.0f}"


def _latency(data: dict[str, Any]) -> Iterator[str]:
    if "pages" not in data:
        return
    yield "**Latency in milliseconds, p50 / p99, and how many were measured**"
    yield ""
    lines = []
    for what, found in data["pages"].items():
        cells = [
            f"{each['p50_ms']:.1f} / {each['p99_ms']:.1f} ({each['measured']})"
            if (each := found.get(name))
            else "–"
            for name in ("limit", "ours", "oscar")
        ]
        lines.append([NAMES[what], *cells])
    yield from _table(("page", "limit", "ours", "oscar"), lines)


def _recall(data: dict[str, Any]) -> Iterator[str]:
    if "recall" not in data:
        return
    yield "**Search: right products found of those that must be found (+ others)**"
    yield ""
    lines = []
    for word, found in data["recall"].items():
        cells = [
            f"{each['right']} (+{each['others']})" if (each := found.get(name)) else "–"
            for name in ("ours", "oscar")
        ]
        lines.append([word, found["must"], *cells, found.get("oscar as it comes", "–")])
    yield from _table(
        ("word", "must", "ours", "oscar with pairs of characters", "oscar as it comes (hits)"), lines
    )


def _distribution(data: dict[str, Any]) -> Iterator[str]:
    if "distribution" not in data:
        return
    yield "**A month's settlement and a fiscal year's distribution (everything stored), milliseconds on the clock (CPU)**"
    yield ""
    lines = []
    for scale, found in data["distribution"].items():
        loops = found.get("loops")
        both = {
            way: {unit: found[year][unit] + found[month][unit] for unit in ("wall_ms", "cpu_ms")}
            for way, year, month in (("least", "minimal", "settle_minimal"), ("ours", "ours", "settle"))
        }
        size = f"{found['cooperatives']} cooperatives, {found['members']:,} members, {found['attributions']:,} attributions"
        lines.append(
            [
                f"{scale}: {size}, {found['ledger_entries']:,} entries",
                *(_clock(found[name]) for name in ("settle_minimal", "settle", "minimal", "ours")),
                " ".join(
                    f"{both['ours'][unit] / both['least'][unit]:.1f} × {name}"
                    for unit, name in (("wall_ms", "clock,"), ("cpu_ms", "CPU"))
                ),
                found["ours"]["sql_per_cooperative"],
                found["different_rows"],
                f"{_clock(found['again'])}, {100 * found['again']['cpu_ms'] / both['ours']['cpu_ms']:.0f} %",
                found["peak_mib"],
                *(_loop(loops[name], found["ours"]) if loops else "–" for name in ("kinder", "naive")),
            ]
        )
    head = ("towns", "settlement, one SQL", "settlement, ours", "distribution, one SQL", "distribution, ours")
    more = (
        "ours ÷ SQL, both",
        "SQL per cooperative",
        "rows that differ",
        "both after 1,000 new sales",
        "peak MiB",
    )
    yield from _table((*head, *more, "ORM, kinder (extrapolated)", "ORM, row by row (extrapolated)"), lines)


def _clock(each: dict[str, float]) -> str:
    return f"{each['wall_ms']:,.0f} ({each['cpu_ms']:,.0f})"


def _loop(loop: dict[str, Any], ours: dict[str, Any]) -> str:
    return f"{loop['wall_ms']:,} ({loop['cpu_ms']:,}); CPU {loop['cpu_ms'] / ours['cpu_ms']:.0f} × ours"


def _said(data: dict[str, Any]) -> Iterator[str]:
    for sentence in data.get("said", []):
        yield f"- {sentence}"
