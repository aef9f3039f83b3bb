"""Where in a checkpoint the tensors of a network lie: under which entry of the file, and under which prefix of names.

Training programs wrap a network in others (`torch.compile` in `_orig_mod.`, parallel training in `module.`, Lightning
in the name of its attribute), and put the state dict under an entry of a name of their own. There is no end of such
names, so none is looked for: every place is found at which the names of the network lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ofx.errors import CheckpointError

# Deeper than any training program nests a state dict.
_DEPTH = 4
# Averages over the training (EMA, SWA) are what is evaluated where a file holds both.
_AVERAGED = re.compile(r"(?:^|[._/])(?:\w*_)?(?:ema|swa|averaged)(?:_\w*)?(?:[._/]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """The tensors under one entry of a file and one prefix."""

    entry: str
    """Keys that lead to the state dict, joined by "/"; empty where the file is the state dict."""
    prefix: str
    """What stands before every name, e.g. `module._orig_mod.`."""
    tensors: dict[str, Tensor]
    """By their names without the prefix."""
    others: list[str]
    """Names in the same state dict that have another prefix."""

    @property
    def name(self) -> str:
        """As people write it and `--weights` takes it: `state_dict/model`, `ema/module._orig_mod`."""
        return "/".join(part for part in (self.entry, self.prefix.rstrip(".")) if part)

    @property
    def is_averaged(self) -> bool:
        return _AVERAGED.search(self.name) is not None


def state_dicts(
    content: Mapping[Any, Any], entry: str = "", depth: int = _DEPTH
) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """All mappings in a file that hold named tensors, with the keys that lead to them."""
    found = ((key, _as_tensor(value)) for key, value in content.items() if isinstance(key, str))
    tensors = {key: tensor for key, tensor in found if tensor is not None}
    if tensors:
        yield entry, tensors
    if depth > 0:
        for key, value in content.items():
            if isinstance(value, Mapping) and isinstance(key, str):
                yield from state_dicts(value, f"{entry}/{key}" if entry else key, depth - 1)


def _as_tensor(value: Any) -> Tensor | None:
    """What training programs save as the values of a tensor; None where it is something else."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return torch.from_numpy(value)
    return value if isinstance(value, Tensor) else None


def places(content: Mapping[Any, Any], anchors: Sequence[str]) -> list[Place]:
    """Where a network may lie: every entry and prefix under which one of the anchors, names of its tensors, is."""
    found = []
    for entry, tensors in state_dicts(content):
        # In the order of the file, each once.
        prefixes = dict.fromkeys(
            key.removesuffix(anchor) for key in tensors for anchor in anchors if key.endswith(anchor)
        )
        for prefix in prefixes:
            if prefix and not prefix.endswith("."):
                continue  # another tensor, whose name only ends alike
            inside = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
            others = [key for key in tensors if not key.startswith(prefix)]
            found.append(Place(entry, prefix, inside, others))
    return found


def choose(candidates: Sequence[Place], wanted: str | None) -> tuple[Place, list[str]]:
    """The one of several places with a whole network that is meant, and what people should know about the choice.

    Raises:
        CheckpointError: several networks, and nothing tells which is meant; or none of the name that is wanted.
    """
    names = ", ".join(f"`{place.name}`" for place in candidates)
    if wanted is not None:
        asked = [place for place in candidates if place.name == wanted.rstrip(".")]
        if not asked:
            raise CheckpointError(f"There is no network under `{wanted}`; there is one under {names}.")
        return asked[0], []
    distinct = _distinct(candidates)
    if len(distinct) == 1:
        return distinct[0], []
    averaged = [place for place in distinct if place.is_averaged]
    if len(averaged) != 1:
        raise CheckpointError(
            f"The file holds {len(distinct)} networks, under {names}.",
            suggestion=f"Say which one is meant, for example --weights {distinct[0].name}",
        )
    chosen = averaged[0]
    return chosen, [
        f"The file holds {len(distinct)} networks, under {names}: taking the average over the training, "
        f"`{chosen.name}`; --weights takes another."
    ]


def _distinct(candidates: Sequence[Place]) -> list[Place]:
    """Without those that hold the same values as one before, e.g. a module with two names."""
    distinct: list[Place] = []
    for place in candidates:
        if not any(_same(place.tensors, other.tensors) for other in distinct):
            distinct.append(place)
    return distinct


def _same(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    shared = a.keys() & b.keys()
    return all(_equal(a[key], b[key]) for key in shared)


def _equal(a: Tensor, b: Tensor) -> bool:
    # Values of sparse tensors cannot be compared; such a network is refused anyway.
    are_dense = a.layout == b.layout == torch.strided
    return a is b or (are_dense and a.shape == b.shape and torch.equal(a, b))
