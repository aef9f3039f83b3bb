"""What the network is trained to minimise."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

#: Weight of a manipulated pixel against an authentic one: few pixels are manipulated, and real manipulations look
#: fainter to the network than made ones, so its probabilities must not be too small.
POSITIVE_WEIGHT = 2.5
SCORE_WEIGHT, DICE_WEIGHT, COARSE_WEIGHT = 0.5, 0.5, 0.3


def dice(logits: Tensor, truth: Tensor) -> Tensor:
    """1 - soft F1 of each image, (B,); both inputs are (B, 1, H, W)."""
    probability = logits.sigmoid().flatten(1)
    truth = truth.flatten(1)
    overlap = (probability * truth).sum(1)
    return 1 - (2 * overlap + 1) / (probability.sum(1) + truth.sum(1) + 1)


def localisation(logits: Tensor, truth: Tensor) -> Tensor:
    """Weighted cross entropy of all pixels, and dice of the images that have manipulated pixels."""
    weight = torch.tensor(POSITIVE_WEIGHT, device=logits.device)
    entropy = F.binary_cross_entropy_with_logits(logits, truth, pos_weight=weight)
    tampered = truth.flatten(1).amax(1) > 0
    if not tampered.any():
        return entropy
    return entropy + DICE_WEIGHT * dice(logits[tampered], truth[tampered]).mean()


def total(score: Tensor, mask: Tensor, coarse: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """All terms and their weighted sum `loss`. score (B,) and masks (B, 1, h, w) are logits; truth is (B, 1, S, S).

    A cell of a mask is compared with the share of it that is manipulated.
    """
    terms = {
        "mask": localisation(mask.float(), F.adaptive_avg_pool2d(truth, mask.shape[2:])),
        "coarse": localisation(coarse.float(), F.adaptive_avg_pool2d(truth, coarse.shape[2:])),
        "score": F.binary_cross_entropy_with_logits(score.float(), truth.flatten(1).amax(1)),
    }
    loss = terms["mask"] + COARSE_WEIGHT * terms["coarse"] + SCORE_WEIGHT * terms["score"]
    return {"loss": loss, **terms}
