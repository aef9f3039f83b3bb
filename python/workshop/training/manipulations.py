"""Manipulations of photos.

Each takes pixels (height, width, 3) uint8 BGR and returns the edited pixels with the mask of what changed, (height,
width) uint8 0/255. Only pixels of the mask differ and, where the edge is blended, those of a narrow rim about it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from workshop.training import histories, regions

#: Share of the photo that a region may cover. Below, the network's input keeps nothing of it.
MIN_SHARE, MAX_SHARE = 0.004, 0.42


@dataclass(frozen=True)
class Cutout:
    """A piece cut from a photo: its pixels and its soft mask, both of the same height and width."""

    pixels: np.ndarray
    alpha: np.ndarray


class UnsuitableError(Exception):
    """The drawn region or place does not work on this photo; the caller draws again."""


def draw_outline(
    outlines: tuple[np.ndarray, ...], geometric: float, rng: np.random.Generator
) -> tuple[np.ndarray, bool]:
    """Choose a region's outline: an object's own, or (with chance `geometric`, or where there is none) a drawn shape.

    Returns the outline, in 0..1 of the photo where it is an object's, and whether it is one.
    """
    if outlines and rng.random() >= geometric:
        outline = outlines[rng.integers(len(outlines))]
        if rng.random() < 0.3:
            outline = regions.roughen(outline, rng, rng.uniform(0.005, 0.04))
        return outline, True
    return (regions.geometric_outline(rng) if rng.random() < 0.6 else regions.blob_outline(rng)), False


def region_in(
    pixels: np.ndarray, outlines: tuple[np.ndarray, ...], geometric: float, rng: np.random.Generator
) -> np.ndarray:
    """Choose a region of a photo; its corners in pixels, (n, 2). UnsuitableError where it is too small or too large."""
    height, width = pixels.shape[:2]
    outline, is_object = draw_outline(outlines, geometric, rng)
    if is_object:
        corners = outline * (width, height)
    else:
        share = np.exp(rng.uniform(np.log(0.01), np.log(0.25)))
        side = np.sqrt(share * height * width)
        aspect = np.exp(rng.uniform(-0.6, 0.6))
        w, h = min(side * aspect, width * 0.8), min(side / aspect, height * 0.8)
        box = (rng.uniform(0, width - w), rng.uniform(0, height - h), w, h)
        corners = regions.placed_outline(outline, box)
    area = cv2.contourArea(corners.astype(np.float32))
    if not MIN_SHARE * height * width < area < MAX_SHARE * height * width:
        raise UnsuitableError
    return corners


def cut(pixels: np.ndarray, corners: np.ndarray) -> Cutout:
    """Cut the polygon out of a photo. Raises UnsuitableError where little of it is inside."""
    height, width = pixels.shape[:2]
    x0, y0 = np.maximum(np.floor(corners.min(0)).astype(int) - 3, 0)
    x1, y1 = np.minimum(np.ceil(corners.max(0)).astype(int) + 4, (width, height))
    if x1 - x0 < 8 or y1 - y0 < 8:
        raise UnsuitableError
    alpha = regions.fill(corners - (x0, y0), y1 - y0, x1 - x0)
    return Cutout(pixels[y0:y1, x0:x1].copy(), alpha)


def transform(piece: Cutout, scale: float, turn: float, stretch: float, mirror: bool) -> Cutout:
    """Scale, turn (degrees), stretch (width over height) and mirror a cut-out."""
    if mirror:
        piece = Cutout(piece.pixels[:, ::-1].copy(), piece.alpha[:, ::-1].copy())
    if scale == 1 and turn == 0 and stretch == 1:
        return piece
    height, width = piece.alpha.shape
    matrix = cv2.getRotationMatrix2D((0, 0), turn, 1.0)[:, :2] @ np.diag(
        [scale * np.sqrt(stretch), scale / np.sqrt(stretch)]
    )
    corners = matrix @ np.array([[0, width, width, 0], [0, 0, height, height]], float)
    low, high = corners.min(1), corners.max(1)
    size = tuple(np.ceil(high - low).astype(int))
    if min(size) < 8 or max(size) > 1600:
        raise UnsuitableError
    affine = np.concatenate([matrix, -low[:, None]], 1)
    shrinks = scale < 0.6
    source = cv2.GaussianBlur(piece.pixels, (0, 0), 0.35 / scale) if shrinks else piece.pixels
    pixels = cv2.warpAffine(source, affine, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(piece.alpha, affine, size, flags=cv2.INTER_LINEAR)
    return Cutout(pixels, alpha)


def match_colour(piece: Cutout, surroundings: np.ndarray, strength: float) -> Cutout:
    """Bring the mean and spread of a cut-out's colours (Lab) towards those of its surroundings, strength in 0..1."""
    inside = piece.alpha > 0.5
    lab = cv2.cvtColor(piece.pixels, cv2.COLOR_BGR2LAB).astype(np.float32)
    around = cv2.cvtColor(surroundings, cv2.COLOR_BGR2LAB).reshape(-1, 3).astype(np.float32)
    mean, spread = lab[inside].mean(0), lab[inside].std(0) + 4
    goal_mean, goal_spread = around.mean(0), around.std(0) + 4
    gain = np.clip(goal_spread / spread, 0.7, 1.4) ** strength
    lab = (lab - mean) * gain + mean + strength * (goal_mean - mean)
    return Cutout(cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR), piece.alpha)


def place(piece: Cutout, x: int, y: int, height: int, width: int) -> tuple[Cutout, slice, slice]:
    """Crop a cut-out put at x, y (its upper left) to the photo; returns it with the rows and columns that it covers.

    Raises UnsuitableError where less than half of it lies in the photo.
    """
    h, w = piece.alpha.shape
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
    if x1 - x0 < 6 or y1 - y0 < 6:
        raise UnsuitableError
    rows, columns = slice(y0, y1), slice(x0, x1)
    inner = (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
    cropped = Cutout(piece.pixels[inner], piece.alpha[inner])
    if cropped.alpha.sum() < 0.5 * piece.alpha.sum():
        raise UnsuitableError
    return cropped, rows, columns


def anywhere(piece: Cutout, photo: np.ndarray, outside: float, rng: np.random.Generator) -> tuple[int, int]:
    """Draw a place, x and y of the upper left, at which up to the share `outside` of the piece leaves the photo."""
    (h, w), (height, width) = piece.alpha.shape, photo.shape[:2]
    x = int(rng.uniform(-outside * w, width - (1 - outside) * w)) if width > (1 - 2 * outside) * w else 0
    y = int(rng.uniform(-outside * h, height - (1 - outside) * h)) if height > (1 - 2 * outside) * h else 0
    return x, y


def place_well(
    piece: Cutout, photo: np.ndarray, places: int, draw: Callable[[], tuple[int, int] | None]
) -> tuple[Cutout, slice, slice]:
    """Put a piece at the one of some drawn places where it stands out least in colour; returned as `place` does.

    A draw may give None for a place that will not do. Raises UnsuitableError where none is found in a dozen more draws.
    """
    height, width = photo.shape[:2]
    found: list[tuple[float, Cutout, slice, slice]] = []
    for _ in range(places + 12):
        if len(found) == places:
            break
        drawn = draw()
        if drawn is None:
            continue
        try:
            cropped, rows, columns = place(piece, *drawn, height, width)
        except UnsuitableError:
            continue
        inside = cropped.alpha > 0.5
        if inside.any():
            contrast = np.abs(cropped.pixels[inside].mean(0) - photo[rows, columns][inside].mean(0)).sum()
            found.append((float(contrast), cropped, rows, columns))
    if not found:
        raise UnsuitableError
    return min(found, key=lambda option: option[0])[1:]


def blend(
    pixels: np.ndarray, piece: Cutout, rows: slice, columns: slice, sigma: float
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a cut-out, its edge feathered by sigma pixels; returns the photo and the mask of the changed pixels."""
    height, width = pixels.shape[:2]
    alpha = np.zeros((height, width), np.float32)
    alpha[rows, columns] = piece.alpha
    alpha = regions.feather(alpha, sigma)
    layer = pixels.copy()
    layer[rows, columns] = piece.pixels
    # Feathering spreads over the cut-out's edge, where the layer shows the photo itself: nothing changes there.
    share = alpha[..., None]
    mixed = np.round(layer * share + pixels * (1 - share)).astype(np.uint8)
    mask = alpha > 0.5
    # Faint outer feathering is blended away: pixels that are mostly the photo's stay the photo's if hardly touched.
    faint = alpha < 0.04
    mixed[faint] = pixels[faint]
    return mixed, np.where(mask, 255, 0).astype(np.uint8)


def checked(mask: np.ndarray) -> np.ndarray:
    """Return the mask; raises UnsuitableError where the region is too small or too large for a useful sample."""
    share = np.count_nonzero(mask) / mask.size
    if not MIN_SHARE < share < MAX_SHARE:
        raise UnsuitableError
    return mask


def edge_blur(rng: np.random.Generator) -> float:
    """Draw the feathering of an edge in pixels: hard edges are the most common, soft ones the exception."""
    return float(rng.choice([0.0, rng.uniform(0.4, 1.0), rng.uniform(1.0, 2.5)], p=[0.5, 0.32, 0.18]))


def soften_edge(edited: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur a narrow band along the edge of a pasted region, as people do with a soft brush to hide the seam."""
    reach = int(rng.integers(1, 4))
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    band = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, kernel).astype(np.float32) / 255
    band = cv2.GaussianBlur(band, (0, 0), 0.8)[..., None]
    soft = cv2.GaussianBlur(edited, (0, 0), rng.uniform(0.6, 1.8))
    return np.round(edited * (1 - band) + soft * band).astype(np.uint8)


def draw_transform(rng: np.random.Generator, plain: float) -> dict:
    """Draw how a cut-out is transformed; with chance `plain` not at all."""
    if rng.random() < plain:
        return {"scale": 1.0, "turn": 0.0, "stretch": 1.0, "mirror": False}
    return {
        "scale": float(np.exp(rng.uniform(-0.5, 0.45))) if rng.random() < 0.6 else 1.0,
        "turn": float(rng.normal(0, 14) if rng.random() < 0.8 else rng.uniform(-180, 180))
        if rng.random() < 0.4
        else 0.0,
        "stretch": float(np.exp(rng.uniform(-0.35, 0.35))) if rng.random() < 0.25 else 1.0,
        "mirror": bool(rng.random() < 0.3),
    }


def splice(
    host: np.ndarray,
    donor: np.ndarray,
    outlines: tuple[np.ndarray, ...],
    rng: np.random.Generator,
    geometric: float = 0.15,
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a piece of one photo into another, of several places the one where it stands out least in colour."""
    height, width = host.shape[:2]
    piece = cut(donor, region_in(donor, outlines, geometric, rng))
    # A piece that would cover too much of the host is shrunk first, as anybody would.
    area = piece.alpha.sum() / (height * width)
    options = draw_transform(rng, plain=0.4)
    wanted = np.exp(rng.uniform(np.log(0.012), np.log(0.3)))
    if area > MAX_SHARE * 0.9 or area < 0.012:
        options["scale"] = float(np.sqrt(wanted / area))
    piece = transform(piece, **options)
    cropped, rows, columns = place_well(piece, host, int(rng.choice([1, 5])), lambda: anywhere(piece, host, 0.15, rng))
    if rng.random() < 0.35:
        cropped = match_colour(cropped, host[rows, columns], rng.uniform(0.2, 0.8))
    edited, mask = blend(host, cropped, rows, columns, edge_blur(rng))
    return edited, checked(mask)


def copy_move(
    photo: np.ndarray, outlines: tuple[np.ndarray, ...], rng: np.random.Generator, geometric: float = 0.35
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a piece of a photo elsewhere in it, up to three times. The mask marks the copies, not the source."""
    height, width = photo.shape[:2]
    corners = region_in(photo, outlines, geometric, rng)
    piece = cut(photo, corners)
    source = corners.min(0)
    edited, mask = photo, np.zeros((height, width), np.uint8)
    for _ in range(int(rng.choice([1, 2, 3], p=[0.76, 0.16, 0.08]))):
        moved = transform(piece, **draw_transform(rng, plain=0.6))

        def elsewhere(moved: Cutout = moved) -> tuple[int, int] | None:
            x, y = anywhere(moved, photo, 0.1, rng)
            # Things stand on the same ground: half of the copies go sideways.
            if rng.random() < 0.5:
                y = int(source[1] + rng.normal(0, 0.04) * height)
            return (x, y) if np.hypot(*(source - (x, y))) > 0.5 * min(moved.alpha.shape) else None

        cropped, rows, columns = place_well(moved, photo, int(rng.choice([1, 5])), elsewhere)
        if rng.random() < 0.12:
            cropped = match_colour(cropped, edited[rows, columns], rng.uniform(0.1, 0.5))
        edited, added = blend(edited, cropped, rows, columns, edge_blur(rng))
        mask |= added
    return edited, checked(mask)


def nudge(
    photo: np.ndarray, outlines: tuple[np.ndarray, ...], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Enlarge a thing in place, or move a copy of it by less than its own size, so that it covers the original."""
    height, width = photo.shape[:2]
    corners = region_in(photo, outlines, 0.25, rng)
    piece = cut(photo, corners)
    low = np.maximum(np.floor(corners.min(0)).astype(int) - 3, 0)
    size = np.array(piece.alpha.shape[::-1])
    if rng.random() < 0.55:
        scale = float(rng.uniform(1.08, 1.6))
        turn = float(rng.normal(0, 6)) if rng.random() < 0.3 else 0.0
        piece = transform(piece, scale, turn, 1.0, False)
        grown = np.array(piece.alpha.shape[::-1])
        # Things stand: half of them keep their lower edge.
        x = low[0] - (grown[0] - size[0]) // 2
        y = low[1] - (grown[1] - size[1]) // (1 if rng.random() < 0.5 else 2)
    else:
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.6)
        x, y = low + np.round(np.array([np.cos(angle), np.sin(angle)]) * reach * size).astype(int)
    cropped, rows, columns = place(piece, int(x), int(y), height, width)
    edited, mask = blend(photo, cropped, rows, columns, edge_blur(rng))
    return edited, checked(mask)


def remove(
    photo: np.ndarray, outlines: tuple[np.ndarray, ...], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Make an object vanish: by diffusion, or by a patch of the photo's own background cloned over it."""
    height, width = photo.shape[:2]
    corners = region_in(photo, outlines, 0.4, rng)
    alpha = regions.fill(corners, height, width)
    grown = cv2.dilate(alpha, np.ones((5, 5), np.uint8))
    region = (grown > 0.5).astype(np.uint8) * 255
    checked(region)
    if rng.random() < 0.25 and np.count_nonzero(region) < 0.06 * region.size:
        method = cv2.INPAINT_TELEA if rng.random() < 0.5 else cv2.INPAINT_NS
        filled = cv2.inpaint(photo, region, 5, method)
        return filled, region
    x0, y0 = np.maximum(corners.min(0).astype(int) - 4, 0)
    x1, y1 = np.minimum(corners.max(0).astype(int) + 5, (width, height))
    h, w = y1 - y0, x1 - x0
    ring = cv2.dilate(region, np.ones((15, 15), np.uint8)) - region > 0
    goal = photo[ring].mean(0) if ring.any() else photo.mean((0, 1))
    best = None
    for _ in range(14):
        if width - w < 1 or height - h < 1:
            raise UnsuitableError
        x, y = int(rng.integers(0, width - w)), int(rng.integers(0, height - h))
        overlap = region[y : y + h, x : x + w][grown[y0:y1, x0:x1] > 0.5]
        if overlap.size and (overlap > 0).mean() > 0.1:
            continue
        contrast = np.abs(photo[y : y + h, x : x + w].mean((0, 1)) - goal).sum()
        if best is None or contrast < best[0]:
            best = (contrast, x, y)
    if best is None:
        raise UnsuitableError
    _, x, y = best
    source = photo[y : y + h, x : x + w]
    inner = np.zeros((height, width), np.uint8)
    inner[2:-2, 2:-2] = region[2:-2, 2:-2]
    if rng.random() < 0.5 and np.count_nonzero(inner) > 50 and min(h, w) > 8:
        layer = photo.copy()
        layer[y0:y1, x0:x1] = source
        box = cv2.boundingRect(inner)
        centre = (box[0] + box[2] // 2, box[1] + box[3] // 2)
        cloned = cv2.seamlessClone(layer, photo, inner, centre, cv2.NORMAL_CLONE)
        # OpenCV erodes the mask three times before it clones, so that its border keeps the photo's pixels.
        region = cv2.erode(inner, np.ones((3, 3), np.uint8), iterations=3)
        return np.where(region[..., None] > 0, cloned, photo), checked(region)
    piece = Cutout(source, np.ascontiguousarray(grown[y0:y1, x0:x1]))
    edited, mask = blend(photo, piece, slice(y0, y1), slice(x0, x1), rng.uniform(0.8, 3.0))
    return edited, checked(mask)


def retouch(
    photo: np.ndarray, outlines: tuple[np.ndarray, ...], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Change a region in place: its colours, its sharpness or its noise."""
    height, width = photo.shape[:2]
    alpha = regions.fill(region_in(photo, outlines, 0.3, rng), height, width)
    kind = rng.choice(["colour", "blur", "sharpen", "noise"], p=[0.45, 0.3, 0.1, 0.15])
    if kind == "colour":
        lab = cv2.cvtColor(photo, cv2.COLOR_BGR2LAB).astype(np.float32)
        shift = rng.normal(0, (18, 16, 16))
        shift += np.sign(shift) * 5
        lab = lab * (rng.uniform(0.8, 1.2), 1, 1) + shift
        layer = cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR)
    elif kind == "blur":
        layer = cv2.GaussianBlur(photo, (0, 0), rng.uniform(1.2, 4))
    elif kind == "sharpen":
        soft = cv2.GaussianBlur(photo, (0, 0), 1.2)
        gain = rng.uniform(1.0, 2.5)
        layer = cv2.addWeighted(photo, 1 + gain, soft, -gain, 0)
    else:
        layer = histories.add_noise(photo, rng.uniform(5, 14), rng)
    piece = Cutout(layer, alpha)
    edited, mask = blend(photo, piece, slice(0, height), slice(0, width), edge_blur(rng))
    return edited, checked(mask)


def write_text(photo: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Replace a strip of a photo by text on a plain or on the strip's own blurred ground, as on cards and signs."""
    height, width = photo.shape[:2]
    text = "".join(
        rng.choice(list("ABCDEFGHIKLMNOPRSTUVWXYZabcdeghiklmnoprstuvy0123456789 .-/"), int(rng.integers(4, 14)))
    )
    size = int(height * rng.uniform(0.06, 0.2))
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(text)
    w, h = int(right - left) + size // 2, int(bottom - top) + size // 3
    if w >= width or h >= height or min(w, h) < 6:
        raise UnsuitableError
    x, y = int(rng.integers(0, width - w)), int(rng.integers(0, height - h))
    strip = photo[y : y + h, x : x + w]
    ground = (
        np.full_like(strip, np.median(strip.reshape(-1, 3), 0))
        if rng.random() < 0.5
        else cv2.GaussianBlur(strip, (0, 0), size / 5)
    )
    layer = Image.fromarray(ground)
    dark = ground.mean() > 128
    ink = tuple(int(v) for v in (rng.integers(0, 70, 3) if dark else rng.integers(180, 256, 3)))
    ImageDraw.Draw(layer).text((size // 4 - left, size // 6 - top), text, fill=ink, font=font)
    edited = photo.copy()
    edited[y : y + h, x : x + w] = np.array(layer)
    mask = np.zeros((height, width), np.uint8)
    mask[y : y + h, x : x + w] = 255
    return edited, checked(mask)
