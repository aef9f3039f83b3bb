from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from conftest import TINY, trained_like
from torch import nn

from ofx.networks.objectformer import ObjectFormer, ObjectFormerConfig
from ofx.networks.objectformer_arranged import (
    ArrangedUpsampledConv,
    arrange,
    grid_sides,
    interpolation,
    place_table,
    taps_upsampled,
    upsampled_taps,
    window_order,
)

# Each size leaves another pattern of padding in the four stages.
SIDES = [32, 36, 44, 64, 70]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("has_classifier", [True, False])
def test_is_the_same_function(side: int, has_classifier: bool):
    torch.manual_seed(0)
    network = trained_like(ObjectFormer(replace(TINY, has_classifier=has_classifier))).double()
    image = torch.randn(1, 3, side, side, dtype=torch.float64)
    with torch.no_grad():
        score, mask = network(image)
        arranged_score, arranged_mask = arrange(network, side)(image)
    torch.testing.assert_close(arranged_score, score, rtol=0, atol=1e-9)
    torch.testing.assert_close(arranged_mask, mask, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "config",
    [
        replace(TINY, strides=(2, 2, 1, 2)),
        replace(TINY, blocks=(2, 1, 1, 3)),
        ObjectFormerConfig(
            stem_channels=4,
            blocks=(1, 2),
            channels=(8, 12),
            strides=(2, 2),
            decoder_heads=(2, 3),
            encoder_heads=(4, 1),
            parts=(3, 5),
            window_sides=(3, 2),
            query_parts=3,
        ),
    ],
    ids=["strides", "blocks", "two stages"],
)
def test_is_the_same_function_for_other_configurations(config: ObjectFormerConfig):
    torch.manual_seed(1)
    network = trained_like(ObjectFormer(config)).double()
    image = torch.randn(1, 3, 52, 52, dtype=torch.float64)
    with torch.no_grad():
        score, mask = network(image)
        arranged_score, arranged_mask = arrange(network, 52)(image)
    torch.testing.assert_close(arranged_score, score, rtol=0, atol=1e-9)
    torch.testing.assert_close(arranged_mask, mask, rtol=0, atol=1e-9)


def test_leaves_the_original_alone(tiny: ObjectFormer):
    before = {key: value.clone() for key, value in tiny.state_dict().items()}
    with torch.no_grad():
        for tensor in arrange(tiny, 32).state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(1)
    assert all(torch.equal(value, before[key]) for key, value in tiny.state_dict().items())


def test_published_size_loses_no_precision():
    torch.manual_seed(2)
    network = trained_like(ObjectFormer(ObjectFormerConfig()))
    image = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        score, mask = network(image)
        arranged_score, arranged_mask = arrange(network, 224)(image)
    torch.testing.assert_close(arranged_score, score, rtol=0, atol=1e-5)
    torch.testing.assert_close(arranged_mask.sigmoid(), mask.sigmoid(), rtol=0, atol=1e-5)


def test_order_of_windows_by_hand():
    """A grid of 2 x 3 in windows of 2 x 2: `0 1 | 2 -` over `3 4 | 5 -`; 6 is padding."""
    into, out_of = window_order(2, 3, 2)
    assert into.tolist() == [0, 2, 1, 6, 3, 5, 4, 6]  # top left of both windows, top right of both, …
    assert out_of.tolist() == [0, 2, 1, 4, 6, 5]


def test_grid_sides_are_those_of_the_network():
    assert grid_sides(288, (1, 2, 2, 2)) == [72, 36, 18, 9]
    assert grid_sides(380, (1, 2, 2, 2)) == [95, 48, 24, 12]


def test_places_of_keys_by_hand():
    assert place_table(2).tolist() == [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]]


def test_interpolation_by_hand():
    assert interpolation(2, 3, torch.float32).tolist() == [[1, 0], [0.5, 0.5], [0, 1]]
    assert interpolation(1, 2, torch.float32).tolist() == [[1], [1]]


def test_upsampling_joins_the_convolution_behind_it():
    torch.manual_seed(3)
    conv = nn.Conv2d(3, 5, 3, padding=1).double()
    x = torch.randn(1, 3, 4, 6, dtype=torch.float64)
    joined = ArrangedUpsampledConv(conv, upsampled_taps(4, 8, torch.float64), upsampled_taps(6, 12, torch.float64))
    with torch.no_grad():
        expected = conv(F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True))
        actual = joined(x[0].flatten(1).T)
    torch.testing.assert_close(actual.T.view(1, 5, 8, 12), expected, rtol=0, atol=1e-12)


def test_upsampling_joins_the_convolution_before_it():
    torch.manual_seed(4)
    kernel, x = torch.randn(3, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    convolved = F.conv1d(x[None, None], kernel[None, None], padding=1)
    expected = F.interpolate(convolved, size=11, mode="linear", align_corners=True)[0, 0]
    torch.testing.assert_close(torch.einsum("ots,t,s->o", taps_upsampled(5, 11, torch.float64), kernel, x), expected)
