#!/usr/bin/env python3
"""Give photos without object outlines some: from BSDS500's human segmentations, from object masks, or by GrabCut.

    python -m workshop.extract_outlines LIBRARY [--segments BSDS500/data/groundTruth] [--no-grabcut]

LIBRARY has `images/` and, where there are object masks, `masks/NAME.png` (0 is background, every other value an
object). `polygons/` is written beside them (see `workshop.training.photos`). Files that exist are kept. GrabCut
looks for one object in the middle: leave it out (`--no-grabcut`) where photos show scenes.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from scipy.io import loadmat

from workshop.training.photos import PHOTO_SUFFIXES, write_outlines

#: GrabCut runs on photos of this longer side, in pixels: enough for an outline, and fast.
GRABCUT_SIDE = 288
MIN_SHARE, MAX_SHARE = 0.006, 0.40


def outline_of(region: np.ndarray) -> np.ndarray | None:
    """Outline of a boolean region's largest part, (n, 2) in 0..1, or None where its size makes it no useful object."""
    height, width = region.shape
    contours, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    contour = max(contours, key=cv2.contourArea)
    share = cv2.contourArea(contour) / (height * width)
    if not MIN_SHARE < share < MAX_SHARE:
        return None
    corners = cv2.approxPolyDP(contour, 0.6, True).reshape(-1, 2)
    if len(corners) < 4:
        return None
    return (corners + 0.5).astype(np.float32) / (width, height)


def touches_border(region: np.ndarray) -> float:
    """Share of the image's border that lies in the region: background has much of it, objects little."""
    border = np.concatenate([region[0], region[-1], region[:, 0], region[:, -1]])
    return float(border.mean())


def human_outlines(segments: Path) -> list[np.ndarray]:
    """Outlines of the segments, and of pairs of neighbouring ones, of two annotators of a BSDS500 photo."""
    outlines = []
    for annotator in loadmat(segments)["groundTruth"][0][:2]:
        labels = annotator["Segmentation"][0, 0].astype(np.int32)
        ids = np.unique(labels)
        regions = [labels == i for i in ids]
        right = np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()], 1)
        below = np.stack([labels[:-1].ravel(), labels[1:].ravel()], 1)
        touching = np.concatenate([right, below])
        pairs = np.unique(np.sort(touching[touching[:, 0] != touching[:, 1]], 1), axis=0)
        regions += [(labels == a) | (labels == b) for a, b in pairs]
        for region in regions:
            outline = outline_of(region) if touches_border(region) < 0.12 else None
            if outline is not None:
                outlines.append(outline)
    return outlines[:24]


def mask_outlines(mask: Path) -> list[np.ndarray]:
    """Outlines of the objects of a mask in which every object has a grey value of its own; at most 12."""
    labels = cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)
    values = [value for value in np.unique(labels) if value > 0]
    if len(values) > 100:  # a black and white mask whose edges are soft
        labels, values = (labels > 127).astype(np.uint8), [1]
    outlines = [outline_of(labels == value) for value in values]
    return [outline for outline in outlines if outline is not None][:12]


def grabcut_outlines(photo: Path) -> list[np.ndarray]:
    """Outlines found by GrabCut started from centred rectangles of two sizes."""
    pixels = cv2.imread(str(photo), cv2.IMREAD_COLOR)
    if pixels is None:
        return []
    scale = min(1.0, GRABCUT_SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    cv2.setRNGSeed(0)
    outlines = []
    for inset in (0.12, 0.28):
        x, y = int(width * inset), int(height * inset)
        if min(width - 2 * x, height - 2 * y) < 16:
            continue
        state = np.zeros((height, width), np.uint8)
        rectangle = (x, y, width - 2 * x, height - 2 * y)
        try:
            cv2.grabCut(small, state, rectangle, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_RECT)
        except cv2.error:  # a photo of one colour has no foreground
            continue
        region = ((state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD)).astype(np.uint8)
        region = cv2.morphologyEx(region, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        region = cv2.morphologyEx(region, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        outline = outline_of(region > 0)
        if outline is not None:
            outlines.append(outline)
    return outlines


def outline_photo(photo: Path, target: Path, segments: dict[str, Path], grabcut: bool) -> int:
    """Write one photo's outlines; return how many there are."""
    mask = target.parent / "masks" / f"{photo.stem}.png"
    if photo.stem in segments:
        outlines = human_outlines(segments[photo.stem])
    elif mask.exists():
        outlines = mask_outlines(mask)
    else:
        outlines = grabcut_outlines(photo) if grabcut else []
    write_outlines(target / f"{photo.stem}.txt", outlines)
    return len(outlines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--segments", type=Path, help="folder with BSDS500's .mat files")
    parser.add_argument("--no-grabcut", dest="grabcut", action="store_false")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()

    target = options.library / "polygons"
    target.mkdir(exist_ok=True)
    segments = {path.stem: path for path in options.segments.rglob("*.mat")} if options.segments else {}
    photos = [path for path in sorted((options.library / "images").iterdir()) if path.suffix.lower() in PHOTO_SUFFIXES]
    missing = [path for path in photos if not (target / f"{path.stem}.txt").exists()]
    cv2.setNumThreads(1)
    with ProcessPoolExecutor(options.workers) as executor:
        outline = partial(outline_photo, target=target, segments=segments, grabcut=options.grabcut)
        counts = list(executor.map(outline, missing, chunksize=8))
    print(f"{sum(counts)} outlines in {len(counts)} photos")


if __name__ == "__main__":
    main()
