"""Names the first node of an exported file that leaves PyTorch: `ofx convert --bisect`.

Called after `convert.py` with the same checkpoint and folder; looks at one image of S.input.f32. What it finds is one
JSON event on stdout, `deviation`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ofx.events import Events
from ofx.program import run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--image", type=int, required=True, help="which of the inputs, from 0")
    parser.add_argument("--tolerance", type=float, required=True)
    parser.add_argument("--fit", choices=("stretch", "free"), default="stretch")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights")
    parser.add_argument("--arch", metavar="FILE.py:NAME")
    arguments = parser.parse_args()
    return run(lambda events: find(arguments, events), arguments.folder)


def find(arguments: argparse.Namespace, events: Events) -> None:
    # Imported here, so that a package which is missing or broken is told as an event.
    try:
        import numpy as np  # noqa: PLC0415

        from ofx import export  # noqa: PLC0415
        from ofx.checkpoint import read_checkpoint  # noqa: PLC0415
        from ofx.deviation import find_deviation  # noqa: PLC0415
        from ofx.own_network import OwnNetwork  # noqa: PLC0415
    except OSError as error:
        raise ImportError(str(error)) from error

    folder, size = arguments.folder, arguments.size
    own = OwnNetwork(arguments.arch) if arguments.arch else None
    checkpoint = read_checkpoint(arguments.checkpoint, arguments.weights, own)
    network = checkpoint.network if arguments.fit == "free" else checkpoint.arrange(size)
    shapes = json.loads((folder / f"{size}.shapes.json").read_text())
    counts = [3 * height * width for height, width in shapes]
    at, (height, width) = sum(counts[: arguments.image]), shapes[arguments.image]
    values = np.fromfile(folder / f"{size}.input.f32", np.float32, counts[arguments.image], offset=4 * at)
    found = find_deviation(
        export.in_double_precision(network),
        folder / f"{size}.onnx",
        values.reshape(1, 3, height, width),
        arguments.tolerance,
        arguments.threads,
    )
    events.emit("deviation", size=size, image=arguments.image, **found)
    events.emit("done")


if __name__ == "__main__":
    sys.exit(main())
