"""From a checkpoint file to a network that holds its weights.

Nothing in a file is trusted: pickles load with `weights_only=True`, shapes are compared before anything of their size
is allocated, and whatever is wrong becomes one sentence, a `CheckpointError`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from ofx.checkpoint_file import read_file
from ofx.errors import CheckpointError, SizeError
from ofx.networks import ARCHITECTURES, Architecture
from ofx.own_network import OwnNetwork
from ofx.plan import Plan, find_places, list_keys, plan_network
from ofx.weights import choose


@dataclass(frozen=True)
class Checkpoint:
    """A network with the weights of a file, and where they came from."""

    name: str
    """Of the architecture."""
    architecture: Architecture
    network: nn.Module
    sha256: str
    parameters: int
    warnings: list[str] = field(default_factory=list)

    def arrange(self, side: int) -> nn.Module:
        """The same function for one image (1, 3, side, side), arranged for speed."""
        return self.architecture.arrange(self.network, side)

    def check_free(self) -> None:
        """Raise SizeError where the network takes squares of one side only."""
        if self.architecture.takes_free_shapes:
            return
        names = ", ".join(name for name, known in ARCHITECTURES.items() if known.takes_free_shapes)
        raise SizeError(
            f"{self.name} takes squares of one side, not photos in their own shape.",
            f"Leave --fit out: photos will be stretched. Free shapes are for {names}.",
        )


def read_checkpoint(path: Path, weights: str | None = None, own: OwnNetwork | None = None) -> Checkpoint:
    """Reads any checkpoint that ofx knows; the network comes in evaluation mode and float32.

    Args:
        path: the file.
        weights: which network of several in the file, as `Place.name` names it [the only one, or the averaged one].
        own: the network that it is of, where ofx has none of that kind.

    Raises:
        CheckpointError: what is wrong with the file, in one sentence.
        OwnNetworkError: what is wrong with the network of one's own.
    """
    content = read_file(path)
    plans, complaints = [], []
    for place in find_places(content, path, own):
        try:
            plan = plan_network(content, place, own)
            plan.check(path)
            plans.append(plan)
        except CheckpointError as error:
            complaints.append((place, error))
    if not plans:
        raise min(complaints, key=lambda complaint: -len(complaint[0].tensors))[1]
    chosen, doubts = choose([plan.place for plan in plans], weights)
    plan = next(plan for plan in plans if plan.place is chosen)
    doubts = [*doubts, *plan.doubts, *_left_out(plan)]
    network = own.deploy(_load(plan)) if own else _load(plan)
    return Checkpoint(plan.name, plan.architecture, network, sha256_of(path), plan.parameters, doubts)


def _left_out(plan: Plan) -> list[str]:
    """Says once what else lies beside the network, and what of it is not there."""
    said = []
    if plan.unknown:
        said.append(f"Left out, because the network has no place for it: {list_keys(plan.unknown)}.")
    if plan.absent:
        said.append(f"Not in the file, and not needed, because only training reads it: {list_keys(plan.absent)}.")
    return said


def _load(plan: Plan) -> nn.Module:
    network = plan.architecture.build(plan.config)
    # What may be missing, inference does not read; all that it reads is there.
    network.load_state_dict(plan.read, strict=False)
    return network.eval()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
