"""Local SGD: processes that train on different batches, each on one thread, and average their weights every few steps.

On a few shared cores this is faster than one process with several threads, which waits for its slowest thread many
times a step (Stich, "Local SGD converges fast and communicates little", ICLR 2019).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn


@dataclass(frozen=True)
class Team:
    """Which of how many processes this is. The first one (rank 0) logs, validates and saves."""

    rank: int = 0
    size: int = 1

    @torch.no_grad()
    def agree(self, network: nn.Module, seconds: float) -> float:
        """Give all processes the mean of their weights and statistics, and the first one's clock, which is returned."""
        if self.size == 1:
            return seconds
        tensors = [value for value in network.state_dict().values() if value.is_floating_point()]
        clock = torch.tensor([seconds * self.size if self.rank == 0 else 0.0])
        flat = torch.cat([*(tensor.reshape(-1) for tensor in tensors), clock])
        dist.all_reduce(flat)
        flat /= self.size
        *parts, clock = flat.split([*(tensor.numel() for tensor in tensors), 1])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view(tensor.shape))
        return float(clock)


def _join(rank: int, size: int, meeting: str, work: Callable[[Team], None]) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=size)
    try:
        work(Team(rank, size))
    finally:
        dist.destroy_process_group()


def run_team(size: int, work: Callable[[Team], None]) -> None:
    """Run `work` (a function that can be pickled) in `size` processes, or here where that is 1."""
    if size == 1:
        torch.set_num_threads(1)
        work(Team())
        return
    with TemporaryDirectory() as folder:
        mp.spawn(_join, (size, str(Path(folder) / "meeting"), work), nprocs=size)
