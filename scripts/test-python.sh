#!/bin/sh
# Tests of python/, in an environment of their own: .venv, or the interpreter that OFX_PYTHON names.
# OFX_TORCH_INDEX: where pip finds torch's CPU build, for machines on which the default index serves a CUDA build.
set -eu
cd "$(dirname "$0")/.."

if [ -z "${OFX_PYTHON:-}" ]; then
  OFX_PYTHON="$PWD/.venv/bin/python"
  # One that was begun without the venv module has no pip.
  if ! "$OFX_PYTHON" -m pip --version >/dev/null 2>&1; then
    if ! python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      echo "The Python tests need Python 3.11 or newer with its venv module: install it (Debian, Ubuntu: sudo apt install python3 python3-venv), or name another one with OFX_PYTHON." >&2
      exit 69
    fi
    python3 -m venv --clear .venv
  fi
  if ! cmp -s python/requirements-dev.txt .venv/installed-dev.txt || ! cmp -s python/requirements.txt .venv/installed.txt; then
    "$OFX_PYTHON" -m pip install --quiet --disable-pip-version-check ${OFX_TORCH_INDEX:+--extra-index-url "$OFX_TORCH_INDEX"} \
      -r python/requirements.txt -r python/requirements-dev.txt
    cp python/requirements-dev.txt .venv/installed-dev.txt
    cp python/requirements.txt .venv/installed.txt
  fi
fi

"$OFX_PYTHON" -m ruff check python
"$OFX_PYTHON" -m ruff format --check python
cd python
"$OFX_PYTHON" -m mypy
exec "$OFX_PYTHON" -m pytest -q "$@"
