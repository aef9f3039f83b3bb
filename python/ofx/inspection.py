"""What a checkpoint is, told without converting it: its networks, what else is in the file, and what is wrong."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from ofx.checkpoint import sha256_of
from ofx.checkpoint_file import is_safetensors, read_file
from ofx.errors import CheckpointError, OwnNetworkError
from ofx.own_network import OwnNetwork
from ofx.plan import Plan, find_places, plan_network
from ofx.training_record import configuration, describe_entries, metrics, trained_at
from ofx.weights import Place, choose

# Sides of images that are tried on a network without weights; people ask for such.
SIDES = (64, 128, 224, 256, 288, 320, 380, 384, 512, 640, 768, 1024)
# A network of one's own is tried as it is, which takes its time.
FEW_SIDES = (64, 288, 380)
# What programs put before the names of a network that they wrap.
WRAPPERS = {"module": "parallel training", "_orig_mod": "torch.compile", "ema": "average", "ema_model": "average"}


def inspect_checkpoint(path: Path, weights: str | None = None, own: OwnNetwork | None = None) -> dict[str, Any]:
    """What a file holds, as a document of plain values.

    Args:
        path: the file.
        weights: which network of several is meant, as for `read_checkpoint`.
        own: the network that it is of, where ofx has none of that kind.

    Raises:
        CheckpointError: the file is not one of named tensors and plain values, or `weights` names nothing in it.
    """
    content = read_file(path)
    safetensors = is_safetensors(path)
    problem: CheckpointError | None = None
    warnings: list[str] = []
    found: list[tuple[Place, Plan | None, CheckpointError | None]] = []
    try:
        for place in find_places(content, path, own):
            found.append((place, *_planned(content, place, path, own)))
    except CheckpointError as error:
        problem = error
    # Of places that hold next to nothing, it is by chance that a name ends alike.
    most = max((len(place.tensors) for place, _, _ in found), default=0)
    found = [(place, plan, wrong) for place, plan, wrong in found if wrong is None or 2 * len(place.tensors) > most]
    whole = [plan for _, plan, wrong in found if plan and wrong is None]
    chosen = None
    if whole:
        try:
            place, warnings = choose([plan.place for plan in whole], weights)
            chosen = next(plan for plan in whole if plan.place is place)
            warnings = [*warnings, *chosen.doubts]
        except CheckpointError as error:
            if weights is not None:
                raise
            problem = error
    elif found:
        problem = max(found, key=lambda each: len(each[0].tensors))[2]
    described = configuration(content)
    return {
        "file": {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}
        | {"format": "safetensors" if safetensors else "pickle"},
        "convertible": chosen is not None,
        "problem": str(problem) if problem else None,
        "suggestion": problem.suggestion if problem else None,
        "networks": [_network(place, plan, wrong, plan is not None and plan is chosen) for place, plan, wrong in found],
        "input": _input(chosen or next((plan for _, plan, _ in found if plan), None), own, trained_at(described)),
        "epoch": _epoch(content),
        "configuration": described,
        "metadata": _metadata(path) if safetensors else {},
        "metrics": metrics(content),
        "entries": [vars(entry) for entry in describe_entries(content)],
        "warnings": warnings,
    }


def _planned(
    content: Mapping[Any, Any], place: Place, path: Path, own: OwnNetwork | None
) -> tuple[Plan | None, CheckpointError | None]:
    plan = None
    try:
        plan = plan_network(content, place, own)
        plan.check(path)
    except CheckpointError as error:
        return plan, error
    return plan, None


def _network(place: Place, plan: Plan | None, wrong: CheckpointError | None, chosen: bool) -> dict[str, Any]:
    tensors = plan.read if plan else place.tensors
    types: Counter[str] = Counter()
    for tensor in tensors.values():
        types[str(tensor.dtype).removeprefix("torch.")] += tensor.numel()
    return {
        "name": place.name,
        "entry": place.entry,
        "prefix": place.prefix,
        "wrappers": [{"name": part, "by": WRAPPERS.get(part)} for part in place.prefix.split(".") if part],
        "averaged": place.is_averaged,
        "chosen": chosen,
        "architecture": plan.name if plan else None,
        "configuration": _plain_config(plan.config) if plan else None,
        "parameters": plan.parameters if plan else None,
        "tensors": len(tensors),
        "bytes": sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()),
        "types": dict(types),
        "missing": plan.missing if plan else [],
        "foreign": plan.foreign if plan else [],
        "misshapen": [
            {"name": key, "found": list(plan.read[key].shape), "needed": list(plan.expected[key].shape)}
            for key in plan.misshapen
        ]
        if plan
        else [],
        "leftOut": [key for key in plan.unknown if key not in plan.foreign] if plan else [],
        "notNeeded": plan.absent if plan and not plan.missing else [],
        "problem": str(wrong) if wrong else None,
    }


def _plain_config(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in config.items()}


@torch.inference_mode()
def _input(plan: Plan | None, own: OwnNetwork | None, trained: int | None) -> dict[str, Any] | None:
    """Which images the network takes: tried, because only the network knows."""
    if plan is None:
        return None
    network = own.deploy(plan.network) if own else plan.network
    runs: list[int] = []
    refused: list[int] = []
    for side in FEW_SIDES if own else SIDES:
        (runs if _runs(network, side) else refused).append(side)
    return {
        "shapes": "free" if plan.architecture.takes_free_shapes and not own else "square",
        "runs": runs,
        "refused": refused,
        "trainedAt": trained,
    }


def _runs(network: nn.Module, side: int) -> bool:
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    try:
        # On `meta` only shapes are computed.
        with device:
            network(torch.zeros(1, 3, side, side))
    except OwnNetworkError:
        raise
    except RuntimeError:
        return False
    return True


def _epoch(content: Mapping[Any, Any]) -> float | None:
    epoch = content.get("epoch", content.get("current_epoch"))
    if isinstance(epoch, Tensor) and epoch.numel() == 1:
        epoch = epoch.item()
    is_number = isinstance(epoch, int | float) and not isinstance(epoch, bool)
    return epoch if is_number and math.isfinite(epoch) else None


def _metadata(path: Path) -> dict[str, str]:
    """What a safetensors file says in its header."""
    with safe_open(path, framework="pt") as file:
        return dict(sorted((file.metadata() or {}).items()))
