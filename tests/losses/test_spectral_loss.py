"""The loss of spectra: by the formula, what it sees and what it does not."""

import keras
import numpy as np
import pytest
from keras import ops

import srlib
from srlib.losses import spectral_loss


@pytest.fixture
def noise():
    """Two images (2, 24, 33, 3) of noise about a mean of 0.5."""
    return np.random.default_rng(0).uniform(0.3, 0.7, (2, 24, 33, 3)).astype(np.float32)


def written_out(image):
    """The logarithms of the amplitudes of one image, in double precision."""
    gray = image.astype(float) @ [0.299, 0.587, 0.114]
    y, x = ((np.arange(n) + 0.5) / n for n in gray.shape)
    window = np.outer(np.sin(np.pi * y) ** 2, np.sin(np.pi * x) ** 2)
    window /= np.sqrt(np.mean(window**2))
    power = np.abs(np.fft.fft2((gray - gray.mean()) * window)) ** 2 / gray.size
    return np.log(np.sqrt(power + 1 / 255**2))


def test_written_out(noise):
    other = np.random.default_rng(1).random(noise.shape, np.float32)
    expected = [
        np.abs(written_out(a) - written_out(b)).mean() for a, b in zip(noise, other, strict=True)
    ]
    np.testing.assert_allclose(spectral_loss(noise, other), expected, rtol=1e-4)


def test_amplitudes_that_are_e_times_too_large_cost_one(noise):
    louder = noise.mean((1, 2), keepdims=True) * (1 - np.e) + np.e * noise
    np.testing.assert_allclose(spectral_loss(noise, louder), 1, atol=0.02)


def test_where_the_detail_is_does_not_count(noise):
    """Turned by half a turn every wave lies elsewhere, and has the amplitude it had."""
    turned = noise[:, ::-1, ::-1]
    assert np.abs(noise - turned).mean() > 0.1
    np.testing.assert_allclose(spectral_loss(noise, turned), 0, atol=1e-4)
    np.testing.assert_allclose(spectral_loss(noise, noise + 0.2), 0, atol=1e-4)


def test_detail_that_is_missing_and_detail_that_is_too_much_cost_something(noise):
    smooth = np.stack([srlib.interpolate(srlib.downscale(image, 3), 3) for image in
                       np.round(noise * 255).astype(np.uint8)]) / 255  # fmt: skip
    missing, too_much = spectral_loss(noise, smooth), spectral_loss(smooth, noise)
    assert np.all(np.asarray(missing) > 0.3)
    np.testing.assert_allclose(missing, too_much, rtol=1e-5)


def test_what_nobody_sees_does_not_count():
    """Noise of a hundredth of a gray level, on a surface of one colour."""
    even = np.full((1, 32, 32, 3), 0.5, np.float32)
    faint = even + np.random.default_rng(0).normal(0, 0.01 / 255, even.shape).astype(np.float32)
    assert float(spectral_loss(even, faint)[0]) < 1e-3


def test_a_network_learns_by_it(noise):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((None, None, 3)), keras.layers.Conv2D(3, 3, padding="same")]
    )
    model.compile(keras.optimizers.Adam(1e-2), spectral_loss, jit_compile=False)
    losses = model.fit(noise, 2 * noise, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
    in_bfloat16 = spectral_loss(ops.cast(noise, "bfloat16"), ops.cast(noise, "bfloat16"))
    assert keras.backend.standardize_dtype(in_bfloat16.dtype) == "float32"
