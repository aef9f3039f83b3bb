"""From a checkpoint file to a network that holds its weights.

Nothing in a file is trusted: pickles load with `weights_only=True`, shapes are compared before anything of their size
is allocated, and whatever is wrong becomes one sentence, a `CheckpointError`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from ofx.checkpoint_file import an, first_line, read_file
from ofx.errors import CheckpointError, SizeError
from ofx.networks import ARCHITECTURES, Architecture, objectformer
from ofx.networks.objectformer import ObjectFormerConfig, describe
from ofx.weights import Place, choose, places, state_dicts

# What training programs call a state dict.
STATE_ENTRIES = ("model_state", "model_state_dict", "state_dict", "model", "net", "params", "params_ema", "ema")
# What profilers leave in every module (thop).
PROFILER_COUNTS = ("total_ops", "total_params")
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

    def check_free(self) -> None:
        """Raise SizeError where the network takes squares of one side only."""
        if ARCHITECTURES[self.architecture].takes_free_shapes:
            return
        names = ", ".join(name for name, known in ARCHITECTURES.items() if known.takes_free_shapes)
        raise SizeError(
            f"{self.architecture} takes squares of one side, not photos in their own shape.",
            f"Leave --fit out: photos will be stretched. Free shapes are for {names}.",
        )


def read_checkpoint(path: Path, weights: str | None = None) -> Checkpoint:
    """Reads any checkpoint that ofx knows; the network comes in evaluation mode and float32.

    Args:
        path: the file.
        weights: which network of several in the file, as `Place.name` names it [the only one, or the averaged one].

    Raises:
        CheckpointError: what is wrong with the file, in one sentence.
    """
    content = read_file(path)
    plans, complaints = [], []
    for place in _places(content, path):
        try:
            plans.append(_plan(content, place, path))
        except CheckpointError as error:
            complaints.append((place, error))
    if not plans:
        raise min(complaints, key=lambda complaint: -len(complaint[0].tensors))[1]
    chosen, doubts = choose([plan.place for plan in plans], weights)
    plan = next(plan for plan in plans if plan.place is chosen)
    network = _load(plan)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    doubts = [*doubts, *plan.doubts, *_left_out(plan)]
    return Checkpoint(plan.architecture, network, _sha256(path), parameters, doubts)


@dataclass(frozen=True)
class _Plan:
    """A network that a place of the file holds whole, not yet built."""

    place: Place
    architecture: str
    config: Mapping[str, Any]
    expected: Mapping[str, Tensor]
    """Every tensor of the network, on `meta`."""
    doubts: list[str]

    @property
    def read(self) -> dict[str, Tensor]:
        """The tensors of the file that the network has a place for."""
        return {key: tensor for key, tensor in self.place.tensors.items() if key in self.expected}


def _places(content: Mapping[Any, Any], path: Path) -> list[Place]:
    """Where in the file the network that it is of may lie, at least one place."""
    tables = list(state_dicts(content))
    if not tables:
        _complain_of_no_tensors(content, path)
    name = content.get("architecture")
    if isinstance(name, str) and name != objectformer.NAME:
        if name not in ARCHITECTURES:
            raise CheckpointError(f"The architecture `{name}` is unknown; ofx has {', '.join(sorted(ARCHITECTURES))}.")
        config = content.get("config")
        if not isinstance(config, Mapping):
            raise CheckpointError(f"A checkpoint of `{name}` needs a `config`.")
        names = list(_expected(ARCHITECTURES[name], config))
        # Long names first: they are the least likely to be another network's.
        found = places(content, sorted(names, key=lambda name: (-name.count("."), -len(name)))[:1]) or places(
            content, names
        )
        if not found:
            raise CheckpointError(f"{path.name} says that it is `{name}`, and holds no tensor of it.")
        return found
    found = places(content, objectformer.ANCHORS)
    if not found:
        _, tensors = max(tables, key=lambda table: len(table[1]))
        if any(module in key.split(".") for key in tensors for module in IMDLBENCO_MODULES):
            raise CheckpointError(
                "This is IMDLBenCo's ObjectFormer, another network of the same name, which ofx does not know."
            )
        raise CheckpointError(
            f"This is no ObjectFormer: {' and '.join(f'`{anchor}`' for anchor in objectformer.ANCHORS)} are missing; "
            f"it has {len(tensors)} tensors, the first is `{next(iter(tensors))}`."
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


def _plan(content: Mapping[Any, Any], place: Place, path: Path) -> _Plan:
    """What the place holds; CheckpointError where that is not a whole network."""
    name = content.get("architecture")
    if isinstance(name, str) and name != objectformer.NAME:
        config = content["config"]
        doubts: list[str] = []
    else:
        name, (config, doubts) = objectformer.NAME, _objectformer_config(content, place.tensors)
    architecture = ARCHITECTURES[name]
    expected = _expected(architecture, config)
    plan = _Plan(place, name, config, expected, doubts)
    missing = [key for key in expected if key not in place.tensors and not architecture.is_unread(key, config)]
    if missing:
        raise CheckpointError(f"The checkpoint lacks {list_keys(missing)}.")
    modules = {key.split(".")[0] for key in expected}
    foreign = [key for key, tensor in place.tensors.items() if key not in expected and _changes(key, tensor, modules)]
    if foreign:
        raise CheckpointError(
            f"The checkpoint has what the network has no place for: {list_keys(foreign)}. It is another variant of it."
        )
    # A pickle can claim a tensor of any shape over a few bytes.
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in plan.read.values())
    if claimed > path.stat().st_size:
        raise CheckpointError(f"The tensors of {path.name} claim {claimed} bytes, more than the file has.")
    for key, tensor in plan.read.items():
        if tensor.shape != expected[key].shape:
            raise CheckpointError(
                f"The tensor `{key}` is {describe(tensor.shape)}, but the network that the other tensors make needs "
                f"{describe(expected[key].shape)}."
            )
        if not architecture.is_unread(key, config) and not torch.isfinite(tensor).all():
            raise CheckpointError(f"The tensor `{key}` holds values that are not finite: the training had diverged.")
    return plan


def _expected(architecture: Architecture, config: Mapping[str, Any]) -> dict[str, Tensor]:
    try:
        # On `meta` nothing is allocated, whatever sizes the configuration claims.
        with torch.device("meta"):
            return architecture.build(config).state_dict()
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        raise CheckpointError(f"The checkpoint's `config` is not one of this network: {first_line(error)}.") from error


def _changes(key: str, tensor: Tensor, modules: set[str]) -> bool:
    """Whether a tensor that the network has no place for means that the network is another one: a weight within one of
    its modules does, e.g. a bias of a linear map. A profiler's counts, tables of indices, and what another module has
    that was trained beside it do not."""
    is_own = key.split(".", maxsplit=1)[0] in modules or re.match(r"(layer|localizer)_\d+\.", key) is not None
    is_count = tensor.dim() == 0 or not tensor.is_floating_point() or key.rsplit(".", 1)[-1] in PROFILER_COUNTS
    return is_own and not is_count


def _left_out(plan: _Plan) -> list[str]:
    """Says once what else lies beside the network, and what of it is not there."""
    unknown = [*plan.place.others, *(key for key in plan.place.tensors if key not in plan.expected)]
    absent = [key for key in plan.expected if key not in plan.place.tensors and "num_batches_tracked" not in key]
    said = []
    if unknown:
        said.append(f"Left out, because the network has no place for it: {list_keys(unknown)}.")
    if absent:
        said.append(f"Not in the file, and not needed, because only training reads it: {list_keys(absent)}.")
    return said


def _objectformer_config(
    content: Mapping[str, Any], state: Mapping[str, Tensor]
) -> tuple[Mapping[str, Any], list[str]]:
    """The configuration from the shapes; `cfg` must agree with them, `metadata` is often wrong and only warned of."""
    model = _training_model(content)
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


def _training_model(content: Mapping[str, Any]) -> Mapping[str, Any]:
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


def _load(plan: _Plan) -> nn.Module:
    network = ARCHITECTURES[plan.architecture].build(plan.config)
    # What may be missing, inference does not read; all that it reads is there.
    network.load_state_dict(plan.read, strict=False)
    return network.eval()


def list_keys(keys: list[str]) -> str:
    shown = ", ".join(f"`{key}`" for key in keys[:3])
    return f"{len(keys)} tensors ({shown}, …)" if len(keys) > 3 else f"the tensor{'s' * (len(keys) > 1)} {shown}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
