"""What the inputs and outputs of every exported file are called, and how it is exported. Needs no PyTorch."""

from __future__ import annotations

OPSET = 17
EXPORTER = "torch.onnx.export(dynamo=False)"
INPUT_NAME = "image"
SCORE_NAME = "score"
MASK_NAME = "mask"
