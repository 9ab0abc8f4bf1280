"""The rules by which a dataset takes, leaves out and splits photographs."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from srlib import read_image
from srlib.dataset import BENCHMARKS, benchmark_hashes, duplicates, fingerprint
from srlib.dataset.screening import SHIPPED, Rules, check_rules, check_split, crop, decide

DATA = Path(os.environ.get("SRLIB_DATA") or "data")


pytestmark = pytest.mark.usefixtures("no_photo_sets")


def scene(seed, height=96, width=128):
    """Random blobs of a few sizes: as unlike as photographs, and quickly made."""
    rng = np.random.default_rng(seed)
    layers = [rng.integers(0, 256, (n, n, 3), np.uint8) for n in (3, 7, 15)]
    big = [Image.fromarray(layer).resize((width, height)) for layer in layers]
    return np.mean(big, axis=0).astype(np.uint8)


def record(file, image):
    return {"file": file, "name": file, **fingerprint(image)}


def test_a_crop_is_taken_from_the_centre():
    image = scene(0, 50, 61)
    hr, reason = crop(image, Rules(2, hr_size=40))
    assert reason == ""
    np.testing.assert_array_equal(hr, image[5:45, 10:50])  # (61 − 40) // 2 = 10


def test_a_whole_photograph_loses_only_what_fills_no_multiple():
    image = scene(0, 50, 61)
    hr, _ = crop(image, Rules(4))
    np.testing.assert_array_equal(hr, image[:48, :60])


@pytest.mark.parametrize(
    ("rules", "needed"), [(Rules(2, hr_size=52), 52), (Rules(2), 32), (Rules(40, min_size=1), 40)]
)
def test_too_small_says_what_is_needed(rules, needed):
    hr, reason = crop(scene(0, needed - 1, 200), rules)
    assert hr is None
    assert reason.startswith("too small")
    assert f"200×{needed - 1} pixels" in reason
    assert f"{needed}×{needed}" in reason
    assert crop(scene(0, needed, 200), rules)[0] is not None


def test_flatness_is_judged_by_the_standard_deviation_of_luma():
    # Two halves that differ by 10 gray levels: luma differs by 10·219/255, half of it is the
    # standard deviation, 4.29.
    image = np.full((40, 40, 3), 100, np.uint8)
    image[:, 20:] = 110
    assert crop(image, Rules(2, min_contrast=4.2))[0] is not None
    hr, reason = crop(image, Rules(2, min_contrast=4.4))
    assert hr is None
    assert "too flat" in reason
    assert "4.3" in reason


def test_flatness_is_judged_of_the_crop_not_of_its_surroundings():
    image = scene(0, 80, 80)
    image[20:60, 20:60] = 128
    assert "too flat" in crop(image, Rules(2, hr_size=40))[1]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"hr_size": 290}, "take 288 or 292"),
        ({"hr_size": 3}, "take 4 or 4"),
        ({"hr_size": 0}, "hr_size"),
        ({"hr_size": 12.5}, "hr_size"),
        ({"min_size": 0}, "min_size"),
        ({"min_size": None}, "min_size"),
        ({"kernel": "cubic"}, "bicubic"),
        ({"scale": 1}, "scale"),
    ],
)
def test_impossible_rules_are_refused(setting, words):
    good = {"scale": 4, "hr_size": None, "kernel": "bicubic", "min_size": 32, "min_contrast": 4.0}
    with pytest.raises(ValueError, match=words):
        check_rules(**good | setting)


@pytest.mark.parametrize(
    ("split", "checked"),
    [((0.8, 0.1, 0.1), [0.8, 0.1, 0.1]), ((1, 0, 0), [1.0, 0.0, 0.0]), ((6.0, 2, 2), [6, 2, 2])],
)
def test_a_split_is_fractions_or_counts(split, checked):
    assert check_split(split) == checked
    assert [type(share) for share in check_split(split)] == [type(share) for share in checked]


@pytest.mark.parametrize(
    "split", [(0.8, 0.2), (0.8, 0.1, 0.2), (-1, 1, 1), (0, 0, 0), (5, 1.5, 1), "abc"]
)
def test_an_impossible_split_is_refused(split):
    with pytest.raises(ValueError, match="three fractions"):
        check_split(split)


def test_exact_and_near_duplicates_keep_the_first():
    image = scene(1)
    picture = Image.fromarray(image)
    half = np.asarray(picture.resize((64, 48), Image.Resampling.BICUBIC))
    strong = np.asarray(ImageEnhance.Contrast(picture).enhance(1.2))
    rows = [
        record("a", image),
        record("b", scene(2)),
        record("copy of a", image),
        record("half of a", half),
        record("strong a", strong),
    ]
    reasons = duplicates(rows, {})
    assert reasons.keys() == {2, 3, 4}
    assert reasons[2] == "exact duplicate of a"
    assert reasons[3].startswith("near duplicate of a (")
    assert reasons[4].startswith("near duplicate of a (")


def test_namesakes_are_told_apart():
    rows = [record("a", scene(1)), record("a", scene(2)), record("a", scene(1))]
    assert duplicates(rows, {}) == {2: "exact duplicate of a"}


def barcode(seed):
    """Bars of random width: an image that changes in one direction only."""
    rng = np.random.default_rng(seed)
    bars = np.repeat(rng.integers(0, 2, 24), rng.integers(4, 13, 24))[:96] * 255
    return np.broadcast_to(bars[None, :, None], (80, len(bars), 3)).astype(np.uint8)


def ramp(angle):
    """A clean ramp from black to white in some direction."""
    y, x = np.mgrid[-1:1:90j, -1:1:120j]
    along = x * np.cos(angle) + y * np.sin(angle)
    gray = 255 * (along - along.min()) / np.ptp(along)
    return np.repeat(gray[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    "images",
    [
        [barcode(seed) for seed in range(60)],
        [barcode(seed).transpose(1, 0, 2) for seed in range(60)],
        [ramp(angle) for angle in np.arange(0, 2 * np.pi, np.pi / 6)],
        [np.full((60, 60, 3), 9, np.uint8), ramp(0)],
    ],
)
def test_what_changes_in_one_direction_is_looked_at_twice(images):
    rows = [record(str(i), image) for i, image in enumerate(images)]
    bits = [int(row["phash"], 16) for row in rows]
    assert any((bits[0] ^ other).bit_count() <= 40 for other in bits[1:]), "the hash sees nothing"
    assert duplicates(rows, {}) == {}
    assert len(duplicates(rows + rows, {})) == len(rows)


@pytest.mark.parametrize("image", [barcode(0), ramp(0), np.full((60, 60, 3), 9, np.uint8)])
def test_a_changed_barcode_or_ramp_is_still_a_near_duplicate(image):
    picture = Image.fromarray(image)
    changed = ImageEnhance.Contrast(picture.resize((70, 50))).enhance(1.1)
    rows = [record("a", image), record("b", np.asarray(changed))]
    assert duplicates(rows, {})[1].startswith("near duplicate of a")


def test_a_duplicate_of_what_was_left_out_is_told_from_what_was_kept():
    image = scene(1)
    hashes = {"Set0/leaves": fingerprint(image)}
    reasons = duplicates([record("a", image), record("b", image), record("c", scene(2))], hashes)
    assert reasons == {
        0: "benchmark image Set0/leaves (0 of 256 hash bits differ)",
        1: "benchmark image Set0/leaves (0 of 256 hash bits differ)",
    }


def test_different_photographs_are_no_duplicates():
    assert duplicates([record(str(seed), scene(seed)) for seed in range(40)], {}) == {}


def test_no_photographs_have_no_duplicates():
    assert duplicates([], {}) == {}


def test_the_shipped_hashes_are_whole():
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    assert {name: len(of_set) for name, of_set in shipped.items()} == {
        "Set5": 5,
        "Set14": 14,
        "BSD100": 100,
    }
    hashes, checked = benchmark_hashes()
    assert len(hashes) == 119
    assert checked == dict.fromkeys(BENCHMARKS[:3], "shipped hashes") | {
        "Urban100": "not checked: absent"
    }


def test_the_shipped_hashes_know_that_two_benchmarks_share_a_face():
    hashes, _ = benchmark_hashes()
    face = {"file": "head.png", "pixels": "", **hashes.pop("Set5/head")}
    assert duplicates([face], hashes)[0].startswith("benchmark image Set14/face (8 of 256")


@pytest.mark.skipif(not (DATA / "Set5").is_dir(), reason="the images of Set5 are not here")
def test_the_shipped_hashes_are_those_of_the_images():
    hashes, _ = benchmark_hashes()
    for path in (DATA / "Set5").glob("*.png"):
        assert hashes[f"Set5/{path.stem}"].items() <= fingerprint(read_image(path)).items()


def test_a_benchmark_without_shipped_hashes_is_read_from_the_photo_sets(monkeypatch, tmp_path):
    monkeypatch.setenv("SRLIB_DATA", str(tmp_path))
    (tmp_path / "Urban100").mkdir()
    Image.fromarray(scene(3)).save(tmp_path / "Urban100" / "img_001.png")
    hashes, checked = benchmark_hashes()
    assert checked["Urban100"] == "the images"
    assert hashes["Urban100/img_001"].items() <= fingerprint(scene(3)).items()


def rows(count):
    return [record(f"{seed:02}.png", scene(seed, 40, 40)) for seed in range(count)]


def counts(plan):
    return [len(plan["pairs"][name]) for name in ("train", "valid", "test")]


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ([0.8, 0.1, 0.1], [8, 1, 1]),
        ([0.0, 0.5, 0.5], [0, 5, 5]),
        ([1.0, 0.0, 0.0], [10, 0, 0]),
        ([0.34, 0.33, 0.33], [3, 4, 3]),  # cumulated: 3.4, 6.7 and 10, rounded
        ([6, 2, 2], [6, 2, 2]),
        ([3, 2, 1], [3, 2, 1]),
    ],
)
def test_the_split_has_the_sizes_asked_for(split, expected):
    plan = decide(rows(10), split, 0, benchmark_hashes())
    assert counts(plan) == expected
    assert plan["note"] == ""
    files = [row["file"] for name in plan["pairs"] for row in plan["pairs"][name]]
    assert sorted([*files, *plan["skipped"]]) == [f"{seed:02}.png" for seed in range(10)]
    assert all("left over" in reason for reason in plan["skipped"].values())


def test_train_takes_what_remains_and_says_so():
    plan = decide(
        [*rows(9), {"file": "x", "name": "x", "skipped": "too small"}],
        [8, 1, 1],
        0,
        benchmark_hashes(),
    )
    assert counts(plan) == [7, 1, 1]
    assert plan["note"] == "8 were asked for in train, 9 are usable in all"


@pytest.mark.parametrize("split", [[8, 5, 4], [1, 4, 4], [0, 5, 4]])
def test_valid_and_test_are_never_short(split):
    with pytest.raises(ValueError, match="8 usable"):
        decide(rows(8), split, 0, benchmark_hashes())


def test_the_split_depends_on_the_seed_only():
    first, again, other = (
        decide(rows(10), [0.6, 0.2, 0.2], seed, benchmark_hashes())["pairs"] for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other
