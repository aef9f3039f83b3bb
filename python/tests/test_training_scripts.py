"""The scripts about training: what they write and read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from ofx.networks.objectformer_lite import build
from workshop import (
    calibrate_checkpoint,
    describe_model,
    evaluate,
    extract_outlines,
    find_duplicate_photos,
    plot_training,
    train,
)
from workshop.training.dataset import Sample
from workshop.training.parallel import Team


def test_a_manifest_gets_the_scores_of_test_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    variants = [{"file": "a.onnx", "inputSize": 288}, {"file": "b.onnx", "inputSize": 380}]
    (tmp_path / "model.json").write_text(json.dumps({"name": "small", "version": "0.0.0", "variants": variants}))
    (tmp_path / "one.csv").write_text("image,label,rawScore\na,1,0.91234\nb,0,0.2\nbroken,1,\n")
    (tmp_path / "two.csv").write_text("image,label,rawScore\nc,1,0.5\nd,0,0.1\n")
    arguments = ["--fitted-on", "x", "--version", "1", "--scored-on", "two sets"]
    for name in ("one", "two"):
        arguments += ["--scores", f"288={tmp_path / name}.csv"]
    monkeypatch.setattr(sys, "argv", ["describe_model.py", str(tmp_path), *arguments])
    describe_model.main()
    first, second = json.loads((tmp_path / "model.json").read_text())["variants"]
    assert first["testScores"] == {"data": "two sets", "tampered": [0.5, 0.9123], "authentic": [0.1, 0.2]}
    assert "testScores" not in second


def describe(model: Path, monkeypatch: pytest.MonkeyPatch, *asked: object) -> dict:
    monkeypatch.setattr(sys, "argv", ["describe_model.py", str(model), *map(str, asked)])
    describe_model.main()
    return json.loads((model / "model.json").read_text())


def test_a_manifest_tells_what_happens_to_untouched_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = {
        "name": "small",
        "version": "0.3.0",
        "variants": [],
        "limits": ["It is blind.", "Naïve."],
        "metrics": {"dev": 1},
    }
    (tmp_path / "model.json").write_text(json.dumps(before))
    used = {"name": "small", "version": "0.3.0", "inputSize": 380}
    verdicts = ["manipulated", "suspicious", "no-finding", "no-finding"]
    results: list[dict] = [{"verdict": verdict, "model": used} for verdict in verdicts]
    results[3]["copies"] = [{}]
    results.append({"error": {"code": "IMAGE_DAMAGED"}})
    (tmp_path / "pages.json").write_text(json.dumps({"results": results}))
    after = describe(tmp_path, monkeypatch, "--untouched", f"made documents={tmp_path / 'pages.json'}")
    sentence = (
        "Of 4 made documents that nobody manipulated, 1 (25 %) were called manipulated and 1 (25 %) suspicious; "
        "a copy was reported on 1 (25 %) (version 0.3.0 at 380 pixels, as ofx predict judges by default)."
    )
    assert after == {**before, "limits": ["It is blind.", "Naïve.", sentence]}

    (tmp_path / "pages.json").write_text(json.dumps({"results": results[2:3]}))
    again = describe(tmp_path, monkeypatch, "--untouched", f"made documents={tmp_path / 'pages.json'}")
    assert len(again["limits"]) == 3
    assert again["limits"][2].startswith("Of 1 made documents that nobody manipulated, 0 (0 %)")


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ([{"error": {}}], "no results"),
        ([{"verdict": "no-finding", "model": {"version": "1", "inputSize": s}} for s in (288, 380)], "several"),
    ],
)
def test_untouched_images_are_those_of_one_model(
    results: list[dict], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "model.json").write_text(json.dumps({"variants": []}))
    (tmp_path / "pages.json").write_text(json.dumps({"results": results}))
    with pytest.raises(ValueError, match=message):
        describe(tmp_path, monkeypatch, "--untouched", f"pages={tmp_path / 'pages.json'}")


def test_a_description_needs_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "model.json").write_text(json.dumps({"variants": []}))
    for asked in ([], ["--version", "1"], ["--fitted-on", "x"], ["--version", "1", "--untouched", "a=b"]):
        with pytest.raises(SystemExit):
            describe(tmp_path, monkeypatch, *asked)


def test_a_manifest_gets_thresholds_and_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "model.json").write_text(json.dumps({"name": "small", "version": "0.0.0", "variants": []}))
    thresholds = {"score": 0.4, "mask": 0.3, "temperature": 2.0, "balancedAccuracy": 0.7}
    report = {"size": 380, "change": None, "metrics": {"image.auc": 0.7}, "intervals": {"image.auc": [0.6, 0.8]}}
    fit, numbers = tmp_path / "fit.json", tmp_path / "numbers.json"
    fit.write_text(json.dumps({**report, "thresholds": thresholds}) + "\n")
    numbers.write_text(json.dumps(report) + "\n" + json.dumps({**report, "size": 288}) + "\n")
    arguments = ["--fit", fit, "--fitted-on", "some data", "--metrics", f"dev={numbers}", "--version", "1.0.0"]
    monkeypatch.setattr(sys, "argv", ["describe_model.py", *map(str, [tmp_path, *arguments])])
    describe_model.main()
    manifest = json.loads((tmp_path / "model.json").read_text())
    assert manifest["name"] == "small"
    assert manifest["version"] == "1.0.0"
    assert manifest["thresholds"] == {"score": 0.4, "mask": 0.3, "temperature": 2.0, "fittedOn": "some data"}
    assert [entry["size"] for entry in manifest["metrics"]["dev"]] == [380, 288]
    assert manifest["metrics"]["dev"][0]["intervals"] == {"image.auc": [0.6, 0.8]}

    calibrated = ["describe_model.py", str(tmp_path), "--fitted-on", "other data", "--version", "1.1.0"]
    monkeypatch.setattr(sys, "argv", calibrated)
    describe_model.main()
    manifest = json.loads((tmp_path / "model.json").read_text())
    assert manifest["thresholds"] == {"score": 0.5, "mask": 0.5, "temperature": 1.0, "fittedOn": "other data"}


def test_a_split_file_names_images_and_masks(tmp_path: Path):
    split = tmp_path / "split.txt"
    split.write_text("images/a.jpg\tmasks/a.png\t1\nimages/b.jpg\tNone\t0\n")
    assert evaluate.split_samples(split) == [
        Sample(tmp_path / "images/a.jpg", tmp_path / "masks/a.png", tampered=True, real=True),
        Sample(tmp_path / "images/b.jpg", real=True),
    ]


def test_an_outline_follows_its_region():
    region = np.zeros((100, 200), bool)
    region[20:60, 40:120] = True
    outline = extract_outlines.outline_of(region)
    np.testing.assert_allclose([outline.min(0), outline.max(0)], [[0.2, 0.2], [0.6, 0.6]], atol=0.01)
    assert extract_outlines.outline_of(np.ones((100, 200), bool)) is None
    assert extract_outlines.outline_of(np.zeros((100, 200), bool)) is None


def test_grabcut_finds_a_thing_in_the_middle(tmp_path: Path):
    rng = np.random.default_rng(0)
    photo = rng.integers(60, 90, (200, 240, 3), dtype=np.uint8)
    cv2.circle(photo, (120, 100), 45, (30, 30, 220), -1)
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    outline = max(extract_outlines.grabcut_outlines(tmp_path / "photo.png"), key=np.ptp)
    np.testing.assert_allclose(outline.mean(0), [0.5, 0.5], atol=0.05)
    np.testing.assert_allclose(np.ptp(outline, axis=0), [90 / 240, 90 / 200], atol=0.08)


def test_outlines_of_object_masks(tmp_path: Path):
    objects = np.zeros((100, 200), np.uint8)
    objects[20:60, 40:120] = 1
    objects[70:95, 10:60] = 2
    cv2.imwrite(str(tmp_path / "objects.png"), objects)
    first, second = extract_outlines.mask_outlines(tmp_path / "objects.png")
    np.testing.assert_allclose([first.min(0), first.max(0)], [[0.2, 0.2], [0.6, 0.6]], atol=0.01)
    np.testing.assert_allclose([second.min(0), second.max(0)], [[0.05, 0.7], [0.3, 0.95]], atol=0.01)
    soft = cv2.GaussianBlur(np.where(objects == 1, 255, 0).astype(np.uint8), (0, 0), 4)
    cv2.imwrite(str(tmp_path / "soft.png"), soft)
    (outline,) = extract_outlines.mask_outlines(tmp_path / "soft.png")
    np.testing.assert_allclose([outline.min(0), outline.max(0)], [[0.2, 0.2], [0.6, 0.6]], atol=0.03)


def test_curves_are_drawn_of_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    events = [
        {"event": "start", "step": 0},
        *({"event": "train", "seen": 100 * i, "mask": 1 / i, "coarse": 1, "score": 0.6} for i in range(1, 4)),
        {
            "event": "validate",
            "seen": 300,
            **dict.fromkeys(("pixel.macro.auc", "image.auc", "pixel.macro.best.f1", "pixel.macro.f1"), 0.5),
        },
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, events)))
    out = tmp_path / "curves.svg"
    monkeypatch.setattr(sys, "argv", ["plot_training.py", str(tmp_path), str(tmp_path), "--out", str(out)])
    plot_training.main()
    assert out.read_text().count("<path") > 10


def test_calibration_makes_the_thresholds_a_half():
    torch.manual_seed(0)
    network = build({"width": 24, "prototypes": 4, "blocks": 1, "heads": 2, "descriptor": 8}).eval()
    image = torch.randn(1, 3, 96, 96)
    with torch.no_grad():
        score, mask = network(image)
        thresholds = {"mask": 0.2, "score": 0.7, "temperature": 3.0}
        network.load_state_dict(calibrate_checkpoint.calibrate(network.state_dict(), thresholds))
        after_score, after_mask = network(image)
    assert torch.equal(after_mask.sigmoid() > 0.5, mask.sigmoid() > 0.2)
    expected = score / 3 - np.log(0.7 / 0.3)
    torch.testing.assert_close(after_score, expected.float(), atol=1e-5, rtol=1e-5)


def test_a_test_photo_in_the_library_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    library, tests = tmp_path / "library", tmp_path / "tests"
    library.mkdir()
    tests.mkdir()
    for index in range(6):
        noise = np.random.default_rng(index).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        photo = cv2.resize(noise, (480, 360), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(library / f"photo{index}.png"), photo)
        if index in (2, 4):
            small = cv2.resize(photo if index == 2 else photo[:, ::-1], (300, 220), interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(tests / f"test{index}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 60])

    monkeypatch.setattr(sys, "argv", ["find_duplicate_photos.py", str(library), "--test", str(tests)])
    with pytest.raises(SystemExit) as exit_:
        find_duplicate_photos.main()
    assert exit_.value.code == 1
    found = [[Path(name).stem for name in line.split()[1:]] for line in capsys.readouterr().out.splitlines()]
    assert sorted(found) == [["photo2", "test2"], ["photo4", "test4"]]

    for name in ("photo2.png", "photo4.png"):
        (library / name).unlink()
    with pytest.raises(SystemExit) as exit_:
        find_duplicate_photos.main()
    assert exit_.value.code == 0


def pool_of(folder: Path, count: int) -> Path:
    """Samples of 96x96, every second of them with a bright square."""
    folder.mkdir(parents=True)
    for index in range(count):
        picture = cv2.resize(np.random.default_rng(index).integers(0, 200, (12, 12, 3), dtype=np.uint8), (96, 96))
        name = folder / f"{index:06d}_{'splice' if index % 2 else 'authentic'}"
        if index % 2:
            mask = np.zeros((96, 96), np.uint8)
            mask[20:60, 20:60] = picture[20:60, 20:60] = 255
            cv2.imwrite(f"{name}.png", mask)
        cv2.imwrite(f"{name}.jpg", picture)
    return folder


def test_a_stage_that_forgets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small = {"width": 24, "prototypes": 4, "blocks": 1, "heads": 2, "descriptor": 8}
    monkeypatch.setattr(train, "DEFAULT_CONFIG", small)
    monkeypatch.setattr(train, "SQUARES", {(96, 96): (1.0, 4)})
    torch.manual_seed(0)
    # Kept in half precision, as the checkpoints in the repository are.
    torch.save({"model_state": build(small).half().state_dict()}, tmp_path / "before.pth")
    pool_of(tmp_path / "pool" / "train", 6)
    pool_of(tmp_path / "pool" / "validation", 4)
    documents, others = pool_of(tmp_path / "documents", 6), pool_of(tmp_path / "others", 4)
    arguments = [
        "train.py",
        "photos",
        "--out",
        tmp_path / "out",
        "--minutes",
        "1e-6",
        "--start",
        tmp_path / "before.pth",
    ]
    arguments += ["--distil", tmp_path / "before.pth", "--more", documents, "--also", others, "--squares"]
    monkeypatch.setattr(sys, "argv", list(map(str, arguments)))
    train.work(Team(), train.parse(), tmp_path / "pool")
    events = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert events[0]["samples"] == 12
    assert {event["on"]: "image.fromTeacher" in event for event in events[1:]} == {"made": True, "others": True}


@pytest.mark.parametrize("asked", [[], ["--more", "documents", "--held-share", "1"]])
def test_a_teacher_needs_something_to_be_learned(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["train.py", "photos", "--out", "out", "--distil", "before.pth", *asked])
    with pytest.raises(SystemExit):
        train.parse()
    assert ("--more FOLDER" if not asked else "--held-share") in capsys.readouterr().err
