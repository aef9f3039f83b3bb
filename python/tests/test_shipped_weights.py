"""The committed checkpoint, calibrated by the committed thresholds, is the network that ships."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from ofx.checkpoint import read_checkpoint
from ofx.export import export_onnx
from workshop import calibrate_checkpoint
from workshop.training.dataset import to_input

ROOT = Path(__file__).parents[2]
CHECKPOINTS = ROOT / "python" / "checkpoints"
#: The checkpoint is kept in half precision, the shipped weights are not.
HALF_PRECISION = 0.01


@pytest.mark.parametrize("side", [288, 380])
def test_the_shipped_file_is_a_fresh_export_of_the_calibrated_checkpoint(
    side: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    torch.set_num_threads(1)
    calibrated = tmp_path / "calibrated.pth"
    arguments = [
        str(CHECKPOINTS / "objectformer-lite-stage3.pth"),
        "--fit",
        str(CHECKPOINTS / "objectformer-lite-stage3.calibration.json"),
    ]
    monkeypatch.setattr(sys, "argv", ["calibrate_checkpoint.py", *arguments, "--out", str(calibrated)])
    calibrate_checkpoint.main()
    export_onnx(read_checkpoint(calibrated).network, side, tmp_path / "fresh.onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    shipped, fresh = (
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        for path in (
            ROOT / "models" / "objectformer-lite" / f"objectformer-lite-{side}.onnx",
            tmp_path / "fresh.onnx",
        )
    )
    for name in ("splice-astronaut", "copy-move-rocket", "authentic-cat"):
        image = to_input(cv2.imread(str(ROOT / "samples" / f"{name}.jpg")), side)[None].numpy()
        score, mask = shipped.run(["score", "mask"], {"image": image})
        fresh_score, fresh_mask = fresh.run(["score", "mask"], {"image": image})
        np.testing.assert_allclose(fresh_score, score, rtol=0, atol=HALF_PRECISION)
        np.testing.assert_allclose(fresh_mask, mask, rtol=0, atol=HALF_PRECISION)
        assert mask.max() > 0.3, "a flat mask would agree with anything flat"
