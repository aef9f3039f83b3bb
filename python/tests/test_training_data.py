"""The generator of manipulations: what it says it changed is what it changed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from workshop.training import histories, manipulations, regions
from workshop.training.dataset import (
    MixedShapes,
    PoolDataset,
    Sample,
    augment,
    bring,
    crop_at,
    read_list,
    to_input,
)
from workshop.training.photos import CASIA_DUPLICATES, Photo, is_held_out, open_library, read_outlines, write_outlines
from workshop.training.pool import KINDS, OUTLINED, choose, choose_donor, fill_pool, make_sample, pool_samples

SQUARE = np.array([[0.25, 0.25], [0.5, 0.25], [0.5, 0.55], [0.25, 0.55]], np.float32)


def textured(seed: int, height: int = 120, width: int = 160) -> np.ndarray:
    """A picture in which no two places look alike, as colourful as a photo."""
    noise = np.random.default_rng(seed).integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "polygons").mkdir()
    for index in range(40):
        cv2.imwrite(str(tmp_path / "images" / f"photo{index}.png"), textured(index, 240, 320))
        write_outlines(tmp_path / "polygons" / f"photo{index}.txt", [SQUARE])
    return tmp_path


def test_outlines_survive_writing_and_reading(tmp_path: Path):
    write_outlines(tmp_path / "a.txt", [SQUARE, SQUARE[:3]])
    first, second = read_outlines(tmp_path / "a.txt")
    np.testing.assert_allclose(first, SQUARE, atol=1e-5)
    assert second.shape == (3, 2)
    assert read_outlines(tmp_path / "none.txt") == ()


def test_photos_are_either_learned_from_or_held_out(library: Path):
    learned = {photo.path for photo in open_library([library], held_out=False)}
    held_out = {photo.path for photo in open_library([library], held_out=True)}
    assert learned and held_out
    assert not learned & held_out
    assert len(learned | held_out) == 40


def test_photos_of_a_test_set_are_never_read(tmp_path: Path):
    names = sorted(CASIA_DUPLICATES)
    for name in [*names, "innocent"]:
        cv2.imwrite(str(tmp_path / f"{name}.png"), textured(0))
    with pytest.raises(ValueError, match="no photos"):
        open_library([tmp_path], held_out=not is_held_out("innocent"))
    assert [photo.path.stem for photo in open_library([tmp_path], is_held_out("innocent"))] == ["innocent"]


def test_a_filled_polygon_has_its_area_and_soft_edges():
    alpha = regions.fill(np.array([[10.5, 10.5], [50.5, 10.5], [50.5, 40.5], [10.5, 40.5]]), 60, 80)
    assert alpha.sum() == pytest.approx(40 * 30, rel=0.1)
    triangle = regions.fill(np.array([[5, 5], [70, 20], [20, 55]], float), 60, 80)
    assert ((triangle > 0) & (triangle < 1)).any()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["splice", "copy_move", "remove", "retouch", "write_text"])
def test_the_mask_is_what_changed(kind: str, seed: int):
    rng = np.random.default_rng(seed)
    photo = textured(1)
    while True:
        try:
            if kind == "splice":
                edited, mask = manipulations.splice(photo, textured(2), (SQUARE,), rng)
            elif kind == "write_text":
                edited, mask = manipulations.write_text(photo, rng)
            else:
                edited, mask = getattr(manipulations, kind)(photo, (SQUARE,), rng)
            break
        except manipulations.UnsuitableError:
            continue
    assert edited.shape == photo.shape
    assert edited.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 255}
    changed = np.abs(edited.astype(int) - photo).max(2) > 0
    # An edge feathered by 3 pixels at most fades out within 7; inpainted corners and flat text may agree by chance.
    rim = cv2.dilate(mask, np.ones((15, 15), np.uint8)) > 0
    assert not changed[~rim].any()
    assert changed[mask > 0].mean() > 0.8
    assert manipulations.MIN_SHARE < (mask > 0).mean() < manipulations.MAX_SHARE


def test_a_hard_copy_is_the_source_pixel_by_pixel():
    photo = textured(3)
    piece = manipulations.cut(photo, SQUARE * (160, 120))
    cropped, rows, columns = manipulations.place(piece, 90, 60, 120, 160)
    edited, mask = manipulations.blend(photo, cropped, rows, columns, 0.0)
    y, x = np.argwhere(mask > 0).mean(0).astype(int)
    source = photo[y - 60 + 27, x - 90 + 37]  # the cut-out starts 3 pixels before the polygon's corner, at 40, 30
    np.testing.assert_array_equal(edited[y, x], source)


def test_a_cutout_outside_the_photo_is_unsuitable():
    piece = manipulations.cut(textured(3), SQUARE * (160, 120))
    with pytest.raises(manipulations.UnsuitableError):
        manipulations.place(piece, 155, 60, 120, 160)


def test_a_piece_is_put_where_it_stands_out_least():
    photo = np.full((40, 90, 3), 200, np.uint8)
    photo[:, 30:60] = 90
    piece = manipulations.Cutout(np.full((20, 20, 3), 100, np.uint8), np.ones((20, 20), np.float32))
    drawn = iter([(5, 5), None, (-60, 0), (35, 5), (65, 5)])
    cropped, rows, columns = manipulations.place_well(piece, photo, 3, lambda: next(drawn))
    assert (rows, columns) == (slice(5, 25), slice(35, 55))
    assert cropped.alpha.shape == (20, 20)
    with pytest.raises(manipulations.UnsuitableError):
        manipulations.place_well(piece, photo, 1, lambda: None)


def test_matched_colours_come_nearer():
    dark, bright = textured(4) // 4, textured(5) // 4 + 180
    piece = manipulations.cut(dark, SQUARE * (160, 120))
    matched = manipulations.match_colour(piece, bright, 0.8)
    inside = piece.alpha > 0.5
    before = abs(piece.pixels[inside].mean() - bright.mean())
    assert abs(matched.pixels[inside].mean() - bright.mean()) < 0.4 * before


@pytest.mark.parametrize("profile", ["album", "web", "camera"])
def test_publishing_keeps_mask_and_photo_aligned(profile: str):
    mask = np.zeros((240, 320), np.uint8)
    mask[60:120, 80:200] = 255
    picture = cv2.cvtColor(255 - mask, cv2.COLOR_GRAY2BGR)
    for seed in range(8):
        encoded, published = histories.publish(picture, mask, profile, np.random.default_rng(seed))
        decoded = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
        assert decoded.shape == published.shape
        assert ((decoded < 128) != (published > 0)).mean() < 0.02


def test_samples_depend_on_the_seed_alone(library: Path):
    photos = open_library([library], held_out=False)
    for seed in range(3):
        first, second = (make_sample(photos, np.random.default_rng(seed), {"splice": 1.0}) for _ in range(2))
        assert first[0] == second[0] == "splice"
        np.testing.assert_array_equal(first[2], second[2])
        np.testing.assert_array_equal(first[1], second[1])


def test_objects_are_cut_from_photos_that_have_outlines():
    photos = [Photo(Path(f"{i}.jpg"), (SQUARE,) if i == 0 else ()) for i in range(4)]
    rng = np.random.default_rng(0)
    share = np.mean([bool(choose(photos, True, rng).outlines) for _ in range(2000)])
    assert share == pytest.approx(OUTLINED + (1 - OUTLINED) / 4, abs=0.04)
    assert np.mean([bool(choose(photos, False, rng).outlines) for _ in range(2000)]) == pytest.approx(0.25, abs=0.04)
    assert not choose(photos[1:], True, rng).outlines


def test_half_of_the_donors_go_with_the_host(tmp_path: Path):
    photos = []
    for level in range(0, 256, 5):
        path = tmp_path / f"{level}.png"
        cv2.imwrite(str(path), np.full((64, 64, 3), level, np.uint8))
        photos.append(Photo(path, (SQUARE,)))
    host = np.full((80, 120, 3), 130, np.uint8)
    rng, other = np.random.default_rng(3), Photo(tmp_path / "other.png", ())
    away = np.array([abs(int(choose_donor(photos, other, host, rng).path.stem) - 130) for _ in range(300)])
    # Of six levels even over 0..255, the nearest is 18 away in the mean; one alone is 64 away.
    assert np.mean(away) == pytest.approx((18 + 64) / 2, abs=6)


def test_a_donor_is_never_the_host(tmp_path: Path):
    photos = []
    for name in ("host", "other"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((64, 64, 3), 100, np.uint8))
        photos.append(Photo(tmp_path / f"{name}.png", (SQUARE,)))
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(60):
        try:
            drawn.append(choose_donor(photos, photos[0], np.full((64, 64, 3), 100, np.uint8), rng))
        except manipulations.UnsuitableError:
            continue
    assert drawn and all(photo is photos[1] for photo in drawn)


def test_a_photo_that_is_none_is_told(tmp_path: Path):
    (tmp_path / "pointer.jpg").write_text("version https://git-lfs.github.com/spec/v1")
    with pytest.raises(ValueError, match=r"not an image: .*pointer\.jpg"):
        make_sample(open_library([tmp_path]), np.random.default_rng(0))


def test_a_manipulated_photo_without_its_mask_is_no_authentic_one(tmp_path: Path):
    for name in ("000001_authentic", "000002_splice"):
        cv2.imwrite(str(tmp_path / f"{name}.jpg"), textured(0))
    with pytest.raises(ValueError, match=r"000002_splice\.jpg lacks its mask"):
        pool_samples(tmp_path)


def test_a_pool_holds_authentic_and_manipulated_samples_and_is_filled_once(library: Path, tmp_path: Path):
    target = tmp_path / "pool"
    assert list(fill_pool([library], False, target, 12, seed=5, workers=1))[-1] == 12
    samples = pool_samples(target)
    times = [sample.image.stat().st_mtime_ns for sample in samples]
    kinds = {sample.image.stem.split("_", 1)[1] for sample in samples}
    assert kinds <= {*KINDS, "authentic"}
    assert all(sample.tampered != sample.image.stem.endswith("authentic") for sample in samples)
    assert all(sample.tampered == (sample.mask is not None) for sample in samples)
    list(fill_pool([library], False, target, 12, seed=5, workers=1))
    assert [sample.image.stat().st_mtime_ns for sample in pool_samples(target)] == times


def test_augmentation_moves_mask_and_photo_together():
    mask = np.zeros((120, 160), np.uint8)
    mask[20:80, 30:110] = 1
    picture = cv2.cvtColor(mask * 200 + 20, cv2.COLOR_GRAY2BGR)
    for seed in range(40):
        pixels, moved = augment(picture, mask, np.random.default_rng(seed))
        assert pixels.shape[:2] == moved.shape
        assert ((pixels[..., 1] > 110) != (moved > 0)).mean() < 0.03


def test_input_is_normalised_rgb():
    red = np.zeros((10, 20, 3), np.uint8)
    red[..., 2] = 255
    tensor = to_input(red, 8)
    assert tensor.shape == (3, 8, 8)
    np.testing.assert_allclose(tensor[:, 0, 0], [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225], rtol=1e-5)


def test_batches_are_of_one_shape_and_resume_where_they_stopped(library: Path, tmp_path: Path):
    list(fill_pool([library], False, tmp_path / "pool", 10, seed=5, workers=1))
    samples = pool_samples(tmp_path / "pool")
    shapes = {(64, 64): (0.5, 3), (96, 128): (0.5, 2)}
    endless = iter(MixedShapes(samples, shapes, seed=1))
    batches = [next(endless) for _ in range(6)]
    assert next(iter(MixedShapes(samples, shapes, seed=1, start=4))) == batches[4]
    assert {shape for batch in batches for _, shape, _ in batch} == set(shapes)
    partner = iter(MixedShapes(samples, shapes, seed=1, member=1))
    for batch in batches:
        other = next(partner)
        assert [shape for _, shape, _ in other] == [shape for _, shape, _ in batch]
        assert other != batch
        assert len({shape for _, shape, _ in batch}) == 1
        assert len(batch) == shapes[batch[0][1]][1]

    for sample in PoolDataset(samples)[0, (64, 64), 9], PoolDataset(samples)[0, (96, 128), 9]:
        assert sample.images.shape[1:] == sample.truth.shape[1:]
        assert sample.known
        assert bool(sample.label) == bool(sample.truth.any())


def real_list(folder: Path) -> Path:
    """Twelve photos of 96x64 that people made, as a list: four manipulated, of which two have masks."""
    lines = []
    for index in range(12):
        cv2.imwrite(str(folder / f"{index}.png"), textured(index, 64, 96))
        cv2.imwrite(str(folder / f"{index}_mask.png"), np.pad(np.full((16, 16), 255, np.uint8), ((24, 24), (40, 40))))
        lines.append(f"{index}.png\t{f'{index}_mask.png' if index < 2 else '-'}\t{int(index < 4)}")
    (folder / "list.txt").write_text("\n".join(lines) + "\n")
    return folder / "list.txt"


def test_a_list_of_real_photos_tells_what_is_known(tmp_path: Path):
    samples = read_list(real_list(tmp_path))
    assert [sample.tampered for sample in samples] == [True] * 4 + [False] * 8
    assert [sample.is_known for sample in samples] == [True] * 2 + [False] * 2 + [True] * 8
    assert all(sample.real for sample in samples)
    loaded = PoolDataset(samples)[2, (64, 96), 3]
    assert loaded.label == 1
    assert not loaded.known
    assert not loaded.truth.any()


def test_real_photos_of_both_classes_come_equally_often(tmp_path: Path):
    samples = [*read_list(real_list(tmp_path)), *[Sample(tmp_path / f"{index}.png") for index in range(12)]]
    endless = iter(MixedShapes(samples, {(64, 96): (1.0, 10)}, seed=2, real=0.3))
    drawn = [samples[index] for _ in range(60) for index, _, _ in next(endless)]
    real = [sample for sample in drawn if sample.real]
    assert 0.25 < len(real) / len(drawn) < 0.35
    assert 0.4 < np.mean([sample.tampered for sample in real]) < 0.6


def test_photos_that_a_teacher_answers_for_get_their_share_of_the_places(tmp_path: Path):
    real_list(tmp_path)
    photos = [Sample(tmp_path / f"{index}.png", held=index % 3 == 0) for index in range(12)]
    endless = iter(MixedShapes(photos, {(64, 96): (0.5, 10), (64, 64): (0.5, 8)}, seed=3, held=0.4))
    batches = [next(endless) for _ in range(80)]
    drawn = [photos[index].held for batch in batches for index, _, _ in batch]
    assert 0.35 < np.mean(drawn) < 0.45
    assert {len(batch) for batch in batches} == {10, 8}
    assert PoolDataset(photos)[0, (64, 64), 1].held
    assert not PoolDataset(photos)[1, (64, 64), 1].held

    # Without a share, as without a teacher, none of them is drawn.
    alone = iter(MixedShapes(photos, {(64, 96): (1.0, 10)}, seed=3))
    assert not any(photos[index].held for _ in range(10) for index, _, _ in next(alone))


@pytest.mark.parametrize(("height", "width"), [(64, 96), (60, 90), (33, 50), (128, 192), (70, 97)])
def test_photo_and_mask_stay_together_on_the_way_to_a_shape(height: int, width: int):
    mask = np.zeros((height, width), np.uint8)
    mask[height // 3 : height // 2, width // 4 : width // 2] = 1
    picture = cv2.cvtColor(mask * 200 + 20, cv2.COLOR_GRAY2BGR)
    for seed in range(10):
        pixels, moved = bring(picture, mask, (64, 96), np.random.default_rng(seed))
        assert pixels.shape[:2] == moved.shape == (64, 96)
        assert ((pixels[..., 0] > 110) != (moved > 0)).mean() < 0.04


def test_a_photo_that_fits_keeps_its_pixels_and_a_crop_its_grid():
    photo, mask = textured(3, 64, 96), np.zeros((64, 96), np.uint8)
    pixels, _ = bring(photo, mask, (64, 96), np.random.default_rng(0))
    assert (pixels == photo).all()
    starts = [crop_at(200, 150, np.random.default_rng(seed)) for seed in range(400)]
    assert 0.7 < np.mean([start % 8 == 0 for start in starts]) < 0.85
    assert min(starts) == 0
    assert max(starts) <= 50


def test_a_host_mostly_keeps_its_grid():
    photo = textured(2, 64, 96)
    kept = [
        histories.age(photo, np.random.default_rng(seed), 0.5, keeps_grid=0.75).shape == photo.shape
        for seed in range(200)
    ]
    assert 0.65 < np.mean(kept) < 0.85


def test_photos_are_saved_with_the_tables_of_real_files(tmp_path: Path):
    luma, chroma, coarse = [[step] * 64 for step in (7, 9, 90)]
    entries = [
        {"luma": luma, "chroma": chroma, "count": 4, "photoshop_quality": {"8": 4}},
        {"luma": chroma, "chroma": luma, "count": 1, "photoshop_quality": {}},
        {"luma": coarse, "chroma": coarse, "count": 1, "photoshop_quality": {"0": 1}},
    ]
    (tmp_path / "tables.json").write_text(json.dumps(entries))
    savers = histories.read_savers(tmp_path / "tables.json")
    assert (len(savers.cameras), len(savers.photoshop)) == (1, 1)

    met, whole = set(), []
    for seed in range(200):
        encoded = savers.last(textured(1, 32, 48), np.random.default_rng(seed), 75, 95)
        with Image.open(io.BytesIO(encoded.tobytes())) as photo:
            met.add(photo.quantization[0][0])
            whole.append(photo.layer[0][1:3] == (1, 1))
    assert {7, 9} < met
    assert 90 not in met
    assert 0.2 < np.mean(whole) < 0.45


def test_a_nudged_thing_covers_where_it_stood():
    photo = textured(4, 120, 160)
    stood = regions.fill(SQUARE * (160, 120), 120, 160) > 0.5
    covered = []
    for seed in range(40):
        try:
            edited, mask = manipulations.nudge(photo, (SQUARE,), np.random.default_rng(seed))
        except manipulations.UnsuitableError:
            continue
        changed = cv2.absdiff(edited, photo).max(2) > 0
        covered.append((changed & stood).any())
        assert mask[changed].mean() > 150
    # The others are drawn shapes, which may lie anywhere.
    assert len(covered) > 20
    assert np.mean(covered) > 0.7


def test_a_softened_edge_changes_the_edge_alone():
    photo, mask = textured(6, 120, 160), np.zeros((120, 160), np.uint8)
    mask[40:80, 50:110] = 255
    soft = manipulations.soften_edge(photo, mask, np.random.default_rng(1))
    changed = cv2.absdiff(soft, photo).max(2) > 0
    near = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((15, 15), np.uint8)) > 0
    assert changed.any()
    assert not changed[~near].any()
