"""Weights stored in half precision, for half of the disk.

A runtime widens them while it loads, and computes in float32.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Smaller tensors are not worth a node each: shapes, scalars, biases.
_FEWEST_VALUES = 256


def store_half(source: Path, target: Path) -> int:
    """Writes a float32 network, one file, with its weights in half precision.

    A tensor with a value beyond what half precision holds, 65,504, stays in float32.

    Returns:
        how many tensors were narrowed.
    """
    model = onnx.load(source)
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < _FEWEST_VALUES:
            continue
        if not np.abs(values).max() <= np.finfo(np.float16).max:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], name=f"{name}/widen", to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    target.write_bytes(model.SerializeToString(deterministic=True))
    return len(casts)
