"""From a file on disk to what was saved in it: tensors and plain values. No code in a file is ever run."""

from __future__ import annotations

import importlib
import re
import shlex
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ofx.errors import CheckpointError

# NumPy's numbers and arrays of them, as training programs save metrics, under the names that NumPy 1 and 2 give the
# functions that make them. Arrays of objects are not among them.
_NUMBERS = [getattr(np.dtypes, name) for name in np.dtypes.__all__ if name not in ("ObjectDType", "VoidDType")]
_MULTIARRAY = importlib.import_module("numpy._core.multiarray")
_NUMPY_GLOBALS: list[Any] = [
    np.dtype,
    np.ndarray,
    *_NUMBERS,
    *(
        (getattr(_MULTIARRAY, function), f"{module}.multiarray.{function}")
        for function in ("scalar", "_reconstruct")
        for module in ("numpy.core", "numpy._core")
    ),
]


# What Hugging Face's libraries call the parts of a checkpoint, and the list of them.
_PART = re.compile(r"-\d{5}-of-\d{5}\.|\.index\.json$")


def read_file(path: Path) -> dict[Any, Any]:
    """What a checkpoint file holds.

    Raises:
        CheckpointError: what is wrong with the file, in one sentence.
    """
    try:
        size = path.stat().st_size
        tensors_alone = is_safetensors(path)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror}.") from error
    if size == 0:
        raise CheckpointError(f"{path.name} is empty.")
    if _PART.search(path.name):
        raise CheckpointError(
            f"{path.name} belongs to a checkpoint in several parts.",
            suggestion="Join its parts into one file: load each with safetensors.torch.load_file or torch.load, "
            "put their tensors into one dict, and torch.save that.",
        )
    content = _read_safetensors(path) if tensors_alone else _read_pickle(path)
    if not isinstance(content, dict) or not content:
        raise CheckpointError(f"{path.name} holds no named tensors, but {an(type(content).__name__)}.")
    return content


def is_safetensors(path: Path) -> bool:
    """Such a file begins with the length of its header, eight bytes, and the header, which is JSON."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise CheckpointError(f"{path.name} is a broken safetensors file: {first_line(error)}.") from error


def _read_pickle(path: Path) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(_NUMPY_GLOBALS):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch documents no list of what a broken or hostile file makes it raise
        reason = str(error)
        if "TorchScript" in reason:
            raise CheckpointError(f"{path.name} is a TorchScript program, not a checkpoint.") from error
        if found := _UNSAFE.search(reason):
            raise CheckpointError(
                f"{path.name} needs `{found[1] or found[2]}` to be loaded, which could run code; "
                "only files of tensors and plain values are read.",
                suggestion=save_weights_alone(path),
            ) from error
        raise CheckpointError(f"{path.name} is not a PyTorch checkpoint, or is damaged or cut short.") from error


# What torch says of a class or function that is not among its safe ones, and which it is.
_UNSAFE = re.compile(
    r"[Uu]nsupported (?:global: )?GLOBAL (\S+)|allowlisted .*?but got (?:<class ')?([\w.]+)", re.DOTALL
)


def save_weights_alone(path: Path) -> str:
    """What people who trust a file can run to get one that holds its tensors only. It runs what is in the file."""
    saved = path.with_name(f"{path.stem}-weights.pth")
    program = (
        "import torch; tensors = lambda x: x.state_dict() if hasattr(x, 'state_dict') else x; "
        f"saved = tensors(torch.load({str(path)!r}, map_location='cpu', weights_only=False)); "
        "torch.save({k: t for k, v in saved.items() for t in [tensors(v)] if isinstance(t, torch.Tensor) "
        "or isinstance(t, dict) and any(isinstance(w, torch.Tensor) for w in t.values())}, "
        f"{str(saved)!r})"
    )
    return (
        "If you trust who made the file, save its weights alone, where the program that made it can be imported, "
        f"and convert that:\n{shlex.join(['python', '-c', program])}"
    )


def an(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")
