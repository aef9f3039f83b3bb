from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from ofx.export import export_onnx
from ofx.networks.objectformer import ObjectFormer
from ofx.networks.objectformer_arranged import arrange
from ofx.shared_weights import share_weights

SIZES = (64, 100)


def export(network: ObjectFormer, folder: Path) -> list[Path]:
    folder.mkdir()
    files = [folder / f"{size}.onnx" for size in SIZES]
    for size, file in zip(SIZES, files, strict=True):
        export_onnx(arrange(network, size), size, file)
    return files


def run(file: Path, size: int) -> list[np.ndarray]:
    image = np.random.default_rng(0).standard_normal((1, 3, size, size), dtype=np.float32)
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, {"image": image})


def test_two_sizes_share_their_weights_and_give_the_same(tiny: ObjectFormer, tmp_path: Path):
    files = export(tiny, tmp_path / "a")
    before = [run(file, size) for file, size in zip(files, SIZES, strict=True)]
    alone = sum(file.stat().st_size for file in files)
    data = tmp_path / "a" / "tiny.onnx.data"
    share_weights(files, data)
    for file, size, expected in zip(files, SIZES, before, strict=True):
        onnx.checker.check_model(file, full_check=True)
        for ours, theirs in zip(run(file, size), expected, strict=True):
            assert np.array_equal(ours, theirs)
    shared = sum(file.stat().st_size for file in [*files, data])
    weights = sum(parameter.nbytes for parameter in tiny.parameters())
    assert weights > 50_000
    # Of the two copies of the weights, the tables that belong to one size apart, one is left.
    assert alone - shared > 0.5 * weights


def test_the_same_network_gives_the_same_bytes(tiny: ObjectFormer, tmp_path: Path):
    contents = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        files = export(tiny, folder)
        share_weights(files, folder / "tiny.onnx.data")
        contents.append([file.read_bytes() for file in sorted(folder.iterdir())])
    assert contents[0] == contents[1]
