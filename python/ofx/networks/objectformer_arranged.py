"""ObjectFormer arranged for inference: the same function of one image of one size, with less work.

Nothing here is an approximation; in float64 both networks agree to 1e-10. What changes is when things are computed:

- Tokens are a matrix (T, C), in an order of their own: windows are a matter of which rows meet in an attention.
- Until the first attention within windows, all padding tokens are one and the same vector. They are one row that counts
  as many. After the last such attention of a stage that gives a map, they are dropped.
- A LayerNorm's weight and bias go into the linear map behind it, so that the norms that q, k and v have of the same
  tokens are one. Of k's bias only something stays that is the same for all keys, which softmax ignores; v's bias passes
  through the attention unchanged, into the bias of `proj`. The scale goes into q.
- The relative term is two matrix products with constants.
- A bilinear upsampling followed by a 3x3 convolution is first nine 1x1 convolutions at the low resolution, a quarter of
  the work, and then a sum over rows and a sum over columns, each a product with a constant matrix.

Letters as in `objectformer`; T tokens, and n windows of p x p of them.
"""

from __future__ import annotations

import math
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ofx.networks.objectformer import (
    LEAKY_SLOPE,
    NORM_EPS,
    Attention,
    Block,
    Encoder,
    FeedForward,
    MaskHead,
    ObjectFormer,
    RelativePositions,
    Stage,
)


def arrange(network: ObjectFormer, side: int) -> ArrangedObjectFormer:
    """The network for one image (1, 3, side, side); it shares no tensor with the original."""
    with torch.no_grad():
        return ArrangedObjectFormer(deepcopy(network), side).eval()


def normalise(x: Tensor) -> Tensor:
    """LayerNorm without its weight and bias."""
    return F.layer_norm(x, x.shape[-1:], eps=NORM_EPS)


class Affine(nn.Module):
    """x @ weight + bias, with a LayerNorm's weight and bias folded in where one comes before."""

    def __init__(self, linear: nn.Linear, norm: nn.LayerNorm | None = None, scale: float = 1.0) -> None:
        super().__init__()
        weight = linear.weight.T
        bias = torch.zeros_like(weight[0]) if linear.bias is None else linear.bias
        if norm is not None:
            bias = bias + norm.bias @ weight
            weight = norm.weight[:, None] * weight
        self.register_buffer("weight", (scale * weight).contiguous())
        self.register_buffer("bias", scale * bias)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight + self.bias


class Product(nn.Module):
    """x @ weight, without the bias."""

    def __init__(self, affine: Affine) -> None:
        super().__init__()
        self.register_buffer("weight", affine.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight


class ArrangedFeedForward(nn.Module):
    def __init__(self, original: FeedForward) -> None:
        super().__init__()
        self.fc1 = Affine(original.fc1, original.norm)
        self.fc2 = Affine(original.fc2)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fc2(F.gelu(self.fc1(normalise(x))))


class ArrangedAttention(nn.Module):
    """The linear maps of an attention; its inputs come normalised, and its output is projected by `proj`."""

    def __init__(self, original: Attention) -> None:
        super().__init__()
        self.heads, self.channels = original.heads, original.proj.out_features
        self.to_q = Affine(original.to_q, original.norm_q, original.scale)
        # q · k_bias is the same for all keys.
        self.to_k = Product(Affine(original.to_k, original.norm_k))
        value = Affine(original.to_v, original.norm_v)
        self.to_v = Product(value)
        self.proj = Affine(original.proj)
        # The weights of an attention sum to 1.
        self.proj.bias = self.proj.bias + value.bias @ self.proj.weight

    def split(self, x: Tensor) -> Tensor:
        """(T, C) to (T, g, d)."""
        return x.reshape(-1, self.heads, self.channels // self.heads)

    def join(self, x: Tensor) -> Tensor:
        """(g, T, d) to (T, C)."""
        return x.transpose(0, 1).reshape(-1, self.channels)


def read(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
    """Attention of q (Tq, g, d) to k, v (Tk, g, d), with a bias (Tk) on the logits; returns (g, Tq, d)."""
    logits = q.transpose(0, 1) @ k.permute(1, 2, 0)
    if bias is not None:
        logits = logits + bias
    return logits.softmax(dim=-1) @ v.transpose(0, 1)


class ArrangedEncoder(nn.Module):
    def __init__(self, original: Encoder, position: Tensor) -> None:
        super().__init__()
        self.attention = ArrangedAttention(original.enc_attn)
        self.register_buffer("position", spread(position, self.attention.heads))
        self.norm = original.reason.norm
        self.register_buffer("mix", original.reason.linear.weight[:, :, 0])
        self.feed_forward = None if original.enc_ffn is None else ArrangedFeedForward(original.enc_ffn)

    def forward(self, parts: Tensor, tokens: Tensor, log_counts: Tensor | None) -> Tensor:
        """Parts (N, C) and normalised tokens (T, C), each of which counts exp(log_counts) times."""
        attention = self.attention
        q = attention.split(attention.to_q(normalise(parts + self.position)))
        k = attention.split(attention.to_k(tokens))
        v = attention.split(attention.to_v(tokens))
        parts = parts + attention.proj(attention.join(read(q, k, v, log_counts)))
        parts = parts + self.mix @ self.norm(parts)
        return parts if self.feed_forward is None else self.feed_forward(parts)


class PartsAttention(nn.Module):
    """The image reads the parts."""

    def __init__(self, original: Attention, position: Tensor) -> None:
        super().__init__()
        self.attention = ArrangedAttention(original)
        self.register_buffer("position", spread(position, original.heads))

    def forward(self, tokens: Tensor, parts: Tensor) -> Tensor:
        """Normalised tokens (T, C) and parts (N, C); returns what is added to the tokens."""
        attention = self.attention
        q = attention.split(attention.to_q(tokens))
        k = attention.split(attention.to_k(normalise(parts + self.position)))
        v = attention.split(attention.to_v(normalise(parts)))
        return attention.proj(attention.join(read(q, k, v)))


class WindowAttention(nn.Module):
    """Every window reads itself. Tokens come ordered by position in the window first, and by window second.

    In that order all queries of one position are neighbours, so that their relative terms are one matrix product.
    """

    def __init__(self, original: Attention, relative: RelativePositions) -> None:
        super().__init__()
        self.attention = ArrangedAttention(original)
        self.positions = relative.window**2
        self.register_buffer("offsets", relative_table(relative))
        self.register_buffer("places", place_table(relative.window).to(self.offsets))

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Mapped tokens (p·p·n, C) each, q scaled; returns (p·p·n, C), not projected yet."""
        heads, channels, positions = self.attention.heads, self.attention.channels, self.positions
        width = channels // heads
        relative = q.reshape(positions, -1, width) @ self.offsets
        relative = relative.reshape(positions, -1, heads, self.offsets.shape[2])
        q, k, v = (x.reshape(positions, -1, heads, width) for x in (q, k, v))
        logits = q.permute(1, 2, 0, 3) @ k.permute(1, 2, 3, 0) + relative.permute(1, 2, 0, 3) @ self.places
        out = logits.softmax(dim=-1) @ v.permute(1, 2, 0, 3)
        return out.permute(2, 0, 1, 3).reshape(-1, channels)


class ArrangedBlock(nn.Module):
    def __init__(self, original: Block, qpos: Tensor, kpos: Tensor) -> None:
        super().__init__()
        decoder = original.decoder
        self.encoder = ArrangedEncoder(original.encoder, qpos)
        self.from_parts = PartsAttention(decoder.attn1, kpos)
        self.ffn1 = ArrangedFeedForward(decoder.ffn1)
        self.from_window = WindowAttention(decoder.attn2, decoder.rel_pos)
        self.ffn2 = ArrangedFeedForward(decoder.ffn2)

    def forward(
        self, x: Tensor, parts: Tensor, log_counts: Tensor | None, into: Tensor | None, out_of: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Tokens and parts to tokens and parts.

        Args:
            x: (T, C), in the order of the windows, or in another one if `into` is given.
            parts: (N, C).
            log_counts: (T), the logarithm of how many tokens a row of x stands for.
            into: which rows of x make the windows.
            out_of: which rows of the windows are wanted; if only `into` is given, all are.
        """
        tokens = normalise(x)
        parts = self.encoder(parts, tokens, log_counts)
        x = self.ffn1(x + self.from_parts(tokens, parts))
        tokens, attention = normalise(x), self.from_window.attention
        q, k, v = attention.to_q(tokens), attention.to_k(tokens), attention.to_v(tokens)
        if into is not None:
            q, k, v = (mapped.index_select(0, into) for mapped in (q, k, v))
        seen = self.from_window(q, k, v)
        if out_of is not None:
            seen = seen.index_select(0, out_of)
            x = x.index_select(0, out_of) if into is None else x[: len(out_of)]
        elif into is not None:
            x = x.index_select(0, into)
        return self.ffn2(x + attention.proj(seen)), parts


class ArrangedStage(nn.Module):
    def __init__(self, original: Stage, height: int, width: int) -> None:
        """For a token grid of height x width."""
        super().__init__()
        self.to_token = original.proj.to_token
        self.register_buffer("project", original.proj.proj.weight.T.contiguous())
        self.norm = original.proj_norm
        mix, linear, norm = original.proj_token
        self.register_buffer("mix", mix.weight[:, :, 0] if isinstance(mix, nn.Conv1d) else None)
        self.parts_linear, self.parts_norm = Affine(linear), norm
        self.blocks = nn.ModuleList(
            ArrangedBlock(block, original.rpn_qpos, original.rpn_kpos) for block in original.blocks
        )
        last = original.last_enc
        self.last_encoder = None if last is None else ArrangedEncoder(last, original.rpn_qpos)

        into, out_of = window_order(height, width, original.window)
        padding = len(into) - height * width
        self.register_buffer("into", into)
        self.register_buffer("out_of", out_of)
        counts = torch.zeros(height * width + 1, dtype=torch.float64)
        counts[-1] = math.log(max(padding, 1))
        self.register_buffer("log_counts", counts.to(self.project) if padding else None)

    def forward(self, x: Tensor, parts: Tensor) -> tuple[Tensor, Tensor]:
        """A map (1, Cin, H, W) and parts (N, Cin) to tokens (H'·W', C), row-major, and parts.

        The last stage's tokens are all tokens of its windows, in their order.
        """
        x = self.norm(self.to_token(x).reshape(len(self.project), -1).T @ self.project)
        if self.log_counts is not None:
            # All padding tokens are this one row, until they meet their windows.
            x = torch.cat([x, torch.zeros_like(x[:1])])
        parts = self.parts_norm(self.parts_linear(parts if self.mix is None else self.mix @ parts))
        log_counts, into = self.log_counts, self.into
        for index, block in enumerate(self.blocks):
            is_end = index == len(self.blocks) - 1 and self.last_encoder is None
            x, parts = block(x, parts, log_counts, into, self.out_of if is_end else None)
            log_counts = into = None
        if self.last_encoder is not None:
            parts = self.last_encoder(parts, normalise(x), None)
        return x, parts


class ArrangedUpsampledConv(nn.Module):
    """Bilinear upsampling, then a 3x3 convolution with padding 1; or the other way round, with `conv_first`."""

    def __init__(self, conv: nn.Conv2d, rows: Tensor, columns: Tensor) -> None:
        """`rows` (H', 3, H) and `columns` (W', 3, W): how much of a source row or column each tap sees."""
        super().__init__()
        self.register_buffer("rows", rows.flatten(1))
        self.register_buffer("columns", columns.transpose(1, 2).flatten(1))
        # (Cout, Cin, 3, 3) to one matrix (Cin, 3·Cout) for each of the three rows of the kernel.
        self.register_buffer("taps", conv.weight.permute(2, 1, 3, 0).flatten(2).contiguous())
        self.register_buffer("bias", conv.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (H·W, Cin), row-major, to (H'·W', Cout)."""
        taps, channels = self.taps, len(self.bias)
        width = self.columns.shape[1] // 3
        seen = (x @ taps).reshape(self.rows.shape[1], width * 3 * channels)
        seen = (self.rows @ seen).reshape(-1, 3 * width, channels)
        return (self.columns @ seen).reshape(-1, channels) + self.bias


class ArrangedMaskHead(nn.Module):
    def __init__(self, original: MaskHead, height: int, width: int, side: int) -> None:
        super().__init__()
        self.height, self.width, self.side = height, width, side
        dtype = original.deconv1.conv.weight.dtype
        taps1 = [upsampled_taps(length, 2 * length, dtype) for length in (height, width)]
        taps2 = [upsampled_taps(2 * length, 4 * length, dtype) for length in (height, width)]
        self.upsample1 = ArrangedUpsampledConv(original.deconv1.conv, *taps1)
        self.conv = original.conv1[0]
        self.upsample2 = ArrangedUpsampledConv(original.deconv2.conv, *taps2)
        final = [taps_upsampled(4 * length, side, dtype) for length in (height, width)]
        self.final = original.conv2[1]
        conv = original.conv2[1]
        self.register_buffer("taps", conv.weight[0].permute(1, 0, 2).contiguous())
        self.register_buffer("bias", conv.bias)
        self.register_buffer("rows", final[0].flatten(1))
        self.register_buffer("columns", final[1].transpose(1, 2).flatten(1).T.contiguous())

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (H·W, C), row-major, to mask logits (1, 1, S, S)."""
        x = F.leaky_relu(self.upsample1(x), LEAKY_SLOPE)
        x = self.conv(x.T.reshape(1, -1, 2 * self.height, 2 * self.width))
        x = F.leaky_relu(x, LEAKY_SLOPE).reshape(self.conv.out_channels, -1).T
        # Two LeakyReLUs in a row are one.
        x = F.leaky_relu(self.upsample2(x), LEAKY_SLOPE**2)
        seen = (x @ self.taps).reshape(3 * 4 * self.height, 4 * self.width * 3)
        mask = self.rows @ seen @ self.columns + self.bias
        return mask.reshape(1, 1, self.side, self.side)


class ArrangedObjectFormer(nn.Module):
    def __init__(self, network: ObjectFormer, side: int) -> None:
        super().__init__()
        config = network.config
        self.stem = nn.Sequential(network.conv1, network.norm1)
        self.register_buffer("queries", network.obj_queries[0])
        self.stages = nn.ModuleList()
        height = shrink(shrink(side, 2), 2)
        for index, stride in enumerate(config.strides):
            height = shrink(height, stride)
            self.stages.append(ArrangedStage(network.get_submodule(f"layer_{index}"), height, height))
            if index == config.stages - 2:
                head = network.get_submodule(f"localizer_{index}")
                self.mask_head = ArrangedMaskHead(head, height, height, side)
        self.heights = grid_sides(side, config.strides)
        self.classifier = None if network.last_fc is None else Affine(network.last_fc)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """One image (1, 3, S, S) to a score logit (1,) and mask logits (1, 1, S, S)."""
        x = F.max_pool2d(F.gelu(self.stem(image)), 3, stride=2, padding=1)
        parts = self.queries
        for index, stage in enumerate(self.stages):
            tokens, parts = stage(x, parts)
            if index < len(self.stages) - 1:
                x = tokens.T.reshape(1, -1, self.heights[index], self.heights[index])
            if index == len(self.stages) - 2:
                mask = self.mask_head(tokens)
        if self.classifier is None:
            return mask.amax(dim=(1, 2, 3)), mask
        return self.classifier(F.gelu(parts).mean(dim=0)), mask


def shrink(length: int, stride: int) -> int:
    """What a 3x3 (or 7x7) convolution with padding 1 (or 3) and a stride makes of a side."""
    return (length - 1) // stride + 1


def grid_sides(side: int, strides: tuple[int, ...]) -> list[int]:
    """The side of every stage's token grid."""
    sides, length = [], shrink(shrink(side, 2), 2)
    for stride in strides:
        length = shrink(length, stride)
        sides.append(length)
    return sides


def spread(position: Tensor, heads: int) -> Tensor:
    """A position (1, N, 1, d), the same for every head, to (N, C)."""
    return position[0].expand(-1, heads, -1).flatten(1)


def window_order(height: int, width: int, p: int) -> tuple[Tensor, Tensor]:
    """Which tokens make the windows, and where the windows' tokens belong.

    Returns:
        into: (p·p·n), ordered by position in the window, then by window: the index of the token in the row-major grid,
            or height · width, the index after the last, for padding.
        out_of: (height · width), where in that order each token of the grid is.
    """
    rows, columns = -(-height // p), -(-width // p)
    index = torch.full((rows * p, columns * p), height * width)
    index[:height, :width] = torch.arange(height * width).view(height, width)
    into = index.view(rows, p, columns, p).permute(1, 3, 0, 2).flatten()
    out_of = torch.empty(height * width, dtype=torch.long)
    is_token = into < height * width
    out_of[into[is_token]] = torch.nonzero(is_token)[:, 0]
    return into, out_of


def relative_table(relative: RelativePositions) -> Tensor:
    """(p·p, d, 2p): for a query position, what its vector is multiplied with for each key row and each key column."""
    p = relative.window
    rows, columns = (table.transpose(1, 2) for table in relative.tables())  # (query index, d/2, key index)
    half = rows.shape[1]
    table = rows.new_zeros(p, p, 2 * half, 2 * p)
    table[:, :, :half, :p] = rows[:, None]
    table[:, :, half:, p:] = columns[None, :]
    return table.flatten(0, 1)


def place_table(p: int) -> Tensor:
    """(2p, p·p): in which row and in which column each key is."""
    row = torch.eye(p).repeat_interleave(p, dim=1)
    column = torch.eye(p).repeat(1, p)
    return torch.cat([row, column])


def interpolation(source: int, target: int, dtype: torch.dtype) -> Tensor:
    """(target, source): linear interpolation of one axis with align_corners=True.

    The weights are PyTorch's own, rounded as they are: in float32 a position has an error of up to 4e-6 of a pixel,
    which at the edges of a mask shows in the fifth digit.
    """
    impulses = torch.eye(source, dtype=dtype)[None]
    return F.interpolate(impulses, size=target, mode="linear", align_corners=True)[0].T


def upsampled_taps(source: int, target: int, dtype: torch.dtype) -> Tensor:
    """(target, 3, source): what the taps of a convolution with padding 1 see of an axis upsampled before."""
    return F.pad(interpolation(source, target, dtype), (0, 0, 1, 1)).unfold(0, 3, 1).transpose(1, 2)


def taps_upsampled(source: int, target: int, dtype: torch.dtype) -> Tensor:
    """(target, 3, source): what an axis upsampled after a convolution with padding 1 sees through its taps."""
    padded = F.pad(interpolation(source, target, dtype), (1, 1))
    return torch.stack([padded[:, 2 - tap : source + 2 - tap] for tap in range(3)], dim=1)
