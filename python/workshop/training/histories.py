"""What happens to a photo between the camera and us: resizing, JPEG compression, noise, blur, tone.

A history is drawn once and applied to manipulated and authentic photos alike, so that it tells nothing of the class.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

#: Chroma subsamplings of JPEG files, as OpenCV names them, and as Pillow does.
SUBSAMPLINGS = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_LANCZOS4)

#: Share of the last compressions that keep chroma whole (4:4:4), as image editors do.
WHOLE_CHROMA = 1 / 3
#: Chance that the grid of a host's 8x8 blocks stays where it was: who opens a photo, pastes and saves, keeps it.
KEEPS_GRID = 0.75
#: Chance that the tone or sharpness of the whole photo is changed, pasted pieces and all.
ADJUSTED = 0.2
#: Mean of the luma table of JPEG's annex K, which libjpeg scales: 100 % at quality 50.
STANDARD_MEAN = 57.6


def encode_jpeg(pixels: np.ndarray, quality: int, subsampling: int = SUBSAMPLINGS[0]) -> np.ndarray:
    """Return the bytes of a JPEG file, uint8."""
    options = [cv2.IMWRITE_JPEG_QUALITY, int(quality), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, subsampling]
    return cv2.imencode(".jpg", pixels, options)[1]


def recompress(pixels: np.ndarray, quality: int, subsampling: int = SUBSAMPLINGS[0]) -> np.ndarray:
    """Save as JPEG and read again."""
    return cv2.imdecode(encode_jpeg(pixels, quality, subsampling), cv2.IMREAD_COLOR)


@dataclass(frozen=True)
class Tables:
    """A pair of quantisation tables, each 64 steps in rows, and how often it was met."""

    luma: tuple[int, ...]
    chroma: tuple[int, ...]
    count: int = 1

    def encode(self, pixels: np.ndarray, whole_chroma: bool) -> np.ndarray:
        """Return the bytes of a JPEG file saved with these tables, uint8; chroma at 4:4:4 or at 4:2:0."""
        file = io.BytesIO()
        photo = Image.fromarray(np.ascontiguousarray(pixels[..., ::-1]))
        photo.save(file, "JPEG", qtables=[list(self.luma), list(self.chroma)], subsampling=0 if whole_chroma else 2)
        return np.frombuffer(file.getvalue(), np.uint8)


@dataclass(frozen=True)
class Savers:
    """Quantisation tables met in real files, those of cameras and programs and those of Photoshop.

    Without any, libjpeg's are used everywhere.
    """

    cameras: tuple[Tables, ...] = field(default=())
    photoshop: tuple[Tables, ...] = field(default=())

    def first(self, pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Save a photo as cameras and collections do; the bytes of a JPEG file."""
        whole = bool(rng.random() < 0.25)
        if self.cameras and rng.random() < 0.5:
            return _draw(self.cameras, rng).encode(pixels, whole)
        return encode_jpeg(pixels, int(rng.integers(70, 99)), SUBSAMPLINGS[whole])

    def last(self, pixels: np.ndarray, rng: np.random.Generator, low: int, high: int) -> np.ndarray:
        """Save a photo as an editor or a platform does, of libjpeg's qualities low to high; bytes of a JPEG file."""
        whole = bool(rng.random() < WHOLE_CHROMA)
        if self.photoshop and rng.random() < (0.85 if whole else 0.15):
            return _draw(self.photoshop, rng).encode(pixels, whole)
        if self.cameras and rng.random() < 0.2:
            return _draw(self.cameras, rng).encode(pixels, whole)
        return encode_jpeg(pixels, int(rng.integers(low, high + 1)), SUBSAMPLINGS[whole])


def _draw(tables: tuple[Tables, ...], rng: np.random.Generator) -> Tables:
    """Draw tables; what is met a hundred times as often is drawn ten times as often."""
    weights = np.sqrt([table.count for table in tables])
    return tables[rng.choice(len(tables), p=weights / weights.sum())]


def read_savers(path: Path) -> Savers:
    """Read tables from JSON: a list of `luma`, `chroma`, `count` and `photoshop_quality` (empty where it is not one's).

    Tables coarser than libjpeg's quality 50 or so are left out: hardly anybody saves photos with them.
    """
    cameras, photoshop = [], []
    for entry in json.loads(path.read_text()):
        tables = Tables(tuple(entry["luma"]), tuple(entry["chroma"]), entry["count"])
        if np.mean(tables.luma) <= STANDARD_MEAN:
            (photoshop if entry["photoshop_quality"] else cameras).append(tables)
    return Savers(tuple(cameras), tuple(photoshop))


def decode(encoded: np.ndarray) -> np.ndarray:
    """Pixels of a JPEG file, (height, width, 3) uint8 BGR."""
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR)


def resize(pixels: np.ndarray, width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """Resize with an interpolation drawn at random; INTER_AREA (antialiased) wherever it shrinks much."""
    if (pixels.shape[1], pixels.shape[0]) == (width, height):
        return pixels
    shrinks = pixels.shape[1] > 1.6 * width or pixels.shape[0] > 1.6 * height
    method = cv2.INTER_AREA if shrinks else int(rng.choice(INTERPOLATIONS))
    return cv2.resize(pixels, (width, height), interpolation=method)


def add_noise(pixels: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise of sigma grey levels."""
    noise = rng.standard_normal(pixels.shape, np.float32) * np.float32(sigma)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def adjust(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change the tone, the colours or the sharpness of a whole photo, as people do before they share it."""
    kind = rng.choice(["levels", "gamma", "saturation", "sharpen", "soften", "warmth"])
    if kind == "levels":
        black, white = rng.uniform(0, 25), rng.uniform(225, 255)
        curve = (np.arange(256) - black) * 255 / (white - black)
        return cv2.LUT(pixels, np.clip(np.rint(curve), 0, 255).astype(np.uint8))
    if kind == "gamma":
        curve = 255 * (np.arange(256) / 255) ** float(np.exp(rng.uniform(-0.4, 0.4)))
        return cv2.LUT(pixels, np.rint(curve).astype(np.uint8))
    if kind == "sharpen":
        gain = rng.uniform(0.3, 1.4)
        return cv2.addWeighted(pixels, 1 + gain, cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.7, 1.6)), -gain, 0)
    if kind == "soften":
        return cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 0.9))
    lab = cv2.cvtColor(pixels, cv2.COLOR_BGR2LAB).astype(np.float32)
    if kind == "saturation":
        lab[..., 1:] = (lab[..., 1:] - 128) * rng.uniform(0.6, 1.5) + 128
    else:
        lab[..., 1:] += rng.normal(0, 5, 2).astype(np.float32)
    return cv2.cvtColor(np.clip(np.rint(lab), 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR)


def age(
    pixels: np.ndarray,
    rng: np.random.Generator,
    strength: float,
    savers: Savers | None = None,
    keeps_grid: float = 0.0,
) -> np.ndarray:
    """Give a photo a past of its own before it is edited: an earlier JPEG compression, noise or blur.

    strength in 0..1 is the chance of each step but the compression, which is twice as likely. With chance `keeps_grid`
    the grid of 8x8 blocks of that compression stays where the next one's is.
    """
    if rng.random() < strength * 0.35:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 0.9))
    if rng.random() < strength * 0.35:
        pixels = add_noise(pixels, rng.uniform(0.6, 4), rng)
    if rng.random() < min(1.0, 2 * strength):
        pixels = decode((savers or Savers()).first(pixels, rng))
        if rng.random() >= keeps_grid:
            dy, dx = rng.integers(0, 8, 2)
            pixels = pixels[dy:, dx:]
    return pixels


def publish(
    pixels: np.ndarray,
    mask: np.ndarray,
    profile: str,
    rng: np.random.Generator,
    savers: Savers | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Save an edited or authentic photo as its editor and the web do. Returns the file's bytes (JPEG) and the mask.

    Profiles: `album` (a small photo saved once by an image editor), `web` (often resized, recompressed once or twice),
    `camera` (large, hardly compressed).
    """
    savers = savers or Savers()
    height, width = mask.shape
    if rng.random() < ADJUSTED:
        pixels = adjust(pixels, rng)
    low, high = {"web": (65, 96), "album": (72, 100)}.get(profile, (90, 100))
    if profile == "web":
        if rng.random() < 0.35:
            scale = rng.uniform(0.45, 1.0) if rng.random() < 0.8 else rng.uniform(1.0, 1.3)
            width, height = max(160, round(width * scale)), max(160, round(height * scale))
            pixels = resize(pixels, width, height, rng)
            mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
        if rng.random() < 0.4:
            pixels = decode(savers.last(pixels, rng, 60, 96))
    if rng.random() < 0.05:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 0.8))
    return savers.last(pixels, rng, low, high), mask
