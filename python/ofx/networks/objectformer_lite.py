"""ObjectFormer-lite: the idea of ObjectFormer at a size for CPUs.

Two streams read the photo: EfficientNet-lite0 (cut at 1/16) the RGB, a small convolutional network its high-pass
residuals. They are joined at 1/4, 1/8 and 1/16. From 1/8 a self-correlation branch looks for the twin of each cell
elsewhere in the photo, at 1/16 object prototypes attend to the patches and the patches to them, and a decoder leads
back to a mask at 1/4. The score is read off the mask and off what the network sees where the mask is high, so that the
two agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NAME = "objectformer-lite"

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

#: EfficientNet-lite0 up to 1/16: (repeats, channels, kernel, stride, expansion), after a stem of 32 channels.
LITE0_STAGES = ((1, 16, 3, 1, 1), (2, 24, 3, 2, 6), (2, 40, 5, 2, 6), (3, 80, 3, 2, 6), (3, 112, 5, 1, 6))
#: Its input is (pixel - 127) / 128; ours is normalised with ImageNet's mean and standard deviation.
LITE0_MEAN, LITE0_STD = 127 / 255, 128 / 255

#: Weights of R, G and B in luma (ITU-R BT.601), which JPEG keeps finest.
LUMA = (0.299, 0.587, 0.114)

#: Cells of the self-correlation nearer than this many cells (Chebyshev) are no twins, only neighbours.
NEIGHBOURHOOD = 2

DEFAULT_CONFIG = {"width": 192, "prototypes": 16, "blocks": 3, "heads": 6, "descriptor": 64}


def high_pass_filters() -> Tensor:
    """Three filters of the spatial rich model that forensic networks use (Fridrich, Kodovsky 2012), (3, 5, 5)."""
    second = [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 1, -2, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    square3 = [[0, 0, 0, 0, 0], [0, -1, 2, -1, 0], [0, 2, -4, 2, 0], [0, -1, 2, -1, 0], [0, 0, 0, 0, 0]]
    square5 = [[-1, 2, -2, 2, -1], [2, -6, 8, -6, 2], [-2, 8, -12, 8, -2], [2, -6, 8, -6, 2], [-1, 2, -2, 2, -1]]
    return torch.stack([torch.tensor(second) / 2.0, torch.tensor(square3) / 4.0, torch.tensor(square5) / 12.0])


def whole(x: Tensor) -> Tensor:
    """At least float32: out of the halves of mixed precision, and float64 as it is, in which ONNX files are judged."""
    return x if x.dtype == torch.float64 else x.float()


class InvertedResidual(nn.Module):
    """Block of EfficientNet-lite with its batch normalisations folded into the convolutions."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        hidden = inputs * expansion
        self.expand = nn.Conv2d(inputs, hidden, 1) if expansion != 1 else None
        self.depthwise = nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden)
        self.project = nn.Conv2d(hidden, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class RgbStream(nn.Module):
    """EfficientNet-lite0 up to 1/16. Returns maps of 24, 40 and 112 channels at 1/4, 1/8 and 1/16."""

    channels = (24, 40, 112)

    def __init__(self):
        super().__init__()
        mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
        self.register_buffer("gain", (std / LITE0_STD).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("shift", ((mean - LITE0_MEAN) / LITE0_STD).view(1, 3, 1, 1), persistent=False)
        self.stem = nn.Conv2d(3, 32, 3, 2, 1)
        stages, inputs = [], 32
        for repeats, outputs, kernel, stride, expansion in LITE0_STAGES:
            blocks = []
            for index in range(repeats):
                blocks.append(InvertedResidual(inputs, outputs, kernel, stride if index == 0 else 1, expansion))
                inputs = outputs
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        half = self.stages[0](F.relu6(self.stem(x * self.gain + self.shift)))
        quarter = self.stages[1](half)
        eighth = self.stages[2](quarter)
        # In bfloat16 depthwise convolutions are fast on CPUs, but their gradient is slow.
        learns = any(parameter.requires_grad for parameter in self.stages[3:].parameters())
        with torch.autocast("cpu", enabled=torch.is_autocast_enabled("cpu") and not learns):
            sixteenth = self.stages[4](self.stages[3](whole(eighth)))
        return [quarter, eighth, sixteenth]


def conv_norm(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution and batch normalisation."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a skip connection; the first may halve the side and change the channels."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.first = conv_norm(inputs, outputs, 3, stride)
        self.second = conv_norm(outputs, outputs)
        self.skip = conv_norm(inputs, outputs, 1, stride) if stride != 1 or inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(F.relu(self.first(x))) + self.skip(x))


class NoiseStream(nn.Module):
    """Reads high-pass residuals of the photo's luma. Returns maps of 64, 96 and 160 channels at 1/4, 1/8 and 1/16.

    All residuals of a 4x4 cell are kept as channels: no detail is lost, and no map larger than 1/4 is computed.
    """

    channels = (64, 96, 160)

    def __init__(self):
        super().__init__()
        # Residuals in grey levels, divided by 3: most are within -1..1. They are clipped at three times that.
        luma = 255 / 3 * torch.tensor(IMAGENET_STD) * torch.tensor(LUMA)
        self.register_buffer("filters", high_pass_filters()[:, None] * luma.view(1, 3, 1, 1), persistent=False)
        self.stem = nn.Sequential(conv_norm(3 * 16, 96), nn.ReLU())
        self.quarter = ResidualBlock(96, 64)
        self.eighth = nn.Sequential(ResidualBlock(64, 96, 2), ResidualBlock(96, 96))
        self.sixteenth = ResidualBlock(96, 160, 2)

    def forward(self, x: Tensor) -> list[Tensor]:
        # Sides become multiples of 4. The border is replicated: zeros would be an edge of their own.
        right, bottom = -x.shape[3] % 4, -x.shape[2] % 4
        residuals = F.conv2d(F.pad(x, (2, 2 + right, 2, 2 + bottom), mode="replicate"), self.filters)
        quarter = self.quarter(self.stem(F.pixel_unshuffle(residuals.clamp(-3, 3), 4)))
        eighth = self.eighth(quarter)
        return [quarter, eighth, self.sixteenth(eighth)]


class SelfCorrelation(nn.Module):
    """Looks for the twin of each cell elsewhere in the photo: what a copy-move leaves.

    Takes a map (B, channels, H, W) at 1/8; every second cell of every second row is compared with all cells. Returns
    (B, outputs, H / 2, W / 2), made of the highest similarity, how sharply it stands out, the cell's and the twin's
    features, the way to the twin, and how well the neighbours agree on that way.
    """

    def __init__(self, channels: int, outputs: int, descriptor: int):
        super().__init__()
        self.describe = nn.Sequential(
            conv_norm(channels, descriptor, 3), nn.ReLU(), nn.Conv2d(descriptor, descriptor, 1)
        )
        self.value = nn.Conv2d(channels, descriptor, 1)
        self.sharpness = nn.Parameter(torch.tensor(3.0))
        self.merge = nn.Sequential(conv_norm(2 * descriptor + 6, outputs), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        rows, columns = torch.arange(height, device=x.device), torch.arange(width, device=x.device)
        rows_asking = torch.arange(0, height, 2, device=x.device)
        columns_asking = torch.arange(0, width, 2, device=x.device)
        number = whole(x).dtype
        grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij")).to(number)  # (2, H, W): y and x of each cell
        half_height, half_width = (height + 1) // 2, (width + 1) // 2
        place = grid.flatten(1).T  # (N, 2)
        asking = grid[:, ::2, ::2].flatten(1).T  # (M, 2)
        # Far below any logit for the neighbours of the asking cell: near in rows and near in columns.
        near_rows = ((rows_asking[:, None] - rows[None]).abs() <= NEIGHBOURHOOD).to(number) * -100
        near_columns = ((columns_asking[:, None] - columns[None]).abs() <= NEIGHBOURHOOD).to(number)
        near = (near_rows[:, None, :, None] * near_columns[None, :, None, :]).reshape(
            1, half_height * half_width, height * width
        )

        descriptors = whole(self.describe(x))
        descriptors = descriptors - descriptors.mean((2, 3), keepdim=True)
        descriptors = descriptors / (descriptors.pow(2).sum(1, keepdim=True) + 1e-6).sqrt()
        queries = descriptors[:, :, ::2, ::2].flatten(2).transpose(1, 2)
        # One product gives the logits: cosine times sharpness.
        sharpness = self.sharpness.exp()
        logits = torch.baddbmm(near, queries * sharpness, descriptors.flatten(2))  # (B, M, N)
        best = whole(logits.amax(2)) / sharpness
        attention = torch.softmax(logits, 2)
        peak = whole(attention.amax(2))
        values = self.value(x)
        carried = torch.cat([whole(values.flatten(2).transpose(1, 2)), place.expand(batch, -1, -1) / height], 2)
        twin = whole(torch.matmul(attention, carried)).transpose(1, 2)

        way = (twin[:, -2:] - asking.T / height).reshape(batch, 2, half_height, half_width)
        spread = (way - F.avg_pool2d(way, 3, 1, 1, count_include_pad=False)).abs()
        seen = twin[:, :-2].reshape(batch, -1, half_height, half_width)
        own = whole(values[:, :, ::2, ::2])
        scalars = torch.stack([best, peak], 1).reshape(batch, 2, half_height, half_width)
        return self.merge(torch.cat([own, own - seen, scalars, way, spread], 1))


class Attention(nn.Module):
    """Multi-head attention of queries (B, M, C) to tokens (B, N, C)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(width, width, bias=False)
        self.to_v = nn.Linear(width, width, bias=False)
        self.proj = nn.Linear(width, width)

    def forward(self, queries: Tensor, tokens: Tensor) -> Tensor:
        batch, count, width = queries.shape
        size = width // self.heads
        q = self.to_q(queries).reshape(batch, count, self.heads, size).transpose(1, 2) * size**-0.5
        k = self.to_k(tokens).reshape(batch, -1, self.heads, size).transpose(1, 2)
        v = self.to_v(tokens).reshape(batch, -1, self.heads, size).transpose(1, 2)
        weights = torch.softmax(torch.matmul(q, k.transpose(2, 3)), -1)
        return self.proj(torch.matmul(weights, v).transpose(1, 2).reshape(batch, count, width))


def feed_forward(width: int, hidden: int) -> nn.Sequential:
    """Normalised two-layer perceptron."""
    return nn.Sequential(nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))


class ObjectBlock(nn.Module):
    """Prototypes read the patches, talk among themselves, and the patches read the prototypes."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm_parts, self.norm_tokens = nn.LayerNorm(width), nn.LayerNorm(width)
        self.gather = Attention(width, heads)
        self.norm_mix = nn.LayerNorm(width)
        self.mix = Attention(width, heads)
        self.parts_mlp = feed_forward(width, width)
        self.norm_back, self.norm_patches = nn.LayerNorm(width), nn.LayerNorm(width)
        self.scatter = Attention(width, heads)
        self.local = nn.Conv2d(width, width, 3, 1, 1, groups=width)
        self.tokens_mlp = feed_forward(width, 2 * width)

    def forward(self, tokens: Tensor, parts: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
        parts = parts + self.gather(self.norm_parts(parts), self.norm_tokens(tokens))
        mixed = self.norm_mix(parts)
        parts = parts + self.mix(mixed, mixed)
        parts = parts + self.parts_mlp(parts)
        tokens = tokens + self.scatter(self.norm_patches(tokens), self.norm_back(parts))
        map_ = tokens.transpose(1, 2).reshape(tokens.shape[0], -1, height, width)
        tokens = tokens + self.local(map_).flatten(2).transpose(1, 2)
        return tokens + self.tokens_mlp(tokens), parts


class UpBlock(nn.Module):
    """Doubles a map's side and joins it with the finer one of the streams."""

    def __init__(self, deep: int, fine: int, outputs: int):
        super().__init__()
        self.reduce = conv_norm(deep, outputs, 1)
        self.lateral = conv_norm(fine, outputs, 1)
        self.refine = ResidualBlock(outputs, outputs)

    def forward(self, deep: Tensor, fine: Tensor) -> Tensor:
        raised = F.interpolate(self.reduce(deep), size=fine.shape[2:], mode="bilinear", align_corners=False)
        return self.refine(F.relu(raised + self.lateral(fine)))


class ScoreHead(nn.Module):
    """One logit an image, from the mask's own strength and from the features where the mask is high."""

    def __init__(self, features: int, parts: int):
        super().__init__()
        self.head = nn.Sequential(nn.Linear(2 * features + parts + 5, 128), nn.ReLU(), nn.Linear(128, 1))

    def forward(self, mask: Tensor, features: Tensor, parts: Tensor) -> Tensor:
        flat = whole(mask.flatten(1))
        # Means of exp(x) and exp(4x), back on the scale of logits: between the mean and the largest.
        cells = torch.ones_like(flat).sum(1).log()
        soft = torch.logsumexp(flat, 1) - cells
        sharp = (torch.logsumexp(4 * flat, 1) - cells) / 4
        coarse = F.avg_pool2d(whole(mask), 4, 2)
        broad = F.avg_pool2d(whole(mask), 12, 6)
        strengths = torch.stack([soft, sharp, coarse.flatten(1).amax(1), broad.flatten(1).amax(1), flat.mean(1)], 1)
        weights = torch.softmax(flat, 1)
        tokens = whole(features.flatten(2))
        there = torch.matmul(tokens, weights.unsqueeze(2)).squeeze(2)
        everywhere = tokens.mean(2)
        summary = torch.cat([strengths / 4, there, everywhere, whole(parts).mean(1)], 1)
        return self.head(summary).squeeze(1)


class ObjectFormerLite(nn.Module):
    """Image (B, 3, H, W), normalised RGB → detection logit (B,) and mask logits (B, 1, H, W).

    H and W are any sides from 96 up; what it was trained on, and what is exported as one graph, are multiples of 16.
    """

    def __init__(self, width: int = 192, prototypes: int = 16, blocks: int = 3, heads: int = 6, descriptor: int = 64):
        super().__init__()
        self.rgb, self.noise = RgbStream(), NoiseStream()
        quarter, eighth, sixteenth = (a + b for a, b in zip(RgbStream.channels, NoiseStream.channels, strict=True))
        self.correlation = SelfCorrelation(eighth, 96, descriptor)
        self.join = nn.Sequential(conv_norm(sixteenth + 96, width, 1), nn.ReLU(), ResidualBlock(width, width))
        self.prototypes = nn.Parameter(torch.randn(1, prototypes, width) * 0.5)
        self.blocks = nn.ModuleList(ObjectBlock(width, heads) for _ in range(blocks))
        self.up8 = UpBlock(width, eighth, 96)
        self.up4 = UpBlock(96, quarter, 64)
        self.mask = nn.Conv2d(64, 1, 1)
        self.coarse_mask = nn.Conv2d(96, 1, 1)
        self.score = ScoreHead(96, width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        score, mask, _ = self.logits(x)
        return score, F.interpolate(mask, size=x.shape[2:], mode="bilinear", align_corners=False)

    def logits(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Score logit (B,), mask logits at 1/4 (B, 1, H / 4, W / 4), and those at 1/8 that the score head reads."""
        quarter, eighth, sixteenth = (torch.cat([a, b], 1) for a, b in zip(self.rgb(x), self.noise(x), strict=True))
        map_ = self.join(torch.cat([sixteenth, self.correlation(eighth)], 1))
        height, width = map_.shape[2:]
        tokens = map_.flatten(2).transpose(1, 2)
        parts = self.prototypes.expand(x.shape[0], -1, -1)
        for block in self.blocks:
            tokens, parts = block(tokens, parts, height, width)
        map_ = tokens.transpose(1, 2).reshape(x.shape[0], -1, height, width)

        fine = self.up8(map_, eighth)
        coarse = self.coarse_mask(fine)
        mask = whole(self.mask(self.up4(fine, quarter)))
        return self.score(coarse, fine, parts), mask, coarse


def build(config: Mapping[str, Any]) -> ObjectFormerLite:
    """Builds the untrained network from a checkpoint's config. ValueError where it is none of this network.

    A key that is missing takes its value from `DEFAULT_CONFIG`.
    """
    unknown = set(config) - set(DEFAULT_CONFIG)
    if unknown:
        raise ValueError(f"{NAME} has no setting {', '.join(sorted(unknown))}")
    sizes = {**DEFAULT_CONFIG, **config}
    if any(not isinstance(value, int) or value < 1 for value in sizes.values()):
        raise ValueError(f"the settings of {NAME} are whole numbers from 1 up")
    if sizes["width"] % sizes["heads"]:
        raise ValueError(f"width {sizes['width']} is no multiple of heads {sizes['heads']}")
    return ObjectFormerLite(**sizes)
