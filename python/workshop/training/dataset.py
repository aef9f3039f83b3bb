"""From samples on disk to batches of tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from ofx import shapes
from ofx.networks.objectformer_lite import IMAGENET_MEAN, IMAGENET_STD
from ofx.shapes import Fit
from workshop.training import histories
from workshop.training.histories import Savers

#: Height and width of a network's input, in pixels.
Shape = tuple[int, int]

#: How far the logarithms of two aspects may lie apart for a photo to be cropped to a shape.
NEAR_ASPECT = 0.2
#: Photos with less of a shape's area than this are not drawn for it: too much of the input would be padding.
LEAST_AREA = 0.8
#: A real photo without its mask is cropped to no less than this on each side, so that the manipulation stays in.
UNKNOWN_CROP = 0.88


class Sample(NamedTuple):
    """A photo. Without a mask it is authentic, unless `tampered` says that its mask is merely not known.

    `real` tells photos that people made from those of the generator: their verdict is learned from the map as well.
    Of `held` ones the truth is not learned: the network keeps what its teacher says of them.
    """

    image: Path
    mask: Path | None = None
    tampered: bool = False
    real: bool = False
    held: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it is known where the photo is manipulated."""
        return self.mask is not None or not self.tampered


class Batch(NamedTuple):
    """Images (B, 3, H, W), truth (B, 1, H, W) 0/1, and for each image four values (B,): whether it is manipulated
    (0/1, float), whether `truth` is known, whether people made it, and whether a teacher answers for it (all bool)."""

    images: Tensor
    truth: Tensor
    label: Tensor
    known: Tensor
    real: Tensor
    held: Tensor


def to_input(pixels: np.ndarray, fit: Fit | int) -> Tensor:
    """BGR uint8 pixels → normalised RGB (3, height, width) float32, resized as OpenCV's INTER_LINEAR does, and padded.

    A number is the side of a square.
    """
    if isinstance(fit, int):
        fit = shapes.stretched(fit)
    if pixels.shape[:2] != (fit.covered_height, fit.covered_width):
        pixels = cv2.resize(pixels, (fit.covered_width, fit.covered_height), interpolation=cv2.INTER_LINEAR)
    below, right = fit.height - fit.covered_height, fit.width - fit.covered_width
    if below or right:
        pixels = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)
    rgb = pixels[..., ::-1].astype(np.float32) / 255
    rgb = (rgb - np.float32(IMAGENET_MEAN)) / np.float32(IMAGENET_STD)
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))


def read_sample(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Read pixels (height, width, 3) BGR and mask (height, width) 0/1, uint8: of zeros where there is no mask file."""
    pixels = cv2.imread(str(sample.image), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"not an image: {sample.image}")
    if sample.mask is None:
        return pixels, np.zeros(pixels.shape[:2], np.uint8)
    mask = (cv2.imread(str(sample.mask), cv2.IMREAD_GRAYSCALE) > 127).astype(np.uint8)
    if mask.shape != pixels.shape[:2]:
        mask = cv2.resize(mask, pixels.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return pixels, mask


def read_list(path: Path) -> list[Sample]:
    """Read a list of real photos: image, mask or `-`, and label, separated by tabs, relative to the list's folder."""
    samples = []
    for line in path.read_text().splitlines():
        image, mask, label = line.split("\t")
        known = path.parent / mask if label != "0" and mask != "-" else None
        samples.append(Sample(path.parent / image, known, label != "0", real=True))
    return samples


def crop_at(length: int, kept: int, rng: np.random.Generator) -> int:
    """Where a crop begins: mostly at a multiple of 8, so that JPEG's blocks stay where they were."""
    start = int(rng.integers(0, length - kept + 1))
    return start // 8 * 8 if rng.random() < histories.KEEPS_GRID else start


def augment(
    pixels: np.ndarray, mask: np.ndarray, rng: np.random.Generator, savers: Savers | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Cheap changes that keep the label: mirroring, cropping, tone, and what platforms do to files."""
    if rng.random() < 0.5:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    if rng.random() < 0.08:
        pixels, mask = pixels[::-1], mask[::-1]
    height, width = mask.shape
    if rng.random() < 0.2:
        h, w = int(height * rng.uniform(0.7, 1)), int(width * rng.uniform(0.7, 1))
        y, x = crop_at(height, h, rng), crop_at(width, w, rng)
        inside = mask[y : y + h, x : x + w]
        # A crop must not leave a sliver of the manipulated region, nor all of it be the photo.
        if (mask.any() and 0.006 < inside.mean() < 0.5 and inside.sum() > 0.5 * mask.sum()) or not mask.any():
            pixels, mask = pixels[y : y + h, x : x + w], inside
    pixels, mask = np.ascontiguousarray(pixels), np.ascontiguousarray(mask)
    if rng.random() < 0.15:
        pixels = cv2.convertScaleAbs(pixels, alpha=rng.uniform(0.8, 1.2), beta=rng.uniform(-15, 15))
    if rng.random() < 0.12:
        pixels, mask = rescale(pixels, mask, rng.uniform(0.45, 0.9), rng)
    if rng.random() < 0.15:
        pixels = histories.decode((savers or Savers()).last(pixels, rng, 60, 95))
    return pixels, mask


def augment_real(
    pixels: np.ndarray, mask: np.ndarray, known: bool, rng: np.random.Generator, savers: Savers | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """A new history for a photo that people made: by its file alone, its class could be told.

    Manipulated photos were saved by an editor, authentic ones by a camera or a collection. Both are resized and saved
    again in the same ways, with the same tables.
    """
    if rng.random() < 0.5:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    height, width = mask.shape
    if rng.random() < 0.4:
        least = 0.75 if known else UNKNOWN_CROP
        h, w = int(height * rng.uniform(least, 1)), int(width * rng.uniform(least, 1))
        y, x = crop_at(height, h, rng), crop_at(width, w, rng)
        inside = mask[y : y + h, x : x + w]
        if not mask.any() or inside.sum() > 0.6 * mask.sum():
            pixels, mask = pixels[y : y + h, x : x + w], inside
    pixels, mask = np.ascontiguousarray(pixels), np.ascontiguousarray(mask)
    savers = savers or Savers()
    if rng.random() < 0.2:
        pixels = histories.adjust(pixels, rng)
    if rng.random() < 0.4:
        pixels, mask = rescale(pixels, mask, rng.uniform(0.6, 1.25), rng)
    for _ in range(int(rng.choice([0, 1, 2], p=[0.1, 0.7, 0.2]))):
        pixels = histories.decode(savers.last(pixels, rng, 70, 98))
    return pixels, mask


def rescale(
    pixels: np.ndarray, mask: np.ndarray, scale: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Resize a photo and its mask by a factor, to no less than 64 pixels a side."""
    size = max(64, round(mask.shape[1] * scale)), max(64, round(mask.shape[0] * scale))
    return histories.resize(pixels, *size, rng), cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)


def bring(
    pixels: np.ndarray, mask: np.ndarray, shape: Shape, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Bring a photo to the shape of its batch: stretched to a square, otherwise as `ofx.shapes.free` would, cropped.

    A photo larger than the shape is shrunk to its area, one much smaller enlarged every second time; then what is too
    long is cropped, and what is too short padded, as the network's input is.
    """
    height, width = shape
    if height == width:
        return (
            cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR),
            cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST),
        )
    share = height * width / mask.size
    if share < 1 / 1.05 or (share > 1.35 and rng.random() < 0.5):
        size = max(8, round(mask.shape[1] * share**0.5)), max(8, round(mask.shape[0] * share**0.5))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    if mask.shape[0] > height:
        y = crop_at(mask.shape[0], height, rng)
        pixels, mask = pixels[y : y + height], mask[y : y + height]
    if mask.shape[1] > width:
        x = crop_at(mask.shape[1], width, rng)
        pixels, mask = pixels[:, x : x + width], mask[:, x : x + width]
    below, right = height - mask.shape[0], width - mask.shape[1]
    if below or right:
        pixels = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)
        mask = cv2.copyMakeBorder(mask, 0, below, 0, right, cv2.BORDER_CONSTANT, value=0)
    return pixels, mask


class PoolDataset(Dataset):
    """Samples addressed by (index, shape of the network's input, seed); each is augmented as the seed says."""

    def __init__(self, samples: list[Sample], savers: Savers | None = None):
        self.samples, self.savers = samples, savers

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, key: tuple[int, Shape, int]) -> Batch:
        index, shape, seed = key
        sample, rng = self.samples[index], np.random.default_rng(seed)
        pixels, mask = read_sample(sample)
        if sample.real:
            pixels, mask = augment_real(pixels, mask, sample.is_known, rng, self.savers)
        else:
            pixels, mask = augment(pixels, mask, rng, self.savers)
        pixels, mask = bring(pixels, mask, shape, rng)
        tampered = bool(mask.any()) if sample.is_known else True
        return Batch(
            to_input(pixels, Fit(*shape, *shape)),
            torch.from_numpy(mask.astype(np.float32)).unsqueeze(0),
            torch.tensor(float(tampered)),
            torch.tensor(sample.is_known),
            torch.tensor(sample.real),
            torch.tensor(sample.held),
        )


def measure(samples: list[Sample]) -> np.ndarray:
    """Height and width of each sample's photo, (n, 2), read from the files' heads."""
    sizes = []
    for sample in samples:
        with Image.open(sample.image) as photo:
            sizes.append((photo.height, photo.width))
    return np.array(sizes).reshape(-1, 2)


@dataclass(frozen=True)
class Choice:
    """Which samples suit a shape: made ones, those that a teacher answers for, and real ones of each class."""

    made: np.ndarray
    held: np.ndarray
    authentic: np.ndarray
    tampered: np.ndarray


class MixedShapes(Sampler):
    """Endless shuffled batches, each of one shape drawn from `shapes` (shape: (chance, batch)).

    Made photos come as often as they are; each place of a batch is given to a real one with chance `real`, every second
    of which is manipulated, so that neither the shape nor the size of a photo tells anything. Of the other places each
    is given to one that a teacher answers for with chance `held`. A square takes any photo, another shape those that
    nearly have its aspect and at least most of its area.

    Starts at batch number `start`, so that a resumed run goes on where it stopped. Members of a team draw other
    samples, but the same shapes, so that none waits for another.
    """

    def __init__(
        self,
        samples: list[Sample],
        shapes: dict[Shape, tuple[float, int]],
        seed: int,
        *,
        real: float = 0.0,
        held: float = 0.0,
        start: int = 0,
        member: int = 0,
    ):
        self.seed, self.start, self.member, self.real, self.held = seed, start, member, real, held
        self.shapes = {shape: batch for shape, (_, batch) in shapes.items()}
        chances = np.array([chance for chance, _ in shapes.values()])
        self.chances = chances / chances.sum()
        sizes = measure(samples)
        self.choices = {shape: self._choose(samples, sizes, shape) for shape in shapes}

    def _choose(self, samples: list[Sample], sizes: np.ndarray, shape: Shape) -> Choice:
        height, width = shape
        suits = np.ones(len(samples), bool)
        if height != width:
            aspects = np.log(sizes[:, 1] / sizes[:, 0])
            suits = (np.abs(aspects - np.log(width / height)) < NEAR_ASPECT) & (
                sizes.prod(1) >= LEAST_AREA * height * width
            )
        real = np.array([sample.real for sample in samples])
        tampered = np.array([sample.tampered for sample in samples])
        held = np.array([sample.held for sample in samples])

        def those(wanted: np.ndarray) -> np.ndarray:
            found = np.flatnonzero(wanted & suits)
            return found if len(found) else np.flatnonzero(wanted)

        return Choice(those(~real & ~held), those(held), those(real & ~tampered), those(real & tampered))

    def __iter__(self) -> Iterator[list[tuple[int, Shape, int]]]:
        batch = self.start
        names = list(self.shapes)
        while True:
            shape = names[int(np.random.default_rng((self.seed, batch)).choice(len(names), p=self.chances))]
            rng = np.random.default_rng((self.seed, batch, self.member))
            choice, places = self.choices[shape], self.shapes[shape]
            real = int((rng.random(places) < self.real).sum()) if len(choice.tampered) and len(choice.authentic) else 0
            held = int((rng.random(places - real) < self.held).sum()) if len(choice.held) else 0
            made = rng.choice(choice.made, places - real - held, replace=len(choice.made) < places)
            taught = rng.choice(choice.held, held, replace=len(choice.held) < places) if held else []
            tampered = (np.arange(real) + rng.integers(2)) % 2 == 0
            people = [rng.choice(choice.tampered if t else choice.authentic) for t in tampered]
            yield [(int(i), shape, int(rng.integers(2**62))) for i in [*made, *taught, *people]]
            batch += 1
