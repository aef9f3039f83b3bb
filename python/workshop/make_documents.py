#!/usr/bin/env python3
"""Make documents, forged ones and untouched ones, as a pool of samples or as a data set for `ofx validate`.

    python -m workshop.make_documents OUT --count 200             # for evaluation: templates and fonts of their own
    python -m workshop.make_documents OUT --count 1000 --learned  # for training: a pool for `train.py --more`

Every second one is forged. The seed decides all of them. OUT gets `NNNNNN_KIND.jpg`, `NNNNNN_KIND.png` (the masks of
the forged ones) and `split.txt` (image, mask or None, label).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from workshop.documents.forgery import make_document
from workshop.training.histories import read_savers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--learned", action="store_true", help="the templates and fonts that training may use")
    parser.add_argument("--tables", type=Path, help="JSON file of the quantisation tables of real photos")
    options = parser.parse_args()

    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    savers = read_savers(options.tables) if options.tables else None
    lines = []
    for index in range(options.count):
        rng = np.random.default_rng((options.seed, index))
        kind, encoded, mask = make_document(rng, kept=not options.learned, forged=index % 2 == 0, savers=savers)
        name = f"{index:06d}_{kind}"
        if mask.any():
            cv2.imwrite(str(options.out / f"{name}.png"), mask, [cv2.IMWRITE_PNG_BILEVEL, 1])
        (options.out / f"{name}.jpg").write_bytes(encoded.tobytes())
        lines.append(f"{name}.jpg\t{f'{name}.png' if mask.any() else 'None'}\t{int(mask.any())}")
    (options.out / "split.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
