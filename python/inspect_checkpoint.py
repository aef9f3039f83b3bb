"""Tells what a checkpoint is, without converting it: `ofx convert CHECKPOINT --inspect`.

What it finds is one JSON event on stdout, `inspected`. Nothing is written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ofx.events import Events
from ofx.program import run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--weights", help="which network of several in the file")
    parser.add_argument("--arch", metavar="FILE.py:NAME", help="code that builds the network, which is run")
    arguments = parser.parse_args()
    return run(lambda events: inspect(arguments, events))


def inspect(arguments: argparse.Namespace, events: Events) -> None:
    # Imported here, so that a package which is missing or broken is told as an event.
    try:
        from ofx.inspection import inspect_checkpoint  # noqa: PLC0415
        from ofx.own_network import OwnNetwork  # noqa: PLC0415
    except OSError as error:
        raise ImportError(str(error)) from error

    own = OwnNetwork(arguments.arch) if arguments.arch else None
    events.emit("inspected", **inspect_checkpoint(arguments.checkpoint, arguments.weights, own))
    events.emit("done")


if __name__ == "__main__":
    sys.exit(main())
