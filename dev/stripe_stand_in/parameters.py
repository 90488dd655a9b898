"""Form-encoded parameters in Stripe's bracket notation, held against the table `accepted.json`.

In the table an object is a group of parameters (`name!` is required, `+` takes in shared parts), a list is an array
(with its greatest length), and a text names a check below with its arguments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dev.stripe_stand_in.errors import ApiError, invalid

Rule = dict[str, Any] | list[Any] | str
_TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("accepted.json").read_text("utf-8"))
MOST_FEN = 99_999_999  # Stripe takes eight digits


def accepted(endpoint: str) -> dict[str, Any]:
    """The parameters of e.g. `POST /v1/refunds`, shared parts taken in."""
    return _with_parts(_TABLE[endpoint])


def _with_parts(group: dict[str, Any]) -> dict[str, Any]:
    shared = [_with_parts(_TABLE["parts"][name]) for name in group.get("+", [])]
    merged = {name: rule for part in shared for name, rule in part.items()}
    return merged | {name: rule for name, rule in group.items() if name != "+"}


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0]=x` → {"a": {"b": {"0": "x"}}}."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        parts = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name) or [name]
        here = tree
        for part in parts[:-1]:
            here = here.setdefault(part, {})
            if not isinstance(here, dict):
                raise invalid("Invalid object", param=name)
        here[parts[-1] or str(len(here))] = value
    return tree


def read(rule: Rule, raw: Any, path: str = "") -> Any:
    """Checked value of one parameter, or of the whole tree at path ''. Raises ApiError 400 as Stripe words it."""
    if isinstance(rule, dict):
        return _read_group(rule, raw, path)
    if isinstance(rule, list):
        return _read_array(rule, raw, path)
    if rule == "pairs":
        return _read_pairs(raw, path)
    if not isinstance(raw, str):
        raise invalid(f"Invalid string: {raw}", param=path)
    if raw == "":
        raise _empty(path)
    check, *limits = rule.split()
    return _CHECKS[check](raw, path, *limits)


def _empty(path: str) -> ApiError:
    message = (
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; however "
        f"'{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty value."
    )
    return invalid(message, code="parameter_invalid_empty", param=path)


def _below(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _read_group(group: dict[str, Any], raw: Any, path: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise invalid("Invalid object", param=path)
    rules = {name.rstrip("!"): rule for name, rule in group.items()}
    unknown = [_below(path, name) for name in raw if name not in rules]
    if unknown:
        noun = "parameter" if len(unknown) == 1 else "parameters"
        message = f"Received unknown {noun}: {', '.join(unknown)}"
        raise invalid(message, code="parameter_unknown", param=unknown[0])
    for name in group:
        if name.endswith("!") and name[:-1] not in raw:
            full = _below(path, name[:-1])
            raise invalid(f"Missing required param: {full}.", code="parameter_missing", param=full)
    return {name: read(rules[name], value, _below(path, name)) for name, value in raw.items()}


def _read_array(array: list[Any], raw: Any, path: str) -> list[Any]:
    item, most = array if len(array) == 2 else (array[0], 0)
    if not isinstance(raw, dict) or not all(key.isdecimal() for key in raw):
        raise invalid("Invalid array", param=path)
    if most and len(raw) > most:
        raise invalid(f"There is a maximum of {most} {path}; you passed {len(raw)}.", param=path)
    return [read(item, raw[key], _below(path, key)) for key in sorted(raw, key=int)]


def _read_pairs(raw: Any, path: str) -> dict[str, str]:
    """Metadata: at most 50 pairs, names of 40 and values of 500 characters; an empty value is no pair."""
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise invalid("Invalid object", param=path)
    if len(raw) > 50:
        raise invalid(f"Metadata can have up to 50 keys, but you passed {len(raw)}.", param=path)
    for name, value in raw.items():
        if len(name) > 40:
            raise invalid(f"Metadata keys can have up to 40 characters. Invalid key: {name}", param=path)
        if len(value) > 500:
            message = f"Metadata values can have up to 500 characters, but you passed in {len(value)}: {value[:40]}…"
            raise invalid(message, param=_below(path, name))
    return {name: value for name, value in raw.items() if value != ""}


def _text(raw: str, path: str, most: str = "5000") -> str:
    if len(raw) > int(most):
        raise invalid(f"Invalid string: {raw[:20]}…; must be at most {most} characters", param=path)
    return raw


def _whole(raw: str, path: str, least: str = "0", most: str = "99999999999") -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", raw):
        raise invalid(f"Invalid integer: {raw}", code="parameter_invalid_integer", param=path)
    if not int(least) <= int(raw) <= int(most):
        bound = (
            f"greater than or equal to {least}" if int(raw) < int(least) else f"less than or equal to {most}"
        )
        raise invalid(f"This value must be {bound}.", code="parameter_invalid_integer", param=path)
    return int(raw)


def _one_of(raw: str, path: str, *values: str) -> str:
    if raw not in values:
        name = path.rsplit("[", 1)[-1].rstrip("]")
        raise invalid(f"Invalid {name}: must be one of {', '.join(values)}", param=path)
    return raw


def _flag(raw: str, path: str) -> bool:
    if raw not in ("true", "false"):
        raise invalid(f"Invalid boolean: {raw}", param=path)
    return raw == "true"


def _url(raw: str, path: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid("Not a valid URL", code="url_invalid", param=path)
    return raw


def _email(raw: str, path: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", raw):
        raise invalid(f"Invalid email address: {raw}", code="email_invalid", param=path)
    return raw


_CHECKS: dict[str, Any] = {
    "text": _text, "whole": _whole, "one_of": _one_of, "flag": _flag, "url": _url, "email": _email
}  # fmt: skip
