#!/usr/bin/env python3
"""Draw the curves of training stages from their logs.

python -m workshop.plot_training RUN… --out curves.svg
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

#: What is drawn, from top to bottom: the kind of event, its values, and the axis' name.
PANELS = (
    ("train", ("mask", "coarse", "score"), "training loss"),
    ("validate", ("pixel.macro.auc", "image.auc", "pixel.macro.best.f1", "pixel.macro.f1"), "validation"),
)


def read_log(run: Path) -> list[dict]:
    """Return the events of a run."""
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="stages, in order")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    figure, axes = plt.subplots(len(PANELS), 1, figsize=(7, 6), sharex=True, constrained_layout=True)
    seen_before = 0
    for index, run in enumerate(options.runs):
        events = read_log(run)
        for axis, (kind, names, title) in zip(axes, PANELS, strict=True):
            points = [event for event in events if event["event"] == kind and "seen" in event]
            axis.set_ylabel(title)
            axis.grid(alpha=0.3)
            for colour, name in enumerate(names):
                x = [(seen_before + point["seen"]) / 1000 for point in points]
                style = {"color": f"C{colour}", "marker": "o" if kind == "validate" else None, "markersize": 4}
                axis.plot(x, [point[name] for point in points], label=name if index == 0 else None, **style)
        seen_before += max((event.get("seen", 0) for event in events), default=0)
        for axis in axes:
            axis.axvline(seen_before / 1000, color="0.7", linestyle=":")
    for axis in axes:
        axis.legend(fontsize=8)
    axes[-1].set_xlabel("samples seen, in thousands (dotted: the end of a stage)")
    figure.savefig(options.out)


if __name__ == "__main__":
    main()
