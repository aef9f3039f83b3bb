"""`ofx convert --bisect`: the first node or module of an exported file that leaves PyTorch."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from ofx import export
from ofx.deviation import find_deviation


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8))
        self.middle = nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Conv2d(8, 1, 1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        mask = self.head(torch.relu(self.middle(torch.relu(self.stem(images)))))
        return mask.mean(dim=(1, 2, 3)), mask


@pytest.fixture
def network() -> Net:
    torch.manual_seed(0)
    return Net().eval()


IMAGE = np.random.default_rng(0).standard_normal((1, 3, 32, 40))


def deviation(network: nn.Module, file: Path, tolerance: float = 1e-5):
    export_of = export.in_double_precision(network)
    return find_deviation(export_of, file, IMAGE, tolerance, 1)


def export_to(network: nn.Module, file: Path) -> onnx.ModelProto:
    export.export_onnx(network, 32, file, free=True)
    return onnx.load(file)


def test_no_node_of_a_right_file(network: Net, tmp_path: Path):
    export_to(network, tmp_path / "a.onnx")
    found = deviation(network, tmp_path / "a.onnx")
    assert found["cause"] == "none"
    assert (found["module"], found["node"]) == (None, None)
    assert found["graph"]["map"] < 1e-6
    assert 0 < found["worst"][0]["error"] < 1e-5


def test_the_first_node_that_is_off_in_float32(network: Net, tmp_path: Path):
    export_to(network, tmp_path / "a.onnx")
    found = deviation(network, tmp_path / "a.onnx", tolerance=1e-9)
    # The graph agrees only to what was folded in float32; that is the export's doing.
    assert found["cause"] == "export"
    network.stem[1] = nn.Identity()
    with torch.no_grad():
        # The sum of both is lost in float32, and is all that is left of the image.
        network.middle.bias.fill_(1e6)
        network.head.bias.fill_(-float(network.head.weight.sum()) * 1e6)
    export_to(network, tmp_path / "b.onnx")
    found = deviation(network, tmp_path / "b.onnx", tolerance=1e-8)
    assert found["cause"] == "runtime"
    assert found["node"]["name"] == "/network/stem/stem.0/Conv"
    loose = deviation(network, tmp_path / "b.onnx", tolerance=1e-4)
    assert loose["node"]["name"].startswith("/network/head")


@pytest.mark.parametrize(("module", "after"), [("middle", "stem"), ("head", "middle")])
def test_the_first_module_that_is_exported_wrongly(module: str, after: str, network: Net, tmp_path: Path):
    right = deepcopy(network)
    with torch.no_grad():
        network.get_submodule(module).weight[0, 0, 0, 0] += 0.01
    export_to(network, tmp_path / "a.onnx")
    found = deviation(right, tmp_path / "a.onnx")
    assert found["cause"] == "export"
    assert found["module"]["name"] == module
    assert found["module"]["after"] == after
    assert f"/network/{module}/Conv" in found["module"]["nodes"]


def test_what_happens_to_the_outputs_is_no_modules(network: Net, tmp_path: Path):
    model = export_to(network, tmp_path / "a.onnx")
    shift = numpy_helper.from_array(np.float32(0.01), "shift")
    model.graph.initializer.append(shift)
    sigmoid = next(node for node in model.graph.node if node.op_type == "Sigmoid")
    model.graph.node.insert(
        list(model.graph.node).index(sigmoid),
        onnx.helper.make_node("Add", [sigmoid.input[0], "shift"], ["moved"], "add"),
    )
    sigmoid = next(node for node in model.graph.node if node.op_type == "Sigmoid")
    sigmoid.input[0] = "moved"
    onnx.save(model, tmp_path / "a.onnx")
    found = deviation(network, tmp_path / "a.onnx")
    assert (found["cause"], found["module"]) == ("export", None)
