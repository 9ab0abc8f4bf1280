"""Classical kernels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from srlib.images import KERNELS, ImageError, downscale, interpolate, make_pair, resize


def test_box_downscaling_is_the_mean_of_each_block():
    image = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)
    means = image.reshape(2, 2, 2, 2, 3).mean((1, 3))
    np.testing.assert_allclose(downscale(image, 2, "box"), means, atol=0.5)


def test_bicubic_is_pillows():
    image = np.random.default_rng(0).integers(0, 256, (12, 18, 3), np.uint8)
    expected = Image.fromarray(image).resize((6, 4), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(downscale(image, 3), np.asarray(expected))


def test_downscaling_is_antialiased():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255  # the finest pattern there is
    assert np.ptp(downscale(stripes, 4)[4:-4, 4:-4].astype(int)) <= 1
    assert downscale(stripes, 4, "nearest").max() in (0, 255)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_constant_stays_constant(kernel):
    image = np.full((8, 8, 3), 77, np.uint8)
    np.testing.assert_array_equal(downscale(image, 2, kernel), image[:4, :4])
    np.testing.assert_array_equal(interpolate(image, 2, kernel), np.full((16, 16, 3), 77))


@given(st.integers(2, 4), st.integers(4, 30), st.integers(4, 30))
def test_pairs_are_aligned_for_any_size(scale, height, width):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    lr, hr = make_pair(image, scale)
    assert hr.shape == (lr.shape[0] * scale, lr.shape[1] * scale, 3)
    assert height - hr.shape[0] < scale
    np.testing.assert_array_equal(hr, image[: hr.shape[0], : hr.shape[1]])


def test_enlarging_keeps_the_picture_in_place():
    """A ramp stays the same ramp: no half-pixel shift."""
    ramp = np.repeat(np.arange(0, 240, 8, dtype=np.uint8)[np.newaxis, :, np.newaxis], 3, axis=2)
    ramp = np.repeat(ramp, 30, axis=0)
    columns = interpolate(ramp, 2)[30, 8:-8, 0].astype(float)
    positions = (np.arange(60)[8:-8] + 0.5) / 2 - 0.5
    np.testing.assert_allclose(columns, positions * 8, atol=1)


def test_an_unknown_kernel_lists_the_known():
    with pytest.raises(ValueError, match=r"'cubic'; choose one of nearest, box, bilinear, bicubic"):
        resize(np.zeros((4, 4, 3), np.uint8), (2, 2), "cubic")


@pytest.mark.parametrize(
    ("scale", "error", "message"),
    [(1, ValueError, "2 or more, not 1"), (2.0, TypeError, "2.0"), ("2", TypeError, "'2'")],
)
def test_a_bad_scale(scale, error, message):
    with pytest.raises(error, match=message):
        make_pair(np.zeros((8, 8, 3), np.uint8), scale)


def test_an_image_that_does_not_divide():
    with pytest.raises(ValueError, match=r"7×8 pixels does not divide by the scale 2.*modcrop"):
        downscale(np.zeros((8, 7, 3), np.uint8), 2)


def test_an_image_smaller_than_the_scale():
    with pytest.raises(ImageError, match="smaller than the scale 4"):
        make_pair(np.zeros((3, 9, 3), np.uint8), 4)


def test_a_gray_plate_can_be_resized_and_nothing_else():
    plate = np.random.default_rng(0).integers(0, 256, (12, 8), np.uint8)
    assert make_pair(plate, 2, "nearest").lr.shape == (6, 4)
    with pytest.raises(ValueError, match=r"uint8 \(H, W, 3\), not uint8 \(12, 8\)"):
        make_pair(plate, 2, "jpeg-70")
