"""From samples on disk to batches of tensors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from ofx.networks.objectformer_lite import IMAGENET_MEAN, IMAGENET_STD
from workshop.training import histories

Sample = tuple[Path, Path | None]


def to_input(pixels: np.ndarray, size: int) -> Tensor:
    """BGR uint8 pixels → normalised RGB (3, size, size) float32, resized as OpenCV's INTER_LINEAR does."""
    square = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_LINEAR)
    rgb = square[..., ::-1].astype(np.float32) / 255
    rgb = (rgb - np.float32(IMAGENET_MEAN)) / np.float32(IMAGENET_STD)
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))


def read_sample(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Read pixels (height, width, 3) BGR and mask (height, width) 0/1, uint8. No mask file means authentic."""
    image, mask_path = sample
    pixels = cv2.imread(str(image), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"not an image: {image}")
    if mask_path is None:
        return pixels, np.zeros(pixels.shape[:2], np.uint8)
    mask = (cv2.imread(str(mask_path), cv2.IMREAD_GRAYSCALE) > 127).astype(np.uint8)
    return pixels, mask


def augment(pixels: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Cheap changes that keep the label: mirroring, cropping, tone, and what platforms do to files."""
    if rng.random() < 0.5:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    if rng.random() < 0.08:
        pixels, mask = pixels[::-1], mask[::-1]
    height, width = mask.shape
    if rng.random() < 0.25:
        h, w = int(height * rng.uniform(0.7, 1)), int(width * rng.uniform(0.7, 1))
        y, x = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
        inside = mask[y : y + h, x : x + w]
        # A crop must not leave a sliver of the manipulated region, nor all of it be the photo.
        if (mask.any() and 0.006 < inside.mean() < 0.5 and inside.sum() > 0.5 * mask.sum()) or not mask.any():
            pixels, mask = pixels[y : y + h, x : x + w], inside
    pixels, mask = np.ascontiguousarray(pixels), np.ascontiguousarray(mask)
    if rng.random() < 0.3:
        pixels = cv2.convertScaleAbs(pixels, alpha=rng.uniform(0.8, 1.2), beta=rng.uniform(-15, 15))
    if rng.random() < 0.15:
        scale = rng.uniform(0.45, 0.9)
        size = max(64, round(mask.shape[1] * scale)), max(64, round(mask.shape[0] * scale))
        pixels = histories.resize(pixels, *size, rng)
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    if rng.random() < 0.2:
        pixels = histories.recompress(pixels, int(rng.integers(60, 96)))
    return pixels, mask


class PoolDataset(Dataset):
    """Samples addressed by (index, size of the network's input, seed or None); without a seed nothing is augmented."""

    def __init__(self, samples: list[Sample]):
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, key: tuple[int, int, int | None]) -> tuple[Tensor, Tensor]:
        index, size, seed = key
        pixels, mask = read_sample(self.samples[index])
        if seed is not None:
            pixels, mask = augment(pixels, mask, np.random.default_rng(seed))
        mask = cv2.resize(mask, (size, size), interpolation=cv2.INTER_NEAREST)
        return to_input(pixels, size), torch.from_numpy(mask.astype(np.float32)).unsqueeze(0)


class MixedSizes(Sampler):
    """Endless shuffled batches, each of one input size drawn from `sizes` (size: (chance, batch)).

    Starts at batch number `start`, so that a resumed run goes on where it stopped. Members of a team draw other
    samples, but the same sizes, so that none waits for another.
    """

    def __init__(self, count: int, sizes: dict[int, tuple[float, int]], seed: int, *, start: int = 0, member: int = 0):
        self.count, self.sizes, self.seed, self.start, self.member = count, sizes, seed, start, member

    def __iter__(self) -> Iterator[list[tuple[int, int, int]]]:
        batch = self.start
        names = list(self.sizes)
        chances = [chance for chance, _ in self.sizes.values()]
        while True:
            size = int(np.random.default_rng((self.seed, batch)).choice(names, p=chances))
            rng = np.random.default_rng((self.seed, batch, self.member))
            indices = rng.choice(self.count, self.sizes[size][1], replace=False)
            yield [(int(i), size, int(rng.integers(2**62))) for i in indices]
            batch += 1
