#!/bin/sh
# The Python packages that some tests talk to, in an environment of their own: .venv-batch, or .venv-NAME for another name.
set -eu
cd "$(dirname "$0")/.."
name=${1:-batch}
wanted=test/requirements-$name.txt
# One that was begun without the venv module has no pip.
.venv-$name/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear ".venv-$name"
if ! cmp -s "$wanted" .venv-$name/installed.txt; then
  .venv-$name/bin/python -m pip install --quiet --disable-pip-version-check -r "$wanted"
  cp "$wanted" .venv-$name/installed.txt
fi
