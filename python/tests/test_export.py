from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from conftest import TINY, trained_like

from ofx.errors import SizeError
from ofx.export import OPSET, check_size, export_onnx, in_double_precision, reference_outputs
from ofx.networks import ARCHITECTURES
from ofx.networks.objectformer import ObjectFormer
from ofx.networks.objectformer_arranged import arrange
from ofx.networks.objectformer_lite import ObjectFormerLite


@pytest.mark.parametrize("arranged", [True, False])
@pytest.mark.parametrize("has_classifier", [True, False])
def test_onnx_agrees_with_pytorch(arranged: bool, has_classifier: bool, tmp_path: Path):
    torch.manual_seed(0)
    network = trained_like(ObjectFormer(replace(TINY, has_classifier=has_classifier)))
    path = tmp_path / "network.onnx"
    export_onnx(arrange(network, 68) if arranged else network, 68, path)
    images = torch.randn(3, 3, 68, 68)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for image in images:
        expected_score, expected_mask = reference_outputs(network, image[None])
        score, mask = session.run(["score", "mask"], {"image": image[None].numpy()})
        np.testing.assert_allclose(score, expected_score.numpy(), rtol=0, atol=5e-6)
        np.testing.assert_allclose(mask, expected_mask.numpy(), rtol=0, atol=5e-6)
        assert expected_mask.std() > 0.001, "a flat mask would agree with anything flat"


def test_onnx_has_what_inference_uses_and_no_more(tiny: ObjectFormer, tmp_path: Path):
    path = tmp_path / "network.onnx"
    export_onnx(arrange(tiny, 64), 64, path)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [opset.version for opset in model.opset_import] == [OPSET]
    shapes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in [*model.graph.input, *model.graph.output]
    }
    assert shapes == {"image": [1, 3, 64, 64], "score": [1], "mask": [1, 1, 64, 64]}
    operators = {node.op_type for node in model.graph.node}
    assert not operators & {"Einsum", "If", "Loop", "Shape", "NonZero"}, "sizes are fixed, and products are MatMul"
    # Of the auxiliary heads' weights nothing is left: the file is hardly larger than what inference reads.
    auxiliary = sum(parameter.numel() for name, parameter in tiny.named_parameters() if "localizer_0" in name)
    assert auxiliary > 1000
    stored = sum(int(np.prod(tensor.dims)) for tensor in model.graph.initializer)
    assert stored < 1.6 * sum(parameter.numel() for parameter in tiny.parameters())


def test_reference_outputs_are_a_logit_and_probabilities(tiny: ObjectFormer):
    image = torch.randn(1, 3, 40, 40, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        logit, mask = tiny(image)
    score, probabilities = reference_outputs(tiny, image)
    assert torch.equal(score, logit)
    assert torch.equal(probabilities, mask.sigmoid())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_truth_is_computed_in_float64_from_end_to_end(name: str):
    torch.manual_seed(0)
    network = trained_like(ARCHITECTURES[name].build(vars(TINY) if name == "objectformer" else {}))
    double = in_double_precision(network)
    image = torch.randn(1, 3, 96, 96)
    for truth, ours in zip(reference_outputs(double, image.double()), reference_outputs(network, image), strict=True):
        assert truth.dtype == torch.float64
        assert ours.dtype == torch.float32
        assert 0 < (truth - ours).abs().max() < 1e-3, "as near as rounding takes float32, and not the same"
    assert all(parameter.dtype == torch.float32 for parameter in network.parameters()), "the original stays"


def test_a_size_that_the_network_cannot_take_is_told(tiny: ObjectFormer):
    check_size(tiny, 1)
    with pytest.raises(SizeError, match=r"^The network cannot take images of 8 x 8: .*\.$"):
        check_size(torch.nn.Conv2d(3, 1, 11), 8)


@pytest.mark.parametrize("precise", [True, False])
def test_one_file_takes_every_free_shape(precise: bool, tmp_path: Path):
    torch.manual_seed(0)
    config = {"width": 32, "prototypes": 4, "blocks": 1, "heads": 2, "descriptor": 16}
    network = trained_like(ObjectFormerLite(**config))
    path = tmp_path / "free.onnx"
    export_onnx(network, 128, path, free=True)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    sides = {
        value.name: [dimension.dim_param or dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in [*model.graph.input, *model.graph.output]
    }
    assert sides == {"image": [1, 3, "height", "width"], "score": [1], "mask": [1, 1, "height", "width"]}

    options = onnxruntime.SessionOptions()
    if precise:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    for height, width in [(128, 128), (96, 96), (96, 320), (256, 384), (304, 464), (112, 144)]:
        image = torch.randn(1, 3, height, width)
        expected_score, expected_mask = reference_outputs(network, image)
        score, mask = session.run(["score", "mask"], {"image": image.numpy()})
        assert mask.shape == (1, 1, height, width)
        np.testing.assert_allclose(score, expected_score.numpy(), rtol=0, atol=5e-6)
        np.testing.assert_allclose(mask, expected_mask.numpy(), rtol=0, atol=5e-6)
        assert expected_mask.std() > 0.001, "a flat mask would agree with anything flat"
