"""Documents as they reach us: captured by a scanner or a phone, then forged in the captured picture, then saved.

Edits are those that people make: a value typed again, characters copied from elsewhere on the page, a portrait
exchanged, a stamp moved, a line erased and filled with paper.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from workshop.documents import words
from workshop.documents.pages import Field, Page, draw_portrait, load_font, make_page
from workshop.training import histories
from workshop.training.histories import Savers

#: How documents are forged, and how often. Half of a pool of documents is left as it was.
EDITS = {"retype": 0.32, "copy_characters": 0.26, "portrait": 0.14, "move_stamp": 0.14, "erase": 0.14}
#: Share of the picture below which a forgery is drawn again: the network's input keeps nothing of it.
MIN_SHARE = 0.0012


class UnsuitableError(Exception):
    """This page has nothing to forge in that way; the caller draws again."""


@dataclass(frozen=True)
class Captured:
    """A page in the picture of it: BGR pixels and the homography (3, 3) from the page to the picture."""

    pixels: np.ndarray
    homography: np.ndarray
    page: Page

    def quad(self, field: Field) -> np.ndarray:
        """Corners of a field in the picture, (4, 2) float32, from its upper left clockwise."""
        x, y, w, h = field.box
        corners = np.array([[[x, y], [x + w, y], [x + w, y + h], [x, y + h]]], np.float32)
        return cv2.perspectiveTransform(corners, self.homography)[0]

    def region(self, field: Field, margin: float = 0.0) -> np.ndarray:
        """Soft mask of a field in the picture, (height, width) float32 in 0..1; margin in pixels."""
        mask = np.zeros(self.pixels.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round(self.quad(field) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
        if margin > 0:
            size = 2 * int(np.ceil(margin)) + 1
            mask = cv2.dilate(mask, np.ones((size, size), np.uint8))
        return mask.astype(np.float32) / 255


def capture(page: Page, rng: np.random.Generator) -> Captured:
    """Scan a page or photograph it: perspective, light, moire, blur and noise."""
    width, height = page.image.size
    scanned = rng.random() < 0.4
    scale = float(rng.uniform(560, 1000)) / max(width, height)
    border = rng.uniform(0, 0.02) if scanned else rng.uniform(0.03, 0.12)
    out = round(width * scale * (1 + 2 * border)), round(height * scale * (1 + 2 * border))
    inset = np.array([width, height]) * scale * border
    goal = np.array([[0, 0], [width, 0], [width, height], [0, height]]) * scale + inset
    bend = 0.003 if scanned else 0.035
    goal = goal + rng.normal(0, bend, (4, 2)) * np.array([width, height]) * scale
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    homography = cv2.getPerspectiveTransform(source, goal.astype(np.float32))

    # A desk: one colour, more grey than not, with a grain along it.
    base = rng.uniform(40, 190) + rng.normal(0, 14, 3)
    grain = rng.normal(0, rng.uniform(1, 14), (int(rng.integers(20, 120)), 4, 1)).astype(np.float32)
    desk = cv2.resize(grain, out, interpolation=cv2.INTER_CUBIC)[..., None] + base
    desk = np.clip(desk, 0, 255).astype(np.uint8)
    printed = np.ascontiguousarray(np.asarray(page.image)[..., ::-1])
    printed = cv2.GaussianBlur(printed, (0, 0), max(0.3, 0.45 / scale))
    pixels = cv2.warpPerspective(
        printed, homography, out, desk, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
    ).astype(np.float32)

    y, x = np.mgrid[0 : out[1], 0 : out[0]].astype(np.float32)
    if not scanned:
        angle, fall = rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 0.3)
        light = 1 - fall * ((x / out[0] - 0.5) * np.cos(angle) + (y / out[1] - 0.5) * np.sin(angle))
        pixels *= light[..., None] * rng.uniform(0.8, 1.05)
        if rng.random() < 0.25:  # photographed from a screen
            period, turn = rng.uniform(2.2, 7), rng.uniform(0, np.pi)
            wave = np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / period)
            pixels *= 1 + (rng.uniform(0.01, 0.05) * wave)[..., None]
    pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 0.9))
    grain = rng.standard_normal((*pixels.shape[:2], 1), np.float32) * np.float32(rng.uniform(0.8, 4))
    return Captured(np.clip(np.rint(pixels + grain), 0, 255).astype(np.uint8), homography, page)


def choose(captured: Captured, kinds: set[str], rng: np.random.Generator) -> Field:
    fields = [field for field in captured.page.fields if field.kind in kinds]
    if not fields:
        raise UnsuitableError
    return fields[rng.integers(len(fields))]


def paper_over(captured: Captured, field: Field, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Hide a field: a brush of the paper's colour, inpainting, or a clean strip of paper from above or below."""
    region = captured.region(field, 2)
    inside = region > 0.5
    way = rng.choice(["fill", "inpaint", "clone"], p=[0.35, 0.25, 0.4])
    pixels = captured.pixels
    ring = (cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0) & ~inside
    if not ring.any() or not inside.any():
        raise UnsuitableError
    # What is paper around the field: the brighter half of its surroundings.
    around = pixels[ring]
    paper = np.median(around[around.sum(1) >= np.median(around.sum(1))], 0)
    if way == "fill":
        layer = np.broadcast_to(paper, pixels.shape).astype(np.float32)
    elif way == "inpaint":
        layer = cv2.inpaint(pixels, inside.astype(np.uint8) * 255, 3, cv2.INPAINT_TELEA).astype(np.float32)
    else:
        reach = int(np.ptp(captured.quad(field)[:, 1]))
        shift = int(reach * rng.uniform(0.9, 1.4)) * int(rng.choice([-1, 1])) or 4
        strip = np.roll(pixels, shift, 0)
        # Letters in the strip are washed out to paper.
        blank = cv2.morphologyEx(strip, cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8))
        ink = (blank.astype(np.float32) - strip).max(2) > 28
        ink = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        layer = np.where(ink[..., None], blank, strip).astype(np.float32)
    share = cv2.GaussianBlur(region, (0, 0), rng.uniform(0.4, 1.2))[..., None]
    return np.rint(layer * share + pixels * (1 - share)).astype(np.uint8), inside


def retype(captured: Captured, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A value erased and another typed in its place, with the same font or one much like it."""
    field = choose(captured, {"name", "number"}, rng)
    covered, inside = paper_over(captured, field, rng)
    text = alter(field.text, rng)
    width, height = captured.page.image.size
    ink = Image.new("L", (width * 2, height * 2), 0)
    size = max(8, round(field.size * (1 if rng.random() < 0.5 else rng.uniform(0.92, 1.06)) * 2))
    face = load_font(field.font, size)
    x, y = field.box[0] * 2 + int(rng.integers(-2, 3)), field.box[1] * 2 + int(rng.integers(-3, 4))
    left, top, _, _ = face.getbbox(text)
    ImageDraw.Draw(ink).text((x - left, y - top), text, fill=255, font=face)
    half = np.diag([0.5, 0.5, 1.0])
    out = captured.pixels.shape[1::-1]
    share = cv2.warpPerspective(np.asarray(ink), captured.homography @ half, out, flags=cv2.INTER_AREA)
    share = cv2.GaussianBlur(share.astype(np.float32) / 255, (0, 0), rng.uniform(0.25, 0.8))[..., None]
    colour = np.clip(np.array(field.ink[::-1], np.float32) + rng.normal(0, 12, 3), 0, 255)
    edited = np.rint(colour * share + covered * (1 - share)).astype(np.uint8)
    return edited, inside | (share[..., 0] > 0.3)


def alter(text: str, rng: np.random.Generator) -> str:
    """Another value like this one: some digits changed, or another name."""
    digits = [i for i, c in enumerate(text) if c.isdigit()]
    if not digits:
        return words.surname(rng) if " " not in text else f"{words.given_name(rng)} {words.surname(rng)}"
    letters = list(text)
    for index in rng.choice(digits, min(len(digits), int(rng.integers(1, 5))), replace=False):
        letters[index] = str((int(letters[index]) + rng.integers(1, 10)) % 10)
    return "".join(letters)


def copy_characters(captured: Captured, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Characters of one field copied over those of another: a piece of the picture moved as it is."""
    target = choose(captured, {"number", "name"}, rng)
    x, y, w, h = cv2.boundingRect(captured.quad(target))
    sources = [f for f in captured.page.fields if f.kind == target.kind and f is not target]
    sources = [f for f in sources if 0.75 < f.size / max(target.size, 1) < 1.35]
    if not sources:
        raise UnsuitableError
    sx, sy, sw, sh = cv2.boundingRect(captured.quad(sources[rng.integers(len(sources))]))
    width = int(min(w, sw) * rng.uniform(0.35, 1))
    dx, from_x = int(rng.integers(0, w - width + 1)), int(rng.integers(0, sw - width + 1))
    edited, mask = captured.pixels.copy(), np.zeros(captured.pixels.shape[:2], bool)
    height = max(h, sh) + 2
    top, source_top = y + h - height + 1, sy + sh - height + 1
    if min(top, source_top, x + dx, sx + from_x) < 0 or width < 6:
        raise UnsuitableError
    piece = captured.pixels[source_top : source_top + height, sx + from_x : sx + from_x + width]
    rows, columns = slice(top, top + piece.shape[0]), slice(x + dx, x + dx + piece.shape[1])
    if edited[rows, columns].shape != piece.shape:
        raise UnsuitableError
    edited[rows, columns] = piece
    mask[rows, columns] = True
    return edited, mask


def portrait(captured: Captured, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The portrait exchanged for another, pasted with the page's perspective but its own grain."""
    field = choose(captured, {"portrait"}, rng)
    w, h = field.box[2:]
    other = np.ascontiguousarray(np.asarray(draw_portrait(w, h, rng))[..., ::-1])
    other = histories.age(other, rng, 0.6)
    place = cv2.getPerspectiveTransform(
        np.array([[0, 0], [other.shape[1], 0], other.shape[1::-1], [0, other.shape[0]]], np.float32),
        captured.quad(field),
    )
    out = captured.pixels.shape[1::-1]
    layer = cv2.warpPerspective(other, place, out, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    region = captured.region(field)
    share = cv2.GaussianBlur(region, (0, 0), rng.uniform(0.3, 1.2))[..., None]
    gain = captured.pixels[region > 0.5].mean() / max(layer[region > 0.5].mean(), 1)
    layer = np.clip(layer * np.clip(gain, 0.7, 1.4), 0, 255)
    return np.rint(layer * share + captured.pixels * (1 - share)).astype(np.uint8), region > 0.5


def move_stamp(captured: Captured, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A copy of the stamp put elsewhere: darker of the two wins, as with a layer that multiplies, or pasted flat."""
    field = choose(captured, {"stamp"}, rng)
    x, y, w, h = cv2.boundingRect(captured.quad(field))
    height, width = captured.pixels.shape[:2]
    if x < 0 or y < 0 or x + w > width or y + h > height:
        raise UnsuitableError
    piece = captured.pixels[y : y + h, x : x + w]
    nx, ny = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    if abs(nx - x) < w and abs(ny - y) < h:
        raise UnsuitableError
    edited, mask = captured.pixels.copy(), np.zeros((height, width), bool)
    under = edited[ny : ny + h, nx : nx + w]
    edited[ny : ny + h, nx : nx + w] = np.minimum(under, piece) if rng.random() < 0.6 else piece
    mask[ny : ny + h, nx : nx + w] = True
    return edited, mask


def erase(captured: Captured, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A line erased and filled with paper."""
    return paper_over(captured, choose(captured, {"line", "name", "number"}, rng), rng)


WAYS: dict[str, Callable[[Captured, np.random.Generator], tuple[np.ndarray, np.ndarray]]] = {
    "retype": retype,
    "copy_characters": copy_characters,
    "portrait": portrait,
    "move_stamp": move_stamp,
    "erase": erase,
}


def make_document(
    rng: np.random.Generator, *, kept: bool, forged: bool, savers: Savers | None = None
) -> tuple[str, np.ndarray, np.ndarray]:
    """Make one document; returns its kind, the bytes of its JPEG file and its mask (height, width) uint8 0/255.

    `kept` takes the templates and fonts that are kept for evaluation. Forged or not, documents have the same histories.
    """
    kind = str(rng.choice(list(EDITS), p=list(EDITS.values()))) if forged else "authentic"
    while True:
        captured = capture(make_page(kept, rng), rng)
        if rng.random() < 0.8:
            aged = histories.decode((savers or Savers()).first(captured.pixels, rng))
            captured = Captured(aged, captured.homography, captured.page)
        if not forged:
            pixels, mask = captured.pixels, np.zeros(captured.pixels.shape[:2], np.uint8)
            break
        try:
            pixels, changed = WAYS[kind](captured, rng)
        except UnsuitableError:
            continue
        mask = np.where(changed, 255, 0).astype(np.uint8)
        difference = cv2.absdiff(pixels, captured.pixels)[changed].mean() if changed.any() else 0.0
        if changed.mean() > MIN_SHARE and difference > 2:
            break
    profile = str(rng.choice(["web", "album", "camera"], p=[0.5, 0.25, 0.25]))
    return kind, *histories.publish(pixels, mask, profile, rng, savers)
