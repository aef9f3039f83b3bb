"""Losses, metrics and the loop."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, roc_auc_score

from ofx.checkpoint import read_checkpoint
from ofx.networks.objectformer_lite import ObjectFormerLite
from workshop.training import losses
from workshop.training.dataset import Batch, Sample, read_sample, to_input
from workshop.training.loop import Average, Recipe, Stage, freeze, rate_factor, train_mode
from workshop.training.metrics import THRESHOLDS, Evaluation, area_under_roc, f1_sweep, fit_thresholds, intervals
from workshop.training.parallel import Team, run_team

SMALL = {"width": 24, "prototypes": 4, "blocks": 1, "heads": 2, "descriptor": 8}


def test_area_under_roc_counts_ties_half():
    rng = np.random.default_rng(1)
    scores, labels = rng.integers(0, 5, 200) / 5, rng.integers(0, 2, 200)
    assert area_under_roc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))
    assert np.isnan(area_under_roc(scores, np.ones(200)))


def test_f1_sweep_agrees_with_scikit_learn_also_on_the_threshold_itself():
    rng = np.random.default_rng(2)
    probability, truth = rng.integers(0, 21, (30, 30)) / 20, rng.integers(0, 2, (30, 30))
    expected = [f1_score(truth.ravel(), probability.ravel() > t) for t in THRESHOLDS]
    np.testing.assert_allclose(f1_sweep(probability, truth), expected)


def perfect_and_blind() -> Evaluation:
    evaluation = Evaluation()
    truth = np.zeros((20, 20), np.uint8)
    truth[:10] = 1
    for index in range(30):
        sure = 0.6 + 0.01 * index
        evaluation.add(sure, np.where(truth > 0, 0.8, 0.1), truth, "splice")
        evaluation.add(0.5 - 0.01 * index, np.full((20, 20), 0.3), np.zeros_like(truth))
    return evaluation


def test_evaluation_sums_up():
    summary = perfect_and_blind().summary()
    assert summary["image.auc"] == 1
    assert summary["pixel.macro.auc"] == 1
    assert summary["pixel.macro.f1"] == 1
    assert summary["pixel.falseAlarmArea"] == 0
    assert summary["splice.auc"] == 1


def test_a_photo_whose_mask_is_unknown_counts_for_the_score_alone():
    evaluation = Evaluation()
    truth = np.zeros((20, 20), np.uint8)
    truth[:5] = 1
    evaluation.add(0.9, truth * 0.8, truth)
    evaluation.add(0.1, truth * 0.2, np.zeros_like(truth))
    before = evaluation.summary()
    evaluation.add(0.05, truth * 0.1, None)
    after = evaluation.summary()
    assert after["image.auc"] == 0.5
    assert after["image.top.auc"] == 0.5
    assert {k: v for k, v in after.items() if k.startswith("pixel")} == {
        k: v for k, v in before.items() if k.startswith("pixel")
    }
    assert intervals(evaluation, resamples=20)["pixel.macro.auc"] == (1, 1)


def test_intervals_and_thresholds_of_a_perfect_detector():
    evaluation = perfect_and_blind()
    assert intervals(evaluation, resamples=50)["image.auc"] == (1, 1)
    fitted = fit_thresholds(evaluation)
    assert fitted["balancedAccuracy"] == 1
    assert fitted["temperature"] < 1  # sharper is better where all are right
    assert 0.1 <= fitted["mask"] < 0.8


def test_dice_is_one_minus_soft_f1():
    logits = torch.full((1, 1, 4, 4), -30.0)
    logits[..., :2, :] = 30
    truth = torch.zeros(1, 1, 4, 4)
    truth[..., :1, :] = 1
    # 4 hits, 8 marked, 4 true: F1 = 8 / 12, here smoothed by one pixel on both sides of the fraction.
    assert losses.dice(logits, truth).item() == pytest.approx(1 - 9 / 13)


def test_loss_falls_as_the_answer_gets_better_and_authentic_batches_are_fine():
    truth = torch.zeros(2, 1, 16, 16)
    truth[0, :, :8] = 1
    right, wrong = (truth * 8 - 4), (4 - truth * 8)
    score = torch.tensor([3.0, -3.0])
    good = losses.total(score, right, right[..., ::2, ::2], truth)["loss"]
    assert good < losses.total(score, wrong, wrong[..., ::2, ::2], truth)["loss"]
    assert good < losses.total(-score, right, right[..., ::2, ::2], truth)["loss"]
    assert torch.isfinite(losses.total(score, right, right[..., ::2, ::2], torch.zeros_like(truth))["loss"])


def test_a_photo_without_its_mask_teaches_the_verdict_alone():
    truth = torch.zeros(2, 1, 32, 32)
    truth[0, :, 8:16, 8:16] = 1
    mask = torch.zeros(2, 1, 8, 8, requires_grad=True)
    score = torch.zeros(2, requires_grad=True)
    flags = {"label": torch.ones(2), "known": torch.tensor([True, False]), "real": torch.tensor([False, True])}
    terms = losses.total(score, mask, mask * 1, truth, **flags)
    terms["loss"].backward()
    told = mask.grad[1].flatten()
    assert (score.grad < 0).all()
    # The surest cell is asked for more, the others for nothing: it is not known where the photo is manipulated.
    assert (told < 0).sum() == 1
    assert (told == 0).sum() == 63
    assert (mask.grad[0] != 0).all()


def test_the_top_of_the_map_answers_for_real_photos_of_both_classes():
    mask = torch.full((2, 1, 20, 20), -3.0)
    mask[:, :, 0, :4] = 5
    flags = {"known": torch.ones(2, dtype=torch.bool), "real": torch.ones(2, dtype=torch.bool)}
    truth = torch.zeros(2, 1, 20, 20)
    agrees = losses.total(torch.zeros(2), mask, mask, truth, label=torch.ones(2), **flags)["top"]
    differs = losses.total(torch.zeros(2), mask, mask, truth, label=torch.zeros(2), **flags)["top"]
    assert agrees < 0.01
    assert differs > 4


def test_learning_rate_warms_up_and_falls():
    factors = [rate_factor(progress, 1000, 100) for progress in (0, 0.25, 0.5, 1, 2)]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] == 1
    assert factors[-1] == pytest.approx(0.02)
    assert rate_factor(0, 9, 100) == pytest.approx(0.1)


def test_average_follows_the_weights():
    network = torch.nn.Linear(1, 1)
    average = Average(network, 0.9)
    with torch.no_grad():
        network.weight.fill_(1000.0)
    for step in range(200):
        average.update(network, step)
    assert average.state["weight"].item() == pytest.approx(1000, rel=1e-3)


def disagree(team: Team, out: Path) -> None:
    network = torch.nn.BatchNorm1d(2)
    network.weight.data.fill_(1.0 + 2 * team.rank)
    network.running_mean.fill_(10.0 * team.rank)
    clock = team.agree(network, 7.0 + team.rank)
    torch.save({"clock": clock, **network.state_dict()}, out / f"{team.rank}.pt")


def test_a_team_agrees_on_weights_and_clock(tmp_path: Path):
    run_team(2, partial(disagree, out=tmp_path))
    for rank in range(2):
        state = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert state["clock"] == 7
        assert state["weight"].tolist() == [2, 2]
        assert state["running_mean"].tolist() == [5, 5]


def test_frozen_stages_do_not_learn():
    network = ObjectFormerLite(**SMALL)
    freeze(network, 2)
    learns = {name for name, parameter in network.rgb.named_parameters() if parameter.requires_grad}
    assert not any(name.startswith(("stem", "stages.0", "stages.1")) for name in learns)
    assert any(name.startswith("stages.2") for name in learns)


@pytest.fixture
def samples(tmp_path: Path) -> list:
    made = []
    rng = np.random.default_rng(0)
    for index in range(8):
        picture = cv2.resize(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8), (96, 96))
        mask = np.zeros((96, 96), np.uint8)
        if index % 2:
            mask[20:60, 30:70] = 255
            picture[mask > 0] = 255
        image, mask_path = tmp_path / f"{index}.png", tmp_path / f"{index}_mask.png"
        cv2.imwrite(str(image), picture)
        cv2.imwrite(str(mask_path), mask)
        made.append(Sample(image, mask_path if index % 2 else None, bool(index % 2)))
    return made


def test_a_stage_learns_logs_and_goes_on_where_it_stopped(samples: list, tmp_path: Path):
    torch.manual_seed(0)
    recipe = Recipe(minutes=1e-6, shapes={(96, 96): (1.0, 4)}, warm_up=1, frozen_stages=0)
    network = ObjectFormerLite(**SMALL)
    Stage(network, SMALL, tmp_path / "run", recipe).run(samples, {"made": samples})
    events = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == ["start", "validate"]
    assert 0 <= events[-1]["pixel.macro.auc"] <= 1

    again = Stage(ObjectFormerLite(**SMALL), SMALL, tmp_path / "run", recipe)
    assert again.step == 8
    torch.testing.assert_close(again.network.state_dict(), network.state_dict())

    checkpoint = read_checkpoint(tmp_path / "run" / "model.pth")
    assert checkpoint.name == "objectformer-lite"
    torch.testing.assert_close(checkpoint.network.state_dict(), again.average.state)


def batch_of(samples: list, held: list[bool] | None = None) -> Batch:
    return Batch(
        torch.stack([to_input(read_sample(sample)[0], 96) for sample in samples]),
        torch.stack([torch.from_numpy(read_sample(sample)[1]).float()[None] for sample in samples]),
        torch.tensor([float(sample.tampered) for sample in samples]),
        torch.ones(8, dtype=torch.bool),
        torch.zeros(8, dtype=torch.bool),
        torch.tensor(held or [False] * 8),
    )


def test_learning_lowers_the_loss(samples: list, tmp_path: Path):
    torch.manual_seed(0)
    stage = Stage(ObjectFormerLite(**SMALL), SMALL, tmp_path, Recipe(warm_up=1, rate=3e-3, frozen_stages=0))
    batch = batch_of(samples)
    loss = [stage.learn(batch)["loss"] for _ in range(12)]
    assert loss[-1] < 0.8 * loss[0]


def test_what_a_teacher_says_is_kept_while_something_else_is_learned(samples: list, tmp_path: Path):
    """The held images are the first four: their truth is not learned, and their answers stay near the teacher's."""

    def drift(distil: bool) -> tuple[float, list[float]]:
        torch.manual_seed(0)
        teacher = ObjectFormerLite(**SMALL).eval()
        network = ObjectFormerLite(**SMALL)
        network.load_state_dict(teacher.state_dict())
        recipe = Recipe(warm_up=1, rate=3e-3, frozen_stages=0, frozen_norms=True)
        stage = Stage(network, SMALL, tmp_path / str(distil), recipe, teacher=teacher if distil else None)
        batch = batch_of(samples, [True] * 4 + [False] * 4)
        if not distil:
            batch = Batch(*(values[4:] for values in batch))
        first = stage.learn(batch)
        if distil:
            assert first["taught"] < 1e-3  # the network begins as its teacher
        learned = [stage.learn(batch)["mask"] for _ in range(12)]
        network.eval()
        with torch.no_grad():
            images = batch_of(samples).images[:4]
            return float(losses.distance(network.logits(images), teacher.logits(images))), learned

    kept, learned = drift(distil=True)
    forgotten, _ = drift(distil=False)
    assert learned[-1] < learned[0]
    assert kept < forgotten / 2


def test_a_batch_of_held_images_alone_teaches_no_truth(samples: list, tmp_path: Path):
    torch.manual_seed(0)
    teacher = ObjectFormerLite(**SMALL)
    network = ObjectFormerLite(**SMALL)
    stage = Stage(network, SMALL, tmp_path, Recipe(frozen_stages=0, frozen_norms=True), teacher=teacher)
    terms = stage.learn(batch_of(samples, [True] * 8))
    assert set(terms) == {"loss", "taught", "norm"}
    assert terms["taught"] > 0


def test_frozen_norms_keep_their_statistics(samples: list):
    images = batch_of(samples).images
    for frozen in (False, True):
        network = ObjectFormerLite(**SMALL)
        before = {name: value.clone() for name, value in network.named_buffers() if "running" in name}
        train_mode(network, frozen_norms=frozen)
        network(images)
        same = [torch.equal(value, before[name]) for name, value in network.named_buffers() if "running" in name]
        assert all(same) == frozen
        assert any(same) == frozen


def test_the_distance_from_a_teacher_is_logged(samples: list, tmp_path: Path):
    torch.manual_seed(0)
    teacher = ObjectFormerLite(**SMALL)
    recipe = Recipe(minutes=1e-6, shapes={(96, 96): (1.0, 4)}, warm_up=1, frozen_stages=0, frozen_norms=True)
    mixed = [sample._replace(held=index < 4) for index, sample in enumerate(samples)]
    Stage(ObjectFormerLite(**SMALL), SMALL, tmp_path, recipe, teacher=teacher).run(mixed, {"photos": samples})
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert events[-1]["on"] == "photos"
    assert events[-1]["image.fromTeacher"] > 0
