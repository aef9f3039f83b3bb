#!/bin/sh
# The Python packages that tests of `ofx batch` talk to and read results with, in an environment of their own: .venv-batch.
set -eu
cd "$(dirname "$0")/.."
wanted=test/requirements-batch.txt
[ -x .venv-batch/bin/python ] || python3 -m venv .venv-batch
if ! cmp -s "$wanted" .venv-batch/installed.txt; then
  .venv-batch/bin/python -m pip install --quiet --disable-pip-version-check -r "$wanted"
  cp "$wanted" .venv-batch/installed.txt
fi
