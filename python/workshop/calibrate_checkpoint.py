#!/usr/bin/env python3
"""Give a trained checkpoint probabilities that mean what they say: the fitted thresholds become 0.5.

    python -m workshop.evaluate MODEL.pth --split dev/split.txt --size 380 --fit > fit.json
    python -m workshop.calibrate_checkpoint MODEL.pth --fit fit.json --out CALIBRATED.pth

Real manipulations look fainter to the network than the made ones that it was trained on. The last layers are affine, so
a shift of the mask's logits, and a shift and a scale of the score's, go into their weights. The order of pixels and of
images, and with it every AUC, stays as it is.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import torch
from torch import Tensor


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def calibrate(state: dict[str, Tensor], thresholds: dict[str, float]) -> dict[str, Tensor]:
    """Return the weights with mask and score shifted so that their thresholds are 0.5.

    `thresholds` has `mask`, a probability; `temperature`, which divides the score's logit; and `score`, a probability
    after that.
    """
    shifted = dict(state)
    shifted["mask.bias"] = state["mask.bias"] - logit(thresholds["mask"])
    temperature, last = thresholds["temperature"], "score.head.2"
    shifted[f"{last}.weight"] = state[f"{last}.weight"] / temperature
    shifted[f"{last}.bias"] = state[f"{last}.bias"] / temperature - logit(thresholds["score"])
    return shifted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--fit", type=Path, required=True, help="report of `evaluate.py --fit`, of one size")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    thresholds = json.loads(options.fit.read_text())["thresholds"]
    content = torch.load(options.checkpoint, weights_only=True)
    content["model_state"] = calibrate(content["model_state"], thresholds)
    content["metadata"]["calibratedBy"] = thresholds
    torch.save(content, options.out)


if __name__ == "__main__":
    main()
