"""Weights once: ONNX files of one network at several sizes keep what they have in common in one file beside them.

ONNX calls this external data. Each file still loads by itself, and the runtime maps what it needs into memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import ModelProto, TensorProto

# Smaller tensors stay where they are: shapes and scalars, which a runtime folds while it reads the graph.
_SMALLEST_BYTES = 1024
# Where each tensor begins, so that it can be used where it lies in memory (as wide as any vector register).
_ALIGNMENT = 64


def share_weights(files: Sequence[Path], data: Path) -> None:
    """Moves the weights of ONNX files into one file in their folder, each value once; the files are written again.

    The same files give the same bytes.
    """
    offsets: dict[bytes, int] = {}
    with data.open("wb") as store:
        for file in files:
            model = onnx.load(file)
            for tensor in _large_tensors(model):
                digest = hashlib.sha256(tensor.raw_data).digest()
                if digest not in offsets:
                    store.write(bytes(-store.tell() % _ALIGNMENT))
                    offsets[digest] = store.tell()
                    store.write(tensor.raw_data)
                _refer(tensor, data.name, offsets[digest])
            file.write_bytes(model.SerializeToString(deterministic=True))


def _large_tensors(model: ModelProto) -> list[TensorProto]:
    # PyTorch's exporter keeps weights in initializers of the main graph, and their values as raw bytes.
    return [tensor for tensor in model.graph.initializer if len(tensor.raw_data) >= _SMALLEST_BYTES]


def _refer(tensor: TensorProto, location: str, offset: int) -> None:
    length = len(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": str(offset), "length": str(length)}.items():
        tensor.external_data.add(key=key, value=value)
