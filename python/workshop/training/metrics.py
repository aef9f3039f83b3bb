"""The numbers that training is steered by; `ofx validate` computes the published ones, by the same definitions."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

#: Thresholds of the sweep for the best macro F1.
THRESHOLDS = np.concatenate([[0.01, 0.02, 0.03], np.arange(0.05, 1, 0.05)])

#: Share of the best macro F1 that is given up for fewer false alarms when the mask threshold is fitted.
F1_SACRIFICE = 0.02


def area_under_roc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Area under the ROC curve, ties counting half; NaN where a class is missing."""
    labels = labels.astype(bool)
    positive, negative = int(labels.sum()), int((~labels).sum())
    if not positive or not negative:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[labels].sum() - positive * (positive + 1) / 2) / (positive * negative))


def f1_sweep(probability: np.ndarray, truth: np.ndarray, thresholds: np.ndarray = THRESHOLDS) -> np.ndarray:
    """F1 of one image at each threshold (positive where p > t); 0/0 is 0."""
    inside = np.sort(probability[truth > 0])
    everything = np.sort(probability.ravel())
    hits = len(inside) - np.searchsorted(inside, thresholds, side="right")
    marked = len(everything) - np.searchsorted(everything, thresholds, side="right")
    return 2 * hits / np.maximum(marked + len(inside), 1)


def top_mean(probability: np.ndarray) -> float:
    """Mean of the highest hundredth of a map: the verdict that the map itself gives."""
    flat = probability.ravel()
    count = max(1, flat.size // 100)
    return float(np.partition(flat, flat.size - count)[flat.size - count :].mean())


class Evaluation:
    """Gathers predictions image by image, and sums them up."""

    def __init__(self) -> None:
        self.scores: list[float] = []
        self.tops: list[float] = []
        self.labels: list[bool] = []
        self.kinds: list[str] = []
        self.aucs: dict[int, float] = {}
        self.sweeps: dict[int, np.ndarray] = {}
        self.areas: dict[int, np.ndarray] = {}

    def add(self, score: float, probability: np.ndarray, truth: np.ndarray | None, kind: str = "") -> None:
        """Add one image: its score, its probability map and its ground truth (0/1) of the same shape.

        None is the truth of an image that is manipulated, but nobody knows where.
        """
        index = len(self.scores)
        tampered = truth is None or bool(truth.any())
        self.scores.append(score)
        self.tops.append(top_mean(probability))
        self.labels.append(tampered)
        self.kinds.append(kind)
        if truth is None:
            return
        if tampered:
            self.aucs[index] = area_under_roc(probability.ravel(), truth.ravel())
            self.sweeps[index] = f1_sweep(probability, truth)
        else:
            self.areas[index] = np.array([(probability > t).mean() for t in THRESHOLDS])

    def summary(self) -> dict[str, float]:
        """Image AUC, macro pixel AUC, macro F1 at 0.5 and at its best threshold, and false-alarm area at both."""
        half = int(np.argmin(np.abs(THRESHOLDS - 0.5)))
        f1 = np.mean(list(self.sweeps.values()), 0)
        best = int(np.argmax(f1))
        alarms = np.mean(list(self.areas.values()), 0) if self.areas else np.full(len(THRESHOLDS), np.nan)
        result = {
            "image.auc": area_under_roc(np.array(self.scores), np.array(self.labels)),
            "image.top.auc": area_under_roc(np.array(self.tops), np.array(self.labels)),
            "pixel.macro.auc": float(np.nanmean(list(self.aucs.values()))),
            "pixel.macro.f1": float(f1[half]),
            "pixel.macro.best.f1": float(f1[best]),
            "pixel.macro.best.threshold": float(THRESHOLDS[best]),
            "pixel.falseAlarmArea": float(alarms[half]),
            "pixel.falseAlarmArea.best": float(alarms[best]),
        }
        for kind in sorted({self.kinds[i] for i in self.aucs}):
            members = [i for i in self.aucs if self.kinds[i] == kind]
            result[f"{kind}.auc"] = float(np.nanmean([self.aucs[i] for i in members]))
            result[f"{kind}.best.f1"] = float(np.mean([self.sweeps[i][best] for i in members]))
        return result


def intervals(evaluation: Evaluation, resamples: int = 1000, seed: int = 1) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of the headline numbers, by bootstrap over images, stratified by label."""
    rng = np.random.default_rng(seed)
    half = int(np.argmin(np.abs(THRESHOLDS - 0.5)))
    masked, authentic = list(evaluation.aucs), list(evaluation.areas)
    scores, tampered = np.array(evaluation.scores), np.flatnonzero(evaluation.labels)
    auc = np.array(list(evaluation.aucs.values()))
    f1 = np.stack(list(evaluation.sweeps.values()))
    best = int(np.argmax(f1.mean(0)))
    alarms = np.stack(list(evaluation.areas.values())) if authentic else np.zeros((0, len(THRESHOLDS)))
    draws: dict[str, list[float]] = {}
    for _ in range(resamples):
        m = rng.integers(0, len(masked), len(masked))
        t = m if len(tampered) == len(masked) else rng.integers(0, len(tampered), len(tampered))
        draws.setdefault("pixel.macro.auc", []).append(float(np.nanmean(auc[m])))
        draws.setdefault("pixel.macro.f1", []).append(float(f1[m, half].mean()))
        draws.setdefault("pixel.macro.best.f1", []).append(float(f1[m, best].mean()))
        if authentic:
            a = rng.integers(0, len(authentic), len(authentic))
            draws.setdefault("pixel.falseAlarmArea", []).append(float(alarms[a, half].mean()))
            both = np.concatenate([scores[tampered[t]], scores[np.array(authentic)[a]]])
            labels = np.repeat([True, False], [len(t), len(a)])
            draws.setdefault("image.auc", []).append(area_under_roc(both, labels))
    return {name: tuple(np.percentile(values, [2.5, 97.5])) for name, values in draws.items()}


def fit_thresholds(evaluation: Evaluation) -> dict[str, float]:
    """Thresholds that suit this data.

    `mask` is the largest threshold whose macro F1 is within 2 % of the best, `temperature` that of the least balanced
    cross entropy, and `score` the threshold of the best balanced accuracy, after that temperature.
    """
    f1 = np.mean(list(evaluation.sweeps.values()), 0)
    mask = float(THRESHOLDS[np.flatnonzero(f1 >= (1 - F1_SACRIFICE) * f1.max())[-1]])
    scores = np.clip(np.array(evaluation.scores), 1e-7, 1 - 1e-7)
    labels = np.array(evaluation.labels)
    logits = np.log(scores / (1 - scores))
    temperatures = np.exp(np.linspace(np.log(0.25), np.log(8), 121))
    weight = np.where(labels, 0.5 / max(labels.sum(), 1), 0.5 / max((~labels).sum(), 1))
    entropy = [(weight * np.logaddexp(0, np.where(labels, -logits, logits) / t)).sum() for t in temperatures]
    temperature = float(temperatures[int(np.argmin(entropy))])
    probability = 1 / (1 + np.exp(-logits / temperature))
    edges = np.sort(probability)
    candidates = (edges[1:] + edges[:-1]) / 2
    balanced = [((probability[labels] > t).mean() + (probability[~labels] <= t).mean()) / 2 for t in candidates]
    return {
        "mask": mask,
        "score": float(candidates[int(np.argmax(balanced))]),
        "temperature": temperature,
        "balancedAccuracy": float(np.max(balanced)),
    }
