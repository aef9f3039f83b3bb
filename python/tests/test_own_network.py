"""`--arch FILE.py:NAME`: code of somebody's own, and what is said where it is wrong."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import torch

from ofx import export
from ofx.checkpoint import Checkpoint, read_checkpoint
from ofx.errors import CheckpointError, OwnNetworkError
from ofx.own_network import OwnNetwork, check_logits

OWN = Path(__file__).parents[2] / "test/fixtures/checkpoints/own.py"


@pytest.fixture
def folder(tmp_path: Path):
    """With own.py and a checkpoint of its network; what Python is told for it is taken back."""
    path = list(sys.path)
    shutil.copy(OWN, tmp_path / "own.py")
    torch.manual_seed(0)
    weights = {"first.weight": (8, 3, 3, 3), "first.bias": (8,), "last.weight": (1, 8, 3, 3), "last.bias": (1,)}
    state = {f"module.{name}": torch.randn(shape) for name, shape in weights.items()}
    torch.save({"model_state": state, "config": {"channels": 8}}, tmp_path / "weights.pth")
    yield tmp_path
    sys.path[:] = path
    for name in ("ofx_own_own", "neighbour"):
        sys.modules.pop(name, None)


def read(folder: Path, name: str) -> Checkpoint:
    return read_checkpoint(folder / "weights.pth", None, OwnNetwork(f"{folder / 'own.py'}:{name}"))


def run(folder: Path, name: str) -> None:
    """All that a conversion does with a network before it compares."""
    checkpoint = read(folder, name)
    export.check_size(checkpoint.network, 48)
    check_logits(checkpoint.network, 48)
    export.export_onnx(checkpoint.network, 48, folder / "48.onnx")
    double = export.in_double_precision(checkpoint.network)
    export.reference_outputs(double, torch.zeros(1, 3, 48, 48).double())


@pytest.mark.parametrize("name", ["build", "Net", "configured", "MaskAlone"])
def test_goes_the_way_of_other_networks(name: str, folder: Path):
    run(folder, name)
    checkpoint = read(folder, name)
    assert checkpoint.name == f"own.py:{name}"
    assert checkpoint.parameters == 297
    assert (folder / "48.onnx").stat().st_size > 1000
    score, mask = checkpoint.network(torch.zeros(2, 3, 48, 48))
    assert score.shape == (2,)
    assert mask.shape == (2, 1, 48, 48)
    if name == "MaskAlone":
        assert torch.equal(score, mask.amax(dim=(1, 2, 3)))


WRONG = {
    "Fails": ["own.py, line 30", "(1, 3, 48, 48)", "RuntimeError"],
    "Smaller": ["a mask (1, 1, 24, 24)", "expected is (score, mask)", "(1, 1, 48, 48)"],
    "ManyScores": ["a score (1, 3)", "(1,)"],
    "Three": ["a tuple of 3 ((1, 1), (1, 1, 48, 48), (1, 3, 48, 48))", "expected"],
    "Dictionary": ["a dict with `score`, `mask`", "expected"],
    "Probabilities": ["probabilities", "logits are expected"],
    "number": ["type int", "torch.nn.Module"],
    "two": ["2 arguments"],
    "leaves": ["own.py, line ", "SystemExit: no GPU"],
    "raises": ["own.py, line ", "building the network", "ValueError: weights of the backbone are not here"],
    "CONSTANT": ["no callable `CONSTANT`", "build"],
    "nothing": ["no callable `nothing`", "Net"],
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_sentence_with_its_place(name: str, folder: Path):
    with pytest.raises(OwnNetworkError) as caught:
        run(folder, name)
    message = str(caught.value)
    assert all(word in message for word in WRONG[name]), message
    assert "\n" not in message
    assert message.endswith(".")


SOURCES = {
    "def build(:\n": ["own.py, line 1", "SyntaxError"],
    "import torch\nimport package_that_is_not_there\n": ["own.py, line 2", "package_that_is_not_there"],
    "import neighbour\nbuild = neighbour.build\n": ["neighbour.py, line 2", "KeyError"],
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_that_cannot_be_imported(source: str, folder: Path):
    (folder / "neighbour.py").write_text("def build():\n    return {}['network']\n")
    (folder / "own.py").write_text(source)
    with pytest.raises(OwnNetworkError) as caught:
        read(folder, "build")
    assert all(word in str(caught.value) for word in SOURCES[source]), str(caught.value)


def test_a_checkpoint_of_another_network(folder: Path):
    torch.save({"stem.conv": torch.ones(3)}, folder / "weights.pth")
    with pytest.raises(CheckpointError, match=r"is not of own\.py:build, and holds no tensor of it"):
        read(folder, "build")
    torch.save({"first.weight": torch.ones(8, 3, 3, 3), "first.bias": torch.ones(8)}, folder / "weights.pth")
    with pytest.raises(CheckpointError, match=r"lacks the tensors `last\.weight`, `last\.bias`"):
        read(folder, "build")


def test_no_code_of_the_checkpoint_runs(folder: Path):
    class Hostile:
        def __reduce__(self):
            return Path.touch, (folder / "touched",)

    torch.save({"config": Hostile()}, folder / "weights.pth")
    with pytest.raises(CheckpointError, match="could run code"):
        read(folder, "build")
    assert not (folder / "touched").exists()
