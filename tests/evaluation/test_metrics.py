"""PSNR and SSIM under a protocol: hand-computed values, peers, and published rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from srlib.evaluation.metrics import (
    Protocol,
    checkerboard,
    color_shift,
    consistency,
    detail,
    flat_deviation,
    ms_ssim,
    psnr,
    ssim,
    weave,
)
from srlib.images import interpolate, luma, make_pair

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
        ({"lr_kernel": "jpeg-101"}, "quality must be a whole number from 1 to 100, not 101"),
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
    jpeg = Protocol(lr_kernel="jpeg-70")
    assert "LR by antialiased bicubic, JPEG 70 (Pillow)" in str(jpeg)
    assert "LR by the mixed degradations" in str(Protocol(lr_kernel="mixed"))
    assert (jpeg.kernel, odd.kernel) == ("bicubic", "nearest")


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


@pytest.mark.parametrize("damage", ["noise", "bicubic"])
def test_ms_ssim_agrees_with_tensorflow(damage):
    tf = pytest.importorskip("tensorflow")
    hr = data.astronaut()[:352, :192]  # 352 is halved four times without a rest, as 176 is
    noisy = np.clip(hr + np.random.default_rng(0).normal(0, 15, hr.shape), 0, 255).astype(np.uint8)
    sr = noisy if damage == "noise" else interpolate(make_pair(hr, 4).lr, 4)
    theirs = tf.image.ssim_multiscale(*(tf.constant([i], tf.float32) for i in (hr, sr)), 255)
    assert ms_ssim(hr, sr, scale=4, protocol=RGB) == pytest.approx(float(theirs[0]), abs=1e-5)


def test_ms_ssim_of_a_constant_error_by_hand():
    """Brightness counts at the coarsest scale only."""
    c1 = (0.01 * 255) ** 2
    expected = ((2 * 100 * 110 + c1) / (100**2 + 110**2 + c1)) ** 0.1333
    result = ms_ssim(constant(100, 180), constant(110, 180), scale=2)
    assert result == pytest.approx(expected, abs=2e-4)  # luma has a smaller range than gray


def test_ms_ssim_of_too_small_an_image():
    with pytest.raises(ValueError, match="176×176 pixels after cropping, not 175×175"):
        ms_ssim(constant(0, 179), constant(0, 179), scale=2)


# Artifacts

PHOTOGRAPHS = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]


def with_pattern(image, amplitude, period):
    """A chequered pattern: squares of half a period, brighter and darker by the amplitude."""
    rows, columns = np.indices(image.shape[:2]) % period < period // 2
    pattern = amplitude * np.where(rows ^ columns, 1, -1)[..., None]
    return np.clip(image.astype(float) + pattern, 0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_photographs_have_no_checkerboard(scale):
    assert max(checkerboard(image, scale=scale) for image in PHOTOGRAPHS) < 0.2


@pytest.mark.parametrize("amplitude", [1, 2, 4, 8])
def test_a_checkerboard_scores_its_amplitude_whatever_the_image(amplitude):
    """Every pixel is ±a, so the root of the energy is a."""
    for image in PHOTOGRAPHS:
        image = np.clip(image, 10, 245)
        found = checkerboard(with_pattern(image, amplitude, 2), scale=2)
        assert found == pytest.approx(amplitude, rel=0.15)


def test_a_checkerboard_of_gray_by_hand():
    flat = with_pattern(constant(128, 64), 5, 2)
    assert checkerboard(flat, scale=2) == pytest.approx(5, rel=0.01)
    assert checkerboard(flat, scale=4) == pytest.approx(5, rel=0.01)  # a multiple of the period
    assert checkerboard(constant(128, 64), scale=2) < 0.01


def test_coarse_squares_show_at_their_own_scale_only():
    image = with_pattern(np.clip(data.astronaut(), 10, 245), 4, 4)
    assert checkerboard(image, scale=2) < 0.2
    # Squares of two pixels: all odd harmonics of 1/4 that a pixel grid holds, (4/π)·… = ±a again.
    assert checkerboard(image, scale=4) == pytest.approx(4, rel=0.2)


def test_a_stronger_pattern_scores_more():
    image = np.clip(data.coffee(), 20, 235)
    scores = [checkerboard(with_pattern(image, a, 2), scale=2) for a in (0, 1, 2, 4, 8, 16)]
    assert scores == sorted(scores)
    assert scores[0] < 0.1


def test_repeated_pixels_are_no_checkerboard_but_uneven_ones_are():
    lr = data.chelsea()[:100, :100]
    even = np.kron(lr, np.ones((2, 2, 1), np.uint8))
    uneven = even.astype(float)
    uneven[::2, ::2] += 8  # as a transposed convolution's uneven overlap does
    uneven = np.clip(uneven, 0, 255).astype(np.uint8)
    assert checkerboard(even, scale=2) < 0.5
    # One of four pixels brighter by 8: a mean of 2 and three patterns of ±2, whose root is √12.
    assert checkerboard(uneven, scale=2) == pytest.approx(12**0.5, rel=0.2)


def test_noise_is_no_checkerboard_and_does_not_hide_one():
    noise = np.random.default_rng(0).normal(128, 20, (256, 256, 1)).repeat(3, 2)
    noise = np.clip(noise, 0, 255).round().astype(np.uint8)
    assert checkerboard(noise, scale=2) < 1
    assert checkerboard(with_pattern(noise, 4, 2), scale=2) == pytest.approx(4, rel=0.25)


def test_a_pattern_on_a_part_scores_less_but_more_than_nothing():
    half = np.clip(data.astronaut(), 10, 245)
    half[:256] = with_pattern(half[:256], 8, 2)
    assert 0.3 < checkerboard(half, scale=2) < 8


@pytest.mark.parametrize("metric", [checkerboard, detail])
def test_images_must_be_bytes(metric):
    with pytest.raises(ValueError, match=r"uint8 \(H, W, 3\), not float32 \(64, 64, 3\)"):
        metric(np.zeros((64, 64, 3), np.float32), scale=2)


def test_consistency_needs_sizes_that_belong_together():
    with pytest.raises(ValueError, match="must be a multiple of LR, but they are"):
        consistency(np.zeros((64, 64, 3), np.uint8), np.zeros((32, 32, 3), np.uint8))


def test_a_checkerboard_needs_a_block():
    with pytest.raises(ValueError, match="needs 32×32 pixels, not 40×31"):
        checkerboard(np.zeros((31, 40, 3), np.uint8), scale=4)


def test_consistency_of_the_truth_and_of_a_wrong_image(pair):
    hr, _ = pair
    lr = make_pair(hr, 2).lr
    assert consistency(lr, hr) == 0
    darker = np.minimum(hr, 240)
    lr_of_darker = make_pair(darker, 2).lr
    assert consistency(lr_of_darker, darker + np.uint8(10)) == pytest.approx(10, abs=0.5)
    assert consistency(lr, interpolate(lr, 2)) > 1  # bicubic twice is no identity


def test_color_shift_is_that_of_the_worst_channel():
    hr, sr = constant(100), constant(100)
    sr[..., 0] += 1
    sr[..., 2] -= 3
    assert color_shift(hr, sr) == 3
    sr[:8, :, 2] += 6  # half of the image the other way
    assert color_shift(hr, sr) == 1


def test_detail_is_what_a_smaller_image_cannot_hold():
    assert detail(constant(100), scale=2) == 0
    checks = with_pattern(constant(128, 64), 6, 2)
    assert detail(checks, scale=2) == pytest.approx(6, abs=0.01)
    smooth = interpolate(data.astronaut()[:64, :64], 4)
    assert detail(smooth, scale=2) < 0.1 * detail(data.astronaut(), scale=2)


def woven(image, amplitude, period):
    """An image under a sine wave along its rows, in uint8."""
    wave = amplitude * np.sin(2 * np.pi * np.arange(image.shape[1]) / period)
    return np.round(np.clip(image + wave[:, np.newaxis], 0, 255)).astype(np.uint8)


GRASS, BRICK = (np.repeat(image[..., None], 3, 2) for image in (data.grass(), data.brick()))


@pytest.mark.parametrize("period", [2.5, 3.3, 4, 6.4])
def test_a_weave_of_any_period_scores_more_the_stronger_it_is(period):
    for image in (*PHOTOGRAPHS, GRASS, BRICK):
        scores = [weave(image, woven(image, amplitude, period)) for amplitude in (0, 1, 3, 9)]
        assert scores[0] == 1
        assert scores == sorted(scores)
        assert scores[3] > 2


@pytest.mark.parametrize("axis", [0, 1])
def test_a_weave_on_gray_by_hand(axis):
    """A wave of period 32/12: a quarter of a², times the window's sum, beside that of rounding."""
    rng = np.random.default_rng(0)
    gray = np.clip(rng.normal(128, 10, (512, 512, 1)), 0, 255).round().astype(np.uint8)
    gray = gray.repeat(3, 2)
    with_wave = woven(gray.swapaxes(0, axis), 8, 32 / 12).swapaxes(0, axis)
    window = np.hanning(33)[:-1]
    noise = 100 * (window**2).sum() ** 2  # variance times the energy of the window
    wave = 16 * window.sum() ** 4  # a²/4, and an exponential's mean logarithm is that of its mean
    expected = (wave + noise) / (noise * np.exp(-np.euler_gamma))
    assert weave(gray, with_wave) == pytest.approx(expected, rel=0.25)


def test_what_is_no_weave():
    rng = np.random.default_rng(0)
    for image in (*PHOTOGRAPHS, GRASS, BRICK):
        image = image[: image.shape[0] // 4 * 4, : image.shape[1] // 4 * 4]
        noisy = np.clip(image + rng.normal(0, 8, image.shape), 0, 255).round().astype(np.uint8)
        enlarged = interpolate(make_pair(image, 4).lr, 4)
        assert max(weave(image, noisy), weave(image, enlarged)) < 1.5
    # A façade's own period, also where it is told from half of the pixels.
    assert weave(BRICK, interpolate(make_pair(BRICK, 2).lr, 2)) < 1.5


def test_deviation_in_flat_places_by_hand():
    hr = constant(100, 64)
    hr[:, 32:] = np.random.default_rng(0).integers(0, 256, (64, 32, 3))  # nobody looks there
    assert flat_deviation(hr, hr) == 0
    sr = hr.copy()
    sr[::2, :32] += 6
    # Of five rows two or three are brighter by 6: 36 · 6/25.
    assert flat_deviation(hr, sr) == pytest.approx(6 * (6 / 25) ** 0.5, rel=0.01)
    assert np.isnan(flat_deviation(255 - hr[:, 32:], hr[:, 32:]))


@pytest.mark.parametrize("metric", [weave, flat_deviation])
def test_images_that_are_compared_are_of_one_size(metric):
    with pytest.raises(ValueError, match=r"\(64, 64, 3\) but SR has \(64, 60, 3\)"):
        metric(constant(1, 64), constant(1, 64)[:, :60])
