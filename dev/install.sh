#!/usr/bin/env bash
# Usage: dev/install.sh run|test|tools|node
# Puts the pinned packages into .venv (by uv, or by pip where uv cannot be had) or node_modules. Says one line per step.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '» %s\n' "$*"; }
fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

# The newest Python that this project is tested with and that can make a virtual environment.
find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer (with its venv module) is needed and was not found.
On Debian or Ubuntu: apt-get install python3 python3-venv. Or name one: make PYTHON=/path/to/python3.12 …"
}

make_venv() {
  # A copied or moved folder keeps an environment that points elsewhere; such a one is made anew.
  if [ -x .venv/bin/python ] && [ "$(cat .venv/home 2>/dev/null || pwd -P)" = "$(pwd -P)" ] &&
    .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    pwd -P >.venv/home
    return
  fi
  local python
  python="$(find_python)"
  say "Making .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv || fail "This Python could not make a virtual environment: $python"
  pwd -P >.venv/home
}

make_tools() {
  if [ -x .venv/tools/bin/uv ] && [ requirements/setup.txt -ot .venv/tools/stamp ]; then return; fi
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-warn-script-location --upgrade \
    --require-hashes --only-binary :all: --target .venv/tools -r requirements/setup.txt >/dev/null 2>&1 &&
    touch .venv/tools/stamp || rm -rf .venv/tools
}

# --system-certs: a company's own certificate authority counts, as it does for pip.
sync_by_uv() {
  .venv/tools/bin/uv pip sync -q --system-certs --python .venv/bin/python --require-hashes "requirements/$1.txt"
}

# Never take the test tools out again: once they are there, a run keeps them up to date too.
sync_packages() {
  local set="$1"
  if [ -e .venv/test.stamp ] || [ -x .venv/bin/pytest ]; then set=test; fi
  make_tools
  say "Installing the Python packages of requirements/$set.txt"
  if ! { [ -x .venv/tools/bin/uv ] && sync_by_uv "$set"; }; then
    say "uv could not do it; pip does (slower)"
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "requirements/$set.txt" ||
      fail "The Python packages could not be installed (see above). Is a package registry reachable?"
  fi
  touch .venv/run.stamp
  if [ "$set" = test ]; then touch .venv/test.stamp; fi
}

sync_node() {
  command -v npm >/dev/null || fail "Node.js 20 or newer with npm is needed to build the pages' styles and scripts and was not found."
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' ||
    fail "Node.js 20 or newer is needed; this is $(node --version)."
  say "Installing the front-end packages of package-lock.json"
  npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --silent ||
    npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel error ||
    fail "The front-end packages could not be installed (see above). Is a package registry reachable?"
  touch node_modules/.stamp
}

case "${1:-}" in
run | test)
  make_venv
  sync_packages "$1"
  ;;
tools)
  make_venv
  make_tools
  ;;
node) sync_node ;;
*) fail "Usage: dev/install.sh run|test|tools|node" ;;
esac
