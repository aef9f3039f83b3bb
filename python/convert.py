"""Converts a checkpoint to ONNX files, and writes what PyTorch makes of given inputs, so that both can be compared.

Called by `ofx convert`. For every size S it reads S.shapes.json, the heights and widths of N images, S.input.f32,
their (3, H, W) one after the other, and S.photos.json, the files of the first of them, from a folder. There it writes
S.onnx, one file with the weights of all of them, and what PyTorch makes of the inputs in float32 and in float64:
S.score.f32 and .f64, (N,), S.mask.f32 and .f64, (H, W) one after the other, plain and little-endian.
For every other precision P it writes S-P.onnx, with the weights of all
sizes in a file of P's own; int8 is calibrated on S.calibration.f32, (N, 3, T, T), T being S, or with --fit free the
next multiple of 16 below. Progress is one JSON event a line on stdout.
What is wrong from outside is an `error` event, and the exit status is that of its kind.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ofx.events import Events
from ofx.interface import EXPORTER, INPUT_NAME, MASK_NAME, OPSET, SCORE_NAME
from ofx.program import run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--size", type=int, action="append", required=True)
    parser.add_argument("--data", default="weights.data", help="what the file with the weights is called")
    parser.add_argument("--fit", choices=("stretch", "free"), default="stretch", help="squares, or any shapes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights", help="which network of several in the file")
    parser.add_argument("--arch", metavar="FILE.py:NAME", help="code that builds the network, which is run")
    parser.add_argument("--precision", action="append", default=[], choices=("int8", "fp16"), help="besides float32")
    parser.add_argument("--limit", type=float, default=0.004, help="what int8 may cost, as ofx.quantise.cost has it")
    parser.add_argument("--reduce-range", choices=("auto", "yes", "no"), default="auto", help="7 bits for weights")
    arguments = parser.parse_args()
    return run(lambda events: convert(arguments, events), arguments.folder)


def load_packages() -> None:
    """Import what the conversion needs. ImportError where a package is missing, or a shared library of one."""
    try:
        import torch  # noqa: F401, PLC0415

        from ofx import checkpoint, export, precisions  # noqa: F401, PLC0415
    except OSError as error:
        raise ImportError(str(error)) from error


def convert(arguments: argparse.Namespace, events: Events) -> None:
    folder, sizes = arguments.folder, arguments.size
    # Imported here, so that a package which is missing or broken is told as an event.
    load_packages()
    import torch  # noqa: PLC0415

    from ofx import export, precisions  # noqa: PLC0415
    from ofx.checkpoint import read_checkpoint, sha256_of  # noqa: PLC0415
    from ofx.own_network import OwnNetwork, check_logits  # noqa: PLC0415
    from ofx.pixels import compare_pixels  # noqa: PLC0415
    from ofx.shared_weights import share_weights  # noqa: PLC0415

    torch.set_num_threads(arguments.threads)
    own = OwnNetwork(arguments.arch) if arguments.arch else None
    checkpoint = read_checkpoint(arguments.checkpoint, arguments.weights, own)
    for warning in checkpoint.warnings:
        events.emit("warning", message=warning)
    events.emit(
        "checkpoint",
        architecture=checkpoint.name,
        **({"code": {"file": own.file.name, "callable": own.callable, "sha256": sha256_of(own.file)}} if own else {}),
        parameters=checkpoint.parameters,
        sha256=checkpoint.sha256,
        torch=torch.__version__,
        exporter=EXPORTER,
        opset=OPSET,
        input=INPUT_NAME,
        score=SCORE_NAME,
        mask=MASK_NAME,
    )
    free = arguments.fit == "free"
    if free:
        checkpoint.check_free()
    for size in sizes:
        export.check_size(checkpoint.network, size)
        check_logits(checkpoint.network, size)
    double = export.in_double_precision(checkpoint.network)
    for size in sizes:
        network = checkpoint.network if free else checkpoint.arrange(size)
        export.export_onnx(network, size, folder / f"{size}.onnx", free=free)
        events.emit("exported", size=size)
        given = json.loads((folder / f"{size}.photos.json").read_text())
        values = torch.frombuffer(bytearray((folder / f"{size}.input.f32").read_bytes()), dtype=torch.float32)
        shapes = json.loads((folder / f"{size}.shapes.json").read_text())
        images = torch.split(values, [3 * height * width for height, width in shapes])
        tensors = [flat.view(3, *shape).numpy() for flat, shape in zip(images, shapes, strict=True)]
        pixels = compare_pixels(given["photos"], tensors, given["mean"], given["std"])
        events.emit("pixels", size=size, **pixels)
        for (height, width), flat in zip(shapes, images, strict=True):
            image = flat.view(1, 3, height, width)
            for reference, input_, ending in ((checkpoint.network, image, "f32"), (double, image.double(), "f64")):
                outputs = export.reference_outputs(reference, input_)
                for name, output in zip(("score", "mask"), outputs, strict=True):
                    with (folder / f"{size}.{name}.{ending}").open("ab") as file:
                        file.write(output.numpy().tobytes())
            events.emit("reference", size=size)
    plan = precisions.Plan(
        folder=folder,
        sizes=sizes,
        precisions=arguments.precision,
        data=arguments.data,
        free=free,
        limit=arguments.limit,
        reduced_range=precisions.reduced_range(arguments.reduce_range),
        threads=arguments.threads,
    )
    precisions.make(plan, events)
    share_weights([folder / f"{size}.onnx" for size in sizes], folder / arguments.data)
    events.emit("done")


if __name__ == "__main__":
    sys.exit(main())
