#!/bin/sh
# The Python packages that tests of `ofx batch` talk to, in an environment of their own: .venv-batch.
set -eu
cd "$(dirname "$0")/.."
wanted=test/requirements-batch.txt
# One that was begun without the venv module has no pip.
.venv-batch/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .venv-batch
if ! cmp -s "$wanted" .venv-batch/installed.txt; then
  .venv-batch/bin/python -m pip install --quiet --disable-pip-version-check -r "$wanted"
  cp "$wanted" .venv-batch/installed.txt
fi
