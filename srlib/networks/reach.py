"""How far the pixels of a network's layers see, followed along one line of pixels."""

from math import prod

import numpy as np
from keras import layers

from srlib.networks.bicubic import Bicubic
from srlib.networks.layers import CropLike, PixelShuffle

__all__ = ["period", "trace", "widest"]


def trace(nodes: dict[layers.Layer, list[layers.Layer]], axis: int) -> dict:
    """The first and the last LR pixel that each pixel of each layer depends on, along a line.

    Parameters
    ----------
    nodes
        What `srlib.networks.costs.graph` returns.
    axis
        0 for a line from top to bottom, 1 for one from left to right.

    Returns
    -------
    dict
        For each layer a float64 array (2, pixels), first and last, infinite where the layer reaches
        over the line's end, so that what is finite holds in an image without end. The line is long
        enough to show an output pixel at every place between LR pixels.

    Raises
    ------
    ValueError
        If the reach of a layer is not known; the message names it and those that are.
    """
    repeats = period(nodes, axis)
    length = 16 * repeats
    while True:
        lines = {}
        for layer, given in nodes.items():
            lines[layer] = _follow(layer, axis, [lines[at] for at in given], length)
        sr = lines[next(reversed(nodes))]
        if np.isfinite(sr).all(axis=0).sum() * length >= sr.shape[1] * repeats:
            return lines
        length *= 2


def period(nodes: dict[layers.Layer, list[layers.Layer]], axis: int) -> int:
    """LR pixels after which the pattern of what depends on what repeats: all strides together."""
    strided = (layers.Conv2D, layers.DepthwiseConv2D, layers.AveragePooling2D)
    return prod(layer.strides[axis] for layer in nodes if isinstance(layer, strided))


def widest(line: np.ndarray) -> int:
    """The most LR pixels from first to last, of an array that `trace` made."""
    widths = line[1] - line[0] + 1
    return int(widths[np.isfinite(widths)].max())


def _follow(layer, axis, given, length):
    if isinstance(layer, layers.InputLayer):
        return np.tile(np.arange(float(length)), (2, 1))
    if isinstance(layer, CropLike):
        image, reference = given
        return image[:, : reference.shape[1] * layer.scale]
    if type(layer) in POINTWISE:
        firsts, lasts = zip(*given, strict=True)
        return np.stack([np.minimum.reduce(firsts), np.maximum.reduce(lasts)])
    if type(layer) not in TAPS:
        known = sorted(kind.__name__ for kind in {CropLike, *POINTWISE, *TAPS})
        raise ValueError(
            f"how far layer {layer.name!r} sees is not known, since it is a "
            f"{type(layer).__name__}; known are {', '.join(known)}"
        )
    [line] = given
    taps = TAPS[type(layer)](layer, axis, line.shape[1])
    outside = (taps < 0) | (taps >= line.shape[1])
    first, last = line[:, taps.clip(0, line.shape[1] - 1)]
    return np.stack(
        [
            np.where(outside, -np.inf, first).min(axis=1),
            np.where(outside, np.inf, last).max(axis=1),
        ]
    )


# Each gives, for a line of `length` pixels, an array (pixels that come out, k) of the places of the
# pixels that each of them is made of.


def _convolution(layer, axis, length):
    return _windows(layer, layer.kernel_size, axis, length, step=layer.dilation_rate[axis])


def _pooling(layer, axis, length):
    return _windows(layer, layer.pool_size, axis, length, step=1)


def _windows(layer, sides, axis, length, *, step):
    _check_padding(layer, sides)
    size, stride = sides[axis], layer.strides[axis]
    before = max((size - 1) * step + 1 - stride, 0) // 2
    return np.arange(0, length, stride)[:, None] - before + step * np.arange(size)


def _transposed(layer, axis, length):
    _check_padding(layer, layer.kernel_size)
    size, stride = layer.kernel_size[axis], layer.strides[axis]
    if size < stride or layer.dilation_rate[axis] != 1 or layer.output_padding is not None:
        raise ValueError(
            f"layer {layer.name!r} must have a kernel no smaller than its stride, no dilation and "
            "no output padding"
        )
    place = np.arange(length * stride)[:, None] + (size - stride) // 2
    first, last = -((size - 1 - place) // stride), place // stride
    return np.minimum(first + np.arange(-(-size // stride)), last)


def _upsampling(layer, axis, length):
    scale = layer.size[axis]
    if layer.interpolation == "nearest":
        return np.arange(length * scale)[:, None] // scale
    if layer.interpolation != "bicubic":
        raise ValueError(
            f"how far {layer.interpolation!r} of layer {layer.name!r} sees is not known; known are "
            "nearest, bicubic"
        )
    return _cubic(scale, length)


def _bicubic(layer, _axis, length):
    return _cubic(layer.scale, length)


def _cubic(scale, length):
    # The centre of pixel i lies at ((2i + 1) / scale - 1) / 2 between the centres of LR pixels; on
    # one of them the kernel is zero for the others.
    below, rest = np.divmod(2 * np.arange(length * scale)[:, None] + 1 - scale, 2 * scale)
    return below + np.where(rest == 0, 0, [-1, 0, 1, 2])


def _shuffle(layer, _axis, length):
    return np.arange(length * layer.scale)[:, None] // layer.scale


def _check_padding(layer, size):
    if layer.padding != "same" and max(size) > 1:
        raise ValueError(
            f"layer {layer.name!r} pads {layer.padding!r}; only a network whose convolutions have "
            "padding='same' keeps a scale"
        )


TAPS = {
    Bicubic: _bicubic,
    layers.AveragePooling2D: _pooling,
    layers.Conv2D: _convolution,
    layers.Conv2DTranspose: _transposed,
    layers.DepthwiseConv2D: _convolution,
    layers.UpSampling2D: _upsampling,
    PixelShuffle: _shuffle,
}

# Each pixel depends on the same place of what comes in, or of all that come in.
POINTWISE = {
    layers.Activation,
    layers.Add,
    layers.BatchNormalization,
    layers.Concatenate,
    layers.LeakyReLU,
    layers.Multiply,
    layers.PReLU,
    layers.ReLU,
    layers.Rescaling,
}
