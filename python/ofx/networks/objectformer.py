"""ObjectFormer: object parts that read an image, and an image that reads its object parts.

J. Wang et al., "ObjectFormer for Image Manipulation Detection and Localization", CVPR 2022.

Names and shapes of all tensors are those of the published network, so that its checkpoints load with
``strict=True``. Letters in shapes: B batch, S input side, C channels of a stage, N object parts, H and W
sides of a token grid, n windows, p window side, g attention heads, d = C / g.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ofx.errors import CheckpointError

NAME = "objectformer"
# Every LayerNorm and BatchNorm of the published network; 1e-6 would move masks by 2e-3.
NORM_EPS = 1e-5
LEAKY_SLOPE = 0.2
# Hidden width of the decoder's feed-forward networks, in channels of the stage.
DECODER_EXPANSION = 3
PUBLISHED_STRIDES = (1, 2, 2, 2)


@dataclass(frozen=True)
class ObjectFormerConfig:
    """What it takes to build the network; the defaults are the published size. Tuples have one entry a stage."""

    stem_channels: int = 64
    blocks: tuple[int, ...] = (1, 1, 3, 1)
    channels: tuple[int, ...] = (96, 192, 384, 768)
    strides: tuple[int, ...] = PUBLISHED_STRIDES
    decoder_heads: tuple[int, ...] = (3, 6, 12, 24)
    encoder_heads: tuple[int, ...] = (1, 3, 6, 12)
    parts: tuple[int, ...] = (64, 64, 64, 64)
    window_sides: tuple[int, ...] = (8, 7, 7, 7)
    query_parts: int = 64
    has_classifier: bool = True

    @property
    def stages(self) -> int:
        return len(self.channels)


class Attention(nn.Module):
    """Multi-head attention that normalises its three inputs itself.

    An optional position, (1, N, 1, d), is added to every head's slice of the query or the key BEFORE the norm.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.scale = (channels // heads) ** -0.5
        self.norm_q = nn.LayerNorm(channels, eps=NORM_EPS)
        self.norm_k = nn.LayerNorm(channels, eps=NORM_EPS)
        self.norm_v = nn.LayerNorm(channels, eps=NORM_EPS)
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k = nn.Linear(channels, channels, bias=False)
        self.to_v = nn.Linear(channels, channels, bias=False)
        self.proj = nn.Linear(channels, channels)

    def forward(
        self,
        query: Tensor,
        memory: Tensor,
        query_position: Tensor | None = None,
        key_position: Tensor | None = None,
        relative: RelativePositions | None = None,
    ) -> Tensor:
        """(B, Nq, C) reads (B, Nk, C), which serves as key and value; returns (B, Nq, C)."""
        q = self._heads(self.to_q(self.norm_q(self._add_position(query, query_position)))) * self.scale
        k = self._heads(self.to_k(self.norm_k(self._add_position(memory, key_position))))
        v = self._heads(self.to_v(self.norm_v(memory)))
        logits = q @ k.transpose(-2, -1)
        if relative is not None:
            # Linear in q, so that the scale may be in q already: (q·k + r(q)) · s = (q·s)·k + r(q·s).
            logits = logits + relative(q)
        read = logits.softmax(dim=-1) @ v
        return self.proj(read.transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        """(B, N, C) to (B, g, N, d)."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def _add_position(self, x: Tensor, position: Tensor | None) -> Tensor:
        if position is None:
            return x
        return (x.unflatten(2, (self.heads, -1)) + position).flatten(2)


class RelativePositions(nn.Module):
    """What a query adds to its logits by how far, in rows and in columns, a key of the same window is."""

    def __init__(self, window: int, head_width: int) -> None:
        super().__init__()
        self.window = window
        self.rel_emb_h = nn.Parameter(torch.empty(2 * window - 1, head_width // 2))
        self.rel_emb_w = nn.Parameter(torch.empty(2 * window - 1, head_width // 2))

    def forward(self, q: Tensor) -> Tensor:
        """Queries (B, g, p·p, d), row-major in their window, to logits (B, g, p·p, p·p)."""
        p = self.window
        by_row, by_column = q.unflatten(2, (p, p)).chunk(2, dim=-1)
        rows, columns = self.tables()
        # (…, query row, query column, key row), and the same for columns with the two query axes swapped.
        row_logits = by_row @ rows.transpose(1, 2)
        column_logits = (by_column.transpose(2, 3) @ columns.transpose(1, 2)).transpose(2, 3)
        return (row_logits.unsqueeze(-1) + column_logits.unsqueeze(-2)).flatten(4).flatten(2, 3)

    def tables(self) -> tuple[Tensor, Tensor]:
        """The embeddings of rows and of columns by (query index, key index): two of (p, p, d/2)."""
        index = torch.arange(self.window, device=self.rel_emb_h.device)
        offset = index[None, :] - index[:, None] + self.window - 1
        return self.rel_emb_h[offset], self.rel_emb_w[offset]


class FeedForward(nn.Module):
    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=NORM_EPS)
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(self.norm(x))))


class Reason(nn.Module):
    """Parts exchange what they know: a residual linear map over the parts axis."""

    def __init__(self, channels: int, parts: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=NORM_EPS)
        self.linear = nn.Conv1d(parts, parts, kernel_size=1, bias=False)

    def forward(self, parts: Tensor) -> Tensor:
        return parts + self.linear(self.norm(parts))


class Encoder(nn.Module):
    """The parts read the image. A stage's `last_enc` has no feed-forward."""

    def __init__(self, channels: int, heads: int, parts: int, feed_forward: bool = True) -> None:
        super().__init__()
        self.enc_attn = Attention(channels, heads)
        self.reason = Reason(channels, parts)
        self.enc_ffn = FeedForward(channels, channels) if feed_forward else None

    def forward(self, parts: Tensor, tokens: Tensor, position: Tensor) -> Tensor:
        """Parts (B, N, C), all tokens of the image (B, n·p·p, C), position (1, N, 1, d); returns (B, N, C)."""
        parts = parts + self.enc_attn(parts, tokens, query_position=position)
        parts = self.reason(parts)
        return parts if self.enc_ffn is None else parts + self.enc_ffn(parts)


class Decoder(nn.Module):
    """The image reads the parts, then every window itself."""

    def __init__(self, channels: int, heads: int, window: int) -> None:
        super().__init__()
        hidden = DECODER_EXPANSION * channels
        self.attn1 = Attention(channels, heads)
        self.ffn1 = FeedForward(channels, hidden)
        self.attn2 = Attention(channels, heads)
        self.rel_pos = RelativePositions(window, channels // heads)
        self.ffn2 = FeedForward(channels, hidden)

    def forward(self, tokens: Tensor, parts: Tensor, position: Tensor) -> Tensor:
        """Tokens (B, n, p·p, C), parts (B, N, C), position (1, N, 1, d); returns tokens."""
        x = tokens.flatten(1, 2)
        x = x + self.attn1(x, parts, key_position=position)
        x = x + self.ffn1(x)
        windows = x.view_as(tokens).flatten(0, 1)
        windows = windows + self.attn2(windows, windows, relative=self.rel_pos)
        windows = windows + self.ffn2(windows)
        return windows.view_as(tokens)


class Block(nn.Module):
    def __init__(self, channels: int, encoder_heads: int, decoder_heads: int, parts: int, window: int) -> None:
        super().__init__()
        self.encoder = Encoder(channels, encoder_heads, parts)
        self.decoder = Decoder(channels, decoder_heads, window)

    def forward(self, tokens: Tensor, parts: Tensor, qpos: Tensor, kpos: Tensor) -> tuple[Tensor, Tensor]:
        parts = self.encoder(parts, tokens.flatten(1, 2), qpos)
        return self.decoder(tokens, parts, kpos), parts


class PatchEmbedding(nn.Module):
    """A map to the token grid of the next stage: depthwise convolution, then a linear map of every token."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.to_token = nn.Conv2d(in_channels, in_channels, 3, stride=stride, padding=1, groups=in_channels)
        self.proj = nn.Linear(in_channels, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, Cin, H, W) to (B, H', W', C)."""
        return self.proj(self.to_token(x).permute(0, 2, 3, 1))


class Stage(nn.Module):
    def __init__(self, config: ObjectFormerConfig, index: int) -> None:
        super().__init__()
        channels, parts = config.channels[index], config.parts[index]
        in_channels = config.channels[index - 1] if index else config.stem_channels
        in_parts = config.parts[index - 1] if index else config.query_parts
        encoder_heads, decoder_heads = config.encoder_heads[index], config.decoder_heads[index]
        self.window = config.window_sides[index]
        self.rpn_qpos = nn.Parameter(torch.empty(1, parts, 1, channels // encoder_heads))
        self.rpn_kpos = nn.Parameter(torch.empty(1, parts, 1, channels // decoder_heads))
        self.proj = PatchEmbedding(in_channels, channels, config.strides[index])
        self.proj_norm = nn.LayerNorm(channels, eps=NORM_EPS)
        self.proj_token = nn.Sequential(
            nn.Conv1d(in_parts, parts, kernel_size=1, bias=False) if in_parts != parts else nn.Identity(),
            nn.Linear(in_channels, channels),
            nn.LayerNorm(channels, eps=NORM_EPS),
        )
        self.blocks = nn.ModuleList(
            Block(channels, encoder_heads, decoder_heads, parts, self.window) for _ in range(config.blocks[index])
        )
        is_last = index == config.stages - 1
        self.last_enc = Encoder(channels, encoder_heads, parts, feed_forward=False) if is_last else None

    def forward(self, x: Tensor, parts: Tensor) -> tuple[Tensor | None, Tensor]:
        """A map (B, Cin, H, W) and parts to the stage's map (B, C, H', W') and parts (B, N, C).

        The last stage has no map to give: its tokens end in the parts.
        """
        grid = self.proj_norm(self.proj(x))
        parts = self.proj_token(parts)
        tokens = to_windows(grid, self.window)
        for block in self.blocks:
            tokens, parts = block(tokens, parts, self.rpn_qpos, self.rpn_kpos)
        if self.last_enc is not None:
            return None, self.last_enc(parts, tokens.flatten(1, 2), self.rpn_qpos)
        return from_windows(tokens, self.window, grid.shape[1], grid.shape[2]).permute(0, 3, 1, 2), parts


def to_windows(grid: Tensor, p: int) -> Tensor:
    """Cuts a token grid (B, H, W, C) into windows (B, n, p·p, C), row-major; zeros fill it at the right and bottom.

    The zeros are tokens like any other from here on: there is no mask.
    """
    batch, height, width, channels = grid.shape
    grid = F.pad(grid, (0, 0, 0, (p - width % p) % p, 0, (p - height % p) % p))
    rows, columns = grid.shape[1] // p, grid.shape[2] // p
    return grid.view(batch, rows, p, columns, p, channels).transpose(2, 3).reshape(batch, -1, p * p, channels)


def from_windows(tokens: Tensor, p: int, height: int, width: int) -> Tensor:
    """The inverse of `to_windows`: (B, n, p·p, C) to the grid (B, H, W, C), without the padding."""
    batch, _, _, channels = tokens.shape
    rows, columns = (height + p - 1) // p, (width + p - 1) // p
    grid = tokens.view(batch, rows, columns, p, p, channels).transpose(2, 3)
    return grid.reshape(batch, rows * p, columns * p, channels)[:, :height, :width]


class UpsampledConv(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True))


class MaskHead(nn.Module):
    """A stage's map (B, C, H, W) to mask logits (B, 1, S, S)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.deconv1 = UpsampledConv(channels)
        self.conv1 = nn.Sequential(nn.Conv2d(channels, half, 3, padding=1), nn.LeakyReLU(LEAKY_SLOPE))
        self.deconv2 = UpsampledConv(half)
        self.conv2 = nn.Sequential(nn.LeakyReLU(LEAKY_SLOPE), nn.Conv2d(half, 1, 3, padding=1))

    def forward(self, x: Tensor, side: int) -> Tensor:
        x = self.conv1(F.leaky_relu(self.deconv1(x), LEAKY_SLOPE))
        # Two LeakyReLUs follow one another here (conv2 begins with one), as in the published network.
        x = self.conv2(F.leaky_relu(self.deconv2(x), LEAKY_SLOPE))
        return F.interpolate(x, size=(side, side), mode="bilinear", align_corners=True)


class ObjectFormer(nn.Module):
    """The whole network. `forward` computes what inference needs; `forward_all` what training needs."""

    def __init__(self, config: ObjectFormerConfig) -> None:
        super().__init__()
        self.config = config
        self.conv1 = nn.Conv2d(3, config.stem_channels, 7, stride=2, padding=3, bias=False)
        self.norm1 = nn.BatchNorm2d(config.stem_channels, eps=NORM_EPS)
        self.obj_queries = nn.Parameter(torch.empty(1, config.query_parts, config.stem_channels))
        for index in range(config.stages):
            self.add_module(f"layer_{index}", Stage(config, index))
        for index in range(config.stages - 1):
            self.add_module(f"localizer_{index}", MaskHead(config.channels[index]))
        self.last_fc = nn.Linear(config.channels[-1], 1) if config.has_classifier else None
        self._initialise()

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images (B, 3, S, S), normalised, to score logits (B,) and logits of the localisation mask (B, 1, S, S)."""
        score, masks = self._run(images, heads=[self.config.stages - 2])
        return score, masks[0]

    def forward_all(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """As `forward`, with the logits of all mask heads. Only the last is the mask, the others help to train."""
        return self._run(images, heads=range(self.config.stages - 1))

    def _run(self, images: Tensor, heads: Sequence[int]) -> tuple[Tensor, list[Tensor]]:
        x = F.max_pool2d(F.gelu(self.norm1(self.conv1(images))), 3, stride=2, padding=1)
        parts = self.obj_queries.expand(images.shape[0], -1, -1)
        masks = []
        for index in range(self.config.stages):
            x, parts = self.get_submodule(f"layer_{index}")(x, parts)
            if index in heads:
                masks.append(self.get_submodule(f"localizer_{index}")(x, images.shape[-1]))
        if self.last_fc is None:
            return masks[-1].amax(dim=(1, 2, 3)), masks
        return self.last_fc(F.gelu(parts).mean(dim=1)).squeeze(1), masks

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Conv2d | nn.Conv1d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, RelativePositions):
                nn.init.trunc_normal_(module.rel_emb_h, std=0.02)
                nn.init.trunc_normal_(module.rel_emb_w, std=0.02)
            elif isinstance(module, Stage):
                nn.init.trunc_normal_(module.rpn_qpos, std=0.02)
                nn.init.trunc_normal_(module.rpn_kpos, std=0.02)
        nn.init.trunc_normal_(self.obj_queries, std=0.02)


def build(config: Mapping[str, Any]) -> ObjectFormer:
    """The untrained network from the fields of an `ObjectFormerConfig`, with lists for tuples as in a file."""
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    return ObjectFormer(ObjectFormerConfig(**fields))


# Names that no other network has, by which a state dict of the published one is known.
ANCHORS = ("obj_queries", "layer_0.rpn_qpos")


def is_unread(key: str, config: Mapping[str, Any]) -> bool:
    """Whether only training reads a tensor: auxiliary mask heads, and the batches that a BatchNorm has counted."""
    found = re.match(r"localizer_(\d+)\.", key)
    return key.endswith(".num_batches_tracked") or (found is not None and int(found[1]) < len(config["channels"]) - 2)


def config_from_state(state: Mapping[str, Tensor], strides: Sequence[int] | None = None) -> ObjectFormerConfig:
    """The configuration that a state dict was made with, from the shapes of its tensors.

    Strides leave no trace in the shapes: without `strides`, a network of four stages has the published ones.

    Raises:
        CheckpointError: a tensor that the configuration is read from is missing or of an impossible shape.
    """
    stages = _count(state, r"layer_(\d+)\.")
    if stages < 2:
        raise CheckpointError("The checkpoint has fewer than two stages (`layer_0`, `layer_1`, …).")

    def shape(key: str, dimensions: int) -> torch.Size:
        if key not in state:
            raise CheckpointError(f"The checkpoint lacks the tensor `{key}`.")
        if state[key].dim() != dimensions or 0 in state[key].shape:
            raise CheckpointError(f"The tensor `{key}` has an impossible shape, {describe(state[key].shape)}.")
        return state[key].shape

    def heads(key: str, stage: int) -> int:
        channels, width = shape(f"layer_{stage}.proj.proj.weight", 2)[0], shape(key, 4)[3]
        if channels % width:
            raise CheckpointError(f"Side 4 of `{key}`, {width}, does not divide the stage's {channels} channels.")
        return channels // width

    if strides is None:
        if stages != len(PUBLISHED_STRIDES):
            raise CheckpointError(
                f"The network has {stages} stages; its strides can only be known from a training checkpoint's `cfg`."
            )
        strides = PUBLISHED_STRIDES
    elif len(strides) != stages:
        raise CheckpointError(f"`cfg` names {len(strides)} strides, but the weights have {stages} stages.")
    if "last_fc.weight" in state and shape("last_fc.weight", 2)[0] != 1:
        raise CheckpointError(f"The classifier gives {state['last_fc.weight'].shape[0]} numbers; a score is one.")
    for stage in range(stages):
        if shape(f"layer_{stage}.rpn_kpos", 4)[3] % 2:
            raise CheckpointError(f"The decoder's heads of `layer_{stage}` have an odd width, which cannot be halved.")

    every = range(stages)
    return ObjectFormerConfig(
        stem_channels=shape("conv1.weight", 4)[0],
        blocks=tuple(_count(state, rf"layer_{i}\.blocks\.(\d+)\.") for i in every),
        channels=tuple(shape(f"layer_{i}.proj.proj.weight", 2)[0] for i in every),
        strides=tuple(strides),
        decoder_heads=tuple(heads(f"layer_{i}.rpn_kpos", i) for i in every),
        encoder_heads=tuple(heads(f"layer_{i}.rpn_qpos", i) for i in every),
        parts=tuple(shape(f"layer_{i}.rpn_qpos", 4)[1] for i in every),
        window_sides=tuple((shape(f"layer_{i}.blocks.0.decoder.rel_pos.rel_emb_h", 2)[0] + 1) // 2 for i in every),
        query_parts=shape("obj_queries", 3)[1],
        has_classifier="last_fc.weight" in state,
    )


def describe(shape: Sequence[int]) -> str:
    """A shape as people write it, "64 x 3 x 7 x 7"."""
    return " x ".join(str(side) for side in shape) or "a single number"


def _count(state: Mapping[str, Tensor], pattern: str) -> int:
    """How many different numbers the keys have at a place. Gaps show later, as missing tensors."""
    return len({found[1] for key in state if (found := re.match(pattern, key))})
