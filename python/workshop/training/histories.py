"""What happens to a photo between the camera and us: resizing, JPEG compression, noise, blur.

A history is drawn once and applied to manipulated and authentic photos alike, so that it tells nothing of the class.
"""

from __future__ import annotations

import cv2
import numpy as np

#: Chroma subsamplings of JPEG files met in practice: 4:2:0 mostly, 4:4:4 from image editors at high quality.
SUBSAMPLINGS = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_LANCZOS4)


def encode_jpeg(pixels: np.ndarray, quality: int, subsampling: int = SUBSAMPLINGS[0]) -> np.ndarray:
    """Return the bytes of a JPEG file, uint8."""
    options = [cv2.IMWRITE_JPEG_QUALITY, int(quality), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, subsampling]
    return cv2.imencode(".jpg", pixels, options)[1]


def recompress(pixels: np.ndarray, quality: int, subsampling: int = SUBSAMPLINGS[0]) -> np.ndarray:
    """Save as JPEG and read again."""
    return cv2.imdecode(encode_jpeg(pixels, quality, subsampling), cv2.IMREAD_COLOR)


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


def age(pixels: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Give a photo a past of its own before it is edited: an earlier JPEG compression, noise or blur.

    strength in 0..1 is the chance of each step but the compression, which is twice as likely.
    """
    if rng.random() < strength * 0.35:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 0.9))
    if rng.random() < strength * 0.35:
        pixels = add_noise(pixels, rng.uniform(0.6, 4), rng)
    if rng.random() < min(1.0, 2 * strength):
        quality = int(rng.integers(60, 99))
        # The crop by a few pixels shifts the grid of 8x8 blocks against the next compression's.
        dy, dx = rng.integers(0, 8, 2)
        pixels = recompress(pixels, quality, int(rng.choice(SUBSAMPLINGS)))[dy:, dx:]
    return pixels


def publish(
    pixels: np.ndarray, mask: np.ndarray, profile: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Save an edited or authentic photo as its editor and the web do. Returns the file's bytes (JPEG) and the mask.

    Profiles: `album` (a small photo saved once by an image editor), `web` (resized, recompressed once or twice),
    `camera` (large, hardly compressed).
    """
    height, width = mask.shape
    if profile == "web":
        if rng.random() < 0.5:
            scale = rng.uniform(0.45, 1.0) if rng.random() < 0.8 else rng.uniform(1.0, 1.3)
            width, height = max(160, round(width * scale)), max(160, round(height * scale))
            pixels = resize(pixels, width, height, rng)
            mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
        if rng.random() < 0.4:
            pixels = recompress(pixels, int(rng.integers(60, 97)), int(rng.choice(SUBSAMPLINGS)))
        quality = int(rng.integers(65, 97))
    elif profile == "album":
        quality = int(rng.integers(72, 101))
    else:
        quality = int(rng.integers(90, 101))
    if rng.random() < 0.05:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 0.8))
    subsampling = SUBSAMPLINGS[1] if quality > 88 and rng.random() < 0.6 else SUBSAMPLINGS[0]
    return encode_jpeg(pixels, quality, subsampling), mask
