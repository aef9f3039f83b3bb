"""Make the photos in `samples/`: four manipulations and two untouched photos, from pictures that may be redistributed.

    python workshop/make_samples.py ../samples

Needs requirements-pictures.txt: scikit-image and scikit-learn ship the photos (`samples/README.md` names them and their
licences).
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import skimage
import sklearn.datasets

JPEG_QUALITY = 90
SKIMAGE = Path(skimage.__file__).parent / "data"
SKLEARN = Path(sklearn.datasets.__file__).parent / "images"

# Outlines drawn by hand, x and y in pixels of the photo; GrabCut finds the exact edge within a band around them.
ASTRONAUT = [
    (24, 511), (22, 420), (42, 280), (75, 238), (113, 206), (116, 184), (140, 153), (180, 146), (178, 132),
    (155, 105), (153, 70), (168, 47), (190, 40), (205, 20), (233, 15), (262, 22), (291, 46), (301, 85),
    (292, 115), (272, 137), (258, 172), (288, 196), (304, 232), (331, 252), (353, 290), (363, 348),
    (400, 343), (440, 352), (472, 380), (497, 440), (508, 470), (511, 511),
]  # fmt: skip
ROCKET = [
    (322, 124), (333, 142), (335, 180), (336, 250), (335, 345), (357, 360), (358, 405), (338, 407),
    (338, 426), (268, 426), (268, 407), (287, 405), (287, 360), (308, 345), (308, 180), (310, 142),
]  # fmt: skip


def read(path: Path) -> np.ndarray:
    photo = cv2.imread(str(path))
    if photo is None:
        raise FileNotFoundError(path)
    return photo


def polygon(shape: tuple[int, ...], points: list[tuple[int, int]]) -> np.ndarray:
    """A filled outline, (height, width) uint8 0/255."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.array(points)], 255)
    return mask


def refined(photo: np.ndarray, rough: np.ndarray, band: int) -> np.ndarray:
    """The object within `band` pixels of a rough outline, (height, width) uint8 0/255."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    labels = np.full(rough.shape, cv2.GC_BGD, np.uint8)
    labels[cv2.dilate(rough, kernel) > 0] = cv2.GC_PR_BGD
    labels[rough > 0] = cv2.GC_PR_FGD
    # Beyond the picture there is as much of the object as at its edge.
    labels[cv2.erode(rough, kernel, borderType=cv2.BORDER_REPLICATE) > 0] = cv2.GC_FGD
    cv2.setRNGSeed(0)
    # Large areas of one colour would leave GrabCut's colour models without variance.
    grainy = np.clip(photo + np.random.default_rng(1).normal(0, 2, photo.shape), 0, 255).astype(np.uint8)
    cv2.grabCut(grainy, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 6, cv2.GC_INIT_WITH_MASK)
    mask = np.where((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    mask = cv2.medianBlur(mask, 5)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if count > 1 else 0
    return np.where(parts == largest, 255, 0).astype(np.uint8)


def paste(
    base: np.ndarray, photo: np.ndarray, mask: np.ndarray, scale: float, at: tuple[int, int], *, soft: float = 0.8
) -> tuple[np.ndarray, np.ndarray]:
    """
    Lays the masked part of a photo, made smaller, over `base`, its bounding box's corner at `at`, with soft edges.
    Returns the picture and the mask of what is new.
    """
    x, y, w, h = cv2.boundingRect(mask)
    size = (round(w * scale), round(h * scale))
    part = cv2.resize(photo[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA)
    # A pixel less all round, so that no rim of the old background comes along.
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)[y : y + h, x : x + w]
    cover = cv2.resize(inner, size, interpolation=cv2.INTER_AREA)
    alpha = np.zeros(base.shape[:2], np.float32)
    layer = np.zeros_like(base)
    right, bottom = min(at[0] + size[0], base.shape[1]), min(at[1] + size[1], base.shape[0])
    target = np.s_[at[1] : bottom, at[0] : right]
    alpha[target] = cover[: bottom - at[1], : right - at[0]].astype(np.float32) / 255
    layer[target] = part[: bottom - at[1], : right - at[0]]
    alpha = cv2.GaussianBlur(alpha, (0, 0), soft, borderType=cv2.BORDER_REPLICATE)
    return blend(base, layer, alpha), np.where(alpha > 0.5, 255, 0).astype(np.uint8)


def blend(base: np.ndarray, layer: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    mixed = base + alpha[..., None] * (layer.astype(np.float32) - base)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def splice_astronaut() -> tuple[np.ndarray, np.ndarray]:
    """A tourist who was never there."""
    place, portrait = read(SKLEARN / "china.jpg"), read(SKIMAGE / "astronaut.png")
    person = refined(portrait, polygon(portrait.shape, ASTRONAUT), 7)
    return paste(place, portrait, person, 0.66, (312, 104))


def splice_dahlia() -> tuple[np.ndarray, np.ndarray]:
    """A flower on a table in a café."""
    table, garden = read(SKIMAGE / "coffee.png"), read(SKLEARN / "flower.jpg")
    rough = np.zeros(garden.shape[:2], np.uint8)
    cv2.ellipse(rough, (307, 222), (134, 132), 0, 0, 360, 255, -1)
    flower = refined(garden, rough, 9)
    # The lamp above the table is warmer and weaker than daylight.
    warm = np.clip(garden * np.array([0.62, 0.74, 0.93]), 0, 255).astype(np.uint8)
    return paste(table, warm, flower, 0.5, (458, 252))


def copy_move_rocket() -> tuple[np.ndarray, np.ndarray]:
    """Two rockets where one stood."""
    pad = read(SKIMAGE / "rocket.jpg")
    rocket = polygon(pad.shape, ROCKET)
    return paste(pad, pad, rocket, 1.0, (268 - 70, 124), soft=1.2)


def remove_dahlia() -> tuple[np.ndarray, np.ndarray]:
    """A second flower painted over with its surroundings."""
    garden = read(SKLEARN / "flower.jpg")
    mask = polygon(garden.shape, [(282, 426), (282, 396), (318, 380), (336, 370), (366, 374), (395, 372),
                                  (432, 376), (448, 404), (476, 420), (476, 426)])  # fmt: skip
    painted = cv2.inpaint(garden, mask, 5, cv2.INPAINT_NS)
    smooth = cv2.GaussianBlur(painted, (0, 0), 6)
    grain = np.random.default_rng(3).normal(0, 1.5, garden.shape[:2]).astype(np.float32)
    fill = np.clip(smooth + grain[..., None], 0, 255).astype(np.uint8)
    return blend(painted, fill, mask.astype(np.float32) / 255), mask


def save(folder: Path, name: str, photo: np.ndarray, mask: np.ndarray | None = None) -> None:
    cv2.imwrite(str(folder / f"{name}.jpg"), photo, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if mask is not None:
        cv2.imwrite(str(folder / f"{name}_mask.png"), mask, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    save(folder, "splice-astronaut", *splice_astronaut())
    save(folder, "splice-dahlia", *splice_dahlia())
    save(folder, "copy-move-rocket", *copy_move_rocket())
    save(folder, "removal-dahlia", *remove_dahlia())
    save(folder, "authentic-cat", read(SKIMAGE / "chelsea.png"))
    save(folder, "authentic-coffee", read(SKIMAGE / "coffee.png"))


if __name__ == "__main__":
    main()
