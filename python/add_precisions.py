"""Makes other precisions of ONNX files in float32 that `ofx convert` exported before.

Called by `ofx convert MODEL`. For every `--source S=FILE` it writes S.onnx, with the weights inside, into a folder,
and of it S-P.onnx for every other precision P, as `convert.py` does; int8 is calibrated on S.calibration.f32. S.onnx is
only what they are made of and compared with: the model keeps the files that it has. Progress is one JSON event a line
on stdout.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ofx.events import Events
from ofx.program import run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--source", action="append", required=True, metavar="S=FILE")
    parser.add_argument("--data", default="weights.data", help="what the file with the weights is called")
    parser.add_argument("--fit", choices=("stretch", "free"), default="stretch", help="squares, or any shapes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", action="append", default=[], choices=("int8", "fp16"))
    parser.add_argument("--limit", type=float, default=0.004, help="what int8 may cost, as ofx.quantise.cost has it")
    parser.add_argument("--reduce-range", choices=("auto", "yes", "no"), default="auto", help="7 bits for weights")
    arguments = parser.parse_args()
    return run(lambda events: add_precisions(arguments, events), arguments.folder)


def add_precisions(arguments: argparse.Namespace, events: Events) -> None:
    # Imported here, so that a package which is missing or broken is told as an event.
    import onnx  # noqa: PLC0415

    from ofx import precisions  # noqa: PLC0415

    sizes = []
    for source in arguments.source:
        size, file = source.split("=", 1)
        sizes.append(int(size))
        (arguments.folder / f"{size}.onnx").write_bytes(onnx.load(file).SerializeToString(deterministic=True))
        events.emit("exported", size=int(size))
    precisions.make(
        precisions.Plan(
            folder=arguments.folder,
            sizes=sizes,
            precisions=arguments.precision,
            data=arguments.data,
            free=arguments.fit == "free",
            limit=arguments.limit,
            reduced_range=precisions.reduced_range(arguments.reduce_range),
            threads=arguments.threads,
        ),
        events,
    )
    events.emit("done")


if __name__ == "__main__":
    sys.exit(main())
