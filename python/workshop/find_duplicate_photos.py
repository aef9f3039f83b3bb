#!/usr/bin/env python3
"""Look for test photos among the photos to train on: a model must not have seen what it is measured on.

    python -m workshop.find_duplicate_photos library/bsds library/people --test ../shared/data/casia1-dev/images

Compares small grey versions of the photos, mirrored ones too, and prints what is alike, most alike first: correlation,
photo, test photo. Exits 1 if something is. The same photo in another size or compression is above 0.95, but different
photos, above all landscapes, can be, too: look at what it prints. What is the same goes into `CASIA_DUPLICATES`, or is
left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from workshop.training.photos import PHOTO_SUFFIXES, Photo, open_library

#: Side of the small versions.
SIDE = 16


def miniature(photo: Photo) -> np.ndarray:
    """The photo's greys at 16 x 16, of mean 0 and length 1, (16, 16) float32. ValueError where it is no image."""
    grey = cv2.cvtColor(photo.glance(), cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    return small / max(float(np.linalg.norm(small)), 1e-6)


def duplicates(library: list[Photo], tests: list[Photo], least: float) -> Iterator[tuple[float, Path, Path]]:
    """Pairs of a library's photo and a test photo whose small versions correlate by `least` or more."""
    seen = np.stack([miniature(photo) for photo in tests])
    for photo in library:
        small = miniature(photo)
        for view in (small, small[:, ::-1]):
            alike = np.tensordot(seen, view, 2)
            for index in np.flatnonzero(alike >= least):
                yield float(alike[index]), photo.path, tests[index].path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="+", help="library folders, as for train.py")
    parser.add_argument("--test", type=Path, action="append", required=True, help="folder of test photos")
    parser.add_argument("--least", type=float, default=0.95, help="correlation from which photos are alike [0.95]")
    options = parser.parse_args()

    library = open_library(options.photos)
    tests = [
        Photo(path, ())
        for folder in options.test
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in PHOTO_SUFFIXES
    ]
    found = sorted(duplicates(library, tests, options.least), reverse=True)
    for alike, photo, test in found:
        print(f"{alike:.3f}  {photo}  {test}")
    print(f"{len(found)} alike in {len(library)} photos and {len(tests)} test photos", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
