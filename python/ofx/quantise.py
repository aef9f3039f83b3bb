"""Int8 where it costs little accuracy: dynamic for matrix products, static for convolutions, float32 for what is left.

A node is a candidate where its weights are constant and where int8 pays. That is told from counts and not from a clock,
so that the same checkpoint gives the same bytes. Which of the candidates become int8, their effect on the network's
outputs decides (`choose`): alone, one by one, and then together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

from ofx.interface import INPUT_NAME, MASK_NAME, SCORE_NAME

# The two ways, by the operator that they are for.
DYNAMIC, STATIC = "dynamic", "static"
WAYS = {"MatMul": DYNAMIC, "Conv": STATIC}
# Around a convolution its input and its output are brought to int8 and back, which costs about as much as so many
# multiply-adds an element: below, int8 is slower.
_PAYS_FROM = 64
# Of the network's multiply-adds; less cannot be felt, and each candidate costs a few inferences in the search.
_SMALLEST_SHARE = 0.005
# Photos of the calibration that the search compares outputs on: each candidate costs an inference of each.
_SEARCH_PHOTOS = 4

Images = Sequence[NDArray[np.float32]]
Outputs = list[tuple[float, NDArray[np.float32]]]


@dataclass(frozen=True)
class Candidate:
    """A node that can be computed in int8."""

    name: str
    way: str
    share: float
    """Of the multiply-adds of all nodes with constant weights, 0 to 1."""


@dataclass(frozen=True)
class Measured:
    """What int8 in one node alone does to the outputs, and whether it was taken."""

    candidate: Candidate
    cost: float | None
    """As `cost` has it; None where it was not measured alone, because all together cost little enough."""
    taken: bool


@dataclass(frozen=True)
class Choice:
    nodes: list[Measured]
    cost: float
    """Of all taken nodes together."""

    @property
    def taken(self) -> list[str]:
        return [measured.candidate.name for measured in self.nodes if measured.taken]


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, images: Images) -> None:
        self._images = iter(images)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        image = next(self._images, None)
        return None if image is None else {INPUT_NAME: image}


class Quantiser:
    """Writes a network with any choice of its nodes in int8; the ranges of activations are found once.

    Args:
        source: the network in float32, as one file.
        images: what it is calibrated on, (1, 3, H, W) each.
        folder: for files of its own.
        reduce_range: 7 bits for weights: without VNNI, sums of two products in 16 bits would saturate.
    """

    def __init__(self, source: Path, images: Images, folder: Path, *, reduce_range: bool, threads: int = 1) -> None:
        # The library advises its users on its root logger.
        logging.getLogger().setLevel(logging.ERROR)
        self.source, self.images = source, images
        self._ranges = folder / f"{source.stem}.ranges.json"
        self._draft = folder / f"{source.stem}.draft.onnx"
        self._reduce_range, self._threads = reduce_range, threads
        self._model = onnx.load(source)

    def candidates(self) -> list[Candidate]:
        """The nodes for which int8 pays, in the order of the graph."""
        weights = {tensor.name: tensor for tensor in self._model.graph.initializer}
        nodes = [node for node in self._model.graph.node if node.op_type in WAYS and node.input[1] in weights]
        sizes = self._output_sizes([node.output[0] for node in nodes])
        counted = []
        for node in nodes:
            weight, output = weights[node.input[1]], sizes[node.output[0]]
            if node.op_type == "Conv":
                products = output * int(np.prod(weight.dims[1:]))
                strides = next((a.ints for a in node.attribute if a.name == "strides"), [1, 1])
                elements = output + output // weight.dims[0] * int(np.prod(strides)) * weight.dims[1]
                groups = next((a.i for a in node.attribute if a.name == "group"), 1)
                pays = groups == 1 and products / elements >= _PAYS_FROM
            else:
                products = output * weight.dims[-2] if len(weight.dims) > 1 else output
                # The library's kernel takes scales a column of one matrix.
                pays = len(weight.dims) == 2
            counted.append((node, products, pays))
        total = sum(products for _, products, _ in counted) or 1
        return [
            Candidate(node.name, WAYS[node.op_type], products / total)
            for node, products, pays in counted
            if pays and (products / total >= _SMALLEST_SHARE or node.op_type == "MatMul")
        ]

    def write(self, names: Collection[str], target: Path) -> None:
        """The network with these candidates in int8, as one file."""
        ways = {node.name: WAYS.get(node.op_type) for node in self._model.graph.node}
        source: Path = self.source
        static = [name for name in names if ways[name] == STATIC]
        if static:
            quantize_static(
                source,
                target,
                _Reader(self.images),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv"],
                nodes_to_quantize=static,
                per_channel=True,
                reduce_range=self._reduce_range,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
                calibration_cache_path=self._ranges,
            )
            source = target
        dynamic = [name for name in names if ways[name] == DYNAMIC]
        if dynamic:
            quantize_dynamic(
                source,
                target,
                op_types_to_quantize=["MatMul"],
                nodes_to_quantize=dynamic,
                per_channel=True,
                reduce_range=self._reduce_range,
                weight_type=QuantType.QInt8,
            )
        if not static and not dynamic:
            target.write_bytes(self.source.read_bytes())

    def outputs(self, names: Collection[str], images: Images) -> Outputs:
        """Score and map of each image with these candidates in int8."""
        self.write(names, self._draft)
        session = open_session(self._draft, self._threads)
        self._draft.unlink()
        return list(run(session, images))

    def _output_sizes(self, names: Sequence[str]) -> dict[str, int]:
        """How many values each of these tensors has for the first image."""
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        own = {output.name for output in model.graph.output}
        for name in names:
            if name not in own:
                model.graph.output.add(name=name)
        session = open_session(model.SerializeToString(), self._threads)
        values = session.run(list(names), {INPUT_NAME: self.images[0]}) if names else []
        return {name: value.size for name, value in zip(names, values, strict=True)}


def open_session(model: Path | bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(session: onnxruntime.InferenceSession, images: Images) -> Iterator[tuple[float, NDArray[np.float32]]]:
    for image in images:
        score, mask = session.run([SCORE_NAME, MASK_NAME], {INPUT_NAME: image})
        yield float(np.ravel(score)[0]), mask


def cost(outputs: Outputs, truth: Outputs) -> float:
    """How far outputs are from those of float32, as probabilities: 0 is equal, infinite where one is not a number.

    It is the larger of two mean absolute differences, that of all pixels of the maps and that of the scores.
    """
    masks = np.mean([np.abs(mask - true).mean() for (_, mask), (_, true) in zip(outputs, truth, strict=True)])
    scores = np.mean([abs(_sigmoid(s) - _sigmoid(t)) for (s, _), (t, _) in zip(outputs, truth, strict=True)])
    largest = float(max(masks, scores))
    return largest if np.isfinite(masks + scores) else float("inf")


def choose(quantiser: Quantiser, limit: float, on_step: Callable[[int, int], Any] = lambda done, total: None) -> Choice:
    """Which candidates become int8 so that all of them together cost at most `limit`.

    All at once is tried first. Where that costs too much, each is tried alone, they are put in the order of what they
    cost for what they save, and as many of the first as the limit allows are taken.
    """
    images = quantiser.images[:: max(1, len(quantiser.images) // _SEARCH_PHOTOS)][:_SEARCH_PHOTOS]
    truth = quantiser.outputs([], images)
    candidates = quantiser.candidates()
    taken: list[Candidate] = []
    alone: dict[str, float] = {}
    total = 0.0

    def together(more: Sequence[Candidate]) -> float:
        return cost(quantiser.outputs([candidate.name for candidate in [*taken, *more]], images), truth)

    done, steps = 0, len(candidates)
    # Products first: they save most of the bytes, and cost least.
    for way in (DYNAMIC, STATIC):
        group = [candidate for candidate in candidates if candidate.way == way]
        if not group:
            continue
        whole = together(group)
        if whole <= limit:
            taken, total, done = [*taken, *group], whole, done + len(group)
            on_step(done, steps)
            continue
        for candidate in group:
            alone[candidate.name] = cost(quantiser.outputs([candidate.name], images), truth)
            done += 1
            on_step(done, steps)
        order = sorted(group, key=lambda candidate: alone[candidate.name] / candidate.share)
        fits, too_many = 0, len(group)
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            costs = together(order[:middle])
            if costs <= limit:
                fits, total = middle, costs
            else:
                too_many = middle
        taken = [*taken, *order[:fits]]
    names = {candidate.name for candidate in taken}
    nodes = [Measured(candidate, alone.get(candidate.name), candidate.name in names) for candidate in candidates]
    return Choice(nodes, total)


def has_vnni() -> bool:
    """Whether this processor multiplies int8 without saturating in between. Assumed where it does not say."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return True
    lines = [line for line in flags.splitlines() if line.startswith("flags")]
    return not lines or any(flag in lines[0].split() for flag in ("avx512_vnni", "avx_vnni"))


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-np.float64(value))))
