"""Statistics of photographs tell natural images from spoilt ones, without a truth."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import srlib
from srlib.evaluation import unnaturalness


def as_bytes(image):
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module", params=range(4))
def photograph(request):
    return srlib.modcrop(srlib.photos("course-test")[request.param].image, 4)


def test_a_photograph_is_more_natural_than_what_is_made_of_it(photograph):
    wave = np.sin(2 * np.pi * np.arange(photograph.shape[0]) / 2.5)[:, np.newaxis, np.newaxis]
    noise = np.random.default_rng(0).normal(0, 1, photograph.shape)
    found = {
        label: unnaturalness(as_bytes(image))
        for label, image in {
            "itself": photograph,
            "mirrored": photograph[:, ::-1],
            "blurred": ndimage.gaussian_filter(photograph.astype(float), (2, 2, 0)),
            "noisy": photograph + 20 * noise,
            "woven": photograph + 12 * wave,
            "bicubic": srlib.interpolate(srlib.downscale(photograph, 4), 4),
        }.items()
    }
    spoilt = [found[label] for label in ("blurred", "noisy", "woven", "bicubic")]
    assert max(found["itself"], found["mirrored"]) < 0.6 * min(spoilt)


def test_normal_noise_has_the_shape_of_normal_noise():
    """Shape 2 is the normal distribution, and its two sides are alike."""
    from srlib.evaluation.naturalness import _asymmetric

    shape, left, right = _asymmetric(np.random.default_rng(0).normal(0, 3, 200_000))
    assert shape == pytest.approx(2, abs=0.03)
    assert left == pytest.approx(3 * 2**0.5, rel=0.02)  # the scale, √2 standard deviations
    assert right == pytest.approx(left, rel=0.02)


def test_other_photographs_are_another_measure(photograph, tmp_path):
    blurred = as_bytes(ndimage.gaussian_filter(photograph.astype(float), (2, 2, 0)))
    for name, image in (("a", blurred), ("b", blurred[::-1]), ("c", blurred[:, ::-1])):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    assert unnaturalness(blurred, tmp_path) < unnaturalness(photograph, tmp_path)


def test_it_is_a_metric_of_evaluate():
    photo = srlib.photos("course-test")[1]
    table = srlib.evaluate("bicubic", [photo], 4, metrics=["unnaturalness", "ms_ssim"])
    lr = srlib.make_pair(photo.image, 4).lr
    assert table["unnaturalness"][0] == unnaturalness(srlib.interpolate(lr, 4))
    assert 0.8 < table["ms_ssim"][0] < 1


@pytest.mark.parametrize("size", [(191, 400), (400, 191)])
def test_too_small_an_image(size):
    with pytest.raises(ValueError, match="too small: the statistics need at least 192×192"):
        unnaturalness(np.zeros((*size, 3), np.uint8))


def test_photographs_that_tell_nothing(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "small.png")
    with pytest.raises(ValueError, match="too few patches of 96×96 pixels"):
        unnaturalness(np.zeros((200, 200, 3), np.uint8), tmp_path)
