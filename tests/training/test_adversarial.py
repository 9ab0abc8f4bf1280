"""Adversarial training: two stages, exact resuming, other backends and devices, and its record."""

import json
import os
import re
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from skimage import data

import srlib
from srlib.losses import OBJECTIVES
from srlib.losses.features import student
from srlib.training.checkpoints import Checkpoints

TINY = {"batch_size": 2, "patch_size": 12}
PRETRAINING = srlib.Recipe(steps=20, learning_rate=3e-3, validate_every=20, **TINY)


@pytest.fixture(scope="module")
def pairs():
    return [srlib.make_pair(data.astronaut()[:96, 100:196], 2)]


def network():
    keras.utils.set_random_seed(1)
    return srlib.build("fsrcnn", 2)


def pretrained():
    return srlib.load("fsrcnn", 2)


def discriminator(**options):
    keras.utils.set_random_seed(2)
    return srlib.srgan_discriminator(filters=1, **options)


def judge(*, normalised=False):
    """A discriminator that is compiled soon and learns fast, since it is small."""
    keras.utils.set_random_seed(2)
    stack = [keras.Input((None, None, 3))]
    for _ in range(2):
        stack.append(layers.Conv2D(8, 3, 2, padding="same"))
        stack += [layers.BatchNormalization()] * normalised
        stack.append(layers.LeakyReLU(0.2))
    return keras.Sequential(
        [*stack, layers.GlobalAveragePooling2D(), layers.Dense(1)], name="judge"
    )


def recipe(pretraining=None, **settings):
    """Settings of both recipes in one."""
    own = srlib.GANRecipe.__dataclass_fields__.keys() & settings
    stage = {"steps": 4, "validate_every": 2, "perceptual_weight": 1e-5} | TINY
    stage |= {name: value for name, value in settings.items() if name not in own}
    return srlib.GANRecipe(
        srlib.Recipe(**stage), pretraining, **{name: settings[name] for name in own}
    )


def difference(one, other):
    return max(
        np.abs(a - b).max() for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


def numbers(log):
    return log.drop(columns="seconds")


# Two stages


def test_both_stages_and_what_is_kept(pairs, tmp_path):
    generator, adversary = network(), discriminator()
    untouched = adversary.get_weights()
    log = srlib.train_gan(
        generator,
        adversary,
        pairs,
        recipe(PRETRAINING, loss="mse", adversarial_weight=1e-3, spectral_weight=0.1),
        validation=pairs,
        folder=tmp_path,
    )
    assert log.step.tolist() == [0, 2, 4]
    # Pixels, features, spectra and adversary, as they were weighted.
    later = log[log.step > 0]
    np.testing.assert_allclose(
        later.generator_loss,
        later.pixel + 1e-5 * later.content + 0.1 * later.spectral + 1e-3 * later.adversarial,
        rtol=1e-4,
    )  # fmt: skip
    assert (later.drop(columns="seconds") != 0).all(axis=None)
    assert later.notna().all(axis=None)
    assert any(not np.array_equal(a, b) for a, b in zip(untouched, adversary.get_weights(),
               strict=True))  # fmt: skip

    first = pd.read_csv(tmp_path / "pretraining" / "history.csv")
    assert first.step.tolist() == [20]
    assert log.psnr[0] == pytest.approx(first.psnr.iloc[-1], abs=1e-4)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "history.csv"), log)
    grids = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert grids == ["step-000000.png", "step-000002.png", "step-000004.png"]
    grid = srlib.read_image(tmp_path / "samples" / grids[-1])
    assert grid.shape == (96, 3 * 96 + 2 * 4, 3)
    np.testing.assert_array_equal(grid[:, :96], srlib.interpolate(pairs[0].lr, 2))
    np.testing.assert_array_equal(grid[:, 100:196], srlib.upscale(pairs[0].lr, generator))
    np.testing.assert_array_equal(grid[:, 200:], pairs[0].hr)

    # Measured as every other image is.
    sr = srlib.upscale(pairs[0].lr, generator)
    row = log.iloc[-1]
    assert row.psnr == pytest.approx(srlib.psnr(pairs[0].hr, sr, scale=2), abs=0.05)
    assert row.checkerboard == pytest.approx(srlib.checkerboard(sr, scale=2))
    (distance,) = student(input_range=(0, 1)).distances(pairs[0].hr, [sr])
    assert row.feature_distance == pytest.approx(distance)


def test_a_generator_that_was_not_trained_is_refused(pairs):
    with pytest.raises(ValueError, match=r"fsrcnn_x2 has .* so it was not pre-trained: give the"):
        srlib.train_gan(network(), judge(), pairs, recipe(), validation=pairs)


def test_a_generator_with_trained_weights_needs_no_first_stage(pairs, tmp_path):
    generator = pretrained()
    log = srlib.train_gan(
        generator, judge(), pairs, recipe(steps=2), validation=pairs, folder=tmp_path
    )
    assert log.step.tolist() == [0, 2]
    assert not (tmp_path / "pretraining").exists()
    assert difference(generator, pretrained()) > 0


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_teaches_both_players(name, pairs):
    """The weight drowns the pixel loss, so that the gradient is what the objective wants."""
    settings = recipe(objective=name, adversarial_weight=1e6, perceptual_weight=0, steps=2)
    log = srlib.train_gan(pretrained(), judge(), pairs, settings, validation=pairs)
    assert (log.generator_gradient[1:] > 1e3).all()
    assert (log.discriminator_gradient[1:] > 0).all()
    assert log.psnr[1] != log.psnr[0]


# Resuming


class Killed(Exception):
    pass


@pytest.mark.parametrize(
    ("settings", "batch"),
    [
        ({"ema": 0.8, "schedule": "cosine", "precision": "bfloat16"}, True),
        ({"objective": "wasserstein", "gradient_penalty": 10.0}, False),
    ],
    ids=["batch", "penalty"],
)
def test_resuming_is_exact(pairs, tmp_path, monkeypatch, settings, batch):
    """Killed after six steps, of which four were kept."""
    settings = recipe(PRETRAINING, steps=8, **settings)
    players = [(network(), judge(normalised=batch)) for _ in range(3)]
    expected = srlib.train_gan(*players[0], pairs, settings, validation=pairs)
    save = Checkpoints.save

    def die_at_6(checkpoints, model, history, **how):
        if history[-1]["step"] == 6:
            raise Killed
        save(checkpoints, model, history, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", die_at_6)
        with pytest.raises(Killed):
            srlib.train_gan(*players[1], pairs, settings, validation=pairs, folder=tmp_path)
    for model in players[2]:  # what they hold must not matter
        model.set_weights([0 * w + 0.01 for w in model.get_weights()])
    log = srlib.train_gan(*players[2], pairs, settings, validation=pairs, folder=tmp_path)
    for whole, resumed in zip(players[0], players[2], strict=True):
        assert difference(whole, resumed) <= 1e-6
    pd.testing.assert_frame_equal(numbers(log), numbers(expected), rtol=1e-5)
    assert pd.read_csv(tmp_path / "history.csv").step.tolist() == [0, 2, 4, 6, 8]


def test_another_recipe_does_not_resume(pairs, tmp_path):
    def run(**settings):
        srlib.train_gan(pretrained(), judge(), pairs, recipe(**settings), validation=pairs,
                        folder=tmp_path)  # fmt: skip

    run(steps=2)
    with pytest.raises(srlib.CheckpointError, match="is 'non-saturating' there, 'hinge' here"):
        run(steps=2, objective="hinge")
    with pytest.raises(srlib.CheckpointError, match=r"generator\.steps is 2 there, 4 here"):
        run(steps=4)


def test_the_best_generator_is_that_of_the_smallest_feature_distance(pairs, tmp_path):
    """The adversary is too heavy here for the images to get better."""
    settings = recipe(adversarial_weight=30.0, learning_rate=3e-4, ema=0.5)
    generator = pretrained()
    log = srlib.train_gan(
        generator, judge(), pairs, settings, validation=pairs, folder=tmp_path
    )  # fmt: skip
    best = log.feature_distance.idxmin()
    assert json.loads((tmp_path / "best.json").read_text())["file"] == (
        f"step-{log.step[best]}.weights.h5"
    )
    kept = network()
    kept.load_weights(tmp_path / "generator.weights.h5")
    sr = srlib.upscale(pairs[0].lr, kept)
    (distance,) = student(input_range=(0, 1)).distances(pairs[0].hr, [sr])
    assert distance == pytest.approx(log.feature_distance[best])
    # The generator itself ends with the last average, which is what was validated last.
    (last,) = student(input_range=(0, 1)).distances(
        pairs[0].hr, [srlib.upscale(pairs[0].lr, generator)]
    )
    assert last == pytest.approx(log.feature_distance.iloc[-1])


def test_bfloat16_is_for_training_only(pairs):
    players = pretrained(), discriminator()
    srlib.train_gan(*players, pairs, recipe(steps=2, precision="bfloat16"), validation=pairs)
    assert {x.compute_dtype for model in players for x in model.layers} == {"float32"}


# How a game goes wrong, and what the record says


def test_a_collapse_stops_the_run(pairs, tmp_path):
    settings = recipe(adversarial_weight=100.0, learning_rate=1e-2, schedule="constant", steps=8)
    with pytest.raises(
        srlib.TrainingDiverged,
        match=r"collapsed, from 3\d\.\d\d to .* dB, at step 2; .*step-0\.weights.*adversarial_we",
    ):
        srlib.train_gan(pretrained(), judge(), pairs, settings, validation=pairs, folder=tmp_path)
    log = pd.read_csv(tmp_path / "history.csv")
    assert log.step.tolist() == [0, 2]
    found = srlib.verdict(log)
    assert found.name == "collapsed"
    assert found.reason.startswith("the PSNR went from 3")
    # What came before is kept.
    assert json.loads((tmp_path / "last.json").read_text())["file"] == "step-0.weights.h5"


def test_a_loss_that_is_no_number_stops_the_run(pairs, tmp_path):
    settings = recipe(learning_rate=1e30, steps=6)
    with pytest.raises(srlib.TrainingDiverged, match=r"became (nan|inf) at step 2; .*step-0\."):
        srlib.train_gan(pretrained(), judge(), pairs, settings, validation=pairs, folder=tmp_path)


def test_a_healthy_run(pairs):
    settings = recipe(steps=8, learning_rate=1e-4, schedule="constant")
    log = srlib.train_gan(pretrained(), judge(), pairs, settings, validation=pairs)
    assert srlib.verdict(log).name == "healthy"


def test_a_discriminator_without_an_opponent():
    """The generator hardly learns, and noise, which it cannot make, gives photographs away."""
    noise = np.random.default_rng(0).normal(0, 25, (96, 96, 3))
    noisy = np.clip(data.astronaut()[:96, 100:196] + noise, 0, 255).astype(np.uint8)
    pairs = [srlib.make_pair(noisy, 2)]
    settings = recipe(
        srlib.Recipe(steps=2, **TINY), steps=80, validate_every=10, perceptual_weight=0,
        batch_size=4, learning_rate=1e-6, discriminator_learning_rate=1e-2, schedule="constant",
    )  # fmt: skip
    log = srlib.train_gan(network(), judge(), pairs, settings, validation=pairs)
    assert log.separation[1] < 0.9
    found = srlib.verdict(log)
    assert found.name == "discriminator overpowered"
    assert "of the photographs above the generated images" in found.reason


def test_players_that_win_by_turns():
    """The Dirac-GAN (Mescheder, Geiger and Nowozin 2018), which goes in circles for ever.

    A discriminator that sees nothing but the mean colour, of photographs that are all gray: when it
    has learnt that the generated images are darker, the generator makes them brighter.
    """
    gray = np.clip(128 + np.random.default_rng(0).normal(0, 12, (96, 96, 3)), 0, 255)
    pairs = [srlib.make_pair(gray.astype(np.uint8), 2)]
    keras.utils.set_random_seed(2)
    mean_colour = keras.Sequential(
        [keras.Input((None, None, 3)), layers.GlobalAveragePooling2D(), layers.Dense(1)]
    )
    settings = recipe(
        srlib.Recipe(steps=2, learning_rate=1e-5, **TINY), steps=120, validate_every=4,
        perceptual_weight=0, objective="wasserstein", adversarial_weight=0.1, learning_rate=5e-5,
        discriminator_learning_rate=0.1, schedule="constant",
    )  # fmt: skip
    log = srlib.train_gan(network(), mean_colour, pairs, settings, validation=pairs)
    found = srlib.verdict(log)
    assert found.name == "oscillating"
    assert re.fullmatch(r"the discriminator's lead turned \d+ times", found.reason)


def log_of(separation, psnr=(30.0, 29.0)):
    """A made-up record: of the PSNR, the first and the last value."""
    rows = len(separation) + 1
    return pd.DataFrame(
        {
            "step": 10 * np.arange(rows),
            "psnr": np.linspace(*psnr, rows),
            "separation": [np.nan, *separation],
        }
    )


@pytest.mark.parametrize(
    ("log", "name"),
    [
        (log_of([0.5] * 4), "healthy"),
        (log_of([0.5, 0.7, 0.9, 0.97]), "healthy"),
        (log_of([0.5, 0.5, 0.99, 1.0]), "discriminator overpowered"),
        # A discriminator that led for long, and lost its lead.
        (log_of([1, 1, 1, 1, 0.8, 0.7]), "healthy"),
        (log_of([0.2, 0.8, 0.2, 0.8, 0.2]), "oscillating"),
        # Slow turns are turns, and small ones are none.
        (log_of([0.6, 0.4, 0.3, 0.5, 0.7, 0.5, 0.3, 0.5, 0.7]), "oscillating"),
        (log_of([0.4, 0.6, 0.4, 0.6, 0.4, 0.6]), "healthy"),
        # Whatever the game was: the images are lost.
        (log_of([0.2, 0.8, 0.2, 0.8, 0.2], (30, 24)), "collapsed"),
        (log_of([1.0] * 6, (30, 23)), "collapsed"),
        (log_of([0.5], (30, 10)), "collapsed"),
        (log_of([0.5], (30, np.nan)), "collapsed"),
    ],
)
def test_verdicts_on_made_up_records(log, name):
    assert srlib.verdict(log).name == name


def test_records_that_cannot_be_read():
    with pytest.raises(ValueError, match=r"3 validations are too few .* until there are 4"):
        srlib.verdict(log_of([0.5] * 3))
    with pytest.raises(ValueError, match="an adversarial training has separation"):
        srlib.verdict(log_of([0.5] * 4).drop(columns="separation"))


# What cannot be


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"generator": None}, "generator must be a Recipe, not None"),
        ({"generator": srlib.Recipe(schedule="plateau")}, "'plateau' waits .* choose constant"),
        ({"pretraining": 100}, "pretraining must be a Recipe .* not 100"),
        ({"pretraining": srlib.Recipe(perceptual_weight=1)}, "without perceptual_weight"),
        ({"objective": "gan"}, "unknown objective 'gan'; choose one of minimax"),
        ({"objective": "hinge", "label_smoothing": 0.1}, "hinge has no labels to smooth"),
        ({"adversarial_weight": 0}, "adversarial_weight must be a positive number, not 0: .*train"),
        ({"adversarial_weight": np.nan}, "adversarial_weight must be a positive number, not nan"),
        ({"spectral_weight": "much"}, "spectral_weight must be a number of at least 0, not 'much'"),
        ({"gradient_penalty": -1}, "gradient_penalty must be a number of at least 0, not -1"),
        ({"zero_centred_penalty": "no"}, "zero_centred_penalty must be .* at least 0, not 'no'"),
        ({"discriminator_learning_rate": 0}, "must be a positive number or None, not 0"),
    ],
)
def test_a_recipe_that_cannot_be(settings, message):
    with pytest.raises(ValueError, match=message):
        srlib.GANRecipe(**settings)


def test_the_recipe_of_the_paper():
    stage = srlib.GANRecipe().generator
    assert (stage.patch_size * 4, stage.batch_size, stage.learning_rate) == (96, 16, 1e-4)
    assert srlib.GANRecipe().adversarial_weight == 1e-3


def test_a_discriminator_may_judge_every_place(pairs):
    keras.utils.set_random_seed(2)
    adversary = srlib.patch_discriminator(filters=2)
    log = srlib.train_gan(
        pretrained(), adversary, pairs, recipe(steps=2, validate_every=1), validation=pairs
    )
    assert log[1:].notna().all(axis=None)
    assert set(log["separation"][1:] * 4 % 1) == {0}  # of two by two pairs of images


def test_networks_that_do_not_fit(pairs):
    def run(generator, adversary, validation=pairs, **settings):
        srlib.train_gan(generator, adversary, pairs, recipe(**settings), validation=validation)

    with pytest.raises(ValueError, match="fsrcnn_x3 enlarges ×3, but the pairs are ×2"):
        run(srlib.build("fsrcnn", 3), judge())
    with pytest.raises(ValueError, match=r"a logit .* for crops of 24×24 pixels: build it with"):
        run(network(), discriminator(crop_size=96))
    with pytest.raises(ValueError, match="fsrcnn_x2 must give a logit"):
        run(network(), network())
    with pytest.raises(ValueError, match="needs validation pairs"):
        run(network(), judge(), validation=[])
    with pytest.raises(ValueError, match="has batch normalisation"):
        run(pretrained(), discriminator(), gradient_penalty=10.0)


# Elsewhere

SCRIPT = """
import contextlib, sys
import numpy as np
folder, devices = sys.argv[1], int(sys.argv[2])
scope = contextlib.nullcontext()
if devices:
    import tensorflow as tf
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(devices)])
    assert strategy.num_replicas_in_sync == devices
    scope = strategy.scope()
import keras, srlib
lr, hr = np.load(f"{folder}/pair.npz").values()
pairs = [srlib.Pair(lr, hr)]
with scope:
    judge = keras.models.load_model(f"{folder}/judge.keras")
    large = srlib.srgan_discriminator(filters=1)
    for adversary, precision in ((judge, "float32"), (large, "bfloat16"))[: 1 if devices else 2]:
        stage = srlib.Recipe(steps=4, validate_every=2, batch_size=2, patch_size=12, ema=0.9,
                             perceptual_weight=1e-5, precision=precision)
        recipe = srlib.GANRecipe(stage, objective="hinge" if devices else "relativistic average",
                                 gradient_penalty=10.0 if adversary is judge else 0,
                                 zero_centred_penalty=0.1 if adversary is judge else 0)
        generator = srlib.load("fsrcnn", 2)
        log = srlib.train_gan(generator, adversary, pairs, recipe, validation=pairs)
        assert np.isfinite(log[1:]).all(axis=None)
        if adversary is judge:
            log.to_csv(f"{folder}/log.csv", index=False)
print(keras.backend.backend())
"""


def elsewhere(folder, pairs, devices, **environment):
    """The log of a run in another process, and of one here, from the same start."""
    np.savez(folder / "pair.npz", *pairs[0])
    adversary = judge()
    adversary.save(folder / "judge.keras")
    game = "hinge" if devices else "relativistic average"
    settings = recipe(ema=0.9, objective=game, gradient_penalty=10.0, zero_centred_penalty=0.1)
    here = srlib.train_gan(pretrained(), adversary, pairs, settings, validation=pairs)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), str(devices)],
        env=os.environ | environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert environment.get("KERAS_BACKEND", "tensorflow") in done.stdout
    return pd.read_csv(folder / "log.csv"), here


def test_training_is_the_same_under_jax(pairs, tmp_path):
    """With a gradient penalty; and batch normalisation and bfloat16 run there."""
    pytest.importorskip("jax")
    there, here = elsewhere(tmp_path, pairs, 0, KERAS_BACKEND="jax", JAX_PLATFORMS="cpu")
    assert there.columns.tolist() == here.columns.tolist()
    pd.testing.assert_frame_equal(numbers(there), numbers(here), rtol=0.02, check_dtype=False)


def test_two_devices_train_as_one_does(pairs, tmp_path):
    there, here = elsewhere(tmp_path, pairs, 2)
    measured = ["psnr", "feature_distance", "generator_loss", "content", "adversarial",
                "discriminator_loss", "gradient_penalty", "zero_centred_penalty", "d_real",
                "d_fake"]  # fmt: skip
    pd.testing.assert_frame_equal(there[measured], here[measured], rtol=1e-3)
