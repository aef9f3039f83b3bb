"""ObjectFormer written a second time, from the tensors of a state dict, as slowly and plainly as possible.

One image, one window and one head at a time, relative positions one pair of tokens at a time. It shares no code with
`ofx.networks.objectformer`, so that an error must be made twice to go unseen.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ofx.networks.objectformer import ObjectFormerConfig


class NaiveObjectFormer:
    def __init__(self, state: dict[str, Tensor], config: ObjectFormerConfig) -> None:
        self.state = state
        self.config = config

    def __call__(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """One image (3, S, S) to its score logit and the logits of all mask heads, each (S, S)."""
        t, side = self.state, image.shape[-1]
        x = F.conv2d(image[None], t["conv1.weight"], stride=2, padding=3)[0]
        mean, variance = t["norm1.running_mean"], t["norm1.running_var"]
        x = (x - mean[:, None, None]) / torch.sqrt(variance + 1e-5)[:, None, None]
        x = gelu(x * t["norm1.weight"][:, None, None] + t["norm1.bias"][:, None, None])
        x = F.max_pool2d(x[None], 3, stride=2, padding=1)[0]
        parts = t["obj_queries"][0]
        masks = []
        for i in range(len(self.config.channels)):
            x, parts = self.stage(f"layer_{i}", i, x, parts)
            if i < len(self.config.channels) - 1:
                masks.append(self.mask_head(f"localizer_{i}", x, side))
        if "last_fc.weight" not in t:
            return masks[-1].max(), masks
        pooled = sum(gelu(part) for part in parts) / len(parts)
        return (t["last_fc.weight"][0] * pooled).sum() + t["last_fc.bias"][0], masks

    def stage(self, name: str, i: int, x: Tensor, parts: Tensor) -> tuple[Tensor, Tensor]:
        t, p = self.state, self.config.window_sides[i]
        weight, bias = t[f"{name}.proj.to_token.weight"], t[f"{name}.proj.to_token.bias"]
        channels = [
            F.conv2d(x[c][None, None], weight[c][None], bias[c][None], self.config.strides[i], padding=1)[0, 0]
            for c in range(x.shape[0])
        ]
        height, width = channels[0].shape
        grid = {}
        for row in range(height):
            for column in range(width):
                token = torch.stack([channel[row, column] for channel in channels])
                grid[row, column] = self.norm(f"{name}.proj_norm", t[f"{name}.proj.proj.weight"] @ token)
        width_of_token = self.config.channels[i]

        if f"{name}.proj_token.0.weight" in t:
            parts = t[f"{name}.proj_token.0.weight"][:, :, 0] @ parts
        parts = self.norm(f"{name}.proj_token.2", self.linear(f"{name}.proj_token.1", parts))

        places = [
            [(top + r, left + c) for r in range(p) for c in range(p)]
            for top in range(0, height, p)
            for left in range(0, width, p)
        ]
        zeros = torch.zeros(width_of_token, dtype=x.dtype)
        windows = [torch.stack([grid.get(place, zeros) for place in window]) for window in places]

        for j in range(self.config.blocks[i]):
            parts = self.encoder(f"{name}.blocks.{j}.encoder", i, parts, torch.cat(windows), t[f"{name}.rpn_qpos"])
            windows = self.decoder(f"{name}.blocks.{j}.decoder", i, windows, parts, t[f"{name}.rpn_kpos"])
        if f"{name}.last_enc.enc_attn.proj.weight" in t:
            parts = self.encoder(f"{name}.last_enc", i, parts, torch.cat(windows), t[f"{name}.rpn_qpos"])

        out = torch.zeros(width_of_token, height, width, dtype=x.dtype)
        for window, tokens in zip(places, windows, strict=True):
            for (row, column), token in zip(window, tokens, strict=True):
                if row < height and column < width:
                    out[:, row, column] = token
        return out, parts

    def encoder(self, name: str, i: int, parts: Tensor, tokens: Tensor, position: Tensor) -> Tensor:
        heads = self.config.encoder_heads[i]
        parts = parts + self.attention(f"{name}.enc_attn", heads, parts, tokens, query_position=position)
        mixed = self.norm(f"{name}.reason.norm", parts)
        parts = parts + torch.einsum("mn,nc->mc", self.state[f"{name}.reason.linear.weight"][:, :, 0], mixed)
        if f"{name}.enc_ffn.fc1.weight" in self.state:
            parts = parts + self.feed_forward(f"{name}.enc_ffn", parts)
        return parts

    def decoder(self, name: str, i: int, windows: list[Tensor], parts: Tensor, position: Tensor) -> list[Tensor]:
        heads = self.config.decoder_heads[i]
        result = []
        for x in windows:
            y = x + self.attention(f"{name}.attn1", heads, x, parts, key_position=position)
            y = y + self.feed_forward(f"{name}.ffn1", y)
            y = y + self.attention(f"{name}.attn2", heads, y, y, relative=f"{name}.rel_pos")
            result.append(y + self.feed_forward(f"{name}.ffn2", y))
        return result

    def attention(
        self,
        name: str,
        heads: int,
        query: Tensor,
        memory: Tensor,
        *,
        query_position: Tensor | None = None,
        key_position: Tensor | None = None,
        relative: str | None = None,
    ) -> Tensor:
        d = query.shape[1] // heads
        moved = query if query_position is None else query + query_position[0, :, 0].repeat(1, heads)
        keyed = memory if key_position is None else memory + key_position[0, :, 0].repeat(1, heads)
        q = self.norm(f"{name}.norm_q", moved) @ self.state[f"{name}.to_q.weight"].T
        k = self.norm(f"{name}.norm_k", keyed) @ self.state[f"{name}.to_k.weight"].T
        v = self.norm(f"{name}.norm_v", memory) @ self.state[f"{name}.to_v.weight"].T
        read = []
        for head in range(heads):
            part = slice(head * d, (head + 1) * d)
            logits = torch.einsum("qc,kc->qk", q[:, part], k[:, part])
            if relative is not None:
                logits = logits + self.relative(relative, q[:, part])
            logits = logits / math.sqrt(d)
            weights = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
            read.append(torch.einsum("qk,kc->qc", weights / weights.sum(dim=1, keepdim=True), v[:, part]))
        return self.linear(f"{name}.proj", torch.cat(read, dim=1))

    def relative(self, name: str, q: Tensor) -> Tensor:
        """What a head's queries (p·p, d) add to their logits (p·p, p·p)."""
        by_row, by_column = self.state[f"{name}.rel_emb_h"], self.state[f"{name}.rel_emb_w"]
        p, half = (by_row.shape[0] + 1) // 2, q.shape[1] // 2
        logits = torch.zeros(p * p, p * p, dtype=q.dtype)
        for a in range(p * p):
            for b in range(p * p):
                rows, columns = b // p - a // p, b % p - a % p
                logits[a, b] = q[a, :half] @ by_row[rows + p - 1] + q[a, half:] @ by_column[columns + p - 1]
        return logits

    def mask_head(self, name: str, x: Tensor, side: int) -> Tensor:
        x = self.leaky(self.conv(f"{name}.deconv1.conv", upsample(x, 2 * x.shape[1], 2 * x.shape[2])))
        x = self.leaky(self.conv(f"{name}.conv1.0", x))
        x = self.leaky(self.conv(f"{name}.deconv2.conv", upsample(x, 2 * x.shape[1], 2 * x.shape[2])))
        return upsample(self.conv(f"{name}.conv2.1", self.leaky(x)), side, side)[0]

    def feed_forward(self, name: str, x: Tensor) -> Tensor:
        return self.linear(f"{name}.fc2", gelu(self.linear(f"{name}.fc1", self.norm(f"{name}.norm", x))))

    def linear(self, name: str, x: Tensor) -> Tensor:
        return x @ self.state[f"{name}.weight"].T + self.state[f"{name}.bias"]

    def conv(self, name: str, x: Tensor) -> Tensor:
        return F.conv2d(x[None], self.state[f"{name}.weight"], self.state[f"{name}.bias"], padding=1)[0]

    def norm(self, name: str, x: Tensor) -> Tensor:
        centred = x - x.mean(dim=-1, keepdim=True)
        variance = (centred**2).mean(dim=-1, keepdim=True)
        return centred / torch.sqrt(variance + 1e-5) * self.state[f"{name}.weight"] + self.state[f"{name}.bias"]

    @staticmethod
    def leaky(x: Tensor) -> Tensor:
        return torch.where(x < 0, 0.2 * x, x)


def gelu(x: Tensor) -> Tensor:
    return x * (1 + torch.erf(x / math.sqrt(2))) / 2


def upsample(x: Tensor, height: int, width: int) -> Tensor:
    """(C, h, w) to (C, height, width): corners fall on corners, values between are linear."""
    return torch.einsum("Hh,chw,Ww->cHW", stretch(x.shape[1], height, x.dtype), x, stretch(x.shape[2], width, x.dtype))


def stretch(source: int, target: int, dtype: torch.dtype) -> Tensor:
    """The matrix (target, source) of one axis of a bilinear resize with align_corners=True."""
    matrix = torch.zeros(target, source, dtype=dtype)
    for i in range(target):
        position = i * (source - 1) / (target - 1) if target > 1 else 0.0
        low = min(int(position), source - 1)
        matrix[i, low] += 1 - (position - low)
        matrix[i, min(low + 1, source - 1)] += position - low
    return matrix
