"""Where an ONNX file leaves PyTorch: the first node, or the first module, whose values are farther away than allowed.

Two things can be wrong, and are told apart. The graph is evaluated in float64, node by node, by ONNX's own reference
implementation. Where its outputs are not those of PyTorch in float64, the export is wrong: the modules of the network
are gone through in the order in which they finish, and the first is named whose values are nowhere in the graph. Where
they are, the runtime is compared with that float64, tensor by tensor, and the first node is named that is off by more
than the tolerance. All nodes are outputs of the graph for that, so the runtime fuses none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import Tensor, nn

from ofx.export import Deployed
from ofx.interface import INPUT_NAME, MASK_NAME, SCORE_NAME

# Nodes whose values are kept at a time: all of a large network at once would take gigabytes.
_CHUNK = 48
# Exporters fold constants in float32, which moves values by 1e-7; those of another tensor differ by far more in one of
# their sum, sum of squares, least and largest.
_SAME = 1e-6
# How many of the worst nodes are told.
_WORST = 10

Values = NDArray[Any]


@dataclass(frozen=True)
class NodeError:
    """How far a node's output is from float64, divided by the largest absolute value of it where that is over 1."""

    name: str
    operator: str
    number: int
    error: float


@dataclass(frozen=True)
class Signature:
    """What a tensor keeps when its axes are moved or joined."""

    count: int
    numbers: tuple[float, float, float, float]

    @staticmethod
    def of(values: Values) -> Signature:
        flat = np.asarray(values, np.float64)
        return Signature(flat.size, (float(flat.sum()), float((flat**2).sum()), float(flat.min()), float(flat.max())))

    def is_near(self, other: Signature) -> bool:
        if self.count != other.count:
            return False
        scale = max(1.0, abs(self.numbers[2]), abs(self.numbers[3]))
        allowed = (_SAME * scale * self.count, _SAME * scale**2 * self.count, _SAME * scale, _SAME * scale)
        pairs = zip(self.numbers, other.numbers, allowed, strict=True)
        return all(abs(mine - theirs) <= most for mine, theirs, most in pairs)


@dataclass(frozen=True)
class Module:
    """A part of the network, and its output in float64."""

    name: str
    kind: str
    signature: Signature


def find_deviation(network: nn.Module, file: Path, image: Values, tolerance: float, threads: int) -> dict[str, Any]:
    """What is found for one image (1, 3, H, W), as a document of plain values.

    Args:
        network: what was exported, in float64.
        file: the ONNX file in float32.
    """
    outputs, modules = _run_pytorch(network, image)
    graph = Graph(file)
    errors, signatures, found = [], [], {}
    for chunk, values in graph.evaluate(image.astype(np.float64)):
        actual = graph.run_float32(chunk, image.astype(np.float32), threads)
        for number, node in chunk:
            for name in node.output:
                if name not in values:
                    continue
                truth = values[name]
                if name in outputs:
                    found[name] = float(np.abs(truth - outputs[name].reshape(truth.shape)).max())
                if np.issubdtype(truth.dtype, np.floating) and truth.size > 0:
                    signatures.append((number, node, Signature.of(truth)))
                    if name in actual:
                        errors.append(NodeError(node.name, node.op_type, number, _error(truth, actual[name])))
    is_wrong = any(not distance <= tolerance for distance in found.values())
    first = next((error for error in errors if not error.error <= tolerance), None)
    worst = sorted(errors, key=lambda error: -error.error)[:_WORST]
    return {
        "tolerance": tolerance,
        "nodes": len(graph.nodes),
        "graph": {"score": found.get(SCORE_NAME, 0.0), "map": found.get(MASK_NAME, 0.0)},
        "cause": "export" if is_wrong else "runtime" if first else "none",
        "module": _first_module(modules, signatures) if is_wrong else None,
        "node": None if is_wrong or first is None else vars(first),
        "worst": [vars(error) for error in worst],
    }


def _error(truth: Values, actual: Values) -> float:
    distance = float(np.abs(truth - actual).max()) / max(1.0, float(np.abs(truth).max()))
    # Not a number is farther than everything.
    return distance if np.isfinite(distance) else float(np.finfo(np.float64).max)


@torch.inference_mode()
def _run_pytorch(network: nn.Module, image: Values) -> tuple[dict[str, Values], list[Module]]:
    """Outputs, and the modules in the order in which they finish."""
    modules: list[Module] = []
    deployed = Deployed(network)

    def note(name: str, module: nn.Module, output: Any) -> None:
        if isinstance(output, Tensor) and output.is_floating_point() and output.numel() > 0:
            modules.append(Module(name, type(module).__name__, Signature.of(output.numpy())))

    hooks = [
        module.register_forward_hook(lambda module, _, output, name=name: note(name, module, output))
        for name, module in network.named_modules()
        if name
    ]
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        score, mask = deployed(torch.from_numpy(image.astype(np.float64)))
    finally:
        torch.set_default_dtype(usual)
        for hook in hooks:
            hook.remove()
    return {SCORE_NAME: score.numpy(), MASK_NAME: mask.numpy()}, modules


def _first_module(
    modules: Sequence[Module], signatures: Sequence[tuple[int, NodeProto, Signature]]
) -> dict[str, Any] | None:
    """The first module whose values are not in the graph, and neither are those of what it is a part of.

    An exporter may fold a module into the next one (a convolution and its normalisation): its own values are gone then,
    while those of the module around it are there.
    """
    nodes = {
        module.name: next((number for number, _, signature in signatures if signature.is_near(module.signature)), None)
        for module in modules
    }
    lost = {name for name, number in nodes.items() if number is None}
    last: Module | None = None
    for module in modules:
        if nodes[module.name] is not None:
            last = module
            continue
        around = [".".join(module.name.split(".")[:depth]) for depth in range(1, module.name.count(".") + 1)]
        if all(name in lost for name in around if name in nodes):
            # What the exporter calls nodes may repeat a part of the path; their order says the rest.
            since = nodes[last.name] if last else -1
            between = [node.name for number, node, _ in signatures if number > (since or 0)]
            inside = [name for name in between if f".{module.name}." in f"{name.replace('/', '.')}."]
            upto = between.index(inside[-1]) + 1 if inside else _WORST
            return {
                "name": module.name,
                "kind": module.kind,
                "after": last.name if last else None,
                "nodes": between[:upto][:_WORST],
            }
    return None


class Graph:
    """An ONNX file, evaluated a few nodes at a time."""

    def __init__(self, file: Path) -> None:
        self._model = onnx.load(file)
        self.nodes = list(enumerate(self._model.graph.node))
        self._opsets = self._model.opset_import
        self._last_use = {name: number for number, node in self.nodes for name in node.input}

    def evaluate(self, image: Values) -> Iterator[tuple[list[tuple[int, NodeProto]], Mapping[str, Values]]]:
        """A few nodes with the values of their outputs in float64, in the order of the graph."""
        values: dict[str, Values] = {INPUT_NAME: image}
        for tensor in self._model.graph.initializer:
            value = numpy_helper.to_array(tensor)
            values[tensor.name] = value.astype(np.float64) if value.dtype == np.float32 else value
        for begin in range(0, len(self.nodes), _CHUNK):
            chunk = self.nodes[begin : begin + _CHUNK]
            for _, node in chunk:
                values.update(self._evaluate(node, values))
            yield chunk, values
            end = begin + len(chunk)
            for name in [name for name in values if self._last_use.get(name, -1) < end]:
                del values[name]

    def run_float32(
        self, chunk: Sequence[tuple[int, NodeProto]], image: Values, threads: int
    ) -> dict[str, NDArray[np.float32]]:
        """What the runtime makes of these nodes."""
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        names = [name for _, node in chunk for name in node.output if name]
        del model.graph.output[:]
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        found = zip(names, session.run(names, {INPUT_NAME: image}), strict=True)
        return {name: value for name, value in found if value.dtype == np.float32}

    def _evaluate(self, node: NodeProto, values: Mapping[str, Values]) -> dict[str, Values]:
        names = [name for name in dict.fromkeys(node.input) if name]
        graph = helper.make_graph(
            [_double(node)],
            "node",
            [helper.make_tensor_value_info(name, _type(values[name]), None) for name in names],
            [onnx.ValueInfoProto(name=name) for name in node.output if name],
        )
        evaluator = ReferenceEvaluator(helper.make_model(graph, opset_imports=self._opsets))
        outputs = evaluator.run(None, {name: values[name] for name in names})
        return dict(zip((name for name in node.output if name), map(np.asarray, outputs), strict=True))


def _double(node: NodeProto) -> NodeProto:
    """The node in float64: what it holds itself, and what it turns values into."""
    double = NodeProto()
    double.CopyFrom(node)
    for attribute in double.attribute:
        if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT:
            attribute.i = TensorProto.DOUBLE
        if attribute.HasField("t") and attribute.t.data_type == TensorProto.FLOAT:
            value = numpy_helper.to_array(attribute.t).astype(np.float64)
            attribute.t.CopyFrom(numpy_helper.from_array(value, attribute.t.name))
    return double


def _type(value: Values) -> int:
    return int(helper.np_dtype_to_tensor_dtype(value.dtype))
