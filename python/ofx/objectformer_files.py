"""The configuration of an ObjectFormer from a checkpoint: what its tensors say, and whether the file agrees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ofx.errors import CheckpointError
from ofx.networks import objectformer
from ofx.networks.objectformer import ObjectFormerConfig


def read_config(content: Mapping[str, Any], state: Mapping[str, Tensor]) -> tuple[Mapping[str, Any], list[str]]:
    """The configuration from the shapes; `cfg` must agree with them, `metadata` is often wrong and only warned of."""
    model = training_model(content)
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


def training_model(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The section of the network in a training's configuration, which Lightning puts into `hyper_parameters`."""
    hyper_parameters = _mapping(content.get("hyper_parameters"))
    configurations = (content.get("cfg"), content.get("config"), hyper_parameters.get("cfg"), hyper_parameters)
    return next((model for each in configurations if (model := _mapping(_mapping(each).get("MODEL")))), {})


def _strides(model: Mapping[str, Any], content: Mapping[str, Any]) -> list[int] | None:
    strides = model.get("NUM_STRIDES", _mapping(content.get("config")).get("strides"))
    if strides is None:
        return None
    if not isinstance(strides, list | tuple) or not all(type(stride) is int and stride > 0 for stride in strides):
        raise CheckpointError(f"The strides in the file, {strides!r}, are not a list of positive integers.")
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


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
