"""What a training left in a checkpoint beside the network: optimisers, configuration, the history of its metrics."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

# Entries by what they are called, where their content does not tell.
_NAMES = (
    ("optimizer", re.compile(r"optim", re.IGNORECASE)),
    ("scheduler", re.compile(r"sched", re.IGNORECASE)),
    ("scaler", re.compile(r"scaler|^amp$", re.IGNORECASE)),
    ("random state", re.compile(r"(^|_)(rng|random)", re.IGNORECASE)),
    ("callbacks", re.compile(r"callback|^loops$", re.IGNORECASE)),
    ("configuration", re.compile(r"^(cfg|config|hparams|hyper_?parameters|args|opts?|metadata|model_config)", re.I)),
    ("metrics", re.compile(r"metric|history|best|loss|acc|auc|f1|iou|score|result", re.IGNORECASE)),
)
# What is told of the weights and of how training goes on, and is no metric.
_NO_METRICS = {"optimizer", "scheduler", "scaler", "random state", "callbacks", "configuration", "weights"}
# Deeper than configurations nest, and longer than people read.
_DEPTH = 8
_LONGEST_TEXT = 20_000
_MOST_SERIES = 200
_MOST_VALUES = 10_000
# What counts the steps of a training.
_POSITION = re.compile(r"(^|/)(epoch|global_step|step|iteration|iter|it|seed)$", re.IGNORECASE)
_SIDE = re.compile(r"^(img|image|input|crop)_?(size|resolution|side)$", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """A top-level entry of the file."""

    name: str
    kind: str
    tensors: int
    bytes: int


def describe_entries(content: Mapping[Any, Any]) -> list[Entry]:
    """What each entry is; the tensors of a file that is a state dict itself are one, without a name."""
    own = {key: value for key, value in content.items() if isinstance(value, Tensor)}
    entries = [_entry("", "weights", own)] if own else []
    return entries + [
        _entry(str(key), _kind(str(key), value), value) for key, value in content.items() if key not in own
    ]


def _entry(name: str, kind: str, value: Any) -> Entry:
    tensors = list(_tensors(value))
    return Entry(name, kind, len(tensors), sum(tensor.numel() * tensor.element_size() for tensor in tensors))


def _kind(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        if "param_groups" in value:
            return "optimizer"
        if {"scale", "growth_factor"} <= value.keys():
            return "scaler"
    if (
        isinstance(value, list)
        and value
        and all(isinstance(each, Mapping) and "param_groups" in each for each in value)
    ):
        return "optimizer"
    named = next((kind for kind, pattern in _NAMES if pattern.search(name)), None)
    if named in ("optimizer", "scheduler", "scaler", "random state", "callbacks"):
        return named
    if isinstance(value, Mapping) and any(True for _ in _tensors(value)):
        return "weights"
    return named or "value"


def _tensors(value: Any, depth: int = _DEPTH) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif depth > 0 and isinstance(value, Mapping | list | tuple):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _tensors(each, depth - 1)


def configuration(content: Mapping[Any, Any]) -> dict[str, Any]:
    """The entries that configure the training, as plain values."""
    return {
        str(key): plain(value)
        for key, value in content.items()
        if not isinstance(value, Tensor) and _kind(str(key), value) == "configuration"
    }


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """A value as JSON can hold it: what is too deep or of another kind is told in words."""
    if isinstance(value, str):
        return value[:_LONGEST_TEXT]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Tensor):
        return f"tensor of {' x '.join(map(str, value.shape)) or 'one number'}"
    if isinstance(value, np.generic):
        return plain(value.item(), depth)
    return _plain_nest(value, depth) if depth > 0 else type(value).__name__


def _plain_nest(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {str(key): plain(each, depth - 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each, depth - 1) for each in value]
    return type(value).__name__


def metrics(content: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """Numbers and lists of numbers that the training kept, by their path, each as its values in order.

    A list of records, one an epoch, is one series a name.
    """
    series: dict[str, list[float | None]] = {}
    for key, value in content.items():
        if not isinstance(value, Tensor) and _kind(str(key), value) not in _NO_METRICS:
            _collect(str(key), value, series)
    return [
        {"name": name, "count": len(values), "values": values[-_MOST_VALUES:]}
        for name, values in list(series.items())[:_MOST_SERIES]
        if not _POSITION.search(name)
    ]


def _collect(name: str, value: Any, series: dict[str, list[float | None]], depth: int = _DEPTH) -> None:
    if depth == 0:
        return
    if isinstance(value, Tensor):
        if value.numel() == 1:
            _collect(name, value.item(), series, depth)
        elif value.dim() == 1 and value.numel() <= _MOST_VALUES:
            _collect(name, value.tolist(), series, depth)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            _collect(f"{name}/{key}", each, series, depth - 1)
    elif isinstance(value, list | tuple):
        for each in value:
            _collect(name, each, series, depth - 1)
    elif isinstance(value, np.ndarray | np.generic):
        _collect(name, value.tolist(), series, depth - 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        series.setdefault(name, []).append(value if math.isfinite(value) else None)


def trained_at(configured: Any) -> int | None:
    """The side of the images that the network was trained with, where its configuration has one."""
    if isinstance(configured, Mapping):
        for key, value in configured.items():
            side = value[0] if isinstance(value, list) and value else value
            if _SIDE.match(str(key)) and isinstance(side, int) and not isinstance(side, bool) and side > 0:
                return side
        return next((side for value in configured.values() if (side := trained_at(value)) is not None), None)
    return None
