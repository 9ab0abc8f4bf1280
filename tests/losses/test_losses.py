"""Losses: hand-computed values, peers, gradients, and what Keras makes of them."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from skimage import data

import srlib
from srlib.evaluation.metrics import Protocol, psnr, ssim
from srlib.images import interpolate, make_pair
from srlib.losses import (
    LOSSES,
    charbonnier,
    per_pixel_and_perceptual,
    perceptual,
    psnr_loss,
    spectral_loss,
    ssim_l1,
    ssim_loss,
)
from srlib.losses.features import Features, student

RGB = Protocol(color="rgb", crop=0)
every_loss = pytest.mark.parametrize("name", LOSSES)


def constant(*values, size=12):
    """One image a value."""
    return np.stack([np.full((size, size, 3), value, np.float32) for value in values])


def per_image(name, y_true, y_pred):
    """The loss of each image, whatever else Keras would take the mean over."""
    losses = np.asarray(LOSSES[name](y_true, y_pred), np.float64)
    return losses.reshape(len(losses), -1).mean(1)


def gradient(loss, y_true, y_pred):
    y_pred = tf.convert_to_tensor(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        mean = tf.reduce_mean(loss(y_true, y_pred))
    return tape.gradient(mean, y_pred).numpy()


@pytest.fixture(scope="module")
def photographs():
    """Three 8-bit truths (3, 48, 56, 3) and their bicubic enlargements."""
    corners = [(0, 180), (100, 150), (400, 300)]
    pairs = [make_pair(data.astronaut()[y : y + 48, x : x + 56], 2) for y, x in corners]
    return np.stack([hr for _, hr in pairs]), np.stack([interpolate(lr, 2) for lr, _ in pairs])


@pytest.fixture(scope="module")
def batch(photographs):
    return tuple((images / 255).astype(np.float32) for images in photographs)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mse", [0.01, 0.0001]),
        ("mae", [0.1, 0.01]),
        ("charbonnier", [0.100005, 0.01004988]),  # √(0.1² + 0.001²), √(0.01² + 0.001²)
        ("psnr", [-20, -40]),
        # Means of 0.2 and 0.3, and of 0.2 and 0.21; no deviation.
        ("ssim", [1 - 0.1201 / 0.1301, 1 - 0.0841 / 0.0842]),
        ("ssim_l1", [0.84 * 0.01 / 0.1301 + 0.016, 0.84 * 0.0001 / 0.0842 + 0.0016]),
    ],
)
def test_a_constant_error(name, expected):
    """Errors of 0.1 and 0.01, by hand."""
    result = per_image(name, constant(0.2, 0.2), constant(0.3, 0.21))
    np.testing.assert_allclose(result, expected, rtol=1e-4)


def test_charbonnier_takes_the_root_pixel_by_pixel():
    truth, image = constant(0.5), constant(0.5)
    image[:, :3] -= 0.2  # a quarter of the rows
    expected = (3 * 0.001 + np.sqrt(0.2**2 + 0.001**2)) / 4
    assert float(charbonnier(truth, image)[0]) == pytest.approx(expected, rel=1e-5)


def test_psnr_takes_the_mean_error_before_the_logarithm_and_of_one_image():
    truth, image = constant(0.5, 0.5), constant(0.5, 0.4)
    image[0, :3] -= 0.2
    np.testing.assert_allclose(psnr_loss(truth, image), [10 * np.log10(0.04 / 4), -20], rtol=1e-5)


def test_ssim_written_out():
    """Equation 13 of the paper, window by window, in double precision."""
    rng = np.random.default_rng(0)
    truth = rng.random((2, 13, 12, 3), np.float32)
    image = np.clip(truth + rng.normal(0, 0.2, truth.shape), 0, 1).astype(np.float32)
    offset = np.arange(11) - 5
    window = np.exp(-(offset[:, None] ** 2 + offset[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    losses = np.asarray(ssim_loss(truth, image))
    for a, b, loss in zip(truth.astype(float), image.astype(float), losses, strict=True):
        values = []
        for i, j, c in np.ndindex(3, 2, 3):
            x, y = a[i : i + 11, j : j + 11, c], b[i : i + 11, j : j + 11, c]
            mx, my = (window * x).sum(), (window * y).sum()
            vx, vy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
            covariance = (window * (x - mx) * (y - my)).sum()
            numerator = (2 * mx * my + 0.01**2) * (2 * covariance + 0.03**2)
            values.append(numerator / ((mx**2 + my**2 + 0.01**2) * (vx + vy + 0.03**2)))
        assert loss == pytest.approx(1 - np.mean(values), rel=1e-5)
        l1 = np.mean(np.abs(a - b))
        both = ssim_l1(a[None], b[None])
        assert float(both[0]) == pytest.approx(0.84 * (1 - np.mean(values)) + 0.16 * l1, rel=1e-5)


def test_the_metrics_agree(photographs, batch):
    losses = np.asarray(psnr_loss(*batch)), np.asarray(ssim_loss(*batch))
    for hr, sr, decibels, dissimilarity in zip(*photographs, *losses, strict=True):
        assert -decibels == pytest.approx(psnr(hr, sr, scale=2, protocol=RGB), abs=1e-4)
        expected = ssim(hr, sr, scale=2, protocol=RGB)
        assert 1 - dissimilarity == pytest.approx(expected, abs=1e-6)


def test_tensorflow_agrees(batch):
    np.testing.assert_allclose(-psnr_loss(*batch), tf.image.psnr(*batch, 1), rtol=1e-5)
    # TensorFlow computes the paper's ratios as they stand, which costs float32 the fifth decimal.
    np.testing.assert_allclose(1 - ssim_loss(*batch), tf.image.ssim(*batch, 1), atol=1e-4)


def test_ssim_is_of_images_between_0_and_1(batch):
    """Standardised, the same images have another SSIM, since the constants stay those of [0, 1]."""
    hr, _ = batch
    standardised = [(images - hr.mean()) / hr.std() for images in batch]
    assert np.all(np.abs(ssim_loss(*batch) - ssim_loss(*standardised)) > 0.01)


@every_loss
def test_equal_images_have_the_least_loss_and_no_gradient(name, batch):
    hr, sr = batch
    least = {"charbonnier": 1e-3, "psnr": -100}.get(name, 0)
    np.testing.assert_allclose(per_image(name, hr, hr), least, rtol=1e-5)
    assert np.all(per_image(name, hr, sr) > least)
    np.testing.assert_array_equal(gradient(LOSSES[name], hr, hr), 0)
    np.testing.assert_array_equal(gradient(LOSSES[name], constant(0, 1), constant(0, 1)), 0)


@every_loss
@settings(max_examples=20)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(0, 11), st.integers(0, 12), st.integers(0, 2)),
    st.integers(1, 255),
)
def test_one_value_that_is_wrong_is_seen(name, seed, where, change):
    """By one level of 255, in a corner even."""
    truth = np.random.default_rng(seed).integers(0, 256, (1, 12, 13, 3))
    wrong = truth.copy()
    wrong[0][where] = (wrong[0][where] + change) % 256
    truth, wrong = (truth / 255).astype(np.float32), (wrong / 255).astype(np.float32)
    assert per_image(name, truth, wrong) > per_image(name, truth, truth)
    assert np.all(np.isfinite(gradient(LOSSES[name], truth, wrong)))


@every_loss
def test_a_small_step_down_the_gradient_lowers_the_loss(name, batch):
    hr, sr = batch
    downhill = -gradient(LOSSES[name], hr, sr)
    step = 1e-4 * downhill / np.abs(downhill).max()
    before, after = per_image(name, hr, sr).mean(), per_image(name, hr, sr + step).mean()
    assert before - after == pytest.approx(np.sum(downhill * step), rel=0.05)


@every_loss
def test_the_loss_that_fit_logs_is_the_mean_over_images(name, batch):
    hr, sr = batch
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((None, None, 3)), keras.layers.Conv2D(3, 3, padding="same")]
    )
    expected = per_image(name, hr, model(sr)).mean()
    options = {"batch_size": 2, "verbose": 0}  # a batch of two and one of one
    model.compile(keras.optimizers.Adam(0.0), LOSSES[name], jit_compile=False)
    logged = model.fit(sr, hr, **options).history["loss"][0]
    assert logged == pytest.approx(expected, rel=1e-5)
    model.optimizer.learning_rate = 1e-2
    assert model.fit(sr, hr, epochs=10, **options).history["loss"][-1] < expected


@every_loss
def test_bfloat16_images_are_compared_in_float32(name, batch):
    hr, sr = (ops.cast(images, "bfloat16") for images in batch)
    model = keras.Sequential([keras.Input((None, None, 3))])
    model.compile(loss=LOSSES[name])
    loss = model.compute_loss(y=hr, y_pred=sr)
    exact = [np.asarray(ops.cast(images, "float32")) for images in (hr, sr)]
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    assert float(loss) == pytest.approx(per_image(name, *exact).mean(), rel=1e-5)
    if name not in ("mse", "mae"):  # Keras's own leave the conversion to compile
        np.testing.assert_array_equal(per_image(name, hr, sr), per_image(name, *exact))


@pytest.mark.parametrize("loss", [ssim_loss, ssim_l1])
@pytest.mark.parametrize(("height", "width"), [(10, 30), (30, 10)])
def test_patches_smaller_than_the_window(loss, height, width):
    patches = np.zeros((1, height, width, 3), np.float32)
    with pytest.raises(ValueError, match=f"11×11 pixels, not {width}×{height}: take larger"):
        loss(patches, patches)
    assert loss(constant(0.5, size=11), constant(0.5, size=11)).shape == (1,)


JAX = """
import json, sys
import jax, keras, numpy as np
from srlib.losses.features import student
from srlib.losses import LOSSES, perceptual, spectral_loss
assert keras.backend.backend() == "jax"
hr, sr = np.load(sys.argv[1])
mean = lambda loss: jax.jit(jax.value_and_grad(lambda image: loss(hr, image).mean()))
losses = LOSSES | {"perceptual": perceptual(student(input_range=(0, 1)))}
losses |= {"spectral": spectral_loss}
results = {name: mean(loss)(sr) for name, loss in losses.items()}
assert np.isnan(jax.jit(perceptual(student(input_range=(0, 255))))(hr, sr)).all()
print(json.dumps({n: [float(v), np.asarray(g).ravel().tolist()] for n, (v, g) in results.items()}))
"""


def test_jax_agrees(batch, tmp_path):
    pytest.importorskip("jax")
    hr, sr = (image[:2, :16, :16] for image in batch)
    # Nowhere equal, for at 0 the absolute error has a slope of 0 in TensorFlow, of ±1 in JAX.
    images = [hr, sr + np.float32(1e-3)]
    np.save(tmp_path / "images.npy", images)
    done = subprocess.run(
        [sys.executable, "-c", JAX, tmp_path / "images.npy"],
        env=os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    others = {"perceptual": perceptual(student(input_range=(0, 1))), "spectral": spectral_loss}
    for name, (value, slope) in json.loads(done.stdout).items():
        loss = (LOSSES | others)[name]
        assert value == pytest.approx(np.mean(loss(*images)), rel=1e-4)
        expected = gradient(loss, *images).ravel()
        np.testing.assert_allclose(slope, expected, atol=1e-4 * np.abs(expected).max())


# Losses of feature maps


def mean_of_quarters():
    """Features that can be worked out by hand: the image itself, and the means of 2×2 pixels."""
    image = keras.Input((None, None, 3))
    halved = keras.layers.AveragePooling2D(2)(image)
    network = keras.Model(image, [keras.layers.Rescaling(10.0)(image), halved])
    return Features(network, ("pixels", "means"), (0, 1))


def test_perceptual_by_hand():
    truth = constant(0.2, 0.2)
    image = constant(0.3, 0.2)
    image[1, ::2] += 0.2  # every other row of the second image: 0.1 in the means of 2×2
    loss = perceptual(mean_of_quarters(), [1, 1000])(truth, image)
    expected = [100 * 0.01 + 1000 * 0.01, 100 * 0.04 / 2 + 1000 * 0.01]
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


def test_pixel_and_perceptual_by_hand():
    truth, image = constant(0.2, 0.2), constant(0.3, 0.5)
    both = per_pixel_and_perceptual(mean_of_quarters(), pixel_weight=2, perceptual_weight=0.1)
    expected = [2 * 0.1 + 0.1 * 101 * 0.01, 2 * 0.3 + 0.1 * 101 * 0.09]
    np.testing.assert_allclose(both(truth, image), expected, rtol=1e-4)
    squared = per_pixel_and_perceptual(
        mean_of_quarters(), pixel_weight=2, perceptual_weight=0.1, pixel=psnr_loss
    )
    expected = [2 * -20 + 0.1 * 101 * 0.01, 2 * 20 * np.log10(0.3) + 0.1 * 101 * 0.09]
    np.testing.assert_allclose(squared(truth, image), expected, rtol=1e-4)


def test_the_loss_of_a_batch_is_the_mean_of_its_images(batch):
    """A public project took the features of ``y_true + y_pred``, and compared image 0 with 1."""
    truth, image = batch
    loss = perceptual(student(input_range=(0, 1)))
    alone = [float(loss(truth[i : i + 1], image[i : i + 1])[0]) for i in range(3)]
    np.testing.assert_allclose(loss(truth, image), alone, rtol=1e-4)
    assert min(alone) > 0
    np.testing.assert_array_equal(loss(truth, truth), 0)


def test_gradients_reach_the_generator_only(batch):
    truth, lr = batch[0], batch[1][:, ::2, ::2]
    features = student(input_range=(0, 1))
    frozen = [weight.copy() for weight in features.network.get_weights()]
    model = srlib.build("fsrcnn", 2)
    model.compile("adam", perceptual(features), jit_compile=False)
    before = model.get_weights()
    model.fit(lr, truth, verbose=0)
    assert any(not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    for weight, was in zip(features.network.get_weights(), frozen, strict=True):
        np.testing.assert_array_equal(weight, was)


def test_the_feature_network_is_built_once(batch, monkeypatch):
    features = student(input_range=(0, 1))
    loss = perceptual(features)
    monkeypatch.setattr(keras, "Model", None)  # nothing can be built from here on
    for _ in range(2):
        loss(*batch)


def test_a_wrong_range_makes_a_compiled_loss_nan(batch):
    truth, lr = batch[0], batch[1][:, ::2, ::2]
    model = srlib.build("fsrcnn", 2)
    model.compile("adam", perceptual(student(input_range=(0, 255))), jit_compile=False)
    assert np.isnan(model.fit(lr, truth, verbose=0).history["loss"][0])
    with pytest.raises(ValueError, match=r"expect images in \[0, 255\]"):
        perceptual(student(input_range=(0, 255)))(truth, truth)


def test_what_a_network_makes_may_leave_the_range(batch):
    truth = batch[0]
    loss = perceptual(student(input_range=(0, 1)))
    assert (np.asarray(loss(truth, truth + 0.5)) > 0).all()


@pytest.mark.parametrize("weights", [[1], [1, 2, 3], [1, 0], [1, -1]])
def test_bad_weights_of_layers(weights):
    with pytest.raises(ValueError, match="a positive weight for each of pixels, means, not"):
        perceptual(mean_of_quarters(), weights)


def test_bad_weights_of_losses():
    with pytest.raises(ValueError, match="both weights must be positive, not 0 and 1"):
        per_pixel_and_perceptual(mean_of_quarters(), pixel_weight=0, perceptual_weight=1)
    weights = {"pixel_weight": 1, "perceptual_weight": 1}
    with pytest.raises(ValueError, match="must be a function such as charbonnier, not 'mae'"):
        per_pixel_and_perceptual(mean_of_quarters(), pixel="mae", **weights)
