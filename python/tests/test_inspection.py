"""What `ofx convert --inspect` tells of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import TINY
from safetensors.torch import save_file
from test_checkpoint import prefixed, training_file

from ofx.errors import CheckpointError
from ofx.inspection import inspect_checkpoint
from ofx.networks.objectformer import ObjectFormer


def told(path: Path, **more: Any) -> dict[str, Any]:
    document = inspect_checkpoint(path, **more)
    # Strict JSON: no NaN, nothing that is not plain.
    parsed: dict[str, Any] = json.loads(json.dumps(document, allow_nan=False))
    return parsed


def test_a_training_file(tiny: ObjectFormer, tmp_path: Path):
    content = training_file(prefixed(tiny.state_dict()))
    content["cfg"]["DATASET"] = {"IMG_SIZE": 224, "MEAN": (0.5, float("inf"))}
    content["history"] = [{"epoch": n, "val": {"f1": n / 10, "auc": np.float32(0.5)}} for n in (1, 2, 3)]
    content["best_f1"] = float("nan")
    content["train_losses"] = [1.0, torch.tensor(0.5)]
    torch.save(content, tmp_path / "a.pyth")
    document = told(tmp_path / "a.pyth")
    assert document["convertible"] is True
    assert document["problem"] is None
    assert document["epoch"] == 31
    assert document["file"]["format"] == "pickle"
    (network,) = document["networks"]
    assert network["name"] == "model_state/module"
    assert network["wrappers"] == [{"name": "module", "by": "parallel training"}]
    assert network["architecture"] == "objectformer"
    assert network["configuration"]["channels"] == [12, 24, 16, 32]
    assert network["parameters"] == sum(parameter.numel() for parameter in tiny.parameters())
    assert network["types"].keys() == {"float32", "int64"}
    assert (network["missing"], network["foreign"], network["misshapen"]) == ([], [], [])
    assert document["input"]["trainedAt"] == 224
    assert {288, 380} <= set(document["input"]["runs"])
    kinds = {entry["name"]: entry["kind"] for entry in document["entries"]}
    assert kinds["model_state"] == "weights"
    assert kinds["optimizer_state"] == "optimizer"
    assert kinds["scheduler_state"] == "scheduler"
    assert kinds["scaler_state"] == "scaler"
    assert kinds["cfg"] == "configuration"
    assert document["configuration"]["cfg"]["DATASET"]["MEAN"] == [0.5, "inf"]
    series = {series["name"]: series["values"] for series in document["metrics"]}
    assert series == {
        "history/val/f1": [0.1, 0.2, 0.3],
        "history/val/auc": [0.5, 0.5, 0.5],
        "best_f1": [None],
        "train_losses": [1.0, 0.5],
    }


def test_what_is_missing_and_too_many(tiny: ObjectFormer, tmp_path: Path):
    state = tiny.state_dict()
    del state["layer_1.proj_norm.bias"]
    state["layer_0.blocks.0.decoder.attn1.to_q.bias"] = torch.ones(12)
    state["criterion.weight"] = torch.ones(2)
    torch.save(state, tmp_path / "a.pth")
    document = told(tmp_path / "a.pth")
    assert document["convertible"] is False
    assert "lacks the tensor `layer_1.proj_norm.bias`" in document["problem"]
    (network,) = document["networks"]
    assert network["missing"] == ["layer_1.proj_norm.bias"]
    assert network["foreign"] == ["layer_0.blocks.0.decoder.attn1.to_q.bias"]
    assert network["leftOut"] == ["criterion.weight"]
    assert document["entries"][0] == {
        "name": "",
        "kind": "weights",
        "tensors": len(state),
        "bytes": sum(tensor.numel() * tensor.element_size() for tensor in state.values()),
    }


def test_a_shape_of_another_network(tiny: ObjectFormer, tmp_path: Path):
    torch.save(tiny.state_dict() | {"layer_1.proj_norm.bias": torch.ones(5)}, tmp_path / "a.pth")
    (network,) = told(tmp_path / "a.pth")["networks"]
    assert network["misshapen"] == [{"name": "layer_1.proj_norm.bias", "found": [5], "needed": [24]}]


def test_several_networks(tmp_path: Path):
    states = [prefixed(ObjectFormer(TINY).state_dict()) for _ in range(2)]
    torch.save({"model": states[0], "teacher": states[1]}, tmp_path / "a.pth")
    document = told(tmp_path / "a.pth")
    assert document["convertible"] is False
    assert "2 networks" in document["problem"]
    assert "--weights model/module" in document["suggestion"]
    assert [network["chosen"] for network in document["networks"]] == [False, False]
    chosen = told(tmp_path / "a.pth", weights="teacher/module")
    assert chosen["convertible"] is True
    assert [network["chosen"] for network in chosen["networks"]] == [False, True]
    with pytest.raises(CheckpointError, match="no network under `student`"):
        told(tmp_path / "a.pth", weights="student")


def test_another_network_is_told_and_not_refused(tmp_path: Path):
    torch.save({"net": {"stem.weight": torch.ones(3, 4).half()}, "epoch": 3}, tmp_path / "a.pth")
    document = told(tmp_path / "a.pth")
    assert document["convertible"] is False
    assert "no ObjectFormer" in document["problem"]
    assert document["networks"] == []
    assert document["input"] is None
    assert document["entries"][0] == {"name": "net", "kind": "weights", "tensors": 1, "bytes": 24}


def test_a_safetensors_file(tiny: ObjectFormer, tmp_path: Path):
    save_file({key: value.half() for key, value in tiny.state_dict().items()}, tmp_path / "a", {"run": "seventh"})
    document = told(tmp_path / "a")
    assert document["file"]["format"] == "safetensors"
    assert document["metadata"] == {"run": "seventh"}
    assert document["networks"][0]["types"].keys() == {"float16"}


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path):
    (tmp_path / "a.pth").write_bytes(b"hello")
    with pytest.raises(CheckpointError, match="not a PyTorch checkpoint"):
        inspect_checkpoint(tmp_path / "a.pth")
