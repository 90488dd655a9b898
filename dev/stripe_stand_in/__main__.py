"""python -m dev.stripe_stand_in --port N --data FILE --webhook-url URL --secret whsec_… --key sk_test_…"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from dev.stripe_stand_in import api, clockwork, control, pages
from dev.stripe_stand_in.stand_in import Fault, Settings, StandIn, Switches
from dev.stripe_stand_in.store import Store
from dev.stripe_stand_in.webhooks import Senders

HOST = "127.0.0.1"


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        return


def rate(text: str) -> Fraction:
    """`2.9%` or `0.029`."""
    return Fraction(text.rstrip("%")) / (100 if text.endswith("%") else 1)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dev.stripe_stand_in", description="Stripe's API for development: no real money."
    )
    parser.add_argument(
        "--port", type=int, required=True, help="on 127.0.0.1; 0 takes a free one and prints it"
    )
    parser.add_argument("--data", type=Path, required=True, help="SQLite file; made when missing")
    parser.add_argument("--webhook-url", default="", help="http://…; empty sends nothing")
    parser.add_argument("--secret", required=True, help="signs the webhooks (whsec_…)")
    parser.add_argument("--key", required=True, help="the only secret key accepted (sk_test_…)")
    parser.add_argument("--fee-rate", type=rate, default=rate("2.9%"), help="2.9%% or 0.029")
    parser.add_argument("--events", default="", help="comma-separated types to send; empty sends all")
    parser.add_argument("--retry-ms", type=int, default=500, help="pause before the first retry; doubles")
    parser.add_argument("--retry-times", type=int, default=12)
    parser.add_argument(
        "--refund-ms", type=int, default=1000, help="how long a wallet's refund stays pending"
    )
    parser.add_argument("--payout-ms", type=int, default=3000, help="how long a payout is on its way")
    parser.add_argument(
        "--payout-every", type=int, default=24 * 3600, help="seconds between automatic payouts; 0 = none"
    )
    trouble = parser.add_argument_group("trouble (also under /_stand_in/)")
    trouble.add_argument("--duplicates", type=int, default=0, help="further copies of each event")
    trouble.add_argument(
        "--reorder", type=int, default=0, help="hold this many events, then send them newest first"
    )
    trouble.add_argument("--delay-ms", type=int, default=0)
    trouble.add_argument("--drop", action="store_true", help="send no event")
    trouble.add_argument("--fail-next", type=int, default=0, help="this many API calls go wrong")
    trouble.add_argument("--fail-kind", choices=control.FAULT_KINDS, default="500")
    trouble.add_argument("--fail-when", choices=("before", "after"), default="before")
    trouble.add_argument("--fail-seconds", type=int, default=0, help="for timeout and slow")
    chosen = parser.parse_args(given)
    if not chosen.secret.startswith("whsec_") or not chosen.key.startswith("sk_test_"):
        parser.error("--secret must begin with whsec_ and --key with sk_test_: this is never the real Stripe")
    if chosen.webhook_url and not chosen.webhook_url.startswith("http://"):
        parser.error("--webhook-url must begin with http://")
    return chosen


def build(chosen: argparse.Namespace, port: int) -> tuple[Flask, StandIn]:
    settings = Settings(
        f"http://{HOST}:{port}",
        chosen.key,
        chosen.secret,
        chosen.fee_rate,
        chosen.retry_ms,
        chosen.retry_times,
        chosen.refund_ms,
        chosen.payout_ms,
        chosen.payout_every,
    )
    switches = Switches(
        chosen.webhook_url,
        [kind for kind in chosen.events.split(",") if kind],
        chosen.duplicates,
        chosen.reorder,
        chosen.delay_ms,
        chosen.drop,
    )
    stand_in = StandIn(settings, Store(chosen.data), switches)
    if chosen.fail_next:
        stand_in.faults.append(
            Fault(chosen.fail_kind, chosen.fail_next, chosen.fail_when, seconds=chosen.fail_seconds)
        )
    app = Flask(__name__)
    for part in (api, control, pages):
        part.install(app, stand_in)
    return app, stand_in


def main() -> None:
    chosen = arguments()
    app = Flask(__name__)
    server = make_server(HOST, chosen.port, app, threaded=True, request_handler=Quiet)
    server.app, stand_in = build(chosen, server.port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Senders(stand_in).start()
    clockwork.start(stand_in)
    print(f"Stripe stand-in: http://{HOST}:{server.port} (development only, no real money)", flush=True)
    try:
        server.serve_forever()
    except (KeyboardInterrupt, SystemExit):
        stand_in.store.close()
        os._exit(0)  # at once, whatever the request threads are doing; the store is closed and consistent


if __name__ == "__main__":
    main()
