#!/usr/bin/env python3
"""Measure a checkpoint of the default model, in PyTorch, on a pool of made manipulations or on a data set.

    python -m workshop.evaluate CHECKPOINT… --pool runs/first/pool/validation [--size 288 --size 380] [--first 200]
    python -m workshop.evaluate CHECKPOINT… --split ../shared/data/casia1-dev/split.txt [--change jpeg70] [--fit]

Of several checkpoints, the logits are averaged. Prints one JSON object a size, with 95 % intervals (bootstrap over
images, stratified by label). `--fit` adds the thresholds that suit this data best.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch

from ofx.checkpoint import read_checkpoint
from workshop.training import histories
from workshop.training.dataset import Sample, read_list
from workshop.training.evaluate import evaluate
from workshop.training.metrics import Evaluation, fit_thresholds, intervals
from workshop.training.pool import pool_samples

CHANGES = {
    "jpeg70": lambda pixels: histories.recompress(pixels, 70),
    "jpeg50": lambda pixels: histories.recompress(pixels, 50),
    "half": lambda pixels: cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
}


def split_samples(split: Path) -> list[Sample]:
    """Read a split file: image, mask and label, separated by tabs, paths relative to the file's folder."""
    samples: list[Sample] = []
    for line in split.read_text().splitlines():
        image, mask, label = line.split("\t")
        known = None if label == "0" else split.parent / mask
        samples.append(Sample(split.parent / image, known, label != "0", real=True))
    return samples


def report(evaluation: Evaluation, fit: bool) -> dict:
    """Summary, intervals and, where asked for, thresholds, of one evaluation."""
    result = {"metrics": evaluation.summary(), "intervals": intervals(evaluation)}
    if fit:
        result["thresholds"] = fit_thresholds(evaluation)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--split", type=Path, action="append", default=[])
    parser.add_argument("--list", type=Path, action="append", default=[], help="list of real photos")
    parser.add_argument("--free", action="store_true", help="free shapes of that area instead of squares")
    parser.add_argument("--enlarge", type=float, default=1.0, help="with --free: enlarge small photos up to this [1]")
    parser.add_argument("--size", type=int, action="append", default=[])
    parser.add_argument("--first", type=int, help="only so many samples of the pool")
    parser.add_argument("--change", choices=CHANGES)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    samples = [sample for path in options.list for sample in read_list(path)]
    samples += [sample for split in options.split for sample in split_samples(split)]
    if options.pool:
        samples += pool_samples(options.pool)[: options.first]
    networks = [read_checkpoint(path).network for path in options.checkpoints]
    for size in options.size or [288, 380]:
        evaluation = evaluate(
            networks, samples, size, CHANGES.get(options.change), free=options.free, enlarge=options.enlarge
        )
        rounded = json.loads(
            json.dumps(
                {
                    "size": size,
                    "free": options.free,
                    "enlarge": options.enlarge,
                    "change": options.change,
                    **report(evaluation, options.fit),
                }
            ),
            parse_float=lambda text: float(np.round(float(text), 4)),
        )
        print(json.dumps(rounded))


if __name__ == "__main__":
    main()
