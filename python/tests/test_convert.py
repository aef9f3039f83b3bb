"""`convert.py` as `ofx convert` runs it: what it says in events when it cannot begin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PYTHON = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise ImportError(\"No module named 'numpy'\")", "No module named 'numpy'"),
        ("raise OSError('libgomp.so.1: cannot open shared object file')", "libgomp.so.1"),
    ],
    ids=["a module is missing", "a shared library is missing"],
)
def test_a_broken_torch_is_a_missing_package(tmp_path: Path, source: str, said: str):
    (tmp_path / "torch.py").write_text(source)
    (tmp_path / "a.pth").touch()
    command = [sys.executable, PYTHON / "convert.py", tmp_path / "a.pth", "--folder", tmp_path, "--size", "288"]
    run = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 69
    event = json.loads(run.stdout.splitlines()[-1])
    assert event["code"] == "PYTHON_PACKAGE_MISSING"
    assert said in event["message"]
