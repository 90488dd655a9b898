"""The house's own rules, which no off-the-shelf tool knows: python -m dev.house"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from dev.runner.process import ROOT

MAX_LINES = 300
FORBIDDEN_NAMES = {"utils", "helpers", "services", "common", "misc"}
# Spelled in parts, so that this file passes its own check.
REGISTRY_HOSTS = re.compile(
    "|".join(
        [
            r"py" + r"pi\.org",
            r"python" + r"hosted\.org",
            r"npm" + r"js\.(org|com)",
            r"npm" + r"mirror\.com",
            r"yarn" + r"pkg\.com",
            r"deb\.deb" + r"ian\.org",
            r"snapshot\.deb" + r"ian\.org",
            r"proxy\.go" + r"lang\.org",
            r"--(extra-)?index" + r"-url[ =]",
            r"--find" + r"-links[ =]",
        ]
    )
)
FLOAT_TYPES = {"float", "Float", "Numeric", "REAL", "Double", "DOUBLE_PRECISION"}
# Money and weight never meet these; elsewhere (a chart's coordinates, a timeout) a float is no harm.
EXACT = [
    "shop/cooperatives",
    "shop/orders",
    "shop/payments",
    "shop/catalog",
    "shop/audit",
    "shop/core/money.py",
]
EXACT += ["shop/core/quantity.py", "shop/core/numbers.py"]
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?! type=.application/ld\+json.>)[^>]*>|<style\b"
    r"|\sstyle\s*=\s*[\"']|\son[a-z]+\s*=\s*[\"']|javascript:",
    re.IGNORECASE,
)
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)


def check() -> tuple[bool, str]:
    problems = [
        *long_files(),
        *badly_named(),
        *full_packages(),
        *floats(),
        *inner_imports(),
        *hosts(),
        *inline_code(),
    ]
    return not problems, "\n".join(sorted(problems))


def sources() -> Iterator[Path]:
    for folder in ("shop", "dev"):
        yield from (ROOT / folder).rglob("*.py")


def long_files() -> Iterator[str]:
    for path in sources():
        lines = len(path.read_text().splitlines())
        if lines > MAX_LINES:
            yield f"{_name(path)}: {lines} lines; a file has at most {MAX_LINES}"


def badly_named() -> Iterator[str]:
    for path in (ROOT / "shop").rglob("*.py"):
        if FORBIDDEN_NAMES & {path.stem, path.parent.name}:
            yield f"{_name(path)}: name it for what it is about"


def full_packages() -> Iterator[str]:
    for path in sources():
        if path.name == "__init__.py" and path.stat().st_size:
            yield f"{_name(path)}: an __init__.py stays empty"


def floats() -> Iterator[str]:
    for path in sources():
        name = _name(path)
        if any(name == place or name.startswith(f"{place}/") for place in EXACT):
            for node in ast.walk(ast.parse(path.read_text())):
                if found := _float_in(node):
                    yield f"{name}:{getattr(node, 'lineno', 0)}: {found}; money and goods are whole numbers"


def _float_in(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=float() as value):
            return f"the float {value}"
        case ast.Name(id=word) | ast.Attribute(attr=word) if word in FLOAT_TYPES:
            return word
        case ast.BinOp(op=ast.Div()):
            return "a division with /" if not _is_path_or_fraction(node) else ""
    return ""


def _is_path_or_fraction(node: ast.BinOp) -> bool:
    """Path / "name", and sums of exact fractions that say so."""
    sides = [node.left, node.right]
    return any(
        (isinstance(inner, ast.Constant) and isinstance(inner.value, str))
        or (isinstance(inner, ast.Name) and (inner.id in {"Fraction", "Path"} or inner.id.isupper()))
        for side in sides
        for inner in ast.walk(side)
    )


def inner_imports() -> Iterator[str]:
    for path in (ROOT / "shop").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Import | ast.ImportFrom):
                        yield f"{_name(path)}:{inner.lineno}: imports stand at the top of the file"


def hosts() -> Iterator[str]:
    """In every file that is, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1):
                if REGISTRY_HOSTS.search(line):
                    yield f"{name}:{number}: names a package registry or an index"


def inline_code() -> Iterator[str]:
    """The content security policy would block it in the browser anyway."""
    for path in (ROOT / "shop/templates").rglob("*.html"):
        text = JINJA.sub(lambda found: "\n" * found.group().count("\n"), path.read_text())
        for found in INLINE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{_name(path)}:{line}: inline {found.group().strip()[:30]!r}"


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    clean, words = check()
    print(words or "The house is in order.")
    sys.exit(not clean)
