"""From a network to an ONNX file, of one input size or of all.

The file has one input, `image` (1, 3, H, W), and the two outputs that inference uses: `score`, the detection score as
a logit, (1,), and `mask`, the probability of manipulation at every pixel, (1, 1, H, W). H and W are one fixed side, or
any multiples of 16 from 96 up in a file for free shapes (`ofx.shapes`).
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from copy import deepcopy
from pathlib import Path

import torch
from torch import Tensor, nn

from ofx.errors import SizeError
from ofx.interface import INPUT_NAME, MASK_NAME, OPSET, SCORE_NAME
from ofx.own_network import Deployable


class Deployed(nn.Module):
    """The outputs as they are deployed: the score before its sigmoid, because a temperature belongs between the two."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        score, mask = self.network(image)
        return score, mask.sigmoid()


class DeployedFree(Deployed):
    """The same for one image of any sides: what is 1 is written down as 1, the exporter does not see it by itself."""

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        score, mask = super().forward(image)
        return score.reshape(1), mask.reshape(1, 1, image.shape[2], image.shape[3])


@torch.inference_mode()
def check_size(network: nn.Module, side: int) -> None:
    """Tries one image, because only the network knows what it can take.

    Raises:
        SizeError: where the network does not run on images of that side.
    """
    try:
        network(torch.zeros(1, 3, side, side))
    except RuntimeError as error:
        reason = str(error).split("\n", 1)[0].rstrip(".")
        raise SizeError(f"The network cannot take images of {side} x {side}: {reason}.") from error


def export_onnx(network: nn.Module, side: int, path: Path, *, free: bool = False) -> None:
    """Writes a network, which takes (1, 3, side, side) and gives logits, as an ONNX file.

    With `free` the sides stay open; the network must compute whatever depends on them from its input.
    """
    open_sides = {2: "height", 3: "width"}
    own = network.own.told("exporting it to ONNX") if isinstance(network, Deployable) else nullcontext()
    with own, warnings.catch_warnings(), torch.inference_mode():
        # The exporter by tracing is deprecated in favour of one whose graphs ONNX Runtime fuses less well.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            (DeployedFree if free else Deployed)(network).eval(),
            (torch.zeros(1, 3, side, side),),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT_NAME],
            output_names=[SCORE_NAME, MASK_NAME],
            dynamic_axes={INPUT_NAME: open_sides, MASK_NAME: open_sides} if free else None,
        )


@torch.inference_mode()
def reference_outputs(network: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """What PyTorch itself makes of images (B, 3, S, S): score logits (B,) and mask probabilities (B, 1, S, S).

    They are computed in the images' precision, which must be that of the network.
    """
    usual = torch.get_default_dtype()
    # Tensors that a network makes for itself are of the precision that it is looked at in.
    torch.set_default_dtype(images.dtype)
    try:
        outputs: tuple[Tensor, Tensor] = Deployed(network)(images)
        return outputs
    finally:
        torch.set_default_dtype(usual)


def in_double_precision(network: nn.Module) -> nn.Module:
    """A copy of a network in float64, whose results are taken as the truth: their rounding is 1e-9 of float32's."""
    return deepcopy(network).double().eval()
