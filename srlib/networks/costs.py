"""What a network costs and how far it sees, read from its layers."""

from dataclasses import dataclass
from fractions import Fraction
from math import prod

import keras
from keras import layers

from srlib.networks.reach import trace, widest

__all__ = ["Costs", "costs", "graph"]

CONVOLUTIONS = (layers.Conv2D, layers.Conv2DTranspose, layers.DepthwiseConv2D)


@dataclass(frozen=True)
class Costs:
    """The price of a network, whatever the size of the image.

    Parameters
    ----------
    parameters
        Numbers in all its weights, trained or not.
    trainable_parameters
        Those that training changes; the means and variances of batch normalisation are not.
    depth
        Convolutions, transposed and depthwise ones included, on the longest path from input to
        output.
    filters
        The different numbers of filters in the order in which they first appear, as "64–32–3".
    scale
        Output pixels per input pixel along a side.
    macs
        Multiply–accumulates per output megapixel (10⁶ pixels) of all convolutions, transposed ones
        included. Biases, activations, batch normalisation, sums and the enlargement by a fixed
        kernel are not counted, as is usual; neither is it subtracted that the outermost pixels of
        an image multiply zeros.
    activations
        Values that all convolutions put out, per output megapixel. This is a better sign of a
        network's speed than `macs` where memory is what takes the time.
    receptive_field
        Side, in LR pixels, of the square of input pixels that can change one output pixel, far
        from the border. Output pixels between the same input pixels differ in it by their place;
        this is the largest. Of a rectangle, the longer side.
    receptive_field_hr
        The same side in output pixels: `scale` times as long. For VDSR ×2 it is more than the 41
        pixels of the paper, which counts from the bicubic enlargement, whose kernel adds its own
        four LR pixels.

    References
    ----------
    Zhang, Danelljan, Li, Timofte et al., "AIM 2020 Challenge on Efficient Super-Resolution:
    Methods and Results", ECCVW 2020, for the activations.
    """

    parameters: int
    trainable_parameters: int
    depth: int
    filters: str
    scale: int
    macs: int
    activations: int
    receptive_field: int
    receptive_field_hr: int


def costs(model: keras.Model) -> Costs:
    """What a network costs and how far it sees.

    Parameters
    ----------
    model
        A functional network (N, h, w, c) → (N, s·h, s·w, c'), such as `srlib.build` makes, all of
        whose convolutions pad to the same size.

    Returns
    -------
    Costs

    Raises
    ------
    ValueError
        If the network has no graph of layers, uses a layer twice, or has a layer whose reach is not
        known; the message names it and those that are.
    """
    nodes = graph(model)
    rows, columns = trace(nodes, 0), trace(nodes, 1)
    lr, sr = next(iter(nodes)), next(reversed(nodes))

    def area(layer):
        """Pixels that `layer` puts out for each LR pixel."""
        out, given = (rows[at].shape[1] * columns[at].shape[1] for at in (layer, lr))
        return Fraction(out, given)

    scale = Fraction(rows[sr].shape[1], rows[lr].shape[1])
    if scale.denominator != 1 or scale**2 != area(sr):
        raise ValueError(f"{model.name} does not enlarge both sides by one whole number")
    convolutions = [layer for layer in nodes if isinstance(layer, CONVOLUTIONS)]
    macs = sum(
        # A transposed convolution multiplies its whole kernel with every pixel that comes in.
        prod(layer.kernel.shape)
        * area(nodes[layer][0] if isinstance(layer, layers.Conv2DTranspose) else layer)
        for layer in convolutions
    )
    activations = sum(_filters(layer) * area(layer) for layer in convolutions)
    lr_per_megapixel = 10**6 / scale**2
    reach = max(widest(line[sr]) for line in (rows, columns))
    return Costs(
        parameters=model.count_params(),
        trainable_parameters=sum(prod(v.shape) for v in model.trainable_variables),
        depth=_depth(nodes),
        filters="–".join(map(str, dict.fromkeys(map(_filters, convolutions)))),
        scale=int(scale),
        macs=round(macs * lr_per_megapixel),
        activations=round(activations * lr_per_megapixel),
        receptive_field=reach,
        receptive_field_hr=reach * int(scale),
    )


def graph(model: keras.Model) -> dict[keras.layers.Layer, list[keras.layers.Layer]]:
    """The layers of a functional network, each with those whose output it takes.

    Parameters
    ----------
    model
        A functional network with one input and one output.

    Returns
    -------
    dict
        In an order in which every layer comes after those it depends on; the input comes first,
        the layer that gives the output last.

    Raises
    ------
    ValueError
        If the network is not functional, has several inputs or outputs, or calls a layer twice.
    """
    operations = getattr(model, "operations", None)
    if operations is None or len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"{model.name} must be a functional network of one input and one output, made by "
            "keras.Model(inputs, outputs)"
        )
    # `input` and `output` of an operation are those of its first call.
    source = {id(operation.output): operation for operation in operations}
    try:
        nodes = {
            operation: []
            if isinstance(operation, layers.InputLayer)
            else [source[id(tensor)] for tensor in keras.tree.flatten(operation.input)]
            for operation in operations
        }
        source[id(model.outputs[0])]
    except KeyError:
        raise ValueError(
            f"{model.name} calls a layer more than once, which is not followed here"
        ) from None
    return nodes


def _filters(layer):
    return layer.output.shape[-1]


def _depth(nodes):
    depth = {}
    for layer, given in nodes.items():
        depth[layer] = max((depth[at] for at in given), default=0)
        depth[layer] += isinstance(layer, CONVOLUTIONS)
    return depth[next(reversed(nodes))]
