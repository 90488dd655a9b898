"""`expand[]`: replace an id inside an answer by the object, up to four levels deep."""

from __future__ import annotations

from dev.stripe_stand_in.errors import invalid
from dev.stripe_stand_in.shapes import page
from dev.stripe_stand_in.store import Json, Store

EXPANDABLE = {
    "checkout.session": {"line_items", "payment_intent"},
    "payment_intent": {"latest_charge", "payment_method"},
    "charge": {"balance_transaction", "payment_intent", "refunds"},
    "refund": {
        "balance_transaction",
        "charge",
        "failure_balance_transaction",
        "payment_intent",
        "payment_method",
    },
    "balance_transaction": {"source"},
    "transfer": {"balance_transaction", "source_transaction"},
    "transfer_reversal": {"balance_transaction", "transfer"},
    "payout": {"balance_transaction", "failure_balance_transaction"},
}


def expand(store: Store, answer: Json, paths: list[str]) -> Json:
    for path in paths:
        names = path.split(".")
        if len(names) > 4:
            raise invalid(
                f"You cannot expand more than 4 levels of a property. Property: {path}", param="expand"
            )
        if answer["object"] == "list":
            if names[0] != "data" or len(names) == 1:
                raise _impossible(path)
            for each in answer["data"]:
                _expand(store, each, names[1:], path)
        else:
            _expand(store, answer, names, path)
    return answer


def _impossible(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")


def _expand(store: Store, thing: Json, names: list[str], path: str) -> None:
    name, *rest = names
    if name not in EXPANDABLE.get(thing["object"], ()):
        raise _impossible(path)
    value = thing.get(name)
    if name == "line_items":
        value = value or page(
            f"/v1/checkout/sessions/{thing['id']}/line_items", store.private(thing["id"])["line_items"]
        )
    elif name == "refunds":
        found, more = store.find("refund", {"charge": thing["id"]})
        value = value or page(f"/v1/charges/{thing['id']}/refunds", found, more=more)
    elif isinstance(value, str):
        value = store.get(value)
    thing[name] = value
    if rest and value is not None and value["object"] != "list":
        _expand(store, value, rest, path)
