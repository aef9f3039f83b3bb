"""The default model's network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ofx.networks.objectformer_lite import (
    DEFAULT_CONFIG,
    LITE0_STAGES,
    InvertedResidual,
    ObjectFormerLite,
    RgbStream,
    SelfCorrelation,
    build,
    high_pass_filters,
)
from tests.conftest import trained_like
from workshop.training.backbone import EPSILON, load_lite0

SMALL = {"width": 24, "prototypes": 4, "blocks": 1, "heads": 2, "descriptor": 8}


class Probabilities(nn.Module):
    """What is shipped: the score's logit and the mask's probability."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x):
        score, mask = self.network(x)
        return score, mask.sigmoid()


def test_the_default_is_within_its_budget():
    assert sum(parameter.numel() for parameter in build({}).parameters()) < 8e6
    assert build({}).prototypes.shape == (1, DEFAULT_CONFIG["prototypes"], DEFAULT_CONFIG["width"])


@pytest.mark.parametrize("config", [{"width": 25}, {"blocks": 0}, {"depth": 3}, {"width": "wide"}])
def test_a_configuration_that_is_none_is_refused(config: dict):
    with pytest.raises(ValueError, match=r"objectformer-lite|multiple"):
        build(config)


@pytest.mark.parametrize("side", [96, 100, 127])
def test_shapes_at_sides_that_16_does_not_divide(side: int):
    score, mask = ObjectFormerLite(**SMALL).eval()(torch.randn(2, 3, side, side))
    assert score.shape == (2,)
    assert mask.shape == (2, 1, side, side)


@pytest.mark.parametrize("side", [96, 95])
def test_onnx_gives_the_same_numbers(side: int, tmp_path: Path):
    torch.manual_seed(0)
    network = Probabilities(trained_like(ObjectFormerLite(**SMALL))).eval()
    image = torch.randn(1, 3, side, side)
    file = tmp_path / "network.onnx"
    torch.onnx.export(network, (image,), str(file), dynamo=False, opset_version=17, input_names=["image"])
    with torch.no_grad():
        expected = network(image)
    outputs = onnxruntime.InferenceSession(str(file)).run(None, {"image": image.numpy()})
    for output, tensor in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(output, tensor.numpy(), atol=1e-5)


def test_high_pass_filters_ignore_flat_colour():
    np.testing.assert_allclose(high_pass_filters().sum((1, 2)), 0, atol=1e-6)


def test_noise_stream_ignores_brightness():
    network = ObjectFormerLite(**SMALL).eval()
    image = torch.randn(1, 3, 64, 64) * 0.02
    for a, b in zip(network.noise(image), network.noise(image + 0.5), strict=True):
        torch.testing.assert_close(a, b, atol=1e-3, rtol=1e-3)


def test_self_correlation_finds_the_twin():
    torch.manual_seed(0)
    branch = SelfCorrelation(8, 8, 8).eval()
    # The descriptor becomes the feature itself, the value too, and the merge is looked at from inside.
    with torch.no_grad():
        centre = torch.zeros(8, 8, 3, 3)
        centre[range(8), range(8), 1, 1] = 1
        branch.describe[0][0].weight.copy_(centre)
        for convolution in (branch.describe[2], branch.value):
            convolution.weight.copy_(torch.eye(8).view(8, 8, 1, 1))
            convolution.bias.zero_()
        branch.sharpness.fill_(5.0)
    x = torch.rand(1, 8, 24, 24)
    x[..., 14:20, 14:20] = x[..., 2:8, 4:10]
    seen = []
    branch.merge.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    branch(x)
    difference, (best, peak, way_y, way_x) = seen[0][0, 8:16], seen[0][0, 16:20]
    copied = (slice(7, 10), slice(7, 10))  # rows and columns 14, 16 and 18
    assert (best[copied] > 0.999).all()
    assert best[:6, 8:].max() < 0.999
    assert (peak[copied] > 0.6).all()
    torch.testing.assert_close(way_y[copied], torch.full((3, 3), -12 / 24), atol=0.1, rtol=0)
    torch.testing.assert_close(way_x[copied], torch.full((3, 3), -10 / 24), atol=0.1, rtol=0)
    assert difference[(slice(None), *copied)].abs().mean() < 0.5 * difference.abs().mean()


def test_backbone_weights_fold_their_norms(tmp_path: Path):
    """A stem and blocks with batch normalisation, written as the package writes them, give the same as ours."""
    generator = torch.Generator().manual_seed(0)
    state = {}

    def norm(name: str, channels: int) -> None:
        state[f"{name}.weight"] = torch.rand(channels, generator=generator) + 0.5
        state[f"{name}.bias"] = torch.randn(channels, generator=generator) * 0.1
        state[f"{name}.running_mean"] = torch.randn(channels, generator=generator) * 0.1
        state[f"{name}.running_var"] = torch.rand(channels, generator=generator) + 0.5

    state["_conv_stem.weight"] = torch.randn(32, 3, 3, 3, generator=generator)
    norm("_bn0", 32)
    inputs, index = 32, 0
    for repeats, outputs, kernel, _stride, expansion in LITE0_STAGES:
        for _ in range(repeats):
            root, hidden = f"_blocks.{index}", inputs * expansion
            if expansion != 1:
                state[f"{root}._expand_conv.weight"] = torch.randn(hidden, inputs, 1, 1, generator=generator) * 0.2
                norm(f"{root}._bn0", hidden)
            state[f"{root}._depthwise_conv.weight"] = torch.randn(hidden, 1, kernel, kernel, generator=generator) * 0.2
            norm(f"{root}._bn1", hidden)
            state[f"{root}._project_conv.weight"] = torch.randn(outputs, hidden, 1, 1, generator=generator) * 0.1
            norm(f"{root}._bn2", outputs)
            inputs, index = outputs, index + 1
    torch.save(state, tmp_path / "lite0.pth")
    stream = RgbStream().eval()
    load_lite0(stream, tmp_path / "lite0.pth")

    def normed(x: torch.Tensor, name: str) -> torch.Tensor:
        mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
        return F.batch_norm(x, mean, variance, state[f"{name}.weight"], state[f"{name}.bias"], eps=EPSILON)

    x = torch.randn(1, 3, 32, 32, generator=generator)
    stem = F.relu6(normed(F.conv2d(x, state["_conv_stem.weight"], stride=2, padding=1), "_bn0"))
    torch.testing.assert_close(F.relu6(stream.stem(x)), stem, atol=1e-4, rtol=1e-4)
    block: InvertedResidual = stream.stages[1][1]
    y = torch.randn(1, 24, 8, 8, generator=generator)
    inner = F.relu6(normed(F.conv2d(y, state["_blocks.2._expand_conv.weight"]), "_blocks.2._bn0"))
    depthwise = F.conv2d(inner, state["_blocks.2._depthwise_conv.weight"], padding=1, groups=144)
    inner = F.relu6(normed(depthwise, "_blocks.2._bn1"))
    expected = y + normed(F.conv2d(inner, state["_blocks.2._project_conv.weight"]), "_blocks.2._bn2")
    torch.testing.assert_close(block(y), expected, atol=1e-4, rtol=1e-4)
