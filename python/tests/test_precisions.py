"""Int8 of a network that cannot be had in it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ofx import export, precisions
from ofx.errors import PrecisionError
from ofx.events import Events

SIDE = 32


class Convolutions(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3, padding=1)
        self.middle = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, 1, 1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        mask = self.last(torch.relu(self.middle(torch.relu(self.first(images)))))
        return mask.mean(dim=(1, 2, 3)), mask


def make(network: nn.Module, folder: Path, limit: float) -> str:
    """What is told in events."""
    export.export_onnx(network.eval(), SIDE, folder / f"{SIDE}.onnx")
    images = np.random.default_rng(0).standard_normal((4, 3, SIDE, SIDE)).astype(np.float32)
    images.tofile(folder / f"{SIDE}.calibration.f32")
    told = io.StringIO()
    plan = precisions.Plan(
        folder=folder,
        sizes=[SIDE],
        precisions=["int8"],
        data="m.onnx.data",
        free=False,
        limit=limit,
        reduced_range=True,
        threads=1,
    )
    precisions.make(plan, Events(told))
    return told.getvalue()


def test_int8_that_costs_little_is_taken(tmp_path: Path):
    torch.manual_seed(0)
    assert '"int8": true' in make(Convolutions(32), tmp_path, 0.05)
    assert (tmp_path / f"{SIDE}-int8.onnx").is_file()


def test_a_network_that_int8_cannot_hold(tmp_path: Path):
    torch.manual_seed(0)
    with pytest.raises(PrecisionError, match=r"Int8 cannot hold this network: each of \d+ nodes alone moves"):
        make(Convolutions(32), tmp_path, 0.0)
    assert not (tmp_path / f"{SIDE}-int8.onnx").exists()


def test_a_network_without_a_node_that_would_pay(tmp_path: Path):
    torch.manual_seed(0)
    with pytest.raises(PrecisionError, match="no node for which int8 would pay"):
        make(Convolutions(4), tmp_path, 0.05)
