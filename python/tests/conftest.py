"""Networks small enough to be built in milliseconds, with weights that look trained rather than fresh."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ofx.networks.objectformer import ObjectFormer, ObjectFormerConfig

# Every number differs from its neighbours where it may, so that a mix-up changes a shape or a value: windows that do
# not divide the grid, parts that change from stage to stage, other head counts for encoder and decoder.
TINY = ObjectFormerConfig(
    stem_channels=8,
    blocks=(1, 2, 2, 1),
    channels=(12, 24, 16, 32),
    decoder_heads=(3, 2, 4, 8),
    encoder_heads=(1, 3, 2, 4),
    parts=(6, 5, 5, 7),
    window_sides=(4, 3, 3, 2),
    query_parts=6,
)


def trained_like(network: nn.Module, seed: int = 0) -> nn.Module:
    """Moves every weight, norm and statistic away from what a fresh network has, where errors could hide."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            spread = 0.1 if parameter.dim() <= 1 else 0.5 * parameter.std()
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=float(spread))
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(generator=generator)
                module.running_var.uniform_(0.5, 2, generator=generator)
    return network.eval()


@pytest.fixture
def tiny() -> ObjectFormer:
    torch.manual_seed(0)
    return trained_like(ObjectFormer(TINY))
