"""Made documents: what is said to be forged is, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from workshop import make_documents
from workshop.documents import forgery, pages
from workshop.documents.forgery import EDITS, WAYS, UnsuitableError, capture, make_document
from workshop.evaluate import split_samples
from workshop.training.pool import pool_samples


@pytest.mark.parametrize("template", [*pages.LEARNED, *pages.KEPT], ids=lambda template: template.__name__)
def test_fields_lie_on_the_page_and_hold_ink(template: pages.Template):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        styles = pages.LEARNED_STYLES if template in pages.LEARNED else pages.KEPT_STYLES
        page = template(styles[seed], rng)
        pixels = np.asarray(page.image).astype(int)
        assert len(page.fields) >= 6
        for field in page.fields:
            x, y, w, h = field.box
            assert x >= 0
            assert y >= 0
            assert x + w <= page.image.width, field
            assert y + h <= page.image.height, field
            assert np.ptp(pixels[y : y + h, x : x + w].sum(2)) > 60, field


def test_evaluation_shares_no_template_and_no_font_with_training():
    assert not set(pages.LEARNED) & set(pages.KEPT)
    learned = {font for style in pages.LEARNED_STYLES for font in (style.heading, style.label, style.value)}
    kept = {font for style in pages.KEPT_STYLES for font in (style.heading, style.label, style.value)}
    assert not learned & kept
    assert all(font.is_file() for font in learned | kept)


@pytest.mark.parametrize("kind", list(EDITS))
def test_an_edit_changes_what_its_mask_says(kind: str):
    done = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        captured = capture(pages.make_page(False, rng), rng)
        try:
            edited, changed = WAYS[kind](captured, rng)
        except UnsuitableError:
            continue
        done += 1
        difference = cv2.absdiff(edited, captured.pixels).max(2)
        # The blended rim of a region is a few pixels wide.
        rim = cv2.dilate(changed.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
        assert not (difference[~rim] > 8).any()
        if done == 5:
            break
    assert done == 5


def test_a_field_lies_where_the_camera_put_it():
    rng = np.random.default_rng(4)
    page = pages.Page.blank(400, 300, (250, 250, 250))
    page.paste(pages.Image.new("RGB", (80, 60), (10, 10, 10)), (200, 100), "portrait")
    captured = capture(page, rng)
    region = captured.region(page.fields[0])
    assert captured.pixels[region > 0.95].mean() < 60
    ring = (captured.region(page.fields[0], 6) > 0.5) & (captured.region(page.fields[0], 3) < 0.5)
    assert captured.pixels[ring].mean() > 120


def test_documents_depend_on_the_seed_alone():
    for forged in (True, False):
        first = make_document(np.random.default_rng(3), kept=True, forged=forged)
        again = make_document(np.random.default_rng(3), kept=True, forged=forged)
        assert first[0] == again[0]
        assert (first[1] == again[1]).all()
        assert first[2].any() == forged
        assert cv2.imdecode(first[1], cv2.IMREAD_COLOR).shape[:2] == first[2].shape


def test_copied_characters_are_of_the_same_kind(monkeypatch: pytest.MonkeyPatch):
    taken = []
    monkeypatch.setattr(
        forgery.Captured, "quad", lambda self, field: taken.append(field) or np.zeros((4, 2), np.float32)
    )
    page = pages.id_card(pages.LEARNED_STYLES[0], np.random.default_rng(0))
    captured = forgery.Captured(np.zeros((540, 860, 3), np.uint8), np.eye(3), page)
    for seed in range(12):
        taken.clear()
        with pytest.raises((UnsuitableError, ValueError)):
            forgery.copy_characters(captured, np.random.default_rng(seed))
        assert len({field.kind for field in taken}) == 1


def test_the_script_makes_a_data_set_and_a_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["make_documents", str(tmp_path), "--count", "6", "--seed", "2"])
    make_documents.main()
    samples = split_samples(tmp_path / "split.txt")
    assert [sample.tampered for sample in samples] == [True, False] * 3
    assert all(sample.image.is_file() for sample in samples)
    assert all(sample.mask.is_file() for sample in samples if sample.tampered)
    assert [(s.image, s.tampered) for s in pool_samples(tmp_path)] == [(s.image, s.tampered) for s in samples]
