#!/usr/bin/env python3
"""Draw what a checkpoint sees in some photos, for its model card: photo, ground truth, probability map.

    python -m workshop.draw_predictions CHECKPOINT ../samples/*.jpg --out ../models/objectformer-lite/examples.jpg

`NAME_mask.png` beside a photo is its ground truth; without one it is authentic.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import torch

from ofx.checkpoint import read_checkpoint
from workshop.training.dataset import read_sample, to_input

mpl.use("Agg")
import matplotlib.pyplot as plt


def truth_of(photo: Path) -> Path | None:
    """The mask beside a photo, if there is one."""
    mask = photo.with_name(f"{photo.stem}_mask.png")
    return mask if mask.exists() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--size", type=int, default=380)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    network = read_checkpoint(options.checkpoint).network
    rows = len(options.photos)
    figure, axes = plt.subplots(rows, 3, figsize=(8.4, 2.1 * rows), squeeze=False, constrained_layout=True)
    for (left, middle, right), photo in zip(axes, options.photos, strict=True):
        pixels, mask = read_sample((photo, truth_of(photo)))
        with torch.no_grad():
            score, logits = network(to_input(pixels, options.size).unsqueeze(0))
        height, width = mask.shape
        probability = cv2.resize(logits[0, 0].sigmoid().numpy(), (width, height))
        left.imshow(pixels[..., ::-1])
        middle.imshow(mask, cmap="gray", vmin=0, vmax=1)
        right.imshow(probability, cmap="inferno", vmin=0, vmax=1)
        left.set_title(photo.stem, fontsize=9)
        middle.set_title("ground truth", fontsize=9)
        marked = np.mean(probability > 0.5)
        right.set_title(f"score {float(score.sigmoid()):.2f}, {marked:.0%} marked", fontsize=9)
        for axis in (left, middle, right):
            axis.set_xticks([])
            axis.set_yticks([])
    figure.savefig(options.out, dpi=110)


if __name__ == "__main__":
    main()
