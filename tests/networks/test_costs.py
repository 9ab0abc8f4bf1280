"""Costs worked out by hand, and receptive fields against what is measured."""

from functools import partial
from math import prod

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from srlib.networks import Bicubic, PixelShuffle, costs
from srlib.networks.costs import graph
from srlib.networks.models import MODELS, build
from srlib.networks.reach import trace, widest


def network(*stack):
    """A network of layers one after the other."""
    x = lr = keras.Input((None, None, 3))
    for layer in stack:
        x = layer(x)
    return keras.Model(lr, x)


def conv(filters=3, size=3, **kwargs):
    return layers.Conv2D(filters, size, padding="same", **kwargs)


def up(filters=3, size=4, strides=2, **kwargs):
    return layers.Conv2DTranspose(filters, size, strides, padding="same", **kwargs)


# Parameters, depth and operations


def test_srcnn_by_hand():
    found = costs(build("srcnn", 2))
    assert found.parameters == found.trainable_parameters == 20_099
    assert (found.depth, found.filters, found.scale) == (3, "64–32–3", 2)
    # All on HR pixels.
    assert found.macs == (9 * 9 * 3 * 64 + 64 * 32 + 5 * 5 * 32 * 3) * 10**6 == 20_000_000_000
    assert found.activations == (64 + 32 + 3) * 10**6


def test_edsr_by_hand():
    found = costs(build("edsr", 4))
    assert found.parameters == 1_517_571
    assert (found.depth, found.filters, found.scale) == (1 + 32 + 1 + 2 + 1, "64–256–3", 4)
    # 1 start, 32 in the blocks and 1 at their end, and the first of the two that upsample, are on
    # LR pixels, 16 of which are one; the second on 2×2 times as many; the last on HR pixels.
    low, middle, high = 9 * 64 * (3 + 33 * 64 + 256), 9 * 64 * 256, 9 * 64 * 3
    assert found.macs == (low / 16 + middle / 4 + high) * 10**6
    assert found.activations == ((34 * 64 + 256) / 16 + 256 / 4 + 3) * 10**6


def test_a_transposed_convolution_multiplies_its_kernel_with_each_pixel_that_comes_in():
    found = costs(network(up(5, 9, 3)))
    assert found.macs == round(9 * 9 * 3 * 5 / 9 * 10**6)
    assert found.activations == 5 * 10**6


def test_strides_dilation_and_groups_count():
    found = costs(network(conv(6, 4, strides=2), conv(4, 3, dilation_rate=5, groups=2), up(3, 4)))
    # On a quarter of the pixels each; a filter of a grouped convolution sees 3 of the 6 channels.
    assert found.macs == (16 * 3 * 6 + 9 * 3 * 4 + 16 * 4 * 3) / 4 * 10**6
    assert found.activations == ((6 + 4) / 4 + 3) * 10**6


def test_a_depthwise_convolution_multiplies_each_channel_by_itself():
    found = costs(network(layers.DepthwiseConv2D(5, padding="same"), conv(12), PixelShuffle(2)))
    assert found.macs == (25 * 3 + 9 * 3 * 12) / 4 * 10**6
    assert found.activations == (3 + 12) / 4 * 10**6
    assert (found.depth, found.filters, found.receptive_field) == (2, "3–12", 7)
    assert found.parameters == 25 * 3 + 3 + 9 * 3 * 12 + 12


def test_depth_is_that_of_the_longest_path_and_statistics_are_not_trained():
    x = lr = keras.Input((None, None, 3))
    for _ in range(3):
        x = layers.BatchNormalization()(conv()(x))
    found = costs(keras.Model(lr, layers.Add()([x, conv()(lr)])))
    assert found.depth == 3
    assert found.filters == "3"
    assert found.parameters == 4 * (81 + 3) + 3 * 4 * 3
    assert found.parameters - found.trainable_parameters == 3 * 2 * 3


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_every_network_has_its_costs(name, scale):
    model = build(name, scale)
    found = costs(model)
    assert found.scale == scale
    assert found.parameters == model.count_params()
    assert found.receptive_field_hr == scale * found.receptive_field


# Receptive fields


@pytest.mark.parametrize(
    ("stack", "side"),
    [
        ([], 1),
        ([conv(size=5)], 5),
        ([conv(size=1), conv(), conv()], 5),
        ([conv(dilation_rate=4)], 9),
        ([conv(size=(3, 7))], 7),
        ([layers.Conv2D(3, 1)], 1),
        # An LR pixel is two HR pixels: five of them touch three or, one further on, three.
        ([layers.UpSampling2D(2, interpolation="nearest"), conv(size=5)], 3),
        ([layers.UpSampling2D(2, interpolation="bicubic")], 4),
        ([Bicubic(2)], 4),
        ([conv(12), PixelShuffle(2)], 3),
        ([conv(12), PixelShuffle(2), conv()], 4),
        ([conv(12), PixelShuffle(2), layers.AveragePooling2D(2, 1, padding="same")], 4),
        ([up(size=4)], 2),
        ([up(size=9)], 5),
        # Down and up again: four pixels of one, next to the four of another that begins two on.
        ([conv(size=4, strides=2), up(size=4)], 6),
    ],
)
def test_receptive_fields_by_hand(stack, side):
    assert costs(network(*stack)).receptive_field == side


def measured(model, length, period):
    """The widest stretch of LR pixels, on a line of `length`, that has a gradient.

    All kernels are positive, so that no path cancels another and every ReLU lets through. Each
    image of the batch asks for the gradient of one of the output pixels that `period` LR pixels
    in the middle make.
    """
    for layer in model.layers:
        if isinstance(layer, layers.Rescaling):
            layer.scale = 1.0  # 0.1²⁴ would be lost in single precision
        if hasattr(layer, "kernel"):
            shape = layer.kernel.shape
            channels = shape[3 if isinstance(layer, layers.Conv2DTranspose) else 2]
            layer.kernel.assign(np.full(shape, 1 / (channels * shape[1]), np.float32))
    width = model.compute_output_shape((1, 1, length, 3))[2]
    places = np.arange(period * width // length) + length // 2 * width // length
    lr = tf.ones((len(places), 1, length, 3))
    with tf.GradientTape() as tape:
        tape.watch(lr)
        total = tf.reduce_sum(model(lr)[:, 0, :, 0] * tf.one_hot(places, width))
    seen = np.abs(tape.gradient(total, lr)).sum(axis=(1, 3)) > 0
    assert seen.any(axis=1).all()
    assert not seen[:, [0, -1]].any(), "the line is too short"
    first, last = seen.argmax(axis=1), length - 1 - seen[:, ::-1].argmax(axis=1)
    return (last - first + 1).max()


def long_enough(reach, period):
    return (2 * reach // period + 4) * period


@pytest.mark.parametrize(
    ("name", "scale"), [*((name, 2) for name in MODELS), ("fsrcnn", 3), ("edsr", 4)]
)
def test_a_network_sees_as_far_as_its_gradients(name, scale):
    model = build(name, scale)
    found = costs(model).receptive_field
    period = 8 if name == "encoder_decoder" else 1
    assert measured(model, long_enough(found, period), period) == found


def kinds(make, **options):
    return st.builds(partial, st.just(make), **options)


def wide(least, most):
    """Kernels of one row, since the line that is measured is one pixel high."""
    return st.tuples(st.just(1), st.integers(least, most))


KINDS = st.one_of(
    kinds(conv, size=wide(1, 5), dilation_rate=st.integers(1, 3)),
    kinds(conv, size=wide(2, 5), strides=st.just(2)),
    kinds(up, size=wide(2, 6)),
    kinds(up, size=wide(3, 7), strides=st.just(3)),
    kinds(layers.UpSampling2D, size=st.integers(2, 3)),
    kinds(Bicubic, scale=st.integers(2, 3)),
)


@settings(max_examples=25)
@given(st.lists(KINDS, min_size=1, max_size=3))
def test_any_layers_see_as_far_as_their_gradients(stack):
    stack = [make() for make in stack]
    model = network(*stack)
    found = widest(trace(graph(model), 1)[stack[-1]])
    period = prod(layer.strides[1] for layer in stack if isinstance(layer, layers.Conv2D))
    assert measured(model, long_enough(found, period), period) == found


# What is refused


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (network(layers.MaxPooling2D(2)), "MaxPooling2D; known are Activation, Add"),
        (network(layers.AveragePooling2D(2)), "'average_pooling2d.*' pads 'valid'"),
        (network(layers.UpSampling2D(2, interpolation="bilinear")), "'bilinear' .* known are near"),
        (network(layers.Conv2D(3, 3)), "pads 'valid'; only"),
        (network(up(3, 2, 3)), "a kernel no smaller than its stride"),
        (network(conv(strides=2)), "does not enlarge both sides by one whole number"),
        (network(layers.UpSampling2D((1, 2))), "does not enlarge both sides by one whole number"),
        (network(*[conv()] * 2), "calls a layer more than once"),
        (keras.Sequential(name="stack"), "stack must be a functional network"),
    ],
)
def test_what_cannot_be_followed_is_refused(model, message):
    with pytest.raises(ValueError, match=message):
        costs(model)


def test_the_graph_goes_from_the_input_to_the_output():
    nodes = graph(build("vdsr", 2))
    names = {layer.name: [given.name for given in inputs] for layer, inputs in nodes.items()}
    assert next(iter(names.items())) == ("lr", [])
    assert next(reversed(names.items())) == ("skip", ["bicubic", "conv20"])
    assert names["conv2"] == ["conv1"]
