"""What happens to photographs on their way: pieces, chains of them, and what is drawn."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import srlib
from srlib.images import (
    KERNELS,
    Blur,
    Degradation,
    Jpeg,
    Noise,
    Photons,
    Resize,
    WebP,
    from_linear,
    gaussian_kernel,
    to_linear,
)


def picture(seed=0, shape=(24, 36, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def gray(level, side=200):
    return np.full((side, side, 3), level, np.uint8)


def test_weights_of_a_blur_by_hand():
    """Of σ 1: exp(−½), exp(−2), … along a row, which is the product of two such rows."""
    row = np.exp(-0.5 * np.arange(-4, 5) ** 2.0)
    np.testing.assert_allclose(gaussian_kernel(1), np.outer(row, row) / row.sum() ** 2, rtol=1e-5)
    assert gaussian_kernel(1)[4, 4] == pytest.approx(1 / (2 * np.pi), rel=1e-3)


def test_a_long_blur_lies_as_it_is_turned():
    along = gaussian_kernel(2, 0.5)
    middle = along.shape[0] // 2
    assert along[middle, middle + 2] > 10 * along[middle + 2, middle]
    np.testing.assert_allclose(gaussian_kernel(2, 0.5, 90), along.T, atol=1e-6)
    turned = gaussian_kernel(2, 0.5, 45)  # from the bottom left to the top right
    assert turned[middle - 2, middle + 2] > 10 * turned[middle + 2, middle + 2]


@given(st.floats(0, 3), st.floats(0, 3), st.floats(0, 180))
def test_a_blur_keeps_the_mean_and_the_middle(width, across, angle):
    kernel = gaussian_kernel(width, across, angle)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-7)


def test_a_point_that_is_blurred_is_the_kernel():
    point = np.zeros((21, 21, 3), np.uint8)
    point[10, 10] = 255
    expected = 255 * np.pad(gaussian_kernel(1, 0.6, 30), 6)
    np.testing.assert_allclose(Blur(1, 0.6, 30)(point)[..., 1], expected, atol=0.51)


@pytest.mark.parametrize("piece", [Blur(0), Noise(0), Resize(by=1.0)], ids=str)
def test_a_piece_that_does_nothing(piece):
    image = picture()
    np.testing.assert_array_equal(piece(image, np.random.default_rng(0)), image)


@pytest.mark.parametrize("piece", [Blur(1.5), Blur(2, 0.5, 30), Jpeg(90), WebP(90), Resize("box")])
def test_an_even_image_stays_even(piece):
    after = piece(gray(77, 40), None, (40, 40))
    assert np.abs(after.astype(int) - 77).max() <= 1


def test_noise_is_as_strong_as_it_says():
    noisy = Noise(5)(gray(128), np.random.default_rng(0)).astype(float) - 128
    assert noisy.std() == pytest.approx(np.sqrt(25 + 1 / 12), rel=0.01)  # and rounding
    assert abs(noisy.mean()) < 0.05
    # Every channel has its own.
    assert abs(np.corrcoef(noisy[..., 0].ravel(), noisy[..., 1].ravel())[0, 1]) < 0.02


@pytest.mark.parametrize("level", [60, 128, 220])
@pytest.mark.parametrize("at_white", [200, 2000])
def test_photons_have_poissons_variance_in_linear_light(level, at_white):
    """The variance of a number of photons is its mean, so that of light is light / at_white."""
    light = to_linear(Photons(at_white)(gray(level), np.random.default_rng(0)))
    expected = float(to_linear(np.uint8(level)))
    assert light.mean() == pytest.approx(expected, rel=0.01)
    a_level = (to_linear(np.uint8(level + 1)) - to_linear(np.uint8(level - 1))) / 2
    assert light.var() == pytest.approx(expected / at_white + a_level**2 / 12, rel=0.03)


def test_linear_light_by_hand_and_back():
    """By IEC 61966-2-1: 188 is about half the light of white, and 10 lies on the straight part."""
    assert to_linear(np.uint8(255)) == 1
    assert to_linear(np.uint8(188)) == pytest.approx(0.503, abs=0.001)
    assert to_linear(np.uint8(10)) == pytest.approx(10 / 255 / 12.92, rel=1e-6)
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(from_linear(to_linear(levels)), levels)
    assert list(from_linear(np.array([-1.0, 2.0]))) == [0, 255]


@pytest.mark.parametrize(("piece", "name"), [(Jpeg(70), "JPEG"), (WebP(70), "WEBP")])
def test_compression_is_pillows(piece, name):
    image = picture()
    with io.BytesIO() as file:
        Image.fromarray(image).save(file, name, quality=70)
        np.testing.assert_array_equal(piece(image), np.asarray(Image.open(file)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(5, 12), st.integers(5, 12))
def test_whatever_is_drawn_makes_an_lr_image(seed, scale, height, width):
    hr = picture(seed, (height * scale, width * scale, 3))
    drawn = srlib.degradation("mixed", seed)
    lr = srlib.degrade(hr, scale, drawn, seed)
    assert lr.shape == (height, width, 3) and lr.dtype == np.uint8
    np.testing.assert_array_equal(srlib.degrade(hr, scale, drawn, seed), lr)
    assert drawn == srlib.degradation("mixed", seed)
    assert str(drawn)


def test_draws_are_of_all_kinds():
    drawn = [srlib.degradation("mixed", seed) for seed in range(300)]
    kinds = [{type(piece) for piece in chain.pieces} for chain in drawn]
    for kind in (Blur, Noise, Photons, Jpeg, WebP):
        assert 0.03 < np.mean([kind in found for found in kinds]) < 0.8, kind
    alone = np.mean([found == {Resize} for found in kinds])
    twice = np.mean([sum(type(p) is Resize for p in chain.pieces) == 2 for chain in drawn])
    assert 0.2 < alone < 0.5 and 0.05 < twice < 0.25
    first = {type(chain.pieces[0]) for chain in drawn}  # in any order
    assert {Blur, Resize, Noise} <= first


def test_every_photograph_has_noise_of_its_own():
    first, second = (
        srlib.degrade(gray(level, 64), 2, "noise-8").astype(int) - level for level in (100, 120)
    )
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.1
    other = srlib.degrade(gray(100, 64), 2, "noise-8", seed=1)
    assert (other != first + 100).mean() > 0.5


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_is_a_degradation_too(kernel):
    hr = picture()
    np.testing.assert_array_equal(srlib.degrade(hr, 2, kernel), srlib.downscale(hr, 2, kernel))


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("blur-1.6", (Blur(1.6), Resize())),
        ("noise-5", (Resize(), Noise(5.0))),
        ("photons-500", (Resize(), Photons(500.0))),
        ("jpeg-70", (Resize(), Jpeg(70))),
        ("webp-70", (Resize(), WebP(70))),
    ],
)
def test_names(name, pieces):
    assert srlib.degradation(name) == Degradation(pieces)
    hr = picture()
    expected = srlib.degrade(hr, 2, Degradation(pieces))
    np.testing.assert_array_equal(srlib.make_pair(hr, 2, name).lr, expected)


def test_pieces_come_in_their_order():
    hr = picture()
    before = srlib.degrade(hr, 2, Degradation((Jpeg(30), Resize())))
    np.testing.assert_array_equal(before, srlib.downscale(Jpeg(30)(hr), 2))
    assert (before != srlib.degrade(hr, 2, "jpeg-30")).any()
    twice = Degradation([Blur(1), Resize("box", 0.7), Jpeg(40), Resize("bicubic"), Noise(2)])
    assert str(twice) == (
        "Gaussian blur σ 1 px, antialiased box by 0.70, JPEG 40, antialiased bicubic, noise σ 2"
    )
    assert srlib.degrade(hr, 3, twice).shape == (8, 12, 3)


@pytest.mark.parametrize("name", ["area", "jpeg", "jpeg-", "jpeg-7.5", "sharpen-3", "", None, 7])
def test_an_unknown_name_lists_the_known(name):
    with pytest.raises(ValueError, match=r"unknown degradation .*nearest, box, .*mixed, .*jpeg-70"):
        srlib.degradation(name)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Jpeg(0), "quality must be a whole number from 1 to 100, not 0"),
        (lambda: Jpeg(70.0), "whole number"),
        (lambda: srlib.degradation("webp-101"), "from 1 to 100, not 101"),
        (lambda: Blur(-1), "width must be a number from 0 to 50 pixels, not -1"),
        (lambda: Noise(float("nan")), "strength"),
        (lambda: Photons(0), "at_white must be a number from 1 to"),
        (lambda: Resize("area"), "unknown kernel 'area'"),
        (lambda: Degradation((Jpeg(70),)), "must be without `by`"),
        (lambda: Degradation((Resize(), Resize(by=0.5))), "must be without `by`"),
        (lambda: Degradation((Resize(), "jpeg")), "made of Blur, Resize, .*not 'jpeg'"),
        (lambda: srlib.degrade(picture(), 5), r"36×24 pixels does not divide by the scale 5"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()
