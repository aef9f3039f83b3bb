"""From a checkpoint file to a network that holds its weights.

Nothing in a file is trusted: pickles load with `weights_only=True`, shapes are compared before anything of their size
is allocated, and whatever is wrong becomes one sentence, a `CheckpointError`.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ofx.errors import CheckpointError
from ofx.networks import ARCHITECTURES, Architecture, objectformer
from ofx.networks.objectformer import ObjectFormerConfig, describe

# What a state dict lies under, in the files that people have.
WRAPPERS = ("model_state", "state_dict", "model")
# Sub-modules of IMDLBenCo's network of the same name.
IMDLBENCO_MODULES = ("encoder_net_r", "encoder_decoders", "localization")


@dataclass(frozen=True)
class Checkpoint:
    """A network with the weights of a file, and where they came from."""

    architecture: str
    network: nn.Module
    sha256: str
    parameters: int
    warnings: list[str] = field(default_factory=list)

    def arrange(self, side: int) -> nn.Module:
        """The same function for one image (1, 3, side, side), arranged for speed."""
        return ARCHITECTURES[self.architecture].arrange(self.network, side)


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads any checkpoint that ofx knows; the network comes in evaluation mode and float32.

    Raises:
        CheckpointError: what is wrong with the file, in one sentence.
    """
    content = _read_file(path)
    state = _state_dict(content, path)
    architecture, config, doubts = _identify(content, state)
    network = _load(ARCHITECTURES[architecture], config, state)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Checkpoint(architecture, network, _sha256(path), parameters, doubts)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror}.") from error
    if size == 0:
        raise CheckpointError(f"{path.name} is empty.")
    # A safetensors file begins with the length of its header, eight bytes, and the header, which is JSON.
    content = _read_safetensors(path) if start[8:] == b"{" else _read_pickle(path)
    if not isinstance(content, dict) or not content:
        raise CheckpointError(f"{path.name} holds no named tensors, but {_an(type(content).__name__)}.")
    return content


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise CheckpointError(f"{path.name} is a broken safetensors file: {_first_line(error)}.") from error


def _read_pickle(path: Path) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch documents no list of what a broken or hostile file makes it raise
        reason = str(error)
        if found := re.search(r"[Uu]nsupported (?:global: )?GLOBAL (\S+)", reason):
            raise CheckpointError(
                f"{path.name} needs `{found[1]}` to be loaded, which could run code; "
                "only files of tensors and plain values are read."
            ) from error
        if "TorchScript" in reason:
            raise CheckpointError(f"{path.name} is a TorchScript program, not a checkpoint.") from error
        raise CheckpointError(f"{path.name} is not a PyTorch checkpoint, or is damaged or cut short.") from error


def _state_dict(content: Mapping[str, Any], path: Path) -> dict[str, Tensor]:
    state = next((content[key] for key in WRAPPERS if isinstance(content.get(key), Mapping)), content)
    strange = next((key for key, value in state.items() if not isinstance(value, Tensor)), None)
    if strange is not None:
        raise CheckpointError(
            f"{path.name} holds no state dict: nothing under `{'`, `'.join(WRAPPERS)}`, "
            f"and `{strange}` is {_an(type(state[strange]).__name__)}."
        )
    if not all(isinstance(key, str) for key in state):
        raise CheckpointError(f"The tensors of {path.name} have no names.")
    if not state:
        raise CheckpointError(f"The state dict of {path.name} is empty.")
    # A pickle can claim a tensor of any shape over a few bytes.
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    if claimed > path.stat().st_size:
        raise CheckpointError(f"The tensors of {path.name} claim {claimed} bytes, more than the file has.")
    if all(key.startswith("module.") for key in state):
        state = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    return dict(state)


def _identify(content: Mapping[str, Any], state: Mapping[str, Tensor]) -> tuple[str, Mapping[str, Any], list[str]]:
    """The name of the architecture, its configuration and what is to be warned of."""
    name = content.get("architecture")
    if isinstance(name, str) and name != objectformer.NAME:
        config = content.get("config")
        if name not in ARCHITECTURES:
            raise CheckpointError(f"The architecture `{name}` is unknown; ofx has {', '.join(sorted(ARCHITECTURES))}.")
        if not isinstance(config, Mapping):
            raise CheckpointError(f"A checkpoint of `{name}` needs a `config`.")
        return name, config, []
    if not objectformer.is_objectformer(state):
        if any(key.split(".")[0] in IMDLBENCO_MODULES for key in state):
            raise CheckpointError(
                "This is IMDLBenCo's ObjectFormer, another network of the same name, which ofx does not know."
            )
        raise CheckpointError(
            "This is no ObjectFormer: `obj_queries` and `layer_0.rpn_qpos` are missing; "
            f"it has {len(state)} tensors, the first is `{next(iter(state))}`."
        )
    return objectformer.NAME, *_objectformer_config(content, state)


def _objectformer_config(
    content: Mapping[str, Any], state: Mapping[str, Tensor]
) -> tuple[Mapping[str, Any], list[str]]:
    """The configuration from the shapes; `cfg` must agree with them, `metadata` is often wrong and only warned of."""
    model = _mapping(_mapping(content.get("cfg")).get("MODEL"))
    config = objectformer.config_from_state(state, strides=_strides(model, content))
    for key, (named, found) in _compare(model, _training_names(config)).items():
        raise CheckpointError(f"The file contradicts itself: its `cfg` says {key} is {named}, its weights say {found}.")
    described = _mapping(_mapping(content.get("metadata")).get("model_config"))
    wrong = _compare(described, _cleaned_names(config))
    doubts = [
        f"The file's metadata says {key} is {named}, its weights say {found}; the weights are right."
        for key, (named, found) in wrong.items()
    ]
    return vars(config), doubts


def _strides(model: Mapping[str, Any], content: Mapping[str, Any]) -> list[int] | None:
    strides = model.get("NUM_STRIDES", _mapping(content.get("config")).get("strides"))
    if strides is None:
        return None
    if not isinstance(strides, list | tuple) or not all(type(stride) is int and stride > 0 for stride in strides):
        raise CheckpointError(f"The strides in the file, {strides!r}, are no list of positive integers.")
    return list(strides)


def _training_names(config: ObjectFormerConfig) -> dict[str, Any]:
    """What a training file's `cfg["MODEL"]` must say. `NUM_CLASSES` is silent where there is no classifier."""
    return {
        "INPLANES": config.stem_channels,
        "NUM_LAYERS": config.blocks,
        "NUM_CHS": config.channels,
        "NUM_HEADS": config.decoder_heads,
        "NUM_ENC_HEADS": config.encoder_heads,
        "NUM_PARTS": config.parts,
        "PATCH_SIZES": config.window_sides,
        "use_classifier": config.has_classifier,
    } | ({"NUM_CLASSES": 1} if config.has_classifier else {})


def _cleaned_names(config: ObjectFormerConfig) -> dict[str, Any]:
    """What a cleaned file's `metadata["model_config"]` should say."""
    return {
        "layers": config.blocks,
        "channels": config.channels,
        "heads": config.decoder_heads,
        "parts": config.parts,
    }


def _compare(named: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The entries of `named` that `found` contradicts. One number stands for the same in every stage."""
    contradictions = {}
    for key in found.keys() & named.keys():
        said, truth = named[key], found[key]
        if isinstance(truth, tuple) and isinstance(said, int):
            said = (said,) * len(truth)
        if (tuple(said) if isinstance(said, list) else said) != truth:
            contradictions[key] = (named[key], list(truth) if isinstance(truth, tuple) else truth)
    return dict(sorted(contradictions.items()))


def _load(architecture: Architecture, config: Mapping[str, Any], state: Mapping[str, Tensor]) -> nn.Module:
    try:
        # On `meta` nothing is allocated, whatever sizes the configuration claims.
        with torch.device("meta"):
            expected = architecture.build(config).state_dict()
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        raise CheckpointError(f"The checkpoint's `config` is not one of this network: {_first_line(error)}.") from error
    missing = [key for key in expected if key not in state]
    unexpected = [key for key in state if key not in expected]
    if missing:
        raise CheckpointError(f"The checkpoint lacks {_list_keys(missing)}.")
    if unexpected:
        raise CheckpointError(f"The checkpoint has what the network has no place for: {_list_keys(unexpected)}.")
    for key, tensor in state.items():
        if tensor.shape != expected[key].shape:
            raise CheckpointError(
                f"The tensor `{key}` is {describe(tensor.shape)}, but the network that the other tensors make needs "
                f"{describe(expected[key].shape)}."
            )
        if not torch.isfinite(tensor).all():
            raise CheckpointError(f"The tensor `{key}` holds values that are not finite: the training had diverged.")
    network = architecture.build(config)
    network.load_state_dict(state, strict=True)
    return network.eval()


def _list_keys(keys: list[str]) -> str:
    shown = ", ".join(f"`{key}`" for key in keys[:3])
    return f"{len(keys)} tensors ({shown}, …)" if len(keys) > 3 else f"the tensor{'s' * (len(keys) > 1)} {shown}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _an(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
