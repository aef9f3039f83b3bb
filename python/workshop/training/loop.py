"""The training loop: stages measured in minutes, resumable, with averaged weights and a log of JSON lines."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from ofx.networks.objectformer_lite import NAME, ObjectFormerLite
from workshop.training import losses
from workshop.training.dataset import Batch, MixedShapes, PoolDataset, Sample, Shape
from workshop.training.evaluate import evaluate
from workshop.training.histories import Savers
from workshop.training.parallel import Team

#: Whether this processor multiplies bfloat16 itself. Others emulate it: on a Zen 3, 3,400 ms a sample against 290.
HAS_BFLOAT16 = any(torch.cpu.get_capabilities().get(name) for name in ("amx_bf16", "avx512_bf16"))
#: Training steps between two lines of the log.
LOG_EVERY = 25
#: Steps after which the processes of a team average their weights.
AGREE_EVERY = 8
#: Longest step, in seconds, that the stage's clock believes: the process was suspended where one took longer.
LONGEST_STEP = 30
#: Input side of the validation during training, whose area photos are brought to in their own shape.
VALIDATION_SIDE = 380
#: Shapes of a stage to which photos are stretched, as the shipped model's input is: its two sizes.
SQUARES = {(380, 380): (0.5, 8), (288, 288): (0.5, 12)}
#: Shapes of the inputs: their chance and their batch. Photos of old collections have 384x256 and stay as they are;
#: the larger shapes have the area of 380 x 380, the smaller ones that of 288 x 288. To squares photos are stretched.
SHAPES = {
    (384, 384): (0.30, 7),
    (288, 288): (0.14, 12),
    (256, 384): (0.20, 10),
    (384, 256): (0.08, 10),
    (304, 464): (0.06, 7),
    (464, 304): (0.04, 7),
    (336, 432): (0.08, 7),
    (432, 336): (0.06, 7),
    (320, 256): (0.04, 12),
}


@dataclass(frozen=True)
class Recipe:
    """How to train one stage. `shapes` maps an input's height and width to their chance and their batch.

    `real` is the share of real photos in the batches, `held` that of samples that a teacher answers for in the rest of
    them; times are in minutes.
    """

    minutes: float = 60
    rate: float = 6e-4
    backbone_rate: float = 1e-4
    weight_decay: float = 0.02
    warm_up: int = 150
    average: float = 0.998
    frozen_stages: int = 3
    frozen_noise: bool = False
    shapes: dict[Shape, tuple[float, int]] = field(default_factory=lambda: dict(SHAPES))
    real: float = 0.2
    held: float = 0.5
    frozen_norms: bool = False
    seed: int = 1
    validate_every: float = 15
    save_every: float = 3


class Average:
    """Exponential moving average of a network's weights and buffers: smoother, and better, than the last step's."""

    def __init__(self, network: nn.Module, decay: float):
        self.decay = decay
        self.state = {key: value.detach().clone() for key, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after a step. Young averages follow faster, or the random start would stay in them."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for key, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[key].lerp_(value, 1 - decay)
            else:
                self.state[key].copy_(value)


def freeze(network: ObjectFormerLite, stages: int, *, noise: bool = False) -> None:
    """Keep the stem and the first `stages` of the RGB stream as they are; 0 lets everything learn.

    With `noise` the high-pass stream keeps its layers at 1/4 as well, half of the cost of a step. Their normalisations
    go on to follow what they see.
    """
    if noise:
        for module in (network.noise.stem, network.noise.quarter):
            module.requires_grad_(False)
    if stages:
        for module in [network.rgb.stem, *network.rgb.stages[:stages]]:
            module.requires_grad_(False)


def train_mode(network: nn.Module, *, frozen_norms: bool) -> None:
    """Put a network into training mode; with `frozen_norms` its batch normalisations keep the statistics they have.

    They follow whatever is shown, so that other photos in the batches change what the network says of the old ones
    without any gradient.
    """
    network.train()
    if frozen_norms:
        for module in network.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()


def rate_factor(progress: float, step: int, warm_up: int) -> float:
    """Factor on the learning rates: linear warm-up by steps, then a cosine over the stage's time, down to 2 %."""
    warm = min(1.0, (step + 1) / warm_up)
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


def make_optimizer(network: ObjectFormerLite, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW with a smaller rate for the pretrained stream, and no decay of norms and biases."""
    pretrained = {id(parameter) for parameter in network.rgb.parameters()}
    fresh = [p for p in network.parameters() if id(p) not in pretrained and p.requires_grad]
    groups = [
        {"params": [p for p in fresh if p.ndim > 1], "base": recipe.rate},
        {"params": [p for p in fresh if p.ndim <= 1], "base": recipe.rate, "weight_decay": 0.0},
        {"params": [p for p in network.rgb.parameters() if p.requires_grad], "base": recipe.backbone_rate},
    ]
    groups = [group for group in groups if group["params"]]
    return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, betas=(0.9, 0.98))


def save(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint beside its place, then rename, so that there is never half a file."""
    temporary = path.with_suffix(".part")
    torch.save(content, temporary)
    temporary.replace(path)


class Stage:
    """One stage of training, kept in a folder: `log.jsonl`, `state.pt` to resume from, and `model.pth`, the result."""

    def __init__(
        self,
        network: ObjectFormerLite,
        config: dict[str, int],
        out: Path,
        recipe: Recipe,
        *,
        team: Team | None = None,
        teacher: ObjectFormerLite | None = None,
    ):
        self.team = team or Team()
        self.teacher = teacher.eval().to(memory_format=torch.channels_last) if teacher else None
        out.mkdir(parents=True, exist_ok=True)
        freeze(network, recipe.frozen_stages, noise=recipe.frozen_noise)
        self.network = network.to(memory_format=torch.channels_last)
        self.config, self.out, self.recipe = config, out, recipe
        self.optimizer = make_optimizer(network, recipe)
        self.average = Average(network, recipe.average)
        self.step, self.seen, self.seconds = 0, 0, 0.0
        #: The teacher's scores of each validation set.
        self.taught: dict[str, list[float]] = {}
        if (out / "state.pt").exists():
            self._resume(torch.load(out / "state.pt", weights_only=True))

    def _resume(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.state = state["average"]
        self.step, self.seen, self.seconds = state["step"], state["seen"], state["seconds"]

    def log(self, event: str, **values: Any) -> None:
        """Append one JSON line; only the first process of a team does."""
        if self.team.rank:
            return
        progress = {"event": event, "step": self.step, "seen": self.seen, "minutes": round(self.seconds / 60, 2)}
        with (self.out / "log.jsonl").open("a") as file:
            file.write(json.dumps(progress | values) + "\n")

    def checkpoint(self) -> None:
        """Write what is needed to go on, and the averaged network; only the first process of a team does."""
        if self.team.rank:
            return
        progress = {"step": self.step, "seen": self.seen, "seconds": self.seconds}
        network, optimizer = self.network.state_dict(), self.optimizer.state_dict()
        save(
            self.out / "state.pt",
            {"network": network, "optimizer": optimizer, "average": self.average.state, **progress},
        )
        metadata = {**progress, "torch": str(torch.__version__)}
        save(
            self.out / "model.pth",
            {"architecture": NAME, "config": self.config, "model_state": self.average.state, "metadata": metadata},
        )

    def validate(self, samples: dict[str, list[Sample]]) -> None:
        """Log the numbers of the averaged network on sets of samples; only the first process of a team does."""
        if self.team.rank:
            return
        averaged = ObjectFormerLite(**self.config)
        averaged.load_state_dict(self.average.state)
        free = any(height != width for height, width in self.recipe.shapes)
        for name, those in samples.items():
            found = evaluate([averaged], those, VALIDATION_SIDE, free=free)
            summary = found.summary()
            if self.teacher and name not in self.taught:
                self.taught[name] = evaluate([self.teacher], those, VALIDATION_SIDE, free=free).scores
            if self.teacher:
                # Mean distance of the scores' logits from the teacher's.
                own, other = (np.clip(scores, 1e-7, 1 - 1e-7) for scores in (found.scores, self.taught[name]))
                apart = np.log(own / (1 - own)) - np.log(other / (1 - other))
                summary["image.fromTeacher"] = float(np.abs(apart).mean())
            self.log("validate", on=name, **{key: round(value, 4) for key, value in summary.items()})

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step on a batch; returns the terms of the loss and the norm of the gradient."""
        factor = rate_factor(self.seconds / (60 * self.recipe.minutes), self.step, self.recipe.warm_up)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        train_mode(self.network, frozen_norms=self.recipe.frozen_norms)
        images = batch.images.to(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=HAS_BFLOAT16):
            answer = self.network.logits(images)
        terms = self.terms(answer, images, batch)
        self.optimizer.zero_grad(set_to_none=True)
        terms["loss"].backward()
        norm = float(nn.utils.clip_grad_norm_(self.network.parameters(), 2.0))
        if math.isfinite(norm):
            self.optimizer.step()
        self.average.update(self.network, self.step)
        self.step, self.seen = self.step + 1, self.seen + len(batch.images) * self.team.size
        return {name: float(value.detach()) for name, value in terms.items()} | {"norm": norm}

    def terms(self, answer: tuple[Tensor, Tensor, Tensor], images: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The terms of the loss: the truth of the batch's images, and the teacher's answer to those that it is for."""
        if not self.teacher or not batch.held.any():
            return losses.total(*answer, batch.truth, label=batch.label, known=batch.known, real=batch.real)
        held = batch.held
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=HAS_BFLOAT16):
            score, mask, coarse = (logits.float() for logits in self.teacher.logits(images[held]))
        taught = losses.distance(tuple(logits[held] for logits in answer), (score, mask, coarse))
        if held.all():
            return {"loss": losses.TAUGHT_WEIGHT * taught, "taught": taught}
        learned = losses.total(
            *(logits[~held] for logits in answer),
            batch.truth[~held],
            label=batch.label[~held],
            known=batch.known[~held],
            real=batch.real[~held],
        )
        return {**learned, "loss": learned["loss"] + losses.TAUGHT_WEIGHT * taught, "taught": taught}

    def run(self, samples: list[Sample], validation: dict[str, list[Sample]], savers: Savers | None = None) -> None:
        """Train until the stage's minutes are over, by the first process's clock, which stands during validation."""
        recipe = self.recipe
        shapes = {f"{width}x{height}": plan for (height, width), plan in recipe.shapes.items()}
        self.log("start", samples=len(samples), recipe={**asdict(recipe), "shapes": shapes})
        loader = DataLoader(
            PoolDataset(samples, savers),
            batch_sampler=MixedShapes(
                samples,
                recipe.shapes,
                recipe.seed,
                real=recipe.real,
                held=recipe.held,
                start=self.step,
                member=self.team.rank,
            ),
            num_workers=1,
            prefetch_factor=4,
        )
        terms: list[dict[str, float]] = []
        saved = validated = self.seconds
        last = time.monotonic()
        for batch in loader:
            terms.append(self.learn(batch))
            now = time.monotonic()
            self.seconds, last = self.seconds + min(now - last, LONGEST_STEP), now
            if self.step % AGREE_EVERY == 0:
                self.seconds = self.team.agree(self.network, self.seconds)
            if self.step % LOG_EVERY == 0:
                names = {name for step in terms for name in step}
                means = {name: float(np.mean([step[name] for step in terms if name in step])) for name in sorted(names)}
                self.log("train", **{name: round(mean, 4) for name, mean in means.items()})
                terms = []
            if self.seconds - saved >= 60 * recipe.save_every:
                self.checkpoint()
                saved = self.seconds
            if self.seconds - validated >= 60 * recipe.validate_every:
                self.validate(validation)
                validated, last = self.seconds, time.monotonic()
            # All processes see the same clock just after they agreed, and stop together.
            if self.step % AGREE_EVERY == 0 and self.seconds >= 60 * recipe.minutes:
                break
        self.checkpoint()
        self.validate(validation)
