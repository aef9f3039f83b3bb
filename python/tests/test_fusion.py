"""How the sources of evidence are joined: `workshop.fit_fusion`."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from workshop import fit_fusion
from workshop.fit_fusion import Run, fit, read_run

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "reports" / "objectformer-lite"
MANIFEST = ROOT / "models" / "objectformer-lite" / "model.json"


def run_of(seed: int, tampered: int, authentic: int) -> Run:
    rng = np.random.default_rng(seed)
    labels = np.array([1.0] * tampered + [0.0] * authentic)
    logits = rng.normal(size=(len(labels), 2)) + labels[:, None] * [0.6, 1.2]
    return Run(f"set-{seed}", ("network", "copies"), logits, labels)


def test_the_shipped_fusion_follows_from_the_committed_reports():
    found = fit_fusion.describe([read_run(REPORTS / name) for name in ("casia1-dev", "imd2020-dev")], [], 1.0)
    (shipped,) = (
        v["fusion"]
        for v in json.loads(MANIFEST.read_text())["variants"]
        if (v["inputSize"], v["precision"]) == (380, "fp32")
    )
    assert found["weights"] == {source["name"]: source["weight"] for source in shipped["sources"]}
    assert found["bias"] == shipped["bias"]


def test_it_is_the_weighted_logistic_regression_of_scikit_learn():
    runs = [run_of(1, 40, 90), run_of(2, 15, 10)]
    join = fit(runs)
    weight = np.concatenate([fit_fusion.balanced(run.labels) for run in runs])
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
        np.concatenate([run.logits for run in runs]),
        np.concatenate([run.labels for run in runs]),
        sample_weight=weight * 100,
    )
    assert np.allclose(join.weights, reference.coef_[0], atol=1e-4)
    assert join.bias == pytest.approx(reference.intercept_[0], abs=1e-4)


def test_a_set_counts_as_much_however_many_images_it_has():
    small, large = run_of(1, 40, 90), run_of(2, 15, 10)
    thrice = Run(large.name, large.sources, np.tile(large.logits, (3, 1)), np.tile(large.labels, 3))
    assert np.allclose(fit([small, large]).weights, fit([small, thrice]).weights, atol=1e-9)


def test_made_runs_share_the_weight_that_they_are_given():
    photos, made = run_of(1, 40, 90), run_of(2, 30, 30)
    assert np.allclose(fit([photos], [made, made], 1.0).weights, fit([photos, made]).weights, atol=1e-9)
    faint = fit([photos], [made], 1e-9)
    assert np.allclose(faint.weights, fit([photos]).weights, atol=1e-5)


def test_classes_that_never_mix_are_an_error():
    labels = np.array([0.0, 0.0, 1.0, 1.0])
    run = Run("apart", ("network", "copies"), np.column_stack([labels * 4 - 2, [0.1, -0.2, 0.2, 0.3]]), labels)
    with pytest.raises(ValueError, match="told apart without error"):
        fit([run])
    same = run_of(3, 20, 20)
    silent = Run("silent", same.sources, np.column_stack([same.logits[:, 0], -np.ones(40)]), same.labels)
    with pytest.raises(ValueError, match="the same of every image"):
        fit([silent])


def test_a_run_needs_both_sources_and_both_classes(tmp_path: Path):
    table = tmp_path / "metrics.csv"
    table.write_text("image,label,error,logit.network\na,1,,0.5\n")
    with pytest.raises(ValueError, match="--evidence network,copies"):
        read_run(tmp_path)
    table.write_text("image,label,error,logit.network,logit.copies\na,1,,0.5,-1\nb,0,DECODE_FAILED,,\n")
    with pytest.raises(ValueError, match="tampered and authentic"):
        read_run(table)


def test_a_manifest_gets_the_numbers_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    shutil.copy(MANIFEST, tmp_path / "model.json")
    before = json.loads(MANIFEST.read_text())
    arguments = [str(REPORTS / "casia1-dev"), "--made", str(REPORTS / "imd2020-dev"), "--made-weight", "0.5"]
    monkeypatch.setattr(sys, "argv", ["fit_fusion.py", *arguments, "--model", str(tmp_path), "--size", "380"])
    fit_fusion.main()
    found = json.loads(capsys.readouterr().out)
    assert found["sets"]["casia1-dev"]["images"] == 200
    assert found["sets"]["imd2020-dev"]["made"] is True
    after = json.loads((tmp_path / "model.json").read_text())
    for old, new in zip(before["variants"], after["variants"], strict=True):
        if new["inputSize"] != 380:
            assert new == old
            continue
        assert [s["weight"] for s in new["fusion"]["sources"]] == list(found["weights"].values())
        assert new["fusion"]["sources"][1]["aloneFrom"] == old["fusion"]["sources"][1]["aloneFrom"]
        assert new["fusion"]["thresholds"] == old["fusion"]["thresholds"]
        assert len(new["fusion"]["testScores"]["tampered"]) == 100
        assert new["fusion"]["fittedOn"].endswith("at 380; with 35 made images in 0.5 of a set's weight")
    monkeypatch.setattr(sys, "argv", ["fit_fusion.py", *arguments[:1], "--model", str(tmp_path), "--size", "512"])
    with pytest.raises(ValueError, match="no variant of size 512"):
        fit_fusion.main()
