"""`make bench`: our pages and the distribution beside the hardware's limit and django-oscar, all in one run.

make bench               everything, at most about six minutes (django-oscar's first installation comes on top)
make bench QUICK=1       a rough look in about a minute and a half; django-oscar only if it is installed already
make bench BENCH="--pages list,product --no-oscar --towns 1,10,100"
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import sys
import time
from typing import Any

from benchmarks.client import Unexpected
from benchmarks.ground import FOLDER, ground
from benchmarks.oscar import contender as oscar
from benchmarks.report import render
from benchmarks.run import PAGES, QUICK, Plan, Results, measure
from dev.runner.errors import RunnerError


def main(words: list[str]) -> int:
    plan = _plan(words)
    began = time.perf_counter()

    def say(sentence: str) -> None:
        print(f"[{time.perf_counter() - began:5.1f} s] {sentence}", flush=True)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    results = Results()
    try:
        with ground() as services:
            measure(services, plan, results, say)
    finally:  # whatever was measured before something went wrong counts too
        if "about" in results.data:
            file = FOLDER / "results.json"
            file.write_text(json.dumps(results.data, ensure_ascii=False, indent=1))
            print(f"\n{render(results.data)}\nEverything, statements too, is in {file}.", flush=True)
    return 0


def _plan(words: list[str]) -> Plan:
    parser = argparse.ArgumentParser(
        "make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", default=os.environ.get("QUICK", "") not in {"", "0"})
    parser.add_argument("--pages", help=f"some of {','.join(PAGES)}, or none")
    parser.add_argument("--towns", help="sizes for the distribution, such as 1,10")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of load per page, contender and round")
    parser.add_argument("--no-oscar", action="store_true")
    chosen = parser.parse_args(words)
    plan = QUICK if chosen.quick else Plan()
    changes: dict[str, Any] = {
        name: getattr(chosen, name) for name in ("rounds", "seconds") if getattr(chosen, name) is not None
    }
    if chosen.pages is not None:
        changes["pages"] = tuple(page for page in PAGES if page in chosen.pages.split(","))
    if chosen.towns is not None:
        changes["towns"] = tuple(int(number) for number in chosen.towns.split(",") if number)
    if chosen.no_oscar or (chosen.quick and not oscar.installed()):
        changes["oscar"] = False
    return dataclasses.replace(plan, **changes)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (RunnerError, Unexpected) as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
