"""Shapes of manipulated regions, as soft masks (alpha): float32 in 0..1, 1 inside."""

from __future__ import annotations

import cv2
import numpy as np

#: Corners are given to OpenCV in 1/16 pixel, for edges that are antialiased as a lasso's are.
SHIFT = 4


def fill(corners: np.ndarray, height: int, width: int) -> np.ndarray:
    """Fill a polygon of (n, 2) x, y corners in pixels with an antialiased edge; (height, width) float32 in 0..1."""
    canvas = np.zeros((height, width), np.uint8)
    fixed = np.round(corners * 2**SHIFT).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], 255, cv2.LINE_AA, SHIFT)
    return canvas.astype(np.float32) / 255


def placed_outline(outline: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Move and scale an outline so that its bounding box becomes box (x, y, width, height), in pixels."""
    low, high = outline.min(0), outline.max(0)
    x, y, width, height = box
    return (outline - low) / np.maximum(high - low, 1e-6) * (width, height) + (x, y)


def geometric_outline(rng: np.random.Generator) -> np.ndarray:
    """A circle, rectangle or triangle within the unit square, turned at random: what marquee tools cut."""
    kind = rng.choice(["circle", "rectangle", "triangle"])
    if kind == "circle":
        angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        return np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    if kind == "rectangle":
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
        turn = rng.uniform(-0.5, 0.5) if rng.random() < 0.25 else 0.0
    else:
        corners = np.array([[-1, 1], [1, 1], [rng.uniform(-0.8, 0.8), -1]], np.float32)
        turn = rng.uniform(-np.pi, np.pi) if rng.random() < 0.5 else 0.0
    cos, sin = np.cos(turn), np.sin(turn)
    return corners @ np.array([[cos, sin], [-sin, cos]], np.float32)


def blob_outline(rng: np.random.Generator) -> np.ndarray:
    """A smooth closed curve, sometimes with straight stretches: a region drawn free-hand with a lasso."""
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    radius = np.ones_like(angle)
    for harmonic in range(2, 7):
        radius += rng.normal(0, 0.45 / harmonic) * np.cos(harmonic * angle + rng.uniform(0, 2 * np.pi))
    radius = np.clip(radius, 0.25, 3)
    curve = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).astype(np.float32)
    return curve[:: int(rng.choice([1, 1, 3, 8]))]


def roughen(outline: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Move an outline's corners a little out or in, as a hasty hand does; strength is a share of the outline's size."""
    centre = outline.mean(0)
    size = np.ptp(outline, axis=0).max()
    wave = np.interp(
        np.arange(len(outline)), np.linspace(0, len(outline), 9), np.append(w := rng.normal(0, 1, 8), w[0])
    )
    away = outline - centre
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    return (outline + away * (wave * strength * size)[:, None]).astype(np.float32)


def feather(alpha: np.ndarray, sigma: float) -> np.ndarray:
    """Blur the edge of a soft mask with a Gaussian of sigma pixels; 0 leaves it as it is."""
    if sigma <= 0:
        return alpha
    return cv2.GaussianBlur(alpha, (0, 0), sigma)
