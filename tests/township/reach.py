"""What a page's function can write: its calls followed through the shop's modules, and the tables that are written on the way.

By names alone, so it finds too much rather than too little: a deed that is only mentioned counts as done.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from shop.core.db import Base

_WRITES = re.compile(r"\b(?:insert into|update|delete from)\s+([a-z_]+)", re.IGNORECASE)
_DEEDS = frozenset({"insert", "update", "delete", "insert_rows", "upsert"})
Node = tuple[str, str]  # module, function


@cache
def _tables() -> dict[str, str]:
    """Model → table, of those that belong to a cooperative."""
    return {
        mapper.class_.__name__: str(mapper.local_table.name)
        for mapper in Base.registry.mappers
        if "cooperative_id" in mapper.local_table.columns
        or mapper.local_table.name in ("member", "cooperative")
    }


@cache
def _module(name: str) -> tuple[dict[str, ast.AST], dict[str, Node], dict[str, ast.AST]]:
    """Functions, what the names it imports mean ('' for a module itself), and its constants."""
    spec = find_spec(name)
    if spec is None or spec.origin is None or not name.startswith("shop"):
        return {}, {}, {}
    tree = ast.parse(Path(spec.origin).read_text())
    functions: dict[str, ast.AST] = {}
    imports: dict[str, Node] = {}
    constants: dict[str, ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            functions[node.name] = node
        elif isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                whole = f"{node.module}.{one.name}"
                is_module = (
                    node.module.startswith("shop")
                    and find_spec(node.module) is not None
                    and _is_module(whole)
                )
                imports[one.asname or one.name] = (whole, "") if is_module else (node.module, one.name)
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            constants |= {target.id: statement.value for target in targets if isinstance(target, ast.Name)}
    return functions, imports, constants


@cache
def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@cache
def _one(module: str, name: str) -> tuple[frozenset[str], frozenset[Node]]:
    """Tables that this function (or constant) writes itself, and what else it names."""
    functions, _imports, constants = _module(module)
    body = functions.get(name) or constants.get(name)
    if body is None:
        return frozenset(), frozenset()
    nodes = list(ast.walk(body))
    tables = {table for node in nodes for table in _written_by(node)}
    named = {other for node in nodes if (other := _named_by(module, node)) is not None}
    return frozenset(tables), frozenset(named)


def _written_by(node: ast.AST) -> set[str]:
    """By a deed on a model, or by SQL that is written out."""
    tables = _tables()
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return set(_WRITES.findall(node.value)) & set(tables.values())
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Name):
        return set()
    called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    model = node.args[0].id
    return {tables[model]} if called in _DEEDS and model in tables else set()


def _named_by(module: str, node: ast.AST) -> Node | None:
    """What a name or `module.name` means."""
    functions, imports, constants = _module(module)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        target = imports.get(node.value.id)
        return (target[0], node.attr) if target is not None and not target[1] else None
    if not isinstance(node, ast.Name):
        return None
    target = imports.get(node.id)
    if target is not None and target[1]:
        return target
    return (module, node.id) if node.id in functions or node.id in constants else None


def written(module: str, function: str, beyond: frozenset[Node] = frozenset()) -> set[str]:
    """The cooperatives' tables that can be written from there; nothing that stands in `beyond` is followed."""
    return {table for node in reached(module, function, beyond) for table in _one(*node)[0]}


def reached(module: str, function: str, beyond: frozenset[Node] = frozenset()) -> set[Node]:
    """All that is named from there on, the function itself too."""
    seen: set[Node] = set(beyond)
    open_ = [(module, function)]
    while open_:
        node = open_.pop()
        if node not in seen:
            seen.add(node)
            open_ += _one(*node)[1]
    return seen
