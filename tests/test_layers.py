"""The building blocks that networks share."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srlib.layers import CropLike, PixelShuffle, residual_block


@settings(deadline=None)  # the first call loads the backend
@given(st.integers(2, 4), st.integers(1, 5), st.integers(1, 5), st.integers(1, 3))
def test_pixel_shuffle_puts_channel_groups_where_the_paper_says(scale, height, width, channels):
    """Equation 4: output (y, x, c) is input (y // s, x // s, C·s·(y mod s) + C·(x mod s) + c)."""
    shape = (1, height, width, channels * scale**2)
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    y = np.asarray(PixelShuffle(scale)(x))
    assert y.shape == (1, height * scale, width * scale, channels)
    for i in range(height * scale):
        for j in range(width * scale):
            first = channels * (scale * (i % scale) + j % scale)
            expected = x[0, i // scale, j // scale, first : first + channels]
            np.testing.assert_array_equal(y[0, i, j], expected)


def test_crop_like_cuts_at_the_bottom_and_right():
    image = np.arange(6 * 8, dtype=np.float32).reshape(1, 6, 8, 1)
    cropped = CropLike(2)([image, np.zeros((1, 2, 3, 5), np.float32)])
    np.testing.assert_array_equal(cropped, image[:, :4, :6])


@pytest.mark.parametrize("layer", [PixelShuffle(2), CropLike(3)])
def test_shapes_are_known_before_anything_is_computed(layer):
    if isinstance(layer, PixelShuffle):
        assert layer(keras.Input((None, 5, 12))).shape == (None, None, 10, 3)
    else:
        image, reference = keras.Input((32, 32, 7)), keras.Input((None, 9, 3))
        assert layer([image, reference]).shape == (None, None, 27, 7)


def test_a_residual_block_starts_from_its_input():
    x = keras.Input((None, None, 8))
    model = keras.Model(x, residual_block(x, 8, residual_scale=0.1, name="block"))
    lr = np.random.default_rng(0).random((1, 6, 6, 8), np.float32)
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.name for layer in convolutions] == ["block_conv1", "block_conv2"]
    inner = keras.Model(x, convolutions[1].output)
    np.testing.assert_allclose(model(lr), lr + 0.1 * np.asarray(inner(lr)), atol=1e-6)
    convolutions[1].set_weights([0 * w for w in convolutions[1].get_weights()])
    np.testing.assert_array_equal(model(lr), lr)
