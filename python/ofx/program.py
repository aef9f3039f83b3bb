"""How a script that `ofx` starts ends: what is wrong from outside is an `error` event, and its kind's exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ofx.errors import CheckpointError, OwnNetworkError, PrecisionError, SizeError
from ofx.events import Events, events_on_stdout

# The exit statuses of ofx.
WRONG_USAGE, GATE_FAILED, BAD_INPUT, PART_MISSING, IO_FAILED = 2, 3, 65, 69, 74

# Of a network, that a library keeps at a time.
_COPIES = 4


def run(work: Callable[[Events], Any], folder: Path | None = None) -> int:
    """Does the work of a script, which writes into a folder, and tells what goes wrong.

    Libraries in other languages say of a full disk what they like, or leave a file cut short that another finds broken:
    whether there is room in the folder is tried where anything unexpected happens.

    Returns:
        the exit status.
    """
    with events_on_stdout() as events:
        try:
            work(events)
        except Exception as error:
            known = _known(error) or (_full(error, folder) if folder else None)
            if known is None:
                raise
            status, code, message = known
            suggestion = getattr(error, "suggestion", None)
            events.emit("error", code=code, message=message, **({"suggestion": suggestion} if suggestion else {}))
            return status
    return 0


# What the project's own code tells of what is wrong from outside.
_OURS: dict[type[Exception], tuple[int, str]] = {
    CheckpointError: (BAD_INPUT, "CHECKPOINT_INVALID"),
    OwnNetworkError: (BAD_INPUT, "NETWORK_INVALID"),
    SizeError: (WRONG_USAGE, "SIZE_NOT_AVAILABLE"),
    PrecisionError: (GATE_FAILED, "PRECISION_FAILED"),
}


def _known(error: Exception) -> tuple[int, str, str] | None:
    """The exit status, code and message of what can be wrong from outside."""
    if ours := _OURS.get(type(error)):
        return *ours, str(error)
    match error:
        case ImportError():
            return PART_MISSING, "PYTHON_PACKAGE_MISSING", f"{sys.executable} is incomplete: {error}."
        case OSError():
            return IO_FAILED, "IO_FAILED", f"Writing the ONNX files failed: {error}."
    return None


def _full(error: Exception, folder: Path) -> tuple[int, str, str] | None:
    reason = _no_room(folder)
    said = f"Writing the ONNX files failed: {reason} ({type(error).__name__})."
    return None if reason is None else (IO_FAILED, "IO_FAILED", said)


def _no_room(folder: Path) -> OSError | None:
    """Why the folder does not take a few more files as large as its largest, or None where it does.

    Libraries write a few copies of a network at a time, and have removed them by now.
    """
    size = _COPIES * max((file.stat().st_size for file in folder.rglob("*") if file.is_file()), default=0)
    probe = folder / ".room"
    try:
        with probe.open("wb") as file:
            file.write(bytes(size))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error
    finally:
        probe.unlink(missing_ok=True)
    return None
