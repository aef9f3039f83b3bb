from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from conftest import TINY, trained_like
from naive_objectformer import NaiveObjectFormer

from ofx.networks.objectformer import (
    Attention,
    ObjectFormer,
    ObjectFormerConfig,
    RelativePositions,
    config_from_state,
    from_windows,
    to_windows,
)


def test_published_size_has_the_published_tensors():
    with torch.device("meta"):
        network = ObjectFormer(ObjectFormerConfig())
    state = network.state_dict()
    assert len(state) == 427
    assert sum(parameter.numel() for parameter in network.parameters()) == 34_413_204
    # One of each kind, from the description of the published network.
    shapes = {
        "conv1.weight": (64, 3, 7, 7),
        "norm1.running_var": (64,),
        "obj_queries": (1, 64, 64),
        "layer_0.rpn_qpos": (1, 64, 1, 96),
        "layer_0.rpn_kpos": (1, 64, 1, 32),
        "layer_1.proj.to_token.weight": (96, 1, 3, 3),
        "layer_1.proj.to_token.bias": (96,),
        "layer_1.proj.proj.weight": (192, 96),
        "layer_1.proj_norm.weight": (192,),
        "layer_1.proj_token.1.weight": (192, 96),
        "layer_1.proj_token.2.bias": (192,),
        "layer_2.blocks.2.encoder.enc_attn.norm_v.weight": (384,),
        "layer_2.blocks.2.encoder.enc_attn.to_k.weight": (384, 384),
        "layer_2.blocks.2.encoder.reason.linear.weight": (64, 64, 1),
        "layer_2.blocks.2.encoder.enc_ffn.fc1.weight": (384, 384),
        "layer_2.blocks.2.decoder.attn1.proj.bias": (384,),
        "layer_2.blocks.2.decoder.rel_pos.rel_emb_h": (13, 16),
        "layer_0.blocks.0.decoder.rel_pos.rel_emb_w": (15, 16),
        "layer_3.blocks.0.decoder.ffn2.fc2.weight": (768, 2304),
        "layer_3.last_enc.reason.norm.weight": (768,),
        "localizer_2.deconv1.conv.weight": (384, 384, 3, 3),
        "localizer_2.conv1.0.weight": (192, 384, 3, 3),
        "localizer_2.deconv2.conv.bias": (192,),
        "localizer_2.conv2.1.weight": (1, 192, 3, 3),
        "last_fc.weight": (1, 768),
    }
    assert {key: tuple(state[key].shape) for key in shapes} == shapes
    # Equal numbers of parts need no tensor to be brought from one to the other.
    assert not any(".proj_token.0." in key for key in state)
    assert not any("last_enc.enc_ffn" in key or "layer_0.last_enc" in key for key in state)


@pytest.mark.parametrize("has_classifier", [True, False])
def test_agrees_with_the_naive_network(has_classifier: bool):
    torch.manual_seed(1)
    network = trained_like(ObjectFormer(replace(TINY, has_classifier=has_classifier))).double()
    images = torch.randn(2, 3, 36, 36, dtype=torch.float64)
    naive = NaiveObjectFormer(network.state_dict(), network.config)
    with torch.no_grad():
        scores, masks = network.forward_all(images)
        for index, image in enumerate(images):
            naive_score, naive_masks = naive(image)
            torch.testing.assert_close(scores[index], naive_score, rtol=0, atol=1e-10)
            for mask, naive_mask in zip(masks, naive_masks, strict=True):
                torch.testing.assert_close(mask[index, 0], naive_mask, rtol=0, atol=1e-10)
    assert scores.std() > 0, "two images of one score would show nothing"


def test_float32_agrees_with_the_naive_network(tiny: ObjectFormer):
    torch.manual_seed(2)
    image = torch.randn(3, 40, 40)
    naive_score, naive_masks = NaiveObjectFormer(tiny.state_dict(), tiny.config)(image)
    with torch.no_grad():
        score, mask = tiny(image[None])
    torch.testing.assert_close(score[0], naive_score, rtol=0, atol=1e-6)
    torch.testing.assert_close(mask[0, 0].sigmoid(), naive_masks[-1].sigmoid(), rtol=0, atol=1e-6)


def test_forward_gives_the_last_mask_only(tiny: ObjectFormer):
    images = torch.randn(2, 3, 48, 48, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        score, mask = tiny(images)
        every_score, every_mask = tiny.forward_all(images)
    assert score.shape == (2,)
    assert mask.shape == (2, 1, 48, 48)
    assert len(every_mask) == 3
    assert torch.equal(mask, every_mask[-1])
    assert torch.equal(score, every_score)
    assert not torch.allclose(mask, every_mask[0], atol=1e-3)


def test_without_a_classifier_the_score_is_the_largest_value_of_the_mask():
    network = trained_like(ObjectFormer(replace(TINY, has_classifier=False)))
    assert not any(key.startswith("last_fc") for key in network.state_dict())
    with torch.no_grad():
        score, mask = network(torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(4)))
    assert torch.equal(score, mask.flatten(1).max(dim=1).values)


def test_relative_positions_by_hand():
    """A window of 2 x 2 and heads 2 wide: q = (1, 10), so that rows add units and columns add tens."""
    relative = RelativePositions(window=2, head_width=2)
    with torch.no_grad():
        relative.rel_emb_h.copy_(torch.tensor([[1.0], [2.0], [3.0]]))  # a key one row above, in the row, one below
        relative.rel_emb_w.copy_(torch.tensor([[5.0], [6.0], [7.0]]))  # one column to the left, in it, to the right
    logits = relative(torch.tensor([1.0, 10.0]).expand(1, 1, 4, 2))
    expected = [
        # key: top left, top right, bottom left, bottom right
        [2 + 60, 2 + 70, 3 + 60, 3 + 70],  # query top left
        [2 + 50, 2 + 60, 3 + 50, 3 + 60],  # query top right
        [1 + 60, 1 + 70, 2 + 60, 2 + 70],  # query bottom left
        [1 + 50, 1 + 60, 2 + 50, 2 + 60],  # query bottom right
    ]
    assert logits[0, 0].tolist() == expected


def test_windows_are_padded_at_the_right_and_bottom():
    grid = torch.arange(1.0, 7.0).view(1, 2, 3, 1)  # 1 2 3 / 4 5 6
    windows = to_windows(grid, 2)
    assert windows.squeeze(-1).tolist() == [[[1, 2, 4, 5], [3, 0, 6, 0]]]
    assert torch.equal(from_windows(windows, 2, 2, 3), grid)


def test_windows_run_row_by_row():
    grid = torch.arange(16.0).view(1, 4, 4, 1)
    windows = to_windows(grid, 2)
    assert windows.squeeze(-1).tolist() == [[[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]]
    assert torch.equal(from_windows(windows, 2, 4, 4), grid)


def test_positions_are_added_before_the_norm():
    """A position that is the same for all channels vanishes in the LayerNorm; added after it, it would not."""
    torch.manual_seed(5)
    attention = Attention(channels=8, heads=2)
    parts, tokens = torch.randn(1, 3, 8), torch.randn(1, 5, 8)
    shifted = attention(parts, tokens, query_position=torch.full((1, 3, 1, 4), 7.0))
    torch.testing.assert_close(shifted, attention(parts, tokens), rtol=0, atol=1e-5)
    uneven = torch.tensor([0.0, 1.0, 2.0, 3.0]).expand(1, 3, 1, 4)
    assert not torch.allclose(attention(parts, tokens, query_position=uneven), attention(parts, tokens), atol=1e-4)


@pytest.mark.parametrize("config", [TINY, ObjectFormerConfig()], ids=["tiny", "published"])
def test_configuration_is_read_from_the_shapes(config: ObjectFormerConfig):
    with torch.device("meta"):
        state = ObjectFormer(config).state_dict()
    assert config_from_state(state) == config
    assert config_from_state(state, strides=[1, 1, 2, 2]) == replace(config, strides=(1, 1, 2, 2))
