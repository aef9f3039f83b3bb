"""The rule of free shapes: what fits keeps its pixels, what does not is brought to the area."""

from __future__ import annotations

import pytest

from ofx import shapes
from ofx.shapes import Fit


@pytest.mark.parametrize(
    ("height", "width", "fit"),
    [
        (256, 384, Fit(256, 384, 256, 384)),
        (250, 379, Fit(256, 384, 250, 379)),
        (380, 380, Fit(384, 384, 380, 380)),
        (40, 1000, Fit(96, 1008, 40, 1000)),
        (1, 1, Fit(96, 96, 1, 1)),
        (375, 500, Fit(336, 432, 336, 432)),
        (3000, 4000, Fit(336, 432, 336, 432)),
        (4000, 3000, Fit(432, 336, 432, 336)),
        (2000, 3000, Fit(304, 464, 304, 464)),
        (1080, 1920, Fit(288, 512, 288, 512)),
        (100, 9000, Fit(96, 1504, 96, 1504)),
        (10, 1600, Fit(96, 1504, 96, 1504)),
    ],
)
def test_a_photo_keeps_its_shape(height: int, width: int, fit: Fit):
    assert shapes.free(height, width, 380) == fit


def test_every_shape_suits_the_network_and_the_budget():
    for side in (288, 380):
        for height in range(1, 3000, 97):
            for width in range(1, 3000, 89):
                fit = shapes.free(height, width, side)
                assert fit.height % 16 == fit.width % 16 == 0
                assert min(fit.height, fit.width) >= 96
                assert max(fit.height, fit.width) <= shapes.longest(side)
                assert fit.height * fit.width <= 1.6 * side * side
                assert fit.covered_height <= fit.height
                assert fit.covered_width <= fit.width


def test_small_photos_are_enlarged_where_the_network_wants_it():
    assert shapes.free(256, 384, 392, enlarge=1.25) == Fit(320, 480, 320, 480)
    assert shapes.free(256, 384, 380, enlarge=2) == Fit(304, 464, 304, 464)
    assert shapes.free(100, 100, 380, enlarge=1.25) == Fit(128, 128, 128, 128)
    assert shapes.free(3000, 4000, 380, enlarge=1.25) == shapes.free(3000, 4000, 380)


def test_a_stretched_photo_covers_its_square():
    assert shapes.stretched(288) == Fit(288, 288, 288, 288)
