"""The photo library that manipulations are made from.

A library is a folder with ``images/`` (JPEG or PNG photos) and, optionally, ``polygons/`` with the outlines of the
objects in them: ``polygons/NAME.txt`` has one object a line, a class followed by x y pairs in 0..1 (the layout of YOLO
segmentation labels).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png"}

#: Photos of BSDS500 that are also authentic photos of CASIA v1, a test set: never to be trained on.
CASIA_DUPLICATES = frozenset({"17067", "103070", "103078", "105053", "118020", "175032", "227092"})


@dataclass(frozen=True)
class Photo:
    """One photo of the library: its file and its objects' outlines, each an (n, 2) float32 array of x, y in 0..1."""

    path: Path
    outlines: tuple[np.ndarray, ...]

    def read(self) -> np.ndarray:
        """Return the pixels, (height, width, 3) uint8 in BGR order. Raises ValueError where the file is no image."""
        pixels = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if pixels is None:
            raise ValueError(f"not an image: {self.path}")
        return pixels

    def glance(self) -> np.ndarray:
        """Return the pixels at an eighth of the size or a little more: quick for a JPEG, which is not decoded in full.

        Raises ValueError where the file is no image.
        """
        pixels = cv2.imread(str(self.path), cv2.IMREAD_REDUCED_COLOR_8)
        if pixels is None:
            raise ValueError(f"not an image: {self.path}")
        return pixels


def read_outlines(path: Path) -> tuple[np.ndarray, ...]:
    """Read a file of outlines. Objects with fewer than three corners are left out; no file means no outlines."""
    if not path.exists():
        return ()
    outlines = []
    for line in path.read_text().splitlines():
        values = np.array(line.split()[1:], np.float32)
        if len(values) >= 6:
            outlines.append(values[: len(values) // 2 * 2].reshape(-1, 2))
    return tuple(outlines)


def write_outlines(path: Path, outlines: list[np.ndarray]) -> None:
    """Write outlines, (n, 2) arrays of x, y in 0..1, in the layout that `read_outlines` reads."""
    lines = ["0 " + " ".join(f"{value:.5f}" for value in outline.reshape(-1)) for outline in outlines]
    path.write_text("\n".join(lines) + "\n")


def is_held_out(name: str, share: float = 0.1) -> bool:
    """Whether a photo belongs to the validation photos: decided by a hash of its name, so that it never changes."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32


def open_library(folders: list[Path], held_out: bool | None = None) -> list[Photo]:
    """Return the photos of some library folders: all, or those held out for validation, or those that are not.

    Photos known to be in a test set are left out. Raises ValueError where no photo is left.
    """
    photos = []
    for folder in folders:
        root = folder / "images" if (folder / "images").is_dir() else folder
        for path in sorted(root.iterdir()):
            if path.suffix.lower() not in PHOTO_SUFFIXES or path.stem in CASIA_DUPLICATES:
                continue
            if held_out is None or is_held_out(path.stem) == held_out:
                photos.append(Photo(path, read_outlines(folder / "polygons" / f"{path.stem}.txt")))
    if not photos:
        raise ValueError(f"no photos in {', '.join(map(str, folders))}")
    return photos
