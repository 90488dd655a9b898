"""Form-encoded parameters: read Stripe's bracket notation and hold it against a table of what is accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from dev.stripe_stand_in.errors import invalid

Check = Callable[[str, str], Any]  # (raw text, parameter's path) -> value


@dataclass(frozen=True)
class Shape:
    """A group of named parameters."""

    fields: Mapping[str, Rule]
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class Many:
    """A numbered list, `name[0]`, `name[1]`… or `name[]`; `most` = 0 has no limit."""

    item: Rule
    most: int = 0


@dataclass(frozen=True)
class Pairs:
    """Metadata: at most 50 pairs, names of 40 and values of 500 characters."""


Rule = Check | Shape | Many | Pairs


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
    """Checked value of one parameter (or of the whole tree at path ''). Raises ApiError 400 as Stripe words it."""
    if isinstance(rule, Shape):
        return _read_shape(rule, raw, path)
    if isinstance(rule, Many):
        return _read_many(rule, raw, path)
    if isinstance(rule, Pairs):
        return _read_pairs(raw, path)
    if not isinstance(raw, str):
        raise invalid(f"Invalid string: {raw}", param=path)
    if raw == "":
        raise invalid(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{path}' cannot be unset. You should remove '{path}' from your request or supply a "
            "non-empty value.",
            code="parameter_invalid_empty",
            param=path,
        )
    return rule(raw, path)


def _below(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _read_shape(shape: Shape, raw: Any, path: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise invalid("Invalid object", param=path)
    unknown = [_below(path, name) for name in raw if name not in shape.fields]
    if unknown:
        noun = "parameter" if len(unknown) == 1 else "parameters"
        raise invalid(
            f"Received unknown {noun}: {', '.join(unknown)}", code="parameter_unknown", param=unknown[0]
        )
    for name in shape.required:
        if name not in raw:
            full = _below(path, name)
            raise invalid(f"Missing required param: {full}.", code="parameter_missing", param=full)
    return {name: read(shape.fields[name], value, _below(path, name)) for name, value in raw.items()}


def _read_many(many: Many, raw: Any, path: str) -> list[Any]:
    if not isinstance(raw, dict) or not all(key.isdecimal() for key in raw):
        raise invalid("Invalid array", param=path)
    if many.most and len(raw) > many.most:
        raise invalid(f"There is a maximum of {many.most} `{path}`; you passed {len(raw)}.", param=path)
    return [read(many.item, raw[key], _below(path, key)) for key in sorted(raw, key=int)]


def _read_pairs(raw: Any, path: str) -> dict[str, str]:
    if raw == "":
        return {}
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise invalid("Invalid object", param=path)
    if len(raw) > 50:
        raise invalid(f"Metadata can have up to 50 keys, but you passed {len(raw)}.", param=path)
    for name, value in raw.items():
        if len(name) > 40:
            raise invalid(f"Metadata keys can have up to 40 characters. Invalid key: {name}", param=path)
        if len(value) > 500:
            raise invalid(
                f"Metadata values can have up to 500 characters, but you passed in a value that is {len(value)} "
                f"characters. Invalid value: {value}",
                param=_below(path, name),
            )
    return {name: value for name, value in raw.items() if value != ""}


def text(most: int = 5000) -> Check:
    def check(raw: str, path: str) -> str:
        if len(raw) > most:
            raise invalid(f"Invalid string: {raw[:20]}…; must be at most {most} characters", param=path)
        return raw

    return check


def whole(least: int = 0, most: int = 99_999_999_999) -> Check:
    def check(raw: str, path: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,15}", raw):
            raise invalid(f"Invalid integer: {raw}", code="parameter_invalid_integer", param=path)
        if not least <= int(raw) <= most:
            bound = (
                f"greater than or equal to {least}" if int(raw) < least else f"less than or equal to {most}"
            )
            raise invalid(f"This value must be {bound}.", code="parameter_invalid_integer", param=path)
        return int(raw)

    return check


def one_of(*values: str) -> Check:
    def check(raw: str, path: str) -> str:
        if raw not in values:
            name = path.rsplit("[", 1)[-1].rstrip("]")
            raise invalid(f"Invalid {name}: must be one of {', '.join(values)}", param=path)
        return raw

    return check


def flag(raw: str, path: str) -> bool:
    if raw not in ("true", "false"):
        raise invalid(f"Invalid boolean: {raw}", param=path)
    return raw == "true"


def url(raw: str, path: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid("Not a valid URL", code="url_invalid", param=path)
    return raw


def email(raw: str, path: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", raw):
        raise invalid(f"Invalid email address: {raw}", code="email_invalid", param=path)
    return raw
