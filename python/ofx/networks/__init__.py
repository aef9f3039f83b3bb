"""The networks that ofx knows, by the name that a checkpoint gives as its `architecture`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from ofx.networks import objectformer, objectformer_arranged, objectformer_lite


@dataclass(frozen=True)
class Architecture:
    """How a network is built and how it is arranged for export.

    A network's `forward` takes normalised images (B, 3, H, W) and gives score logits (B,) and mask logits
    (B, 1, H, W).
    """

    build: Callable[[Mapping[str, Any]], nn.Module]
    """Builds the untrained network from the `config` of a checkpoint; TypeError or ValueError if it is none."""
    arrange: Callable[[nn.Module, int], nn.Module] = lambda network, _side: network
    """Gives a module that computes the same for one image (1, 3, side, side), arranged for speed."""
    takes_free_shapes: bool = False
    """Whether it runs on images of any sides that are multiples of 16, from 96 up, not on squares of one side only."""
    is_unread: Callable[[str, Mapping[str, Any]], bool] = lambda key, _config: key.endswith(".num_batches_tracked")
    """Whether inference never reads the tensor of that name, given the `config`: it may be missing."""


ARCHITECTURES: dict[str, Architecture] = {
    objectformer.NAME: Architecture(
        build=objectformer.build, arrange=objectformer_arranged.arrange, is_unread=objectformer.is_unread
    ),
    objectformer_lite.NAME: Architecture(build=objectformer_lite.build, takes_free_shapes=True),
}
