"""One image, any size."""

import numpy as np
import pytest
from skimage import data

import srlib


def test_a_path_and_its_pixels_give_the_same(tmp_path):
    image = data.chelsea()[:31, :40]
    srlib.write_png(tmp_path / "cat.png", image)
    model = srlib.build("srcnn", 2)
    sr = srlib.upscale(tmp_path / "cat.png", model)
    assert sr.shape == (62, 80, 3)
    assert sr.dtype == np.uint8
    np.testing.assert_array_equal(sr, srlib.upscale(image, model))


def test_an_interpolation():
    image = data.chelsea()[:31, :40]
    np.testing.assert_array_equal(
        srlib.upscale(image, "bicubic", 3), srlib.interpolate(image, 3, "bicubic")
    )


@pytest.mark.parametrize("bad", [np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.uint8)])
def test_what_is_no_image(bad):
    with pytest.raises(ValueError, match=r"an image is uint8 \(H, W, 3\), not"):
        srlib.upscale(bad, "bicubic", 2)


def test_a_scale_that_is_missing_or_not_the_networks():
    image = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(TypeError, match="scale must be an integer such as 2, 3 or 4, not None"):
        srlib.upscale(image, "bicubic")
    with pytest.raises(ValueError, match="srcnn_x2 enlarges ×2, but the scale is 4"):
        srlib.upscale(image, srlib.build("srcnn", 2), 4)


def test_an_unknown_method():
    with pytest.raises(ValueError, match="'magic'; choose one of nearest"):
        srlib.upscale(np.zeros((8, 8, 3), np.uint8), "magic", 2)
