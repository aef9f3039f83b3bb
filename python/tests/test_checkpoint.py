from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import TINY, trained_like
from safetensors.torch import save_file
from torch import Tensor

from ofx.checkpoint import read_checkpoint
from ofx.errors import CheckpointError
from ofx.networks.objectformer import ObjectFormer

State = dict[str, Tensor]


def training_cfg(**changes: Any) -> dict[str, Any]:
    return {
        "MODEL": {
            "MODEL_NAME": "ObjectFormer",
            "INPLANES": TINY.stem_channels,
            "NUM_LAYERS": list(TINY.blocks),
            "NUM_CHS": list(TINY.channels),
            "NUM_STRIDES": list(TINY.strides),
            "NUM_HEADS": list(TINY.decoder_heads),
            "NUM_ENC_HEADS": list(TINY.encoder_heads),
            "NUM_PARTS": list(TINY.parts),
            "PATCH_SIZES": list(TINY.window_sides),
            "NUM_CLASSES": 1,
            "DROP_PATH": 0.1,
            "PRETRAINED": "",
        }
        | changes,
        "OPTIMIZER": {"BASE_LR": 2.5e-4},
    }


def training_file(state: State, **cfg: Any) -> dict[str, Any]:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.1, momentum=0.9)
    return {
        "epoch": 31,
        "model_state": state,
        "optimizer_state": optimiser.state_dict(),
        "scaler_state": {},
        "scheduler_state": {"step": 7},
        "cfg": training_cfg(**cfg),
    }


def prefixed(state: State) -> State:
    return {f"module.{key}": value for key, value in state.items()}


FILES: dict[str, Callable[[State], Any]] = {
    "training.pyth": training_file,
    "training-parallel.pyth": lambda state: training_file(prefixed(state)),
    "cleaned.pth": lambda state: {"model_state": state, "metadata": {"architecture": "ObjectFormer"}},
    "plain.pth": lambda state: state,
    "plain-parallel.pth": prefixed,
    "state_dict.pth": lambda state: {"state_dict": state},
    "model.pth": lambda state: {"model": prefixed(state)},
    "half.pth": lambda state: {key: value.bfloat16().float() for key, value in state.items()},
    "ours.pt": lambda state: {
        "architecture": "objectformer",
        "config": vars(TINY),
        "model_state": state,
        "metadata": {},
    },
}


@pytest.mark.parametrize("name", FILES)
def test_reads_every_kind_of_file(name: str, tiny: ObjectFormer, tmp_path: Path):
    content = FILES[name](tiny.state_dict())
    torch.save(content, tmp_path / name)
    checkpoint = read_checkpoint(tmp_path / name)
    assert checkpoint.name == "objectformer"
    assert checkpoint.warnings == []
    assert checkpoint.network.config == TINY
    assert not checkpoint.network.training
    expected = tiny.state_dict()
    for key, value in checkpoint.network.state_dict().items():
        tolerance = 0.01 if name == "half.pth" else 0
        torch.testing.assert_close(value, expected[key], rtol=tolerance, atol=0)


def test_reads_safetensors_whatever_the_name(tiny: ObjectFormer, tmp_path: Path):
    save_file(tiny.state_dict(), tmp_path / "weights.bin")
    checkpoint = read_checkpoint(tmp_path / "weights.bin")
    assert checkpoint.network.config == TINY
    assert torch.equal(checkpoint.network.obj_queries, tiny.obj_queries)
    assert checkpoint.parameters == sum(parameter.numel() for parameter in tiny.parameters())


def test_reads_the_old_format_of_torch(tiny: ObjectFormer, tmp_path: Path):
    torch.save(training_file(tiny.state_dict()), tmp_path / "old.pyth", _use_new_zipfile_serialization=False)
    assert read_checkpoint(tmp_path / "old.pyth").network.config == TINY


def test_reads_arrays_of_numpy(tiny: ObjectFormer, tmp_path: Path):
    torch.save({key: value.numpy() for key, value in tiny.state_dict().items()}, tmp_path / "arrays.pth")
    checkpoint = read_checkpoint(tmp_path / "arrays.pth")
    assert torch.equal(checkpoint.network.obj_queries, tiny.obj_queries)


def test_a_part_of_a_checkpoint_is_named_as_one(tiny: ObjectFormer, tmp_path: Path):
    state = tiny.state_dict()
    part = tmp_path / "model-00001-of-00002.safetensors"
    save_file(dict(list(state.items())[:50]), part)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text('{"weight_map": {}}')
    for file in (part, index):
        assert "several parts" in refused(file)


def test_half_precision_weights_become_float32(tiny: ObjectFormer, tmp_path: Path):
    half = {key: value.half() if value.is_floating_point() else value for key, value in tiny.state_dict().items()}
    torch.save(half, tmp_path / "half.pth")
    network = read_checkpoint(tmp_path / "half.pth").network
    assert network.obj_queries.dtype == torch.float32
    assert torch.equal(network.obj_queries, half["obj_queries"].float())


def test_without_a_classifier(tmp_path: Path):
    network = trained_like(ObjectFormer(replace(TINY, has_classifier=False)))
    torch.save(training_file(network.state_dict(), use_classifier=False), tmp_path / "no-classifier.pyth")
    assert not read_checkpoint(tmp_path / "no-classifier.pyth").network.config.has_classifier


def test_strides_come_from_cfg_and_else_are_the_published_ones(tiny: ObjectFormer, tmp_path: Path):
    torch.save(training_file(tiny.state_dict(), NUM_STRIDES=[2, 2, 1, 2]), tmp_path / "other.pyth")
    assert read_checkpoint(tmp_path / "other.pyth").network.config.strides == (2, 2, 1, 2)
    torch.save(tiny.state_dict(), tmp_path / "plain.pth")
    assert read_checkpoint(tmp_path / "plain.pth").network.config.strides == (1, 2, 2, 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"NUM_HEADS": [3, 6, 12, 24]}, ["NUM_HEADS", "[3, 6, 12, 24]", "[3, 2, 4, 8]"]),
        ({"INPLANES": 64}, ["INPLANES", "64", "8"]),
        ({"PATCH_SIZES": [8, 7, 7, 7]}, ["PATCH_SIZES", "[4, 3, 3, 2]"]),
        ({"NUM_LAYERS": [1, 1, 3, 1]}, ["NUM_LAYERS", "[1, 2, 2, 1]"]),
        ({"use_classifier": False}, ["use_classifier"]),
        ({"NUM_CLASSES": 2}, ["NUM_CLASSES"]),
        ({"NUM_STRIDES": [2, 2]}, ["2 strides", "4 stages"]),
        ({"NUM_STRIDES": "1222"}, ["strides"]),
        ({"NUM_STRIDES": [1, 2, 0, 2]}, ["strides"]),
    ],
)
def test_a_cfg_that_contradicts_the_weights_is_refused(changes, words, tiny: ObjectFormer, tmp_path: Path):
    torch.save(training_file(tiny.state_dict(), **changes), tmp_path / "wrong.pyth")
    message = refused(tmp_path / "wrong.pyth")
    assert all(word in message for word in words), message


def test_wrong_metadata_is_warned_of_and_the_weights_win(tiny: ObjectFormer, tmp_path: Path):
    described = {
        "layers": [1, 1, 3, 1],
        "channels": [96, 192, 384, 768],
        "heads": [3, 2, 4, 8],
        "img_size": 380,
        "parts": 64,
    }
    content = {"model_state": tiny.state_dict(), "metadata": {"input_size": 380, "model_config": described}}
    torch.save(content, tmp_path / "cleaned.pth")
    checkpoint = read_checkpoint(tmp_path / "cleaned.pth")
    assert checkpoint.network.config == TINY
    assert len(checkpoint.warnings) == 3
    for warning, key in zip(checkpoint.warnings, ["channels", "layers", "parts"], strict=True):
        assert f"says {key} is" in warning


def without(key: str) -> Callable[[State], Any]:
    return lambda state: {name: tensor for name, tensor in state.items() if name != key}


def replacing(key: str, tensor: Tensor) -> Callable[[State], Any]:
    return lambda state: state | {key: tensor}


BROKEN: dict[str, tuple[Callable[[State], Any], list[str]]] = {
    "missing key": (without("layer_1.proj_norm.bias"), ["lacks", "`layer_1.proj_norm.bias`"]),
    "missing key of the configuration": (without("layer_2.rpn_kpos"), ["lacks", "`layer_2.rpn_kpos`"]),
    "missing conv1": (without("conv1.weight"), ["lacks", "`conv1.weight`"]),
    "many missing keys": (
        lambda state: {key: value for key, value in state.items() if "localizer" not in key},
        ["lacks", "8 tensors", "localizer_2"],
    ),
    "gap between stages": (
        lambda state: {key: value for key, value in state.items() if not key.startswith("layer_2")},
        ["strides"],
    ),
    "block of an absurd number": (
        replacing("layer_0.blocks.999999999.encoder.reason.norm.weight", torch.ones(12)),
        ["lacks"],
    ),
    "a bias that the network has not": (
        replacing("layer_0.blocks.0.decoder.attn1.to_q.bias", torch.ones(12)),
        ["no place", "attn1.to_q.bias", "another variant"],
    ),
    "one mask head too many": (replacing("localizer_3.conv1.0.weight", torch.ones(3)), ["no place", "localizer_3"]),
    "shape of another network": (replacing("layer_1.proj_norm.bias", torch.ones(5)), ["is 5", "needs 24"]),
    "shape without a size": (replacing("obj_queries", torch.ones(1, 0, 8)), ["`obj_queries`", "impossible"]),
    "wrong number of dimensions": (replacing("layer_0.rpn_qpos", torch.ones(6, 12)), ["`layer_0.rpn_qpos`", "6 x 12"]),
    "heads that do not divide": (replacing("layer_0.rpn_qpos", torch.ones(1, 6, 1, 7)), ["7", "12"]),
    "heads of odd width": (replacing("layer_0.rpn_kpos", torch.ones(1, 6, 1, 3)), ["odd"]),
    "two classes": (replacing("last_fc.weight", torch.ones(2, 32)), ["gives 2 numbers"]),
    "not finite": (replacing("last_fc.bias", torch.tensor([float("nan")])), ["`last_fc.bias`", "not finite"]),
    "tensor larger than its file": (
        replacing("conv1.weight", torch.ones(1).expand(10**6, 3, 10**3, 10**3)),
        ["claim", "more than the file has"],
    ),
    "IMDLBenCo": (
        lambda _: {"encoder_net_r.block1.weight": torch.ones(3), "localization.0.weight": torch.ones(2)},
        ["IMDLBenCo"],
    ),
    "IMDLBenCo in training": (
        lambda _: {"model": {"module.encoder_decoders.0.weight": torch.ones(3)}, "epoch": 3},
        ["IMDLBenCo"],
    ),
    "another network": (
        lambda _: {"layer1.0.conv1.weight": torch.ones(3)},
        ["no ObjectFormer", "layer1.0.conv1.weight"],
    ),
    "sparse": (replacing("last_fc.weight", torch.eye(1, 32).to_sparse()), ["`last_fc.weight`", "sparse"]),
    "list": (lambda _: [torch.ones(3)], ["a list"]),
    "single tensor": (lambda _: torch.ones(3), ["a Tensor"]),
    "numbers": (lambda _: {"epoch": 3, "loss": 0.2}, ["no state dict", "`epoch`", "an int"]),
    "empty": (lambda _: {}, ["a dict"]),
    "empty state": (lambda _: {"model_state": {}, "epoch": 3}, ["empty"]),
    "keys that are no names": (lambda _: {"model_state": {3: torch.ones(3)}}, ["no names"]),
    "unknown architecture": (
        lambda state: {"architecture": "resnet", "config": {}, "model_state": state},
        ["`resnet`", "objectformer"],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_checkpoint_gets_one_sentence(case: str, tiny: ObjectFormer, tmp_path: Path):
    make, words = BROKEN[case]
    torch.save(make(tiny.state_dict()), tmp_path / "broken.pth")
    message = refused(tmp_path / "broken.pth")
    assert all(word in message for word in words), message


class Hostile:
    """What runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("how", ["torch", "old torch", "pickle"])
def test_a_hostile_pickle_does_not_run(how: str, tiny: ObjectFormer, tmp_path: Path):
    touched = tmp_path / "touched"
    content = {"model_state": tiny.state_dict(), "cfg": Hostile(f"touch {touched}")}
    path = tmp_path / "hostile.pyth"
    if how == "pickle":
        path.write_bytes(pickle.dumps(content["cfg"], protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=how == "torch")
    message = refused(path)
    assert not touched.exists()
    assert "system" in message
    assert "could run code" in message


@pytest.mark.parametrize("kind", ["zip", "old", "safetensors"])
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_gets_one_sentence(kind: str, share: float, tiny: ObjectFormer, tmp_path: Path):
    buffer = io.BytesIO()
    if kind == "safetensors":
        save_file(tiny.state_dict(), tmp_path / "whole")
        whole = (tmp_path / "whole").read_bytes()
    else:
        torch.save(training_file(tiny.state_dict()), buffer, _use_new_zipfile_serialization=kind == "zip")
        whole = buffer.getvalue()
    path = tmp_path / "truncated.pth"
    path.write_bytes(whole[: int(len(whole) * share)])
    refused(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["empty"]),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), ["not a PyTorch checkpoint"]),
        (b"hello", ["not a PyTorch checkpoint"]),
        (b"PK\x03\x04" + bytes(100), ["not a PyTorch checkpoint"]),
        (b"\xff\xff\xff\xff\xff\xff\xff\x7f{}", ["broken safetensors"]),
        (b"\x08\x00\x00\x00\x00\x00\x00\x00{nonsens", ["broken safetensors"]),
    ],
)
def test_a_file_that_is_no_checkpoint(content: bytes, words: list[str], tmp_path: Path):
    path = tmp_path / "photo.pth"
    path.write_bytes(content)
    message = refused(path)
    assert all(word in message for word in words), message


def test_a_program_is_no_checkpoint(tmp_path: Path):
    torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / "program.pt")
    assert "TorchScript" in refused(tmp_path / "program.pt")


def test_a_file_that_is_not_there(tmp_path: Path):
    assert "cannot be read" in refused(tmp_path / "nowhere.pth")
    assert "cannot be read" in refused(tmp_path)


def refused(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert "Traceback" not in message
    return message
