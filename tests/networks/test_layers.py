"""The building blocks that networks share."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srlib.networks import PixelShuffle, residual_block, upsampling_head
from srlib.networks.layers import HEADS, ICNR, CropLike, enlarging_steps, normalised_block


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


@pytest.mark.parametrize(("prelu", "kind"), [(False, "ReLU"), (True, "PReLU")])
def test_a_normalised_block_starts_from_its_input(prelu, kind):
    x = keras.Input((None, None, 8))
    model = keras.Model(x, normalised_block(x, 8, prelu=prelu, name="block"))
    kinds = [type(layer).__name__ for layer in model.layers[1:]]
    assert kinds == ["Conv2D", "BatchNormalization", kind, "Conv2D", "BatchNormalization", "Add"]
    lr = np.random.default_rng(0).random((1, 6, 6, 8), np.float32)
    model.get_layer("block_norm2").gamma.assign(np.zeros(8))
    np.testing.assert_array_equal(model(lr), lr)


@pytest.mark.parametrize(
    ("scale", "steps"), [(2, [2]), (3, [3]), (4, [2, 2]), (6, [6]), (8, [2, 2, 2])]
)
def test_enlarging_steps(scale, steps):
    assert enlarging_steps(scale) == steps


def head(name, step=2, **options):
    x = keras.Input((None, None, 5))
    return keras.Model(x, upsampling_head(x, 4, step, name, name="head", **options))


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("step", [2, 3])
def test_a_head_enlarges(name, step):
    assert head(name, step)(np.zeros((1, 5, 7, 5), np.float32)).shape == (1, 5 * step, 7 * step, 4)


def uneven(model, step):
    """How far the pixels that a flat map becomes differ from place to place, far from the border.

    A flat map stays flat under a resize-convolution, whatever its weights.
    """
    flat = np.asarray(model(np.ones((1, 8, 8, 5), np.float32)))[
        :, 2 * step : -2 * step, 2 * step : -2 * step
    ]
    return float(flat.std(axis=(1, 2)).mean())


@pytest.mark.parametrize("step", [2, 3])
def test_which_heads_start_with_a_pattern(step):
    keras.utils.set_random_seed(0)
    assert uneven(head("resize", step), step) < 1e-5
    assert uneven(head("subpixel+icnr", step), step) < 1e-5
    for kernel in (3, 4, 5):
        assert uneven(head("transposed", step, kernel=kernel), step) > 0.01
    assert uneven(head("subpixel", step), step) > 0.1


def test_a_transposed_convolution_overlaps_unevenly_unless_its_stride_divides_the_kernel():
    """Counted by a kernel of ones: how many pixels reach each; in a row, 1 and 2, 2, or 2 and 3."""
    counts = {}
    for kernel in (3, 4, 5):
        model = head("transposed", kernel=kernel)
        model.layers[1].set_weights([np.ones((kernel, kernel, 4, 5)) / 5, np.zeros(4)])
        inside = np.asarray(model(np.ones((1, 8, 8, 5), np.float32)))[0, 4:-4, 4:-4, 0]
        counts[kernel] = sorted({round(float(value)) for value in inside.flat})
    assert counts == {3: [1, 2, 4], 4: [4], 5: [4, 6, 9]}


@given(st.integers(2, 4), st.integers(1, 3), st.integers(1, 4))
def test_icnr_starts_as_nearest_neighbour_enlargement(scale, given_channels, channels):
    kernel = np.asarray(ICNR(scale)((3, 3, given_channels, scale**2 * channels), "float32"))
    assert kernel.std() > 0
    x = np.random.default_rng(0).random((1, 5, 6, given_channels), np.float32)
    maps = keras.ops.conv(x, kernel, padding="same")
    enlarged = np.asarray(PixelShuffle(scale)(maps))
    first = enlarged[:, ::scale, ::scale]
    np.testing.assert_allclose(enlarged, first.repeat(scale, 1).repeat(scale, 2), atol=1e-6)


def test_icnr_is_saved_with_its_network():
    again = keras.initializers.deserialize(keras.initializers.serialize(ICNR(3)))
    assert again.scale == 3


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("deconv", {}, "'deconv'; choose one of resize, transposed, subpixel, subpixel"),
        ("transposed", {"kernel": 2}, "kernel is 3, 4 or 5, not 2"),
        ("resize", {"kernel": 5}, "only the transposed head .* not 'resize'"),
    ],
)
def test_bad_heads(name, options, message):
    with pytest.raises(ValueError, match=message):
        head(name, **options)
