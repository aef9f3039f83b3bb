"""Run networks over samples and gather the numbers of `workshop.training.metrics`."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import nn

from ofx import shapes
from ofx.shapes import Fit
from workshop.training.dataset import Sample, read_sample, to_input
from workshop.training.metrics import Evaluation


def fit_of(pixels: np.ndarray, side: int, free: bool, enlarge: float = 1.0) -> Fit:
    """How a photo is brought to the network."""
    return shapes.free(*pixels.shape[:2], side, enlarge) if free else shapes.stretched(side)


@torch.no_grad()
def evaluate(
    networks: list[nn.Module],
    samples: list[Sample],
    size: int,
    change: Callable[[np.ndarray], np.ndarray] | None = None,
    *,
    free: bool = False,
    enlarge: float = 1.0,
) -> Evaluation:
    """Score samples one by one at side `size`, or in a `free` shape of its area, where the masks are compared.

    Free shapes are those of `ofx.shapes.free`, whose factor `enlarge` bounds.

    Of several networks the mean of the logits counts. `change` may alter the pixels (BGR, uint8) before they are
    resized: a test of robustness. Of photos whose mask is not known only the score counts.
    """
    for network in networks:
        network.eval().to(memory_format=torch.channels_last)
    evaluation = Evaluation()
    for sample in samples:
        pixels, mask = read_sample(sample)
        if change is not None:
            pixels = change(pixels)
        fit = fit_of(pixels, size, free, enlarge)
        image = to_input(pixels, fit).unsqueeze(0).to(memory_format=torch.channels_last)
        outputs = [network(image) for network in networks]
        score = torch.stack([score[0] for score, _ in outputs]).mean().sigmoid()
        probability = torch.stack([mask[0, 0] for _, mask in outputs]).mean(0).sigmoid().numpy()
        probability = probability[: fit.covered_height, : fit.covered_width]
        truth = cv2.resize(mask, probability.shape[::-1], interpolation=cv2.INTER_NEAREST)
        kind = sample.image.stem.split("_", 1)[-1] if sample.image.stem[:6].isdigit() else sample.image.stem[:4]
        evaluation.add(float(score), probability, truth if sample.is_known else None, kind)
    return evaluation
