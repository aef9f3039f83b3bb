"""What a script tells the program that started it: one JSON event a line, on the stdout that the script began with."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO


class Events:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def emit(self, event: str, **fields: Any) -> None:
        self._stream.write(json.dumps({"event": event, **fields}) + "\n")
        self._stream.flush()


@contextmanager
def events_on_stdout() -> Iterator[Events]:
    """Keeps stdout for events: whatever a library prints there goes to stderr meanwhile."""
    stdout, sys.stdout = sys.stdout, sys.stderr
    try:
        yield Events(stdout)
    finally:
        sys.stdout = stdout
