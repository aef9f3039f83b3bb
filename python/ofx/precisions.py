"""A network's files in other precisions than float32, made of the float32 ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ofx import quantise
from ofx.errors import PrecisionError
from ofx.events import Events
from ofx.half import store_half
from ofx.shared_weights import share_weights


@dataclass(frozen=True)
class Plan:
    """What is made of `S.onnx`, one file each with its weights inside, for every size S."""

    folder: Path
    sizes: Sequence[int]
    precisions: Sequence[str]
    data: str
    """What the file with float32's weights will be called; those of other precisions are named after it."""
    free: bool
    limit: float
    """What int8 may cost, as `quantise.cost` has it."""
    reduced_range: bool
    threads: int


def make(plan: Plan, events: Events) -> None:
    """Writes `S-P.onnx` for every size S and precision P, and for each P a file with the weights of all sizes.

    Raises:
        PrecisionError: where int8 cannot hold the network.
    """
    for precision in plan.precisions:
        make_int8(plan, events) if precision == "int8" else make_fp16(plan, events)
        files = [plan.folder / f"{size}-{precision}.onnx" for size in plan.sizes]
        share_weights(files, plan.folder / plan.data.replace(".onnx", f"-{precision}.onnx"))


def make_int8(plan: Plan, events: Events) -> None:
    """What becomes int8 is decided at the smallest size, whose inferences are the shortest, and then done at all."""
    choice = None
    for size in sorted(plan.sizes):
        side = size - size % 16 if plan.free else size
        values = np.fromfile(plan.folder / f"{size}.calibration.f32", np.float32).reshape(-1, 1, 3, side, side)
        quantiser = quantise.Quantiser(
            plan.folder / f"{size}.onnx",
            list(values),
            plan.folder,
            reduce_range=plan.reduced_range,
            threads=plan.threads,
        )
        if choice is None:
            choice = quantise.choose(
                quantiser, plan.limit, lambda done, total: events.emit("search", done=done, total=total)
            )
            tell(choice, size, plan, events)
            if not choice.taken:
                raise PrecisionError(
                    "Int8 cannot hold this network: "
                    + (
                        f"each of {len(choice.nodes)} nodes alone moves its outputs by more than {plan.limit:g}."
                        if choice.nodes
                        else "it has no node for which int8 would pay."
                    )
                )
        quantiser.write(choice.taken, plan.folder / f"{size}-int8.onnx")
        events.emit("made", precision="int8", size=size)


def tell(choice: quantise.Choice, size: int, plan: Plan, events: Events) -> None:
    """The table of the search."""
    events.emit(
        "quantised",
        size=size,
        reducedRange=plan.reduced_range,
        limit=plan.limit,
        cost=choice.cost,
        nodes=[
            {
                "name": node.candidate.name,
                "way": node.candidate.way,
                "share": node.candidate.share,
                "cost": None if node.cost is None or not np.isfinite(node.cost) else node.cost,
                "int8": node.taken,
            }
            for node in choice.nodes
        ],
    )


def make_fp16(plan: Plan, events: Events) -> None:
    for size in plan.sizes:
        store_half(plan.folder / f"{size}.onnx", plan.folder / f"{size}-fp16.onnx")
        events.emit("made", precision="fp16", size=size)


def reduced_range(wanted: str) -> bool:
    """Whether weights of int8 get 7 bits: as `--reduce-range` says, "yes" or "no", or "auto" for this processor."""
    return not quantise.has_vnni() if wanted == "auto" else wanted == "yes"
