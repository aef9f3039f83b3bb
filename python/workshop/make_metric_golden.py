"""Writes test/fixtures/metrics/golden.json: small data sets and what scikit-learn says about them.

Run from the root of the repository: python python/workshop/make_metric_golden.py
"""

import base64
import json
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from sklearn import metrics as sk

OUTPUT = Path("test/fixtures/metrics/golden.json")
SIDE = 20
IMAGES = 12
THRESHOLD = 0.5
SWEEP = [round(0.05 * step, 2) for step in range(1, 20)]


def sigmoid(logit):
    return 1 / (1 + np.exp(-logit))


def make_images(rng, kind):
    """(label, score, probability map, ground truth) of each image of a data set."""
    images = []
    for index in range(IMAGES):
        label = {"tampered only": 1, "authentic only": 0}.get(kind, index % 2)
        truth = np.zeros((SIDE, SIDE), np.uint8)
        if label:
            y, x = rng.integers(0, SIDE - 8, 2)
            truth[y : y + 3 + index % 5, x : x + 4 + index % 4] = 1
        logits = rng.normal(2.5 * truth - 1.5, 1.2)
        score = float(sigmoid(rng.normal(1.6 * label - 0.8, 1.0)))
        if kind == "saturated":
            logits = 14 * logits + 8
        probability = sigmoid(logits).astype(np.float32)
        if kind == "tied":
            probability = (np.round(probability * 8) / 8).astype(np.float32)
            score = round(score * 5) / 5
        if kind == "all positive":
            probability[:] = 0.9
        images.append((label, score, probability, truth))
    return images


def macro(images):
    tampered = [(p.astype(np.float64).ravel(), t.ravel()) for label, _, p, t in images if label]
    if not tampered:
        return None

    def mean(function):
        return float(np.mean([function(t, p) for p, t in tampered]))

    def at(function, threshold=THRESHOLD):
        return mean(lambda t, p: function(t, p > threshold))

    def oracle(t, p):
        precision, recall, _ = sk.precision_recall_curve(t, p)
        return np.max(2 * precision * recall / np.maximum(precision + recall, 1e-300))

    sweep = [at(f1, threshold) for threshold in SWEEP]
    return {
        "f1": at(f1),
        "iou": at(lambda t, c: sk.jaccard_score(t, c, zero_division=0)),
        "precision": at(lambda t, c: sk.precision_score(t, c, zero_division=0)),
        "recall": at(lambda t, c: sk.recall_score(t, c, zero_division=0)),
        "mcc": at(sk.matthews_corrcoef),
        "auc": mean(sk.roc_auc_score),
        "best.f1": max(sweep),
        "best.threshold": SWEEP[int(np.argmax(sweep))],
        "oracle.f1": mean(oracle),
    }


def f1(truth, called):
    return sk.f1_score(truth, called, zero_division=0)


def micro(images):
    truth = np.concatenate([t.ravel() for *_, t in images])
    p = np.concatenate([p.ravel() for _, _, p, _ in images]).astype(np.float64)
    called = p > THRESHOLD
    result = {"accuracy": sk.accuracy_score(truth, called)}
    if truth.any() and not truth.all():
        result |= {
            "f1": f1(truth, called),
            "iou": sk.jaccard_score(truth, called, zero_division=0),
            "precision": sk.precision_score(truth, called, zero_division=0),
            "recall": sk.recall_score(truth, called, zero_division=0),
            "mcc": sk.matthews_corrcoef(truth, called),
            "auc": sk.roc_auc_score(truth, p),
            "averagePrecision": sk.average_precision_score(truth, p),
        }
    return result


def image_level(images):
    truth = np.array([label for label, *_ in images])
    scores = np.array([score for _, score, *_ in images])
    called = scores > THRESHOLD
    result = {"accuracy": sk.accuracy_score(truth, called), "brier": float(np.mean((scores - truth) ** 2))}
    if truth.any():
        result["recall"] = sk.recall_score(truth, called, zero_division=0)
    if truth.any() and not truth.all():
        fpr, tpr, _ = sk.roc_curve(truth, scores, drop_intermediate=False)
        result |= {
            "balancedAccuracy": sk.balanced_accuracy_score(truth, called),
            "precision": sk.precision_score(truth, called, zero_division=0),
            "f1": f1(truth, called),
            "mcc": sk.matthews_corrcoef(truth, called),
            "auc": sk.roc_auc_score(truth, scores),
            "averagePrecision": sk.average_precision_score(truth, scores),
            "equalErrorRate": equal_error_rate(fpr, 1 - tpr),
            "recallAtFpr1": float(tpr[fpr <= 0.01].max()),
            "recallAtFpr5": float(tpr[fpr <= 0.05].max()),
        }
    return result


def equal_error_rate(fpr, fnr):
    """Where the two rates cross on the line through the points of the ROC curve."""
    crossing = brentq(lambda at: np.interp(at, np.arange(len(fpr)), fpr - fnr), 0, len(fpr) - 1)
    return float(np.interp(crossing, np.arange(len(fpr)), fpr))


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def main():
    rng = np.random.default_rng(20260101)
    kinds = ["ordinary", "saturated", "tied", "all positive", "tampered only", "authentic only"]
    cases = []
    for kind in kinds:
        images = make_images(rng, kind)
        cases.append(
            {
                "name": kind,
                "images": [
                    {"label": label, "score": score, "probability": encode(p), "truth": encode(np.packbits(t))}
                    for label, score, p, t in images
                ],
                "expected": {"image": image_level(images), "macro": macro(images), "micro": micro(images)},
            }
        )
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps({"side": SIDE, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
