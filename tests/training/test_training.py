"""Training by a recipe: it learns, resumes exactly, and fails clearly."""

import json
import logging
import math
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pandas as pd
import pytest
from skimage import data

import srlib
from srlib.images import Pair
from srlib.networks import computing_in
from srlib.training import Previews, Recipe, train
from srlib.upscaling import predict

# Small, so that a step takes milliseconds.
SHORT = {"batch_size": 2, "patch_size": 8, "validate_every": 10}


@pytest.fixture(scope="module")
def pairs():
    return [srlib.make_pair(data.astronaut()[:96, 100:196], 2)]


def network():
    keras.utils.set_random_seed(1)
    return srlib.build("srcnn", 2)


class Killed(Exception):
    pass


class KillAt(keras.callbacks.Callback):
    """Stop at a step as abruptly as an exception can."""

    def __init__(self, step):
        super().__init__()
        self.left = step

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise Killed


class PoisonAt(keras.callbacks.Callback):
    """Break the last layer's weights after a step."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.step:
            layer = self.model.layers[-1]
            layer.set_weights([np.full_like(w, np.nan) for w in layer.get_weights()])


def difference(one, other):
    return max(
        np.abs(a - b).max() for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


def test_many_short_trainings_bring_no_warning(pairs, caplog):
    logging.getLogger("tensorflow").addHandler(caplog.handler)
    try:
        for _ in range(6):
            train(network(), pairs, Recipe(steps=1, **SHORT), validation=pairs)
    finally:
        logging.getLogger("tensorflow").removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records if record.levelno > 20] == []


def test_it_learns(pairs):
    recipe = Recipe(steps=60, batch_size=4, patch_size=12, validate_every=20)
    history = train(network(), pairs, recipe, validation=pairs)
    assert history.step.tolist() == [20, 40, 60]
    assert history.loss.is_monotonic_decreasing
    assert history.psnr.iloc[-1] > history.psnr.iloc[0]
    assert history.seconds.is_monotonic_increasing


def test_validation_is_the_y_psnr_of_whole_images(pairs):
    model = network()
    history = train(model, pairs, Recipe(steps=10, **SHORT), validation=pairs)
    table = srlib.evaluate(model, [srlib.Photo("astronaut", pairs[0].hr)], 2)
    # Validation does not round, evaluation does.
    assert history.psnr.iloc[-1] == pytest.approx(table.psnr.iloc[0], abs=0.05)


@pytest.mark.parametrize(
    "settings",
    [
        {"precision": "float32", "optimizer": "adam"},
        {"precision": "bfloat16", "optimizer": "muon", "ema": 0.9, "least_texture": 20},
        {"optimizer": "clipped_sgd", "learning_rate": 0.1, "schedule": "plateau"},
    ],
    ids=["adam", "muon-ema", "plateau"],
)
def test_resuming_is_exact(pairs, tmp_path, settings):
    recipe = Recipe(steps=100, **SHORT | {"validate_every": 25} | settings)
    whole = network()
    expected = train(whole, pairs, recipe, validation=pairs)
    with pytest.raises(Killed):
        train(network(), pairs, recipe, validation=pairs, folder=tmp_path, callbacks=[KillAt(62)])
    resumed = network()
    resumed.set_weights([0 * w for w in resumed.get_weights()])  # what it holds must not matter
    history = train(resumed, pairs, recipe, validation=pairs, folder=tmp_path)
    assert difference(whole, resumed) <= 1e-6
    columns = ["step", "loss", "psnr", "learning_rate"]
    pd.testing.assert_frame_equal(history[columns], expected[columns], rtol=1e-5)
    assert pd.read_csv(tmp_path / "history.csv").step.tolist() == [25, 50, 75, 100]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_process_resumes(pairs, tmp_path):
    """SIGKILL, as a power cut or an out-of-memory killer would."""
    np.savez(tmp_path / "pair.npz", *pairs[0])
    script = f"""
import numpy as np, keras, srlib
lr, hr = np.load({str(tmp_path / "pair.npz")!r}).values()
keras.utils.set_random_seed(1)
recipe = srlib.Recipe(steps=60, batch_size=2, patch_size=8, validate_every=10)
srlib.train(srlib.build("srcnn", 2), [srlib.Pair(lr, hr)], recipe, folder={str(tmp_path / "run")!r})
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL)
    while not (tmp_path / "run" / "last.json").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    recipe = Recipe(steps=60, **SHORT)
    whole, resumed = network(), network()
    train(whole, pairs, recipe)
    history = train(resumed, pairs, recipe, folder=tmp_path / "run")
    assert difference(whole, resumed) <= 1e-6
    assert history.step.tolist() == list(range(10, 61, 10))


def test_a_finished_run_is_not_trained_again(pairs, tmp_path):
    recipe = Recipe(steps=10, **SHORT)
    model = network()
    history = train(model, pairs, recipe, folder=tmp_path)
    again = network()
    pd.testing.assert_frame_equal(train(again, pairs, recipe, folder=tmp_path), history)
    assert difference(model, again) == 0


def test_best_and_last_checkpoint_are_kept_and_no_other(pairs, tmp_path):
    train(network(), pairs, Recipe(steps=50, **SHORT), validation=pairs, folder=tmp_path)
    named = {json.loads((tmp_path / f"{w}.json").read_text())["file"] for w in ("best", "last")}
    assert {path.name for path in tmp_path.glob("*.h5")} == named
    best = json.loads((tmp_path / "best.json").read_text())["history"]
    assert best[-1]["psnr"] == max(row["psnr"] for row in best)


def test_the_network_ends_with_the_moving_average_of_its_weights(pairs):
    """By hand: Keras's average starts as the weights after the first step."""
    recipe = Recipe(steps=6, ema=0.75, **SHORT | {"validate_every": 2})
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(averaged.get_weights())
    )
    averaged, plain = network(), network()
    train(averaged, pairs, recipe, callbacks=[note])
    train(plain, pairs, Recipe(steps=6, **SHORT | {"validate_every": 2}))
    assert difference(averaged, plain) > 1e-5
    expected = seen[0]
    for weights in seen[1:]:
        expected = [0.75 * e + 0.25 * w for e, w in zip(expected, weights, strict=True)]
    for weight, average in zip(averaged.get_weights(), expected, strict=True):
        np.testing.assert_allclose(weight, average, atol=1e-6)
    # The average is only looked at: the training itself goes its way.
    assert max(
        np.abs(a - b).max() for a, b in zip(seen[-1], plain.get_weights(), strict=True)
    ) < 1e-6  # fmt: skip


def test_a_plateau_halves_the_rate(pairs):
    """At a rate that changes nothing, no validation is better than the first."""
    settings = SHORT | {"validate_every": 1, "learning_rate": 1e-12, "schedule": "plateau"}
    history = train(network(), pairs, Recipe(steps=8, **settings), validation=pairs)
    assert history.learning_rate.round(15).tolist() == pytest.approx(
        [1e-12] * 4 + [5e-13] * 3 + [2.5e-13]
    )


def test_another_recipe_does_not_resume(pairs, tmp_path):
    train(network(), pairs, Recipe(steps=10, **SHORT), folder=tmp_path)
    with pytest.raises(srlib.CheckpointError, match=r"steps is 10 there, 20 here.*another folder"):
        train(network(), pairs, Recipe(steps=20, **SHORT), folder=tmp_path)


def test_other_photographs_do_not_resume(pairs, tmp_path):
    recipe = Recipe(steps=10, **SHORT)
    train(network(), pairs, recipe, folder=tmp_path)
    other = [Pair(pairs[0].lr[::-1], pairs[0].hr[::-1])]
    with pytest.raises(srlib.CheckpointError, match=r"photographs is '\w+' there, '\w+' here"):
        train(network(), other, recipe, folder=tmp_path)


def test_pairs_of_another_scale(pairs):
    with pytest.raises(ValueError, match="srcnn_x3 enlarges ×3, but the pairs are ×2"):
        train(srlib.build("srcnn", 3), pairs, Recipe(steps=10, **SHORT))


@pytest.mark.parametrize("victim", ["weights", "json", "field"])
def test_a_damaged_checkpoint_is_told(pairs, tmp_path, victim):
    recipe = Recipe(steps=10, **SHORT)
    train(network(), pairs, recipe, folder=tmp_path)
    path = tmp_path / ("step-10.weights.h5" if victim == "weights" else "last.json")
    content = path.read_bytes()
    path.write_bytes(b'{"file": "x"}' if victim == "field" else content[: len(content) // 2])
    with pytest.raises(srlib.CheckpointError, match=rf"{path.name} was .*edited or truncated"):
        train(network(), pairs, recipe, folder=tmp_path)
    assert path.exists()  # nothing was lost


def test_a_loss_that_is_no_number_stops_training(pairs, tmp_path):
    recipe = Recipe(steps=50, **SHORT)
    with pytest.raises(srlib.TrainingDiverged, match=r"nan at step 15.*step-10\.weights\.h5"):
        train(network(), pairs, recipe, folder=tmp_path, callbacks=[PoisonAt(14)])
    last = json.loads((tmp_path / "last.json").read_text())
    assert math.isfinite(last["history"][-1]["loss"])


def test_weights_that_break_at_a_validation_are_not_saved(pairs, tmp_path):
    with pytest.raises(srlib.TrainingDiverged, match=r"PSNR became nan at step 20.*step-10\."):
        train(network(), pairs, Recipe(steps=50, **SHORT), validation=pairs, folder=tmp_path,
              callbacks=[PoisonAt(20)])  # fmt: skip
    for which in ("last", "best"):
        assert json.loads((tmp_path / f"{which}.json").read_text())["file"].startswith("step-10.")


def test_divergence_without_a_folder_says_that_nothing_was_saved(pairs):
    recipe = Recipe(steps=50, optimizer="sgd", learning_rate=1e6, schedule="constant", **SHORT)
    with pytest.raises(srlib.TrainingDiverged, match=r"nothing was saved.*lower learning_rate"):
        train(network(), pairs, recipe)


def test_bfloat16_is_for_training_only(pairs):
    model = network()
    train(model, pairs, Recipe(steps=10, precision="bfloat16", **SHORT))
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert {w.dtype for w in model.get_weights()} == {np.dtype("float32")}


def test_bfloat16_makes_no_image():
    """But what is added to one may be rounded."""
    model = srlib.build("edsr", 2)
    with computing_in("bfloat16", model):
        computed = {layer.name: layer.compute_dtype for layer in model.layers[1:]}
    images = {name for name, dtype in computed.items() if dtype == "float32"}
    assert images == {"bicubic", "skip"}
    image = keras.Input((8, 8, 3))
    plain = keras.Model(image, keras.layers.Conv2D(3, 1, name="end")(image))
    with computing_in("bfloat16", plain):
        assert plain.get_layer("end").compute_dtype == "float32"


def test_what_was_compiled_in_float32_computes_in_it_again():
    model = srlib.load("tiny", 2)
    lr = srlib.photos("course-test")[0].image[:40, :50]
    before = predict(model, lr)
    with computing_in("bfloat16", model):
        inside = predict(model, lr)
    assert 1e-4 < np.abs(inside - before).max() < 0.05
    np.testing.assert_array_equal(predict(model, lr), before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": "1500"}, "steps must be a whole number of at least 1, not '1500'"),
        ({"steps": 0}, "steps must be .* not 0"),
        ({"batch_size": 2.5}, "batch_size must be .* not 2.5"),
        ({"seed": -1}, "seed must be .* not -1"),
        ({"learning_rate": "fast"}, "learning_rate must be a positive number, not 'fast'"),
        ({"learning_rate": math.nan}, "learning_rate must be"),
        ({"loss": "l3"}, "unknown loss 'l3'; choose one of mse, mae"),
        (
            {"optimizer": "lion"},
            "unknown optimizer 'lion'; choose one of adam, sgd, clipped_sgd, muon",
        ),
        ({"schedule": "step"}, "unknown schedule 'step'; choose one of constant, cosine"),
        ({"features": "alexnet"}, "unknown features 'alexnet'; choose one of student, vgg16"),
        ({"pixel_weight": 2}, "pixel_weight 1 where there is no perceptual loss .* not \\(2, 0\\)"),
        ({"perceptual_weight": -1}, "must be at least 0, .* not \\(1, -1\\)"),
        ({"ema": 1}, "ema must be a decay between 0 and 1, or None, not 1"),
        ({"least_texture": -1}, "least_texture must be from 0 to below 128 gray levels, not -1"),
        ({"precision": "int8"}, "unknown precision 'int8'; choose one of float32, bfloat16, auto"),
    ],
)
def test_a_recipe_that_cannot_be(settings, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**settings)


def test_a_patch_larger_than_the_image(pairs):
    tiny = Pair(pairs[0].lr[:6, :6], pairs[0].hr[:12, :12])
    with pytest.raises(ValueError, match="6×6 pixels, too few for patches of 8×8"):
        train(network(), [tiny], Recipe(steps=10, **SHORT))


TRAIN_ON_JAX = """
import sys, keras, numpy as np, srlib
assert keras.backend.backend() == "jax"
folder = sys.argv[1]
lr, hr = np.load(f"{folder}/pair.npz").values()
model = srlib.build("fsrcnn", 2)
model.load_weights(f"{folder}/start.weights.h5")
for precision in ("float32", "bfloat16"):
    recipe = srlib.Recipe(steps=6, batch_size=2, patch_size=8, validate_every=2, optimizer="muon",
                          loss="mae", ema=0.9, least_texture=5, precision=precision)
    history = srlib.train(model, [srlib.Pair(lr, hr)], recipe)
    print("losses", *history.loss)
"""


def test_training_is_the_same_under_jax(pairs, tmp_path):
    """One recipe, one start, two backends: the same losses; and bfloat16 runs, too."""
    pytest.importorskip("jax")
    np.savez(tmp_path / "pair.npz", *pairs[0])
    model = srlib.build("fsrcnn", 2)
    model.save_weights(tmp_path / "start.weights.h5")
    recipe = Recipe(steps=6, **SHORT | {"validate_every": 2}, optimizer="muon", loss="mae", ema=0.9,
                    least_texture=5)  # fmt: skip
    expected = train(model, pairs, recipe).loss
    done = subprocess.run(
        [sys.executable, "-c", TRAIN_ON_JAX, str(tmp_path)],
        env=os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    float32, bfloat16 = (
        [float(word) for word in line.split()[1:]]
        for line in done.stdout.splitlines()
        if line.startswith("losses")
    )
    np.testing.assert_allclose(float32, expected, rtol=0.02)
    assert len(bfloat16) == 3 and np.isfinite(bfloat16).all()


def test_a_restart_begins_once_more_from_half_the_rate():
    """By hand: a cosine over 200 steps from 1 to 0.01, then over 100 from about a half."""
    rate = Recipe(steps=300, learning_rate=1.0, schedule="restart").build_optimizer()._learning_rate
    assert [float(rate(step)) for step in (0, 100, 199)] == pytest.approx(
        [1, 0.505, 0.01], abs=1e-3
    )
    assert [float(rate(step)) for step in (200, 250, 299)] == pytest.approx(
        [0.505, 0.2575, 0.01], abs=1e-3
    )


def test_pictures_are_kept_of_every_validation(pairs, tmp_path):
    """And TensorBoard finds them, too."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    model, lr, out = network(), pairs[0].lr[:10, :12], tmp_path / "new" / "previews"
    train(model, pairs, Recipe(steps=30, **SHORT), callbacks=[Previews(lr, out)])
    assert sorted(path.name for path in out.glob("*.png")) == [
        "step-10.png", "step-20.png", "step-30.png",
    ]  # fmt: skip
    last = srlib.read_image(out / "step-30.png")
    assert np.array_equal(last, srlib.upscale(lr, model))
    assert not np.array_equal(last, srlib.read_image(out / "step-10.png"))
    board = EventAccumulator(str(out))
    board.Reload()
    shown = board.Images("preview")
    assert [(picture.step, picture.width, picture.height) for picture in shown] == [
        (10, 24, 20), (20, 24, 20), (30, 24, 20),
    ]  # fmt: skip
    assert shown[-1].encoded_image_string == (out / "step-30.png").read_bytes()


def test_pictures_do_without_tensorboard(pairs, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setattr("srlib.training.previews.find_spec", lambda name: None)
    recipe = Recipe(steps=1, batch_size=2, patch_size=8)
    train(network(), pairs, recipe, callbacks=[Previews(pairs[0].lr, tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["step-1.png"]


def test_pictures_of_what_is_no_image_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"uint8 \(H, W, 3\), not float64"):
        Previews(np.zeros((8, 8, 3)), tmp_path)
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OSError, match="file"):
        Previews(np.zeros((8, 8, 3), np.uint8), tmp_path / "file" / "inside")
