"""A pool of training samples on disk: `NNNNNN_KIND.jpg`, and the mask `NNNNNN_KIND.png` unless the photo is authentic.

Making manipulations takes longer than a training step does, so they are made ahead, by several processes, and each is
used in several epochs with other cheap augmentations (`workshop.training.dataset`).
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from workshop.training import histories, manipulations
from workshop.training.dataset import Sample
from workshop.training.histories import Savers
from workshop.training.photos import Photo, open_library

#: How photos come to us, and how often (see `histories.publish`): longer side in pixels.
PROFILES = {"album": (0.5, (360, 420)), "web": (0.38, (400, 1000)), "camera": (0.12, (500, 900))}
#: What is done to them. The rest is left authentic.
KINDS = {"copy_move": 0.22, "splice": 0.26, "nudge": 0.05, "remove": 0.07, "retouch": 0.03, "write_text": 0.01}

#: Chance that the edge of what was pasted is blurred by hand.
SOFTENED = 0.25

#: Chance that a manipulated photo, or the donor of a splice, is one with outlined objects: people cut out objects.
OUTLINED = 0.8

#: Chance that a splice's donor is chosen for its colours, and of how many photos: people join photos that go together.
MATCHED, CANDIDATES = 0.5, 6

#: How often a region, a place or a photo is drawn again before the photos are given up; a handful is usual.
ATTEMPTS = 1000

#: Mean change, in grey levels over a region, below which nothing was manipulated to speak of (sky pasted on sky).
MIN_CHANGE = 3.0


def develop(photo: Photo, profile: str, rng: np.random.Generator) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Read a photo and bring it to the size of its profile, cropped at random; returns it with its outlines (0..1)."""
    pixels = photo.read()
    outlines = photo.outlines
    height, width = pixels.shape[:2]
    if rng.random() < 0.35:
        # A detail of the photo: other scenes, textures, and things at other scales.
        share = rng.uniform(0.55, 0.95)
        w, h = int(width * share), int(height * share)
        x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
        pixels = pixels[y : y + h, x : x + w]
        inside = [
            o for o in ((o * (width, height) - (x, y)) / (w, h) for o in outlines) if o.min() > -0.02 and o.max() < 1.02
        ]
        outlines = tuple(o.astype(np.float32) for o in inside)
        height, width = h, w
    low, high = PROFILES[profile][1]
    if profile == "album":
        # 384x256 and 256x384 is what old photo collections share.
        if rng.random() < 0.7:
            goal = 384 / max(height, width)
            aspect = max(height, width) / min(height, width)
            if aspect > 1.5:
                goal = 256 / min(height, width)
        else:
            goal = rng.uniform(low, high) / max(height, width)
    else:
        goal = min(rng.uniform(low, high), 1.3 * max(height, width)) / max(height, width)
    size = max(160, round(width * goal)), max(160, round(height * goal))
    if size[0] > 2400 or size[1] > 2400:
        raise manipulations.UnsuitableError
    pixels = histories.resize(pixels, *size, rng)
    if profile == "album" and rng.random() < 0.7:
        h, w = (256, 384) if size[0] >= size[1] else (384, 256)
        if size[1] >= h and size[0] >= w:
            x, y = (size[0] - w) // 2, (size[1] - h) // 2
            pixels = pixels[y : y + h, x : x + w]
            moved = [(o * size - (x, y)) / (w, h) for o in outlines]
            outlines = tuple(o.astype(np.float32) for o in moved if o.min() > -0.05 and o.max() < 1.05)
    return np.ascontiguousarray(pixels), outlines


def choose(photos: list[Photo], outlined: bool, rng: np.random.Generator) -> Photo:
    """Draw a photo; with `outlined` mostly one that has outlined objects, where there are any."""
    if outlined and rng.random() < OUTLINED:
        for _ in range(20):
            photo = photos[rng.integers(len(photos))]
            if photo.outlines:
                return photo
    return photos[rng.integers(len(photos))]


def choose_donor(photos: list[Photo], host: Photo, pixels: np.ndarray, rng: np.random.Generator) -> Photo:
    """Draw the photo that a splice takes its piece from, half of the time the one of six that is nearest in colour.

    Never the host itself: that would be a copy-move. Raises UnsuitableError where only the host is drawn.
    """
    wanted = CANDIDATES if rng.random() < MATCHED else 1
    candidates = [photo for photo in (choose(photos, True, rng) for _ in range(wanted)) if photo is not host]
    if not candidates:
        raise manipulations.UnsuitableError
    if wanted == 1:
        return candidates[0]
    goal = colour_layout(pixels)
    return min(candidates, key=lambda photo: float(np.abs(colour_layout(photo.glance()) - goal).sum()))


def colour_layout(pixels: np.ndarray) -> np.ndarray:
    """Where which colours are: the mean of each cell of a 3x3 grid, (3, 3, 3) float32 in Lab."""
    small = cv2.resize(pixels, (48, 48), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    return cv2.resize(lab, (3, 3), interpolation=cv2.INTER_AREA)


def make_sample(
    photos: list[Photo],
    rng: np.random.Generator,
    kinds: dict[str, float] | None = None,
    savers: Savers | None = None,
) -> tuple[str, np.ndarray, np.ndarray]:
    """Make one sample; returns its kind, the bytes of its JPEG file and its mask (height, width) uint8 0/255.

    Raises ValueError where a photo is no image, or where the photos will not do.
    """
    kinds = KINDS if kinds is None else kinds
    names = [*kinds, "authentic"]
    kind = str(rng.choice(names, p=[*kinds.values(), max(0.0, 1 - sum(kinds.values()))]))
    for _ in range(ATTEMPTS):
        try:
            return kind, *_attempt(photos, kind, rng, savers)
        except manipulations.UnsuitableError:
            continue
    raise ValueError(
        f"none of {ATTEMPTS} attempts gave a sample of kind {kind}: are the photos too small or all alike?"
    )


def _attempt(
    photos: list[Photo], kind: str, rng: np.random.Generator, savers: Savers | None
) -> tuple[np.ndarray, np.ndarray]:
    profile = str(rng.choice(list(PROFILES), p=[share for share, _ in PROFILES.values()]))
    photo = choose(photos, kind in {"copy_move", "nudge", "remove", "retouch"}, rng)
    pixels, outlines = develop(photo, profile, rng)
    # Most splices join photos of one collection, with the same past; in the rest the donor has one of its own.
    strength = float(rng.choice([0.0, 0.3, 0.6], p=[0.15, 0.4, 0.45]))
    original = pixels = np.ascontiguousarray(histories.age(pixels, rng, strength, savers, histories.KEEPS_GRID))
    if kind == "authentic":
        mask = np.zeros(pixels.shape[:2], np.uint8)
    elif kind == "splice":
        donor = choose_donor(photos, photo, pixels, rng)
        piece, donor_outlines = develop(donor, profile, rng)
        if rng.random() < 0.5:
            piece = np.ascontiguousarray(histories.age(piece, rng, strength if rng.random() < 0.6 else 0.7, savers))
        pixels, mask = manipulations.splice(pixels, piece, donor_outlines, rng)
    elif kind == "write_text":
        pixels, mask = manipulations.write_text(pixels, rng)
    else:
        pixels, mask = getattr(manipulations, kind)(pixels, outlines, rng)
    if kind in {"splice", "copy_move", "nudge"} and rng.random() < SOFTENED:
        pixels = manipulations.soften_edge(pixels, mask, rng)
    if mask.any() and cv2.absdiff(pixels, original)[mask > 0].mean() < MIN_CHANGE:
        raise manipulations.UnsuitableError
    return histories.publish(pixels, mask, profile, rng, savers)


def _write(job: tuple[list[Path], bool, Path, int, Path | None, list[int]]) -> int:
    folders, held_out, target, seed, tables, indices = job
    cv2.setNumThreads(1)
    photos = open_library(folders, held_out)
    savers = histories.read_savers(tables) if tables else None
    for index in indices:
        rng = np.random.default_rng((seed, index))
        kind, encoded, mask = make_sample(photos, rng, savers=savers)
        name = target / f"{index:06d}_{kind}"
        if mask.any():
            _publish(name.with_suffix(".png"), cv2.imencode(".png", mask, [cv2.IMWRITE_PNG_BILEVEL, 1])[1])
        # The image last: a sample is there when its image is.
        _publish(name.with_suffix(".jpg"), encoded)
    return len(indices)


def _publish(path: Path, encoded: np.ndarray) -> None:
    """Write a file whole or not at all. OSError where it cannot be written."""
    draft = path.with_suffix(path.suffix + ".part")
    draft.write_bytes(encoded.tobytes())
    draft.replace(path)


def fill_pool(
    folders: list[Path],
    held_out: bool,
    target: Path,
    size: int,
    *,
    seed: int,
    workers: int,
    tables: Path | None = None,
) -> Iterator[int]:
    """Make those of samples 0..size-1 that are missing, yielding how many are done. The seed decides all of them.

    `tables` is a file of quantisation tables for `histories.read_savers`.
    """
    target.mkdir(parents=True, exist_ok=True)
    there = {int(path.stem[:6]) for path in target.glob("*.jpg")}
    missing = [index for index in range(size) if index not in there]
    jobs = [
        (folders, held_out, target, seed, tables, missing[first : first + 100]) for first in range(0, len(missing), 100)
    ]
    done = size - len(missing)
    if not jobs:
        yield done
        return
    # Fresh processes: a fork of one in which OpenCV or torch have started threads may never answer.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as executor:
        for count in executor.map(_write, jobs):
            done += count
            yield done


def pool_samples(target: Path) -> list[Sample]:
    """List a pool's samples: image, and mask or None. ValueError where a manipulated photo lacks its mask."""
    samples = []
    for image in sorted(target.glob("*.jpg")):
        mask = image.with_suffix(".png")
        if image.stem.endswith("_authentic"):
            samples.append(Sample(image))
        elif mask.exists():
            samples.append(Sample(image, mask, tampered=True))
        else:
            raise ValueError(f"{image} lacks its mask {mask.name}: delete it, and it will be made again")
    return samples
