#!/usr/bin/env python3
"""Write into a converted model's manifest what `ofx convert` cannot know: thresholds, numbers, licence, description.

    python -m workshop.evaluate CHECKPOINT --split casia1-dev/split.txt > metrics.json
    python -m workshop.describe_model ../models/objectformer-lite --fitted-on "casia1-dev (200 images)"
        --metrics casia1-dev=metrics.json --version 0.2.0

Without `--fit` the checkpoint is one that `calibrate_checkpoint.py` wrote, whose thresholds are 0.5.

    ofx predict documents/*_authentic.jpg --json > untouched.json
    python -m workshop.describe_model ../models/objectformer-lite --untouched "made documents=untouched.json"

adds to the model's limits how often images that nobody manipulated are called manipulated or suspicious, and how often
a copy is reported on them. Nothing else changes; the same words again replace their sentence.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

DESCRIPTION = (
    "The idea of ObjectFormer at a size for CPUs, trained by this project on manipulations made from real photos. "
    "Its model card says how often it is wrong, and where it must not be trusted."
)

#: Thresholds of a calibrated checkpoint.
CALIBRATED = {"score": 0.5, "mask": 0.5, "temperature": 1.0}


def read_reports(path: Path) -> list[dict]:
    """Read the JSON lines that `evaluate.py` printed."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def read_scores(entries: list[str]) -> dict[int, dict[str, list[float]]]:
    """Raw scores by side and class, sorted, of tables given as SIZE=FILE; failed images have none."""
    scores: dict[int, dict[str, list[float]]] = {}
    for entry in entries:
        size, file = entry.split("=", 1)
        classes = scores.setdefault(int(size), {"tampered": [], "authentic": []})
        with Path(file).open(newline="", encoding="utf-8") as table:
            for row in csv.DictReader(table):
                if row["rawScore"]:
                    classes["tampered" if row["label"] == "1" else "authentic"].append(round(float(row["rawScore"]), 4))
    return {size: {name: sorted(values) for name, values in classes.items()} for size, classes in scores.items()}


def read_alarms(entry: str) -> tuple[str, str]:
    """Words and file, as WORDS=FILE, to the beginning of a sentence after its number, and the whole sentence.

    The file is what `ofx predict --json` printed of images that nobody manipulated. ValueError where none was scored.
    """
    words, file = entry.split("=", 1)
    results = [result for result in json.loads(Path(file).read_text())["results"] if "verdict" in result]
    if not results:
        raise ValueError(f"{file} has no results of `ofx predict --json`")
    model = {f"{r['model']['version']} at {r['model']['inputSize']} pixels" for r in results}
    if len(model) > 1:
        raise ValueError(f"{file} has results of several models or sizes: {', '.join(sorted(model))}")

    def share(count: int) -> str:
        return f"{count} ({100 * count / len(results):.0f} %)"

    called = {verdict: sum(r["verdict"] == verdict for r in results) for verdict in ("manipulated", "suspicious")}
    copies = sum(bool(result.get("copies")) for result in results)
    start = f"{words} that nobody manipulated"
    return start, (
        f"Of {len(results)} {start}, {share(called['manipulated'])} were called manipulated and "
        f"{share(called['suspicious'])} suspicious; a copy was reported on {share(copies)} "
        f"(version {model.pop()}, as ofx predict judges by default)."
    )


def add_limit(limits: list[str], start: str, sentence: str) -> list[str]:
    """Put a sentence at the end of the limits, or in the place of the one that was measured on the same images."""
    if not any(start in limit for limit in limits):
        return [*limits, sentence]
    return [sentence if start in limit else limit for limit in limits]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder with model.json")
    parser.add_argument("--fit", type=Path, help="report of `evaluate.py --fit`, of one size")
    parser.add_argument("--fitted-on", help="the data, in words")
    parser.add_argument("--metrics", action="append", default=[], metavar="NAME=FILE", help="reports to keep")
    parser.add_argument(
        "--scores",
        action="append",
        default=[],
        metavar="SIZE=FILE",
        help="metrics.csv of `ofx validate` at this side: what a score is worth; repeatable",
    )
    parser.add_argument("--scored-on", help="the data of --scores, in words")
    parser.add_argument("--version")
    parser.add_argument(
        "--untouched",
        action="append",
        default=[],
        metavar="WORDS=FILE",
        help="`ofx predict --json` of images that nobody manipulated, and what they are; repeatable",
    )
    options = parser.parse_args()
    described = options.fitted_on is not None and options.version is not None
    if not described and (not options.untouched or options.fitted_on or options.version):
        parser.error("--fitted-on and --version belong together; without them only --untouched can be given")
    if options.scores and not options.scored_on:
        parser.error("--scores needs --scored-on, the data in words")

    fitted = read_reports(options.fit)[-1]["thresholds"] if options.fit else CALIBRATED
    metrics = {}
    for entry in options.metrics:
        name, file = entry.split("=", 1)
        metrics[name] = [
            {
                "size": report["size"],
                "change": report["change"],
                # Not the numbers by kind, which only some data sets have.
                **{key: value for key, value in report["metrics"].items() if key.startswith(("image.", "pixel."))},
                "intervals": report["intervals"],
            }
            for report in read_reports(Path(file))
        ]
    path = options.model / "model.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if described:
        manifest |= {
            "version": options.version,
            "description": DESCRIPTION,
            "licence": "Apache-2.0",
            "thresholds": {name: fitted[name] for name in ("score", "mask", "temperature")}
            | {"fittedOn": options.fitted_on},
            "metrics": metrics,
        }
    for entry in options.untouched:
        manifest["limits"] = add_limit(manifest.get("limits", []), *read_alarms(entry))
    scores = read_scores(options.scores)
    for variant in manifest["variants"]:
        if variant["inputSize"] in scores:
            variant["testScores"] = {"data": options.scored_on, **scores[variant["inputSize"]]}
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
