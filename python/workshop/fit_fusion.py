#!/usr/bin/env python3
"""Fit how the sources of evidence are joined: a logistic regression on what each says of the images of `ofx validate`.

    ofx validate casia1-dev --size 380 --out runs/casia1-dev        # and so on, with any fusion or none
    python -m workshop.fit_fusion runs/casia1-dev runs/imd2020-dev  # prints the numbers
    python -m workshop.fit_fusion runs/casia1-dev runs/imd2020-dev --model ../models/objectformer-lite --size 380

A run is a folder with `metrics.csv`, or that file. Every data set counts alike, whatever its size, and so do the two
classes within it. `--made RUN` takes further runs, on manipulations that the generator made, which together weigh
`--made-weight` of one data set of photos. What each pair of numbers is worth beyond what it was fitted on is told by
fitting without each data set in turn.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workshop.training.metrics import area_under_roc

PREFIX = "logit."
NEWTON_STEPS = 50
DIGITS = 3
NO_MAXIMUM = "the classes can be told apart without error, or a source says the same of every image"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """What the sources say of a data set: log-odds (n, sources), and labels (n,), 0 or 1."""

    name: str
    sources: tuple[str, ...]
    logits: Floats
    labels: Floats


@dataclass(frozen=True)
class Join:
    """Log-odds of the fused score = bias + sum of weight * log-odds, one weight a source."""

    weights: Floats
    bias: float

    def logits(self, run: Run) -> Floats:
        """Fused log-odds of each image, (n,)."""
        return np.asarray(self.bias + run.logits @ self.weights, np.float64)


def read_run(path: Path) -> Run:
    """Read the rows that were scored. ValueError where they lack a class, or the sources' log-odds."""
    table = path / "metrics.csv" if path.is_dir() else path
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if not row["error"]]
    sources = tuple(key.removeprefix(PREFIX) for key in rows[0] if key.startswith(PREFIX)) if rows else ()
    if len(sources) < 2:
        raise ValueError(f"{table} has no log-odds of several sources: validate with --evidence network,copies")
    logits = np.array([[float(row[PREFIX + source]) for source in sources] for row in rows])
    labels = np.array([float(row["label"]) for row in rows])
    if set(labels) != {0.0, 1.0}:
        raise ValueError(f"{table} needs tampered and authentic images")
    return Run(table.parent.name, sources, logits, labels)


def balanced(labels: Floats) -> Floats:
    """Weights of images that sum to 1, half of it for each class."""
    tampered = labels.mean()
    return np.asarray(np.where(labels == 1, 0.5 / tampered, 0.5 / (1 - tampered)) / len(labels), np.float64)


def fit(runs: list[Run], made: list[Run] | None = None, made_weight: float = 1.0) -> Join:
    """Maximise the weighted likelihood by Newton's method.

    Without a penalty: three numbers on hundreds of images need none. Raises ValueError where the classes can be
    separated, so that there is no maximum.
    """
    made = made or []
    shares = [1.0] * len(runs) + [made_weight / len(made) for _ in made]
    every = runs + made
    features = np.concatenate([np.column_stack([run.logits, np.ones(len(run.labels))]) for run in every])
    labels = np.concatenate([run.labels for run in every])
    weight = np.concatenate([share * balanced(run.labels) for share, run in zip(shares, every, strict=True)])
    numbers = np.zeros(features.shape[1])
    for _ in range(NEWTON_STEPS):
        expected = 1 / (1 + np.exp(-np.clip(features @ numbers, -50, 50)))
        curvature = features.T @ (features * (weight * expected * (1 - expected))[:, None])
        if np.linalg.cond(curvature) > 1e10:
            raise ValueError(NO_MAXIMUM)
        step = np.linalg.solve(curvature, features.T @ (weight * (labels - expected)))
        numbers = numbers + step
        if np.abs(step).max() < 1e-9:
            return Join(numbers[:-1], float(numbers[-1]))
    raise ValueError(NO_MAXIMUM)


def image_auc(join: Join, run: Run) -> float:
    """ROC AUC of the fused score on a data set."""
    return area_under_roc(join.logits(run), run.labels == 1)


def describe(runs: list[Run], made: list[Run], made_weight: float) -> dict[str, Any]:
    """The numbers, what they come to on each data set, and what those fitted without it come to there."""
    join = fit(runs, made, made_weight)
    sets = {}
    for run in runs:
        others = [other for other in runs if other is not run]
        alone = {
            source: round(image_auc(Join(np.eye(len(run.sources))[i], 0.0), run), 4)
            for i, source in enumerate(run.sources)
        }
        sets[run.name] = {"images": len(run.labels), **alone, "both": round(image_auc(join, run), 4)}
        if others or made:
            sets[run.name]["bothFittedWithoutIt"] = round(image_auc(fit(others, made, made_weight), run), 4)
    for run in made:
        sets[run.name] = {"images": len(run.labels), "made": True, "both": round(image_auc(join, run), 4)}
    weights = {source: round(float(w), DIGITS) for source, w in zip(runs[0].sources, join.weights, strict=True)}
    return {"weights": weights, "bias": round(join.bias, DIGITS), "sets": sets}


def names(runs: list[Run]) -> str:
    return " and ".join(run.name for run in runs)


def write_fusion(path: Path, size: int, runs: list[Run], found: dict[str, Any], words: str) -> None:
    """Put the numbers into the manifest's variant of a size.

    Its thresholds and what its sources' maps are worth stay as they are.
    """
    manifest = json.loads(path.read_text(encoding="utf-8"))
    variants = [variant for variant in manifest["variants"] if variant["inputSize"] == size]
    if not variants:
        raise ValueError(f"{path} has no variant of size {size}")
    join = Join(np.array(list(found["weights"].values())), found["bias"])
    scores = np.concatenate([1 / (1 + np.exp(-join.logits(run))) for run in runs])
    labels = np.concatenate([run.labels for run in runs])
    for variant in variants:
        fusion = variant.setdefault("fusion", {"sources": [], "bias": 0.0})
        kept = {source["name"]: source for source in fusion["sources"]}
        fusion["sources"] = [
            {**kept.get(name, {"name": name}), "weight": weight} for name, weight in found["weights"].items()
        ]
        fusion["bias"] = found["bias"]
        fusion["testScores"] = {
            "data": names(runs),
            **{
                name: sorted(round(float(score), 4) for score in scores[labels == label])
                for name, label in (("tampered", 1), ("authentic", 0))
            },
        }
        fusion["fittedOn"] = words
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="runs of `ofx validate` on photos")
    parser.add_argument("--made", type=Path, action="append", default=[], help="run on made manipulations; repeatable")
    parser.add_argument("--made-weight", type=float, default=1.0, help="of all of them, in data sets of photos [1]")
    parser.add_argument("--model", type=Path, help="folder of the model whose manifest gets the numbers")
    parser.add_argument("--size", type=int, help="with --model: the variant's input size")
    options = parser.parse_args()
    if options.model and options.size is None:
        parser.error("--model needs --size, the input size of the runs")

    runs = [read_run(path) for path in options.runs]
    made = [read_run(path) for path in options.made]
    if len({run.sources for run in runs + made}) > 1:
        parser.error("the runs are of different sources")
    found = describe(runs, made, options.made_weight)
    print(json.dumps(found, indent=2))
    if options.model:
        images = sum(len(run.labels) for run in runs)
        words = f"{names(runs)} ({images} images), classes and sets in equal weight, at {options.size}"
        if made:
            count = sum(len(run.labels) for run in made)
            words += f"; with {count} made images in {options.made_weight:g} of a set's weight"
        write_fusion(options.model / "model.json", options.size, runs, found, words)


if __name__ == "__main__":
    main()
