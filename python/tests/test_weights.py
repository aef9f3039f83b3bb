"""Where the weights lie in the files that training programs write."""

from __future__ import annotations

import argparse
import collections
import pathlib
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import TINY, trained_like
from safetensors.torch import save_file
from torch import Tensor, nn

from ofx.checkpoint import read_checkpoint
from ofx.errors import CheckpointError
from ofx.networks import ARCHITECTURES
from ofx.networks.objectformer import ObjectFormer

State = dict[str, Tensor]
CFG = {"MODEL": {"NUM_STRIDES": list(TINY.strides)}}


def under(prefix: str, state: State) -> State:
    return {prefix + key: value for key, value in state.items()}


def lightning(prefix: str) -> Callable[[State], Any]:
    return lambda state: {
        "epoch": 3,
        "global_step": 7,
        "pytorch-lightning_version": "2.5",
        "state_dict": {**under(prefix, state), "criterion.weight": torch.ones(2)},
        "hyper_parameters": {"lr": 1e-4},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(2)}}}],
    }


WRAPPED: dict[str, Callable[[State], Any]] = {
    **{
        prefix: lambda state, prefix=prefix: under(prefix, state)
        for prefix in (
            "_orig_mod.",
            "module._orig_mod.",
            "_orig_mod.module.",
            "module.module.",
            "_forward_module._orig_mod.module.net.",  # DeepSpeed or Fabric around others
            "student.backbone.",
        )
    },
    **{
        f"entry {key}": lambda state, key=key: {key: state, "epoch": 3}
        for key in ("model_state_dict", "net", "weights")
    },
    "entry in an entry": lambda state: {"checkpoint": {"model": under("module.", state)}, "epoch": 3},
    "averaged alone": lambda state: {"params_ema": state},
    "values beside the weights": lambda state: {**state, "epoch": 3, "best": 0.5},
    "averaged by torch.optim.swa_utils": lambda state: {"n_averaged": torch.tensor(9), **under("module.", state)},
    "one module under two names": lambda state: {"state_dict": {**under("model.", state), **under("net.", state)}},
    "a loss of its own": lambda state: {"state_dict": {**under("model.", state), "loss.scale": torch.ones(1)}},
    "Lightning, model": lightning("model."),
    "Lightning, net": lightning("net."),
    "another network beside it": lambda state: {"gan": {"conv1.weight": torch.ones(3)}, "generator": state},
}


@pytest.mark.parametrize("name", WRAPPED)
def test_weights_are_found_wherever_they_lie(name: str, tiny: ObjectFormer, tmp_path: Path):
    torch.save(WRAPPED[name](tiny.state_dict()), tmp_path / "wrapped.pth")
    same(read_checkpoint(tmp_path / "wrapped.pth").network, tiny)


def test_weights_are_found_in_safetensors(tiny: ObjectFormer, tmp_path: Path):
    save_file({**under("model.", tiny.state_dict()), "criterion.weight": torch.ones(2)}, tmp_path / "a.safetensors")
    checkpoint = read_checkpoint(tmp_path / "a.safetensors")
    same(checkpoint.network, tiny)
    assert checkpoint.warnings == ["Left out, because the network has no place for it: the tensor `criterion.weight`."]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_is_found_under_a_prefix(name: str, tmp_path: Path):
    config = vars(TINY) if name == "objectformer" else {}
    network = trained_like(ARCHITECTURES[name].build(config))
    content = {
        "architecture": name,
        "config": config,
        "state_dict": {**under("module._orig_mod.", network.state_dict()), "criterion.weight": torch.ones(2)},
    }
    torch.save(content, tmp_path / "wrapped.pth")
    checkpoint = read_checkpoint(tmp_path / "wrapped.pth")
    same(checkpoint.network, network)
    assert len(checkpoint.warnings) == 1


def test_what_is_left_out_is_named_once(tiny: ObjectFormer, tmp_path: Path):
    state = tiny.state_dict()
    modules = {name for name, _ in tiny.named_modules()}
    counts = {f"{name}.{count}".strip("."): torch.zeros(1).double() for name in modules for count in COUNTS}
    torch.save({**state, **counts}, tmp_path / "profiled.pth")
    checkpoint = read_checkpoint(tmp_path / "profiled.pth")
    same(checkpoint.network, tiny)
    (warning,) = checkpoint.warnings
    assert re.match(rf"Left out, .*: {len(counts)} tensors \(`.*`, …\)\.$", warning)


COUNTS = ("total_ops", "total_params")


def test_what_inference_never_reads_may_be_missing(tiny: ObjectFormer, tmp_path: Path):
    state = {
        key: tensor
        for key, tensor in tiny.state_dict().items()
        if not key.startswith(("localizer_0.", "localizer_1.")) and "num_batches_tracked" not in key
    }
    torch.save(state, tmp_path / "stripped.pth")
    checkpoint = read_checkpoint(tmp_path / "stripped.pth")
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        for ours, theirs in zip(checkpoint.network(images), tiny(images), strict=True):
            assert torch.equal(ours, theirs)
    (warning,) = checkpoint.warnings
    assert "only training reads it: 16 tensors (`localizer_0." in warning


def test_values_that_are_not_finite_do_not_matter_where_inference_never_reads_them(tiny: ObjectFormer, tmp_path: Path):
    state = tiny.state_dict()
    state["localizer_0.deconv1.conv.bias"] = torch.full_like(state["localizer_0.deconv1.conv.bias"], float("nan"))
    torch.save(state, tmp_path / "a.pth")
    assert read_checkpoint(tmp_path / "a.pth").network.config == TINY


@pytest.mark.parametrize("average", ["ema", "params_ema", "state_dict_ema", "model_ema", "ema_model"])
def test_of_two_networks_the_average_is_taken_and_said(average: str, tiny: ObjectFormer, tmp_path: Path):
    other = trained_like(ObjectFormer(TINY), seed=1)
    torch.save({"model": other.state_dict(), average: under("module.", tiny.state_dict())}, tmp_path / "two.pth")
    checkpoint = read_checkpoint(tmp_path / "two.pth")
    same(checkpoint.network, tiny)
    (warning,) = checkpoint.warnings
    assert f"`{average}/module`" in warning
    assert "`model`" in warning
    same(read_checkpoint(tmp_path / "two.pth", "model").network, other)
    with pytest.raises(CheckpointError, match="no network under `net`; there is one under `model`, "):
        read_checkpoint(tmp_path / "two.pth", "net")


def test_two_networks_without_a_sign_which_are_asked_about(tiny: ObjectFormer, tmp_path: Path):
    other = trained_like(ObjectFormer(TINY), seed=1)
    state = {**under("student.", tiny.state_dict()), **under("teacher.", other.state_dict())}
    torch.save({"state_dict": state}, tmp_path / "two.pth")
    with pytest.raises(CheckpointError, match="2 networks, under `state_dict/student`, `state_dict/teacher`") as caught:
        read_checkpoint(tmp_path / "two.pth")
    assert caught.value.suggestion is not None
    assert "--weights state_dict/student" in caught.value.suggestion
    same(read_checkpoint(tmp_path / "two.pth", "state_dict/teacher").network, other)


def test_strides_are_read_from_what_lightning_keeps(tiny: ObjectFormer, tmp_path: Path):
    cfg = {"MODEL": {"NUM_STRIDES": [2, 2, 1, 2]}}
    for name, parameters in {"cfg": {"cfg": cfg, "lr": 1e-4}, "section": cfg}.items():
        content = {"state_dict": under("model.", tiny.state_dict()), "hyper_parameters": parameters}
        torch.save(content, tmp_path / f"{name}.ckpt")
        assert read_checkpoint(tmp_path / f"{name}.ckpt").network.config.strides == (2, 2, 1, 2)


@pytest.mark.parametrize(
    "value",
    [np.float64(0.9), np.float32(0.9), np.int64(3), np.bool_(True), np.arange(6.0).reshape(2, 3), [np.float16(1)]],
    ids=repr,
)
@pytest.mark.parametrize("zipped", [True, False])
def test_numbers_of_numpy_are_plain_values(value: Any, zipped: bool, tiny: ObjectFormer, tmp_path: Path):
    content = {"model": tiny.state_dict(), "best": {"auc": value}, "cfg": CFG}
    torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    same(read_checkpoint(tmp_path / "a.pth").network, tiny)


def test_numbers_that_numpy_1_saved_are_plain_values(tiny: ObjectFormer, tmp_path: Path):
    file = tmp_path / "a.pth"
    torch.save({"model": tiny.state_dict(), "auc": np.float64(0.9)}, file, _use_new_zipfile_serialization=False)
    content = file.read_bytes()
    assert b"numpy._core.multiarray" in content
    file.write_bytes(content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    same(read_checkpoint(file).network, tiny)


UNSAFE: dict[str, Any] = {
    "argparse.Namespace": argparse.Namespace(lr=0.1),
    "pathlib.PosixPath": pathlib.PosixPath("/data"),
    "collections.defaultdict": collections.defaultdict(list, {"loss": [0.5]}),
    "numpy._core.multiarray.scalar of objects": np.array([{"a": 1}], dtype=object),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_the_next_step_saves_the_weights_alone(name: str, tiny: ObjectFormer, tmp_path: Path):
    file = tmp_path / "it's $HOME.pth"
    torch.save({"model": under("module.", tiny.state_dict()), "args": UNSAFE[name], "epoch": 3}, file)
    saved = run_next_step(file)
    same(read_checkpoint(saved).network, tiny)


def test_the_next_step_saves_the_weights_of_a_pickled_network(tiny: ObjectFormer, tmp_path: Path):
    torch.save(tiny, tmp_path / "whole.pth")
    same(read_checkpoint(run_next_step(tmp_path / "whole.pth")).network, tiny)
    torch.save({"model": tiny, "epoch": 3}, tmp_path / "entry.pth")
    same(read_checkpoint(run_next_step(tmp_path / "entry.pth")).network, tiny)


def run_next_step(file: Path) -> Path:
    """Runs the line that the refusal of a file proposes; returns the file that it makes."""
    with pytest.raises(CheckpointError, match="could run code") as caught:
        read_checkpoint(file)
    assert caught.value.suggestion is not None
    said, line = caught.value.suggestion.split("\n")
    assert "If you trust" in said
    command = shlex.split(line)
    assert command[0] == "python"
    subprocess.run([sys.executable, *command[1:]], check=True, cwd=Path(__file__).parent.parent)
    return file.with_name(f"{file.stem}-weights.pth")


def same(network: nn.Module, expected: nn.Module) -> None:
    state = network.state_dict()
    for key, value in expected.state_dict().items():
        assert torch.equal(state[key], value), key
