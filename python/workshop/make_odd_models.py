"""Writes ONNX files that are hard to read rightly, for tests: variants of the tiny model at side 64.

The tiny model's logits are 4 · the mean over the channels of the normalised pixel; see `make_tiny_model.py`.

python python/workshop/make_odd_models.py test/fixtures/models/odd
"""

import struct
import sys
from pathlib import Path

from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper

SIDE = 64
GAIN = 4.0
# Ways to leave a folder.
OUTSIDE = {
    "parent": "../gain.bin",
    "absolute": "/etc/hostname",
    "detour": "weights/../../gain.bin",
    "backslash": "..\\gain.bin",
    "drive": "C:\\gain.bin",
}


def logits(
    gain: TensorProto,
    more: list[NodeProto],
    outputs: dict[str, list[int | str]],
    sides: tuple[int | str, int | str] = (SIDE, SIDE),
) -> ModelProto:
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["grey", "gain"], ["logits"]),
        *more,
    ]
    graph = helper.make_graph(
        nodes,
        "odd",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, *sides])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [gain],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def inline_gain() -> TensorProto:
    return helper.make_tensor("gain", TensorProto.FLOAT, [], [GAIN])


def external(location: str, name: str = "gain") -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, "offset": "0", "length": "4"}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def one_class(gain: TensorProto) -> ModelProto:
    return logits(gain, [helper.make_node("Sigmoid", ["logits"], ["mask"])], {"mask": [1, 1, SIDE, SIDE]})


def two_classes(activation: str | None) -> ModelProto:
    """Background first: of its two logits, 0 and those of the tiny model, or of their softmax."""
    last = "both" if activation else "mask"
    nodes = [
        helper.make_node("Sub", ["logits", "logits"], ["background"]),
        helper.make_node("Concat", ["background", "logits"], [last], axis=1),
        *([helper.make_node(activation, ["both"], ["mask"], axis=1)] if activation else []),
        helper.make_node("ReduceMean", ["both" if activation else "mask"], ["score"], axes=[2, 3], keepdims=0),
    ]
    return logits(inline_gain(), nodes, {"mask": [1, 2, SIDE, SIDE], "score": [1, 2]})


def any_sides() -> ModelProto:
    """A mask and its largest logit, of an image of any sides."""
    nodes = [
        helper.make_node("Sigmoid", ["logits"], ["mask"]),
        helper.make_node("ReduceMax", ["logits"], ["score"], axes=[1, 2, 3], keepdims=0),
    ]
    sides = ("height", "width")
    return logits(inline_gain(), nodes, {"mask": [1, 1, *sides], "score": [1]}, sides)


def hidden_references() -> ModelProto:
    """References where no initializer of the main graph has them: in an attribute, and in a branch of an If."""
    branch = GraphProto(name="branch", initializer=[external("in-branch.bin", "b")])
    branch.node.append(helper.make_node("Identity", ["b"], ["c"]))
    branch.output.append(helper.make_tensor_value_info("c", TensorProto.FLOAT, []))
    return logits(
        inline_gain(),
        [
            helper.make_node("Constant", [], ["k"], value=external("in-attribute.bin", "k")),
            helper.make_node("If", ["condition"], ["d"], then_branch=branch, else_branch=branch),
        ],
        {"k": []},
    )


def main(folder: Path) -> None:
    (folder / "weights").mkdir(parents=True, exist_ok=True)
    (folder / "weights" / "gain.bin").write_bytes(struct.pack("<f", GAIN))
    models = {
        "external": one_class(external("weights/gain.bin")),
        "any-sides": any_sides(),
        "hidden-references": hidden_references(),
        "two-classes-softmax": two_classes("Softmax"),
        "two-classes-logits": two_classes(None),
        "mask-of-logits": logits(
            inline_gain(), [helper.make_node("Identity", ["logits"], ["map"])], {"map": [1, 1, SIDE, SIDE]}
        ),
        "mask-of-half-size": logits(
            inline_gain(),
            [
                helper.make_node("Sigmoid", ["logits"], ["full"]),
                helper.make_node("AveragePool", ["full"], ["mask"], kernel_shape=[2, 2], strides=[2, 2]),
            ],
            {"mask": [1, 1, SIDE // 2, SIDE // 2]},
        ),
        **{f"outside-{how}": one_class(external(location)) for how, location in OUTSIDE.items()},
    }
    for name, model in models.items():
        # onnx.save would look for what lies outside.
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
