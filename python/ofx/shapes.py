"""How a photo of any size is brought to the network's input: the arithmetic behind the manifest's `input.fit`.

`stretch`: every photo becomes side x side, whatever its shape. `free`: a photo keeps its shape, and its pixels where
they fit. `docs/models.md` has the rule in words; `src` has it in TypeScript; both follow the same integers and doubles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Sides of a free shape are multiples of this: the network's coarsest cells, and two of JPEG's blocks.
MULTIPLE = 16
#: Shortest side of a free shape, which the network needs.
SHORTEST = 96


@dataclass(frozen=True)
class Fit:
    """The input's sides in pixels, and those of the part that the photo covers, from the upper left corner.

    The photo is resized to the covered part (`cv2.INTER_LINEAR`) unless it has that size already; right of it and below
    it the photo's last column and row are repeated. Of the network's mask only the covered part counts.
    """

    height: int
    width: int
    covered_height: int
    covered_width: int


def stretched(side: int) -> Fit:
    """A square that every photo is stretched to."""
    return Fit(side, side, side, side)


def free(height: int, width: int, side: int, enlarge: float = 1.0) -> Fit:
    """The shape for a photo of height x width pixels where the network's budget is an area of side x side.

    The factor is the least of sqrt(side² / (height · width)), of `enlarge` (1 or more), and of L over the photo's
    longer side, where L = floor(side² / 96 / 16) · 16 is the longest side allowed; all in double precision. Where it is
    1, the photo keeps its pixels, and is padded to multiples of 16 that are no less than 96. Otherwise it is resized:
    each side times the factor is rounded to the nearest multiple of 16, floor(x / 16 + 0.5) · 16, and kept within 96
    to L.
    """
    factor = min(enlarge, math.sqrt(side * side / (height * width)), longest(side) / max(height, width))
    if factor == 1:
        return Fit(max(SHORTEST, padded(height)), max(SHORTEST, padded(width)), height, width)

    def scaled(length: int) -> int:
        nearest = math.floor(length * factor / MULTIPLE + 0.5) * MULTIPLE
        return min(max(nearest, SHORTEST), longest(side))

    return Fit(scaled(height), scaled(width), scaled(height), scaled(width))


def padded(length: int) -> int:
    """The next multiple of 16 that is no less than a length."""
    return -(-length // MULTIPLE) * MULTIPLE


def longest(side: int) -> int:
    """The longest side of a free shape: a strip of the whole area that is as narrow as the network can take."""
    return max(SHORTEST, side * side // SHORTEST // MULTIPLE * MULTIPLE)
