"""The pixels that `ofx` makes of photos, held against OpenCV's, where that is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import cv2
except (ImportError, OSError):
    cv2 = None  # type: ignore[assignment,unused-ignore]


def compare_pixels(
    photos: Sequence[Mapping[str, Any]],
    tensors: Sequence[NDArray[np.float32]],
    mean: Sequence[float],
    std: Sequence[float],
) -> dict[str, Any]:
    """How far the network's inputs are from what OpenCV decodes and resizes, in levels of 8 bits.

    Args:
        photos: `file`, and the covered part of the input, `width` and `height`.
        tensors: (3, H, W) of each, normalised.
    """
    told: dict[str, Any] = {"opencv": cv2.__version__ if cv2 else None, "photos": [], "values": 0, "differing": 0}
    for photo, tensor in zip(photos, tensors, strict=False):
        decoded = cv2.imread(photo["file"], cv2.IMREAD_COLOR) if cv2 else None
        if decoded is None:
            continue
        rgb = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
        resized = cv2.resize(rgb, (photo["width"], photo["height"]), interpolation=cv2.INTER_LINEAR)
        shift, scale = (np.asarray(each, np.float64).reshape(3, 1, 1) for each in (mean, std))
        levels = np.rint((tensor * scale + shift) * 255)[:, : photo["height"], : photo["width"]]
        distance = np.abs(levels - resized.transpose(2, 0, 1).astype(np.float64))
        told["photos"].append({"name": photo["name"], "largest": float(distance.max())})
        told["values"] += distance.size
        told["differing"] += int(np.count_nonzero(distance))
    return told
