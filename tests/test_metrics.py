"""PSNR and SSIM under a protocol: hand-computed values, peers, and published rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from srlib.degradation import interpolate, make_pair
from srlib.images import luma
from srlib.metrics import Protocol, psnr, ssim

RGB = Protocol(color="rgb", crop=0)


def constant(value, size=16):
    return np.full((size, size, 3), value, np.uint8)


@pytest.fixture(scope="module")
def pair():
    lr, hr = make_pair(data.astronaut()[100:196, 150:250], 2)
    return hr, interpolate(lr, 2)


@pytest.mark.parametrize(("error", "decibels"), [(1, 48.130804), (5, 34.151404), (255, 0.0)])
def test_psnr_of_a_constant_error(error, decibels):
    """10·log10(255²/error²), by hand."""
    result = psnr(constant(0), constant(error), scale=2, protocol=RGB)
    assert result == pytest.approx(decibels, abs=1e-6)


def test_luma_weighs_the_channels():
    """One step of green alone changes Y by 128.553/255."""
    sr = constant(100)
    sr[..., 1] += 1
    expected = 20 * np.log10(255 / (128.553 / 255))
    assert psnr(constant(100), sr, scale=2) == pytest.approx(expected, abs=1e-9)


def test_equal_images_are_infinitely_good(pair):
    assert psnr(pair[0], pair[0], scale=2) == np.inf
    assert ssim(pair[0], pair[0], scale=2) == pytest.approx(1)


def test_a_gray_truth_is_compared_as_it_is():
    assert psnr(constant(9)[..., 0], constant(10), scale=2) == pytest.approx(48.1308, abs=1e-4)


def test_the_crop_takes_the_scale_from_each_side():
    sr = constant(100)
    sr[:3] = 0  # a border that is wrong three pixels deep
    assert psnr(constant(100), sr, scale=3) == np.inf
    assert psnr(constant(100), sr, scale=2) < 30
    assert psnr(constant(100), sr, scale=2, protocol=Protocol(crop=3)) == np.inf


def test_quantising_rounds_and_clips():
    hr = constant(255)
    over = np.full((16, 16, 3), 1.2, np.float32)
    assert psnr(hr, over, scale=2) == np.inf
    assert psnr(hr, over, scale=2, protocol=Protocol(quantised=False)) < 20
    near = np.full((16, 16, 3), 100.4 / 255, np.float32)
    assert psnr(constant(100), near, scale=2) == np.inf


def test_floats_and_bytes_of_the_same_image_agree(pair):
    hr, sr = pair
    assert psnr(hr, sr / np.float32(255), scale=2) == pytest.approx(psnr(hr, sr, scale=2))


def test_both_agree_with_tensorflow(pair):
    tf = pytest.importorskip("tensorflow")
    hr, sr = (plane[2:-2, 2:-2, np.newaxis] for plane in map(luma, pair))
    hr, sr = tf.constant(hr, tf.float64), tf.constant(sr, tf.float64)
    assert psnr(*pair, scale=2) == pytest.approx(float(tf.image.psnr(hr, sr, 255)), abs=1e-3)
    assert ssim(*pair, scale=2) == pytest.approx(float(tf.image.ssim(hr, sr, 255)), abs=1e-4)


def test_ssim_of_a_constant_error_by_hand():
    """Without structure only the luminance term is left: (2ab + C1) / (a² + b² + C1)."""
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 110 + c1) / (100**2 + 110**2 + c1)
    result = ssim(constant(100), constant(110), scale=2, protocol=RGB)
    assert result == pytest.approx(expected, abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(1, 60))
def test_more_noise_is_never_better(seed, sigma):
    rng = np.random.default_rng(seed)
    hr = rng.integers(60, 196, (24, 24, 3)).astype(np.uint8)
    noise = rng.normal(0, 1, hr.shape)
    mild = np.clip(hr + sigma * noise, 0, 255) / 255
    strong = np.clip(hr + 3 * sigma * noise, 0, 255) / 255
    assert psnr(hr, strong, scale=2) < psnr(hr, mild, scale=2)
    assert ssim(hr, mild, scale=2) <= 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"color": "yuv"}, "'yuv'; choose one of y, rgb"),
        ({"crop": -1}, "pixels or 'scale', not -1"),
        ({"lr_kernel": "area"}, "'area'; choose one of nearest, box"),
    ],
)
def test_a_protocol_that_is_none(settings, message):
    with pytest.raises(ValueError, match=message):
        Protocol(**settings)


def test_a_protocol_says_what_it_is():
    assert str(Protocol()) == (
        "BT.601 luma, crop scale, LR by antialiased bicubic (Pillow), 8-bit SR"
    )
    odd = Protocol(color="rgb", crop=0, lr_kernel="nearest", quantised=False)
    assert str(odd) == "RGB, crop 0 px, LR by nearest (Pillow), unrounded SR"


@pytest.mark.parametrize(
    ("hr", "sr", "error", "message"),
    [
        (constant(0), constant(0, 17), ValueError, r"\(16, 16, 3\) but SR has \(17, 17, 3\)"),
        (constant(0), constant(0).astype(np.int32), TypeError, "uint8, or float in"),
        (constant(0) / 255, constant(0), TypeError, "HR must be uint8, not float64"),
        (constant(0, 4), constant(0, 4), ValueError, "nothing is left of 4×4"),
    ],
)
def test_images_that_cannot_be_compared(hr, sr, error, message):
    with pytest.raises(error, match=message):
        psnr(hr, sr, scale=2)


def test_ssim_of_too_small_an_image():
    with pytest.raises(ValueError, match="11×11 pixels after cropping, not 10×10"):
        ssim(constant(0, 14), constant(0, 14), scale=2)
