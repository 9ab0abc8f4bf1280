"""What a diagram of a network shows: the steps of its longest path, equal ones folded."""

from collections import Counter
from dataclasses import dataclass

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic
from srlib.networks.costs import CONVOLUTIONS, graph
from srlib.networks.layers import CropLike, PixelShuffle
from srlib.networks.reach import trace

__all__ = ["Run", "Skip", "Step", "fold", "steps"]

NAMES = {
    layers.InputLayer: ("image", ("LR",)),
    layers.Add: ("sum", ("+",)),
    layers.Multiply: ("product", ("·",)),
    layers.Concatenate: ("concatenation", ("‖",)),
    layers.BatchNormalization: ("pointwise", ("norm",)),
    layers.ReLU: ("pointwise", ("ReLU",)),
    layers.LeakyReLU: ("pointwise", ("LReLU",)),
    layers.PReLU: ("pointwise", ("PReLU",)),
    CropLike: ("pointwise", ("crop",)),
}


@dataclass(frozen=True)
class Skip:
    """What else a step takes: the output of an earlier one, as it is or by a side path.

    Parameters
    ----------
    back
        How many steps earlier.
    kind
        Of the first layer on the side path; None if there is none.
    lines
        What its layers are, in words.
    """

    back: int
    kind: str | None
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One box of a diagram.

    Parameters
    ----------
    kind
        What sets its colour; a key of `srlib.networks.drawing.COLORS`.
    lines
        What is written in it.
    rate
        Its pixels along a side for each LR pixel.
    skips
        What it takes besides the output of the step before.
    """

    kind: str
    lines: tuple[str, ...]
    rate: float
    skips: tuple[Skip, ...] = ()


@dataclass(frozen=True)
class Run:
    """`count` times the same steps, one after the other."""

    steps: tuple[Step, ...]
    count: int


def steps(model: keras.Model) -> list[Step]:
    """The boxes along the longest path of a network, from the LR image to the SR image.

    What is done pixel by pixel, such as an activation or a normalisation, is written into the box
    of the layer before it, unless that layer's output is used elsewhere too.

    Raises
    ------
    ValueError
        If there is a layer that `srlib.reach` does not know, or a side path that forks.
    """
    nodes = graph(model)
    lines = trace(nodes, 0)
    # A crop takes no more than a size from its second input.
    nodes = {
        layer: given[:1] if isinstance(layer, CropLike) else given for layer, given in nodes.items()
    }
    path = _longest_path(nodes)
    uses = Counter(given for inputs in nodes.values() for given in inputs)
    found, place = [], {}
    for before, layer in zip([None, *path], path, strict=False):
        kind, words = _describe(layer)
        rate = lines[layer].shape[1] / lines[path[0]].shape[1]
        if kind == "pointwise" and uses[before] == 1:
            host = found.pop()
            found.append(Step(host.kind, host.lines + words, rate, host.skips))
        else:
            found.append(Step(kind, words, rate, _skips(layer, before, nodes, place, len(found))))
        place[layer] = len(found) - 1
    return [*found, Step("image", ("SR",), rate)]


def fold(path: list[Step]) -> list[Run]:
    """Runs of equal steps as one, two of them at least, or three of a single step.

    Only where nothing but the end of a run is used after it, and within it nothing from further
    back than the end of the time before.
    """
    runs, at = [], 0
    while at < len(path):
        best = Run(tuple(path[at : at + 1]), 1)
        for period in range(1, (len(path) - at) // 2 + 1):
            run = Run(tuple(path[at : at + period]), _repeats(path, at, period))
            saved = period * (run.count - 1)
            if saved > max(1, len(best.steps) * (best.count - 1)) and _is_closed(path, at, run):
                best = run
        runs.append(best)
        at += len(best.steps) * best.count
    return runs


def _describe(layer: layers.Layer) -> tuple[str, tuple[str, ...]]:
    """The kind of a layer's box and what is written in it."""
    if isinstance(layer, CONVOLUTIONS):
        down = not isinstance(layer, layers.Conv2DTranspose)
        depthwise = isinstance(layer, layers.DepthwiseConv2D)
        lines = ["×".join(map(str, layer.kernel_size)), str(layer.output.shape[-1])]
        if depthwise:
            lines[1] = "each"
        if layer.strides != (1, 1):
            lines.append(f"{'↓' if down else '↑'}{layer.strides[0]}")
        if max(layer.dilation_rate) > 1:
            lines.append(f"dil. {layer.dilation_rate[0]}")
        if layer.activation is not keras.activations.linear:
            lines.append(_activation(layer.activation))
        return "convolution" if down else "transposed convolution", tuple(lines)
    if isinstance(layer, layers.UpSampling2D):
        return "enlargement", (layer.interpolation, f"×{layer.size[0]}")
    if isinstance(layer, Bicubic):
        return "enlargement", ("bicubic", f"×{layer.scale}")
    if isinstance(layer, PixelShuffle):
        return "enlargement", ("shuffle", f"×{layer.scale}")
    if isinstance(layer, layers.Rescaling):
        return "pointwise", (f"×{layer.scale:g}",)
    if isinstance(layer, layers.Activation):
        return "pointwise", (_activation(layer.activation),)
    return NAMES[type(layer)]


def _activation(function):
    return {"relu": "ReLU"}.get(function.__name__, function.__name__)


def _longest_path(nodes):
    """The layers of the path with the most of them, from the input to the output."""
    paths = {}
    for layer, given in nodes.items():
        paths[layer] = [*max((paths[at] for at in given), key=len, default=[]), layer]
    return paths[next(reversed(nodes))]


def _skips(layer, before, nodes, place, here):
    """How what `layer` takes from elsewhere than `before` came from the path."""
    others = list(nodes[layer])
    if before is not None:
        others.remove(before)
    skips = []
    for other in others:
        kind, lines = None, []
        while other not in place:
            if len(nodes[other]) != 1:
                raise ValueError(
                    f"layer {other.name!r} lies off the longest path and takes {len(nodes[other])} "
                    "inputs; a diagram shows only side paths that do not fork"
                )
            kind, words = _describe(other)
            lines[:0] = words
            [other] = nodes[other]
        skips.append(Skip(here - place[other], kind, tuple(lines)))
    return tuple(skips)


def _repeats(path, at, period):
    """How many times the `period` steps at `at` follow one another."""
    count = 1
    while path[at : at + period] == path[at + count * period : at + (count + 1) * period]:
        count += 1
    return count


def _is_closed(path, at, run):
    period = len(run.steps)
    end = at + period * run.count
    inside = all(skip.back <= i + 1 for i, step in enumerate(run.steps) for skip in step.skips)
    used = {i - skip.back for i in range(end, len(path)) for skip in path[i].skips}
    return inside and used.isdisjoint(range(at, end - 1))
