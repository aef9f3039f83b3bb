"""What the network is trained to minimise."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

#: Weight of a manipulated pixel against an authentic one: few pixels are manipulated, and real manipulations look
#: fainter to the network than made ones, so its probabilities must not be too small.
POSITIVE_WEIGHT = 2.5
SCORE_WEIGHT, DICE_WEIGHT, COARSE_WEIGHT = 0.5, 0.5, 0.3
#: Weight of the verdict that the map itself gives of real photos, and the share of its cells that give it.
TOP_WEIGHT, TOP_SHARE = 0.3, 0.01
#: Weight of what a teacher says, and of its score within that.
TAUGHT_WEIGHT, TAUGHT_SCORE_WEIGHT = 2.0, 1.0


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


def top(logits: Tensor) -> Tensor:
    """Mean of the highest hundredth of each map's logits, (B,), of (B, 1, h, w)."""
    flat = logits.float().flatten(1)
    return flat.topk(max(1, round(TOP_SHARE * flat.shape[1])), 1).values.mean(1)


def distance(answer: tuple[Tensor, Tensor, Tensor], taught: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """How far an answer is from the teacher's, on the same images: score (B,), mask and coarse mask, all logits.

    Smooth L1 of the logits (L2 in Ba, Caruana, "Do deep nets really need to be deep?", NeurIPS 2014; distillation that
    keeps what was learned before: Li, Hoiem, "Learning without forgetting", ECCV 2016). Logits and not probabilities:
    the score is read off the faint parts of a map as well, and thresholds were fitted to their level.
    """
    score, mask, coarse = (F.smooth_l1_loss(own.float(), other) for own, other in zip(answer, taught, strict=True))
    return mask + COARSE_WEIGHT * coarse + TAUGHT_SCORE_WEIGHT * score


def total(
    score: Tensor,
    mask: Tensor,
    coarse: Tensor,
    truth: Tensor,
    *,
    label: Tensor | None = None,
    known: Tensor | None = None,
    real: Tensor | None = None,
) -> dict[str, Tensor]:
    """All terms and their weighted sum `loss`. score (B,) and masks (B, 1, h, w) are logits; truth is (B, 1, H, W).

    A cell of a mask is compared with the share of it that is manipulated, in images whose truth is `known` (all without
    it). Of `real` ones the map's top must agree with the `label`, which is that of the truth where it is not given.
    """
    label = truth.flatten(1).amax(1) if label is None else label
    if known is not None and not known.all():
        seen_mask, seen_coarse, truth = mask[known], coarse[known], truth[known]
    else:
        seen_mask, seen_coarse = mask, coarse
    nothing = mask.sum() * 0
    terms = {"mask": nothing, "coarse": nothing, "top": nothing}
    if len(truth):
        terms["mask"] = localisation(seen_mask.float(), F.adaptive_avg_pool2d(truth, mask.shape[2:]))
        terms["coarse"] = localisation(seen_coarse.float(), F.adaptive_avg_pool2d(truth, coarse.shape[2:]))
    terms["score"] = F.binary_cross_entropy_with_logits(score.float(), label)
    if real is not None and real.any():
        # Weighted by how many they are, so that one of ten does not count like all.
        share = real.float().mean()
        terms["top"] = share * F.binary_cross_entropy_with_logits(top(mask[real]), label[real])
    loss = terms["mask"] + COARSE_WEIGHT * terms["coarse"] + SCORE_WEIGHT * terms["score"]
    return {"loss": loss + TOP_WEIGHT * terms["top"], **terms}
