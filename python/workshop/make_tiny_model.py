"""Writes the tests' model: a network of a few nodes whose answers can be computed by hand.

mask  = sigmoid(4 · mean over the channels of the normalised pixel): bright pixels are "manipulated"
score = mean of 4 · that mean over all pixels, a logit

python python/workshop/make_tiny_model.py test/fixtures/models/tiny
"""

import hashlib
import json
import sys
from pathlib import Path

import onnx
from onnx import TensorProto, helper

SIZES = (64, 288, 380)
IMAGENET_MEAN = [0.485, 0.456, 0.406]
IMAGENET_STD = [0.229, 0.224, 0.225]


def tiny_network(size: int) -> onnx.ModelProto:
    """The network at one fixed side, input (1, 3, size, size)."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["grey", "gain"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["mask"]),
        helper.make_node("ReduceMean", ["logits"], ["score"], axes=[1, 2, 3], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, size, size])],
        [
            helper.make_tensor_value_info("score", TensorProto.FLOAT, [1]),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 1, size, size]),
        ],
        [helper.make_tensor("gain", TensorProto.FLOAT, [], [4.0])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    variants = []
    for size in SIZES:
        content = tiny_network(size).SerializeToString()
        name = f"tiny-{size}.onnx"
        (folder / name).write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        variants.append({"file": name, "inputSize": size, "precision": "fp32", "sha256": sha256, "bytes": len(content)})
    manifest = {
        "schemaVersion": 1,
        "name": "tiny",
        "version": "1.0.0",
        "description": "Marks bright pixels. For tests only.",
        "licence": "Apache-2.0",
        "input": {
            "name": "image",
            "colour": "RGB",
            "layout": "NCHW",
            "mean": IMAGENET_MEAN,
            "std": IMAGENET_STD,
            "resize": "opencv-linear",
        },
        "outputs": {"score": {"name": "score", "kind": "logit"}, "mask": {"name": "mask", "kind": "probability"}},
        "variants": variants,
    }
    (folder / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
