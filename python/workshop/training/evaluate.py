"""Run networks over samples and gather the numbers of `workshop.training.metrics`."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import nn

from workshop.training.dataset import Sample, read_sample, to_input
from workshop.training.metrics import Evaluation


@torch.no_grad()
def evaluate(
    networks: list[nn.Module],
    samples: list[Sample],
    size: int,
    change: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Evaluation:
    """Score samples one by one at side `size`, where the masks are compared.

    Of several networks the mean of the logits counts. `change` may alter the pixels (BGR, uint8) before they are
    resized: a test of robustness.
    """
    for network in networks:
        network.eval().to(memory_format=torch.channels_last)
    evaluation = Evaluation()
    for sample in samples:
        pixels, mask = read_sample(sample)
        if change is not None:
            pixels = change(pixels)
        image = to_input(pixels, size).unsqueeze(0).to(memory_format=torch.channels_last)
        outputs = [network(image) for network in networks]
        score = torch.stack([score[0] for score, _ in outputs]).mean().sigmoid()
        probability = torch.stack([mask[0, 0] for _, mask in outputs]).mean(0).sigmoid()
        truth = cv2.resize(mask, (size, size), interpolation=cv2.INTER_NEAREST)
        kind = sample[0].stem.split("_", 1)[-1] if sample[0].stem[:6].isdigit() else sample[0].stem[:4]
        evaluation.add(float(score), probability.numpy(), truth, kind)
    return evaluation
