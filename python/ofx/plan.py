"""What network a place of a checkpoint holds, before anything of it is loaded, and whether it is whole."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from ofx.checkpoint_file import an, first_line
from ofx.errors import CheckpointError
from ofx.networks import ARCHITECTURES, Architecture, objectformer
from ofx.networks.objectformer import describe
from ofx.objectformer_files import read_config
from ofx.own_network import OwnNetwork
from ofx.weights import Place, places, state_dicts

# What training programs call a state dict.
STATE_ENTRIES = ("model_state", "model_state_dict", "state_dict", "model", "net", "params", "params_ema", "ema")
# What profilers leave in every module (thop).
PROFILER_COUNTS = ("total_ops", "total_params")
# Sub-modules of IMDLBenCo's network of the same name.
IMDLBENCO_MODULES = ("encoder_net_r", "encoder_decoders", "localization")


@dataclass(frozen=True)
class Plan:
    """A network that a place of the file may hold, not yet built."""

    place: Place
    name: str
    """Of the architecture."""
    architecture: Architecture
    config: Mapping[str, Any]
    network: nn.Module
    """Without weights: on `meta`, unless it is somebody's own."""
    doubts: list[str]

    @cached_property
    def expected(self) -> Mapping[str, Tensor]:
        """Every tensor of the network."""
        state: Mapping[str, Tensor] = self.network.state_dict()
        return state

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    @cached_property
    def read(self) -> dict[str, Tensor]:
        """The tensors of the file that the network has a place for."""
        return {key: tensor for key, tensor in self.place.tensors.items() if key in self.expected}

    @cached_property
    def missing(self) -> list[str]:
        """Tensors that inference reads, and the file lacks."""
        return [key for key in self.expected if key not in self.place.tensors and not self.is_unread(key)]

    @cached_property
    def foreign(self) -> list[str]:
        """Tensors of the file for which the network would have to be another one."""
        modules = {key.split(".")[0] for key in self.expected}
        return [
            key
            for key, tensor in self.place.tensors.items()
            if key not in self.expected and _changes(key, tensor, modules)
        ]

    @cached_property
    def misshapen(self) -> list[str]:
        """Tensors of the file with another shape than the network's."""
        return [key for key, tensor in self.read.items() if tensor.shape != self.expected[key].shape]

    @property
    def unknown(self) -> list[str]:
        """What else lies in the same state dict."""
        return [*self.place.others, *(key for key in self.place.tensors if key not in self.expected)]

    @property
    def absent(self) -> list[str]:
        """What the file lacks of what only training reads."""
        return [key for key in self.expected if key not in self.place.tensors and "num_batches_tracked" not in key]

    def is_unread(self, key: str) -> bool:
        return self.architecture.is_unread(key, self.config)

    def check(self, path: Path) -> None:
        """Raise CheckpointError where the place does not hold the network whole."""
        if self.missing:
            raise CheckpointError(f"The checkpoint lacks {list_keys(self.missing)}.")
        if self.foreign:
            raise CheckpointError(
                f"The checkpoint has what the network has no place for: {list_keys(self.foreign)}. "
                "It is another variant of it."
            )
        for key, tensor in self.read.items():
            if tensor.layout != torch.strided:
                raise CheckpointError(f"The tensor `{key}` is sparse.", suggestion="Save it as tensor.to_dense() is.")
        # A pickle can claim a tensor of any shape over a few bytes.
        claimed = sum(tensor.numel() * tensor.element_size() for tensor in self.read.values())
        if claimed > path.stat().st_size:
            raise CheckpointError(f"The tensors of {path.name} claim {claimed} bytes, more than the file has.")
        for key in self.misshapen:
            raise CheckpointError(
                f"The tensor `{key}` is {describe(self.read[key].shape)}, but the network that the other tensors make "
                f"needs {describe(self.expected[key].shape)}."
            )
        for key, tensor in self.read.items():
            if not self.is_unread(key) and not torch.isfinite(tensor).all():
                raise CheckpointError(
                    f"The tensor `{key}` holds values that are not finite: the training had diverged."
                )


def find_places(content: Mapping[Any, Any], path: Path, own: OwnNetwork | None = None) -> list[Place]:
    """Where in the file the network that it is of may lie, at least one place.

    Raises:
        CheckpointError: there is none, and what there is instead.
    """
    tables = list(state_dicts(content))
    if not tables:
        _complain_of_no_tensors(content, path)
    if own:
        return _places_of(own.build(content).state_dict(), content, path, f"is not of {own.name}")
    name = content.get("architecture")
    if isinstance(name, str) and name != objectformer.NAME:
        if name not in ARCHITECTURES:
            raise CheckpointError(f"The architecture `{name}` is unknown; ofx has {', '.join(sorted(ARCHITECTURES))}.")
        config = content.get("config")
        if not isinstance(config, Mapping):
            raise CheckpointError(f"A checkpoint of `{name}` needs a `config`.")
        state = _empty(ARCHITECTURES[name], config).state_dict()
        return _places_of(state, content, path, f"says that it is `{name}`")
    found = places(content, objectformer.ANCHORS)
    if not found:
        _, tensors = max(tables, key=lambda table: len(table[1]))
        if any(module in key.split(".") for key in tensors for module in IMDLBENCO_MODULES):
            raise CheckpointError(
                "This is IMDLBenCo's ObjectFormer, another network of the same name, which ofx does not know."
            )
        raise CheckpointError(
            f"This is no ObjectFormer: {' and '.join(f'`{anchor}`' for anchor in objectformer.ANCHORS)} are missing; "
            f"it has {len(tensors)} tensors, the first is `{next(iter(tensors))}`.",
            suggestion="Another network needs the code that builds it: --arch FILE.py:NAME --trust-code",
        )
    return found


def _complain_of_no_tensors(content: Mapping[Any, Any], path: Path) -> NoReturn:
    for key, value in content.items():
        if isinstance(value, Mapping) and any(isinstance(tensor, Tensor) for tensor in value.values()):
            raise CheckpointError(f"The tensors of {path.name} have no names.")
        if isinstance(value, Mapping) and not value and key in STATE_ENTRIES:
            raise CheckpointError(f"The state dict of {path.name} is empty.")
    key, value = next(iter(content.items()))
    raise CheckpointError(
        f"{path.name} holds no state dict: there are no named tensors in it; its first entry, `{key}`, is "
        f"{an(type(value).__name__)}."
    )


def _places_of(names: Collection[str], content: Mapping[Any, Any], path: Path, said: str) -> list[Place]:
    # Long names first: they are the least likely to be another network's.
    order = sorted(names, key=lambda name: (-name.count("."), -len(name)))
    found = places(content, order[:1]) or places(content, order)
    if not found:
        raise CheckpointError(f"{path.name} {said}, and holds no tensor of it.")
    return found


def plan_network(content: Mapping[Any, Any], place: Place, own: OwnNetwork | None = None) -> Plan:
    """Which network it is that the place should hold; CheckpointError where the file contradicts itself."""
    if own:
        return Plan(place, own.name, own.architecture, {}, own.build(content), [])
    name = content.get("architecture")
    if isinstance(name, str) and name != objectformer.NAME:
        config = content["config"]
        doubts: list[str] = []
    else:
        name, (config, doubts) = objectformer.NAME, read_config(content, place.tensors)
    architecture = ARCHITECTURES[name]
    return Plan(place, name, architecture, config, _empty(architecture, config), doubts)


def _empty(architecture: Architecture, config: Mapping[str, Any]) -> nn.Module:
    """The network without weights."""
    try:
        # On `meta` nothing is allocated, whatever sizes the configuration claims.
        with torch.device("meta"):
            return architecture.build(config).eval()
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        raise CheckpointError(f"The checkpoint's `config` is not one of this network: {first_line(error)}.") from error


def _changes(key: str, tensor: Tensor, modules: set[str]) -> bool:
    """Whether a tensor that the network has no place for means that the network is another one: a weight within one of
    its modules does, e.g. a bias of a linear map. A profiler's counts, tables of indices, and what another module has
    that was trained beside it do not."""
    is_own = key.split(".", maxsplit=1)[0] in modules or re.match(r"(layer|localizer)_\d+\.", key) is not None
    is_count = tensor.dim() == 0 or not tensor.is_floating_point() or key.rsplit(".", 1)[-1] in PROFILER_COUNTS
    return is_own and not is_count


def list_keys(keys: list[str]) -> str:
    shown = ", ".join(f"`{key}`" for key in keys[:3])
    return f"{len(keys)} tensors ({shown}, …)" if len(keys) > 3 else f"the tensor{'s' * (len(keys) > 1)} {shown}"
