"""Where Chromium is, and how to get one: python -m dev.browser ensure | path

As root `ensure` installs Debian's chromium with a Chinese font; otherwise it looks for one that is there.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--lang=zh-CN"),
]
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
PACKAGES = ["chromium", "fonts-noto-cjk"]
ADVICE = "Install it (Debian: apt-get install chromium fonts-noto-cjk) or set CHROMIUM=/path/to/chromium."


@functools.cache
def find() -> Path | None:
    """The executable that the tests drive: CHROMIUM, one on the path, or one that playwright once fetched."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    for name in NAMES:
        if found := shutil.which(
            name, path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/local/bin:/snap/bin"
        ):
            return Path(found)
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    fetched = sorted(cache.glob("chromium-*/chrome-linux*/chrome"))
    return fetched[-1] if fetched else None


def install() -> str:
    """Try apt as root; returns why it did not work, or an empty text."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return "only root on Debian can install it by itself"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", *step],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            return f"apt-get {step[0]} failed: {done.stderr.strip()[-400:]}"
    find.cache_clear()
    return ""


def ensure() -> int:
    """Exit code 1 only where a missing browser must fail (CI=true)."""
    if find() is not None:
        return 0
    print("» Installing Chromium and a Chinese font for the browser tests", flush=True)
    why = install()
    if find() is not None:
        return 0
    print(f"No Chromium was found: {why}. {ADVICE}", flush=True)
    if os.environ.get("CI", "").lower() == "true":
        print("CI=true, so that is a failure.", flush=True)
        return 1
    print("The browser tests are left out; all others run.", flush=True)
    return 0


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
