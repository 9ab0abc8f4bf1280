"""What a network needs to work on a part of an image as it would on the whole."""

import weakref
from typing import NamedTuple

import keras
import numpy as np

from srlib.networks.costs import graph
from srlib.networks.reach import period, trace

__all__ = ["Sight", "sight"]

# Memory at the peak, in outputs of the widest layer: what goes into it, what comes out, a skip, and
# the copies that convolutions make. Measured: 1.8 (srcnn), 3.1 (edsr), 4.3 (srgan), 5.5
# (residual_add).
LIVE = 5.5

SEEN = weakref.WeakKeyDictionary()  # network → its Sight, since the layers of a network stay


class Sight(NamedTuple):
    """How far a network sees beyond a pixel's own place, and what its layers take.

    Attributes
    ----------
    margin
        LR pixels that an output pixel depends on beyond the LR pixel it lies in, to the further
        side: by rows, by columns.
    period
        LR pixels after which the network's pattern repeats, by rows and columns: the product of
        its strides.
    pixel_bytes
        Memory that running it in float32 takes, for each LR pixel.
    size
        The only size of image that it takes, height and width, if there is such.
    """

    margin: tuple[int, int]
    period: tuple[int, int]
    pixel_bytes: float
    size: tuple[int, int] | None = None


def sight(model: keras.Model) -> Sight:
    """How far a network sees, and what it takes.

    Raises
    ------
    ValueError
        If the network has no graph of layers or a layer whose reach is not known, or if it is made
        for images of one size.
    """
    if model not in SEEN:
        nodes = graph(model)
        if any(model.inputs[0].shape[1:3]):
            raise ValueError(f"{model.name} takes images of one size only, and no parts of them")
        lines = [trace(nodes, axis) for axis in (0, 1)]
        periods = tuple(period(nodes, axis) for axis in (0, 1))
        margins = (_beyond(line, nodes) for line in lines)
        # Where a side is no multiple of the strides, their padding lies elsewhere, by less than a
        # period.
        margin = tuple(m + p * (p > 1) for m, p in zip(margins, periods, strict=True))
        SEEN[model] = Sight(margin, periods, 4 * LIVE * _widest_output(lines, nodes))
    return SEEN[model]


def _beyond(line, nodes):
    lr, sr = line[next(iter(nodes))], line[next(reversed(nodes))]
    place = np.arange(sr.shape[1]) * lr.shape[1] // sr.shape[1]
    beyond = np.concatenate([place - sr[0], sr[1] - place])
    return int(beyond[np.isfinite(beyond)].max())


def _widest_output(lines, nodes):
    """Numbers that the widest layer puts out for each LR pixel."""
    rows, columns = lines
    lr = next(iter(nodes))
    given = rows[lr].shape[1] * columns[lr].shape[1]
    return max(
        layer.output.shape[-1] * rows[layer].shape[1] * columns[layer].shape[1] / given
        for layer in nodes
    )
