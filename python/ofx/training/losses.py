"""What the network is trained to minimise."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

#: Weight of a manipulated pixel against an authentic one: few pixels are manipulated, and real manipulations look
#: fainter to the network than made ones, so its probabilities must not be too small.
POSITIVE_WEIGHT = 2.5
SCORE_WEIGHT, DICE_WEIGHT, COARSE_WEIGHT, ALARM_WEIGHT = 0.5, 0.5, 0.3, 0.15

#: Share of an authentic photo's cells that count as its false alarm: those that look most manipulated.
ALARM_SHARE = 0.02


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


def alarm(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross entropy of the cells of authentic photos that look most manipulated; 0 where no photo is authentic.

    A mean over all cells hardly sees a small but sure false alarm, which yet decides the verdict on its photo.
    """
    authentic = truth.flatten(1).amax(1) == 0
    if not authentic.any():
        return logits.new_zeros(())
    cells = logits[authentic].flatten(1)
    worst = cells.topk(max(1, round(ALARM_SHARE * cells.shape[1])), dim=1).values
    return F.softplus(worst).mean()


def total(score: Tensor, mask: Tensor, coarse: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """All terms and their weighted sum `loss`. score (B,) and masks (B, 1, h, w) are logits; truth is (B, 1, S, S).

    A cell of a mask is compared with the share of it that is manipulated.
    """
    terms = {
        "mask": localisation(mask.float(), F.adaptive_avg_pool2d(truth, mask.shape[2:])),
        "coarse": localisation(coarse.float(), F.adaptive_avg_pool2d(truth, coarse.shape[2:])),
        "alarm": alarm(mask.float(), truth),
        "score": F.binary_cross_entropy_with_logits(score.float(), truth.flatten(1).amax(1)),
    }
    weights = {"mask": 1.0, "coarse": COARSE_WEIGHT, "alarm": ALARM_WEIGHT, "score": SCORE_WEIGHT}
    loss = sum(weight * terms[name] for name, weight in weights.items())
    return {"loss": loss, **terms}
