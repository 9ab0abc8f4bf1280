"""How shipped networks are trained: every recipe works, and none has seen a benchmark."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage import data

import srlib
from srlib.dataset import BENCHMARKS, benchmark_hashes, fingerprint
from srlib.dataset.likeness import NEAR
from srlib.images import formats
from srlib.losses import perceptual
from srlib.losses.features import student
from srlib.photos import BUNDLED, data_root
from srlib.zoo import take_over
from srlib.zoo.recipes import PROFILES, TRAINING_SETS
from srlib.zoo.recipes.base import BUNDLED_AND_SYNTHETIC
from srlib.zoo.recipes.upsampling import FEATURE_WEIGHT
from srlib.zoo.runs import held_out, tell_left_out, training_photographs


def test_every_network_has_a_recipe():
    trained = {srlib.recipe_for(name, 2).architecture for name in srlib.RECIPES}
    assert trained == srlib.MODELS.keys()


@pytest.mark.parametrize("name", srlib.RECIPES)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_recipe_takes_more_from_profile_to_profile_and_no_benchmark(name, profile):
    for scale in (2, 3, 4):
        training = srlib.recipe_for(name, scale, profile)
        assert not set(training.photo_sets) & {*BENCHMARKS, "course-test", "course-scenes"}
        # A patch must fit into the smallest bundled photograph.
        if profile != "full":
            assert set(training.photo_sets) <= set(BUNDLED_AND_SYNTHETIC)
    smoke, course, full = (srlib.recipe_for(name, 2, p).recipe.steps for p in PROFILES)
    assert smoke < course < full


def test_larger_scales_of_edsr_start_from_the_smaller():
    assert srlib.recipe_for("edsr", 2).start is None
    assert srlib.recipe_for("edsr", 3).start == srlib.recipe_for("edsr", 4).start == ("edsr", 2)
    assert srlib.recipe_for("edsr", 4, "course").start is None


@pytest.mark.parametrize("name", [name for name in srlib.RECIPES if name != "srgan"])
def test_every_network_trains_by_its_smoke_recipe(name):
    pairs = [srlib.make_pair(data.astronaut()[:96, 100:196], 2)]
    training = srlib.recipe_for(name, 2, "smoke")
    model = srlib.build(training.architecture, 2, **training.options)
    before = model.get_weights()
    history = srlib.train(model, pairs, training.recipe)
    assert np.isfinite(history.loss).all()
    assert any(not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert srlib.upscale(data.chelsea()[:20, :30], model).shape == (40, 60, 3)


def test_srgan_goes_on_from_the_weights_of_edsr(tmp_path):
    run = tmp_path / "run"
    card = srlib.run_recipe("srgan", 2, "smoke", folder=run, weights=tmp_path)
    assert card["start"] == "edsr ×2"
    assert (card["recipe"]["generator"]["steps"], card["recipe"]["pretraining"]) == (4, None)
    against = pd.read_csv(run / "history.csv")
    assert against["separation"].notna().sum() == 4
    assert against["psnr"].iloc[-1] == pytest.approx(against["psnr"].iloc[0], abs=0.5)
    assert srlib.upscale(data.chelsea()[:9, :9], srlib.load("srgan", 2, tmp_path)).shape[0] == 18


def test_weights_of_another_scale_are_taken_over_where_they_fit():
    source, target = srlib.build("edsr", 2), srlib.build("edsr", 4)
    before = target.get_layer("upsample2").get_weights()[0].copy()
    source.get_layer("end").kernel.assign(np.full((3, 3, 64, 3), 0.5))
    take_over(source, target)
    for layer in ("start", "block7_conv2", "upsample1", "end"):
        for ours, theirs in zip(
            target.get_layer(layer).get_weights(),
            source.get_layer(layer).get_weights(),
            strict=True,
        ):
            np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(target.get_layer("upsample2").get_weights()[0], before)


def test_a_photograph_smaller_than_a_patch_is_left_out_and_named(tmp_path):
    rng = np.random.default_rng(0)
    for name, side in (("large", 64), ("small", 31)):
        image = rng.integers(0, 256, (side, 70, 3), np.uint8)
        srlib.write_png(tmp_path / "photos" / f"{name}.png", image)
    card = srlib.run_recipe(
        "fsrcnn", 2, "smoke", photo_sets=[str(tmp_path / "photos")],
        folder=tmp_path / "run", weights=tmp_path,
    )  # fmt: skip
    assert card["left_out"] == {"photos/small.png": "smaller than a patch of 32 pixels"}


def test_a_network_for_photographs_is_trained_on_what_happens_to_them(tmp_path):
    for number in range(3):
        blobs(number).save(tmp_path / f"{number}.{'png' if number else 'jpg'}", quality=95)
    kept, _ = training_photographs([str(tmp_path)], 32, halve_jpeg=True)
    assert [photo.image.shape[0] for photo in kept] == [64, 128, 128]
    bundled, _ = training_photographs(["course-train"], 32, halve_jpeg=True)
    for photo, (name, expected) in zip(bundled, whole("course-train").items(), strict=True):
        assert photo.name == name and photo.image.shape == expected
    card = srlib.run_recipe("photo", 2, "smoke", folder=tmp_path / "run", weights=tmp_path)
    assert (card["lr_kernel"], card["copies"], card["halve_jpeg"]) == ("mixed", 2, True)
    assert max(srlib.build("edsr", s, **srlib.recipe_for("photo", s).options).count_params()
               for s in (2, 4)) <= 450_000  # fmt: skip


def whole(photo_set):
    return {photo.name: photo.image.shape for photo in srlib.photos(photo_set)}


def blobs(seed, side=128):
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8))
    return small.resize((side, side), Image.Resampling.BICUBIC)


def test_each_photograph_as_jpeg_and_png_is_trained_on_once(tmp_path):
    for number in range(3):
        blobs(number).save(tmp_path / f"{number}.jpg", quality=95)
        blobs(number).save(tmp_path / f"{number}.png")
    kept, left_out = training_photographs([str(tmp_path)], 32)
    assert [photo.file for photo in kept] == [f"{tmp_path.name}/{n}.jpg" for n in range(3)]
    assert left_out.keys() == {f"{tmp_path.name}/{n}.png" for n in range(3)}
    for number in range(3):
        reason = left_out[f"{tmp_path.name}/{number}.png"]
        assert reason.startswith(f"near duplicate of {tmp_path.name}/{number}.jpg (")


@pytest.mark.parametrize("seed", [0, 1])
def test_a_small_namesake_takes_no_large_photograph_with_it(tmp_path, seed):
    """Of another photograph, and the thumbnail of this one."""
    blobs(seed, 20).save(tmp_path / "a.jpg")
    blobs(1).save(tmp_path / "a.png")
    kept, left_out = training_photographs([str(tmp_path)], 32)
    assert [photo.image.shape for photo in kept] == [(128, 128, 3)]
    assert left_out == {f"{tmp_path.name}/a.jpg": "smaller than a patch of 32 pixels"}


def test_sets_of_one_name_are_told_apart(tmp_path):
    sets = [str(tmp_path / where / "photos") for where in ("one", "two")]
    for seed, (name, size) in enumerate([(sets[0], 128), (sets[1], 20)]):
        Path(name).mkdir(parents=True)
        blobs(seed, size).save(Path(name) / "a.png")
    kept, left_out = training_photographs(sets, 32)
    assert [photo.file for photo in kept] == [f"{sets[0]}/a.png"]
    assert left_out.keys() == {f"{sets[1]}/a.png"}


def test_what_is_left_out_of_a_training_is_told(caplog):
    formats.tell.cache_clear()
    tell_left_out({f"mine/{n:02}.png": "smaller than a patch of 32 pixels" for n in range(22)})
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == "not trained on: mine/00.png: smaller than a patch of 32 pixels"
    assert told[20:] == ["not trained on: 2 more, see left_out in the card"]


def test_nothing_to_train_on_says_why(tmp_path):
    blobs(0, 20).save(tmp_path / "a.png")
    with pytest.raises(
        ValueError, match=r"none of the 1 photographs .*a\.png: smaller than a patch"
    ):
        training_photographs([str(tmp_path)], 32)


@pytest.mark.benchmarks
def test_no_photograph_that_was_trained_on_is_a_benchmark_image():
    """By the hash of the pixels and by the perceptual hash, against the images themselves."""
    if missing := [n for n in (*TRAINING_SETS, *BENCHMARKS[:3]) if not (data_root() / n).is_dir()]:
        pytest.skip(f"{missing[0]} is not in {data_root()}")
    left_out = srlib.card("edsr", 2)["left_out"]
    pixels = {
        fingerprint(photo.image)["pixels"]
        for name in BENCHMARKS[:3]
        for photo in srlib.photos(name)
    }
    hashes, _ = benchmark_hashes()
    benchmarks = np.array([bits(value["phash"]) for value in hashes.values()])
    for name in TRAINING_SETS:
        for photo in srlib.photos(name):
            if f"{name}/{photo.name}" in left_out:
                continue
            seen = fingerprint(photo.image)
            assert seen["pixels"] not in pixels
            distance = (benchmarks != bits(seen["phash"])).sum(axis=1).min()
            assert distance > NEAR, f"{name}/{photo.name} is {distance} bits from a benchmark"


@pytest.mark.parametrize(("count", "held"), [(1, 0), (2, 1), (9, 1), (10, 2), (20, 4), (1000, 4)])
def test_some_photographs_are_watched_and_not_trained_on(count, held):
    apart = held_out(count, seed=0)
    assert len(set(apart)) == held
    assert set(apart) <= set(range(count))
    assert apart == held_out(count, seed=0)
    assert held == 0 or any(held_out(count, seed) != apart for seed in range(1, 9))


def test_a_card_names_what_was_watched(tmp_path):
    card = srlib.run_recipe("fsrcnn", 2, "smoke", folder=tmp_path, weights=tmp_path)
    (watched,) = card["held_out"]
    assert watched in {f"course-train/{path.name}" for path in BUNDLED["course-train"]}


def bits(value):
    return np.unpackbits(np.frombuffer(bytes.fromhex(value), np.uint8))


def test_losses_of_a_recipe_by_hand():
    """Of one image that is 0.1 too bright, whose feature distance the student measures."""
    truth = np.full((1, 16, 16, 3), 0.4, np.float32)
    sr = truth + np.float32(0.1)
    distance = float(perceptual(student(input_range=(0, 1)))(truth, sr)[0])
    weighted = {"loss": "mae", "perceptual_weight": 0.001}
    found = {
        weight: np.mean(srlib.Recipe(pixel_weight=weight, **weighted).build_loss()(truth, sr))
        for weight in (0, 3)
    }
    assert found[0] == pytest.approx(0.001 * distance, rel=1e-4)
    assert found[3] == pytest.approx(3 * 0.1 + 0.001 * distance, rel=1e-4)
    assert np.mean(srlib.Recipe(loss="mae").build_loss()(truth, sr)) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("name", "options", "weights", "start"),
    [
        ("pixel", {"head": "resize"}, (1, 0), None),
        ("transposed", {"head": "transposed"}, (1, 0), ("upsampling_resnet_pixel", 4)),
        ("subpixel", {"head": "subpixel"}, (1, 0), ("upsampling_resnet_pixel", 4)),
        ("perceptual", {}, (0, FEATURE_WEIGHT), ("upsampling_resnet_pixel", 4)),
        ("both", {}, (1, FEATURE_WEIGHT), ("upsampling_resnet_pixel", 4)),
    ],
)
def test_what_sets_the_upsampling_networks_apart(name, options, weights, start):
    training = srlib.recipe_for(f"upsampling_resnet_{name}", 4)
    recipe = training.recipe
    assert (training.options, training.start) == (options, start)
    assert (recipe.pixel_weight, recipe.perceptual_weight) == weights
    if name in ("perceptual", "both"):
        assert recipe.features == "vgg19"
        assert (
            srlib.recipe_for(f"upsampling_resnet_{name}", 4, "course").recipe.features == "student"
        )
