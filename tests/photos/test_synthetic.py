"""Dead-leaves images, and a cloth."""

import numpy as np
import pytest

from srlib.photos import dead_leaves, twill


@pytest.mark.parametrize("drawn", [dead_leaves, twill])
@pytest.mark.parametrize("size", [(64, 96), (33, 17), (1, 1)])
def test_it_is_an_image_of_the_size_asked_for(size, drawn):
    image = drawn(size)
    assert image.shape == (*size, 3)
    assert image.dtype == np.uint8


@pytest.mark.parametrize("drawn", [dead_leaves, twill])
def test_the_seed_decides_the_image(drawn):
    assert np.array_equal(drawn((64, 64), 7), drawn((64, 64), 7))
    assert not np.array_equal(drawn((64, 64), 7), drawn((64, 64), 8))


@pytest.mark.parametrize("size", [(0, 8), (8, -1)])
@pytest.mark.parametrize("drawn", [dead_leaves, twill])
def test_a_size_of_nothing_is_refused(size, drawn):
    with pytest.raises(ValueError, match="at least 1×1"):
        drawn(size)


def test_brightness_and_colour_vary_as_in_a_photograph():
    image = dead_leaves().astype(float)
    assert 100 < image.mean() < 155
    assert image.mean(2).std() > 50  # from dark to bright
    assert np.abs(image - image.mean(2, keepdims=True)).mean() < 30  # and seldom gaudy


def test_the_spectrum_falls_off_as_that_of_photographs():
    """The power of natural images is about 1/f² (Ruderman and Bialek, 1994: 1/f^1.8 to 1/f^2.3).

    Their sharp edges make dead leaves fall off a little faster.
    """
    slopes = [_spectral_slope(dead_leaves(seed=seed).mean(2)) for seed in range(3)]
    assert -3 < np.mean(slopes) < -2


def _spectral_slope(gray):
    size = len(gray)
    window = np.outer(np.hanning(size), np.hanning(size))
    power = np.abs(np.fft.fft2((gray - gray.mean()) * window)) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    ring = np.round(frequency * size).astype(int).ravel()
    mean_power = np.bincount(ring, power.ravel()) / np.bincount(ring)
    rings = np.arange(4, 100)
    return np.polyfit(np.log(rings), np.log(mean_power[rings]), 1)[0]


def test_a_cloth_repeats_after_four_yarns_but_not_for_long():
    """Two over, two under, of 6 pixels each; the folds bend the pattern out of step."""
    gray = twill((256, 256)).mean(2)
    gray -= gray.mean()
    power = np.abs(np.fft.rfft2(gray * np.outer(np.hanning(256), np.hanning(256)))) ** 2
    frequency = np.hypot(np.fft.fftfreq(256)[:, np.newaxis], np.fft.rfftfreq(256))
    woven = power[(frequency > 1 / 36) & (frequency < 1 / 12)].sum()
    assert woven > 0.2 * power.sum()
    assert power.max() < 0.2 * power.sum()
