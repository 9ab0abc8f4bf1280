"""Networks in operations that every runtime has, for images of any size."""

import keras
import numpy as np
from keras import layers, ops

from srlib.networks.bicubic import Bicubic, cubic_weights

__all__ = ["fixed_kernels", "portable"]


class BicubicConvolution(layers.Layer):
    """What `srlib.networks.Bicubic` computes, as one convolution.

    Every runtime has convolutions; `Bicubic` rests on products of matrices, which LiteRT gets wrong
    in 8 bits. The s² pixels of each LR pixel are made at once; a channel of ones, which goes the
    same way, is what the kernel sums to near the border, where pixels outside count nothing.

    Parameters
    ----------
    scale
        The enlargement s.
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def build(self, input_shape):
        """Lay out the kernel: (5, 5, c + 1, s²·(c + 1)), each channel for itself."""
        line = cubic_weights(self.scale, 1).T
        plane = np.einsum("yi,xj->yxij", line, line).reshape(*[len(line)] * 2, -1)
        alone = np.eye(input_shape[-1] + 1, dtype=np.float32)
        kernel = np.einsum("yxp,ab->yxapb", plane, alone)
        self.kernel = kernel.reshape(*plane.shape[:2], len(alone), -1)

    def call(self, inputs):
        """(N, h, w, c) → (N, s·h, s·w, c)."""
        counted = ops.concatenate([inputs, ops.ones_like(inputs[..., :1])], axis=-1)
        summed = ops.conv(counted, ops.convert_to_tensor(self.kernel), padding="same")
        summed = ops.depth_to_space(summed, self.scale)
        return summed[..., :-1] / summed[..., -1:]

    def compute_output_shape(self, input_shape):
        """The shape that `call` gives, where it is known."""
        n, h, w, c = input_shape
        return (n, h and h * self.scale, w and w * self.scale, c)


class Repetition(layers.Layer):
    """What ``UpSampling2D(scale, interpolation="nearest")`` computes, of a known depth.

    Keras's forgets the number of channels where the size is open, and LiteRT has no
    convolution then.

    Parameters
    ----------
    scale
        How often each pixel is repeated, along both sides.
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        """(N, h, w, c) → (N, s·h, s·w, c)."""
        copies = ops.concatenate([inputs] * self.scale**2, axis=-1)
        return ops.depth_to_space(copies, self.scale)

    def compute_output_shape(self, input_shape):
        """The shape that `call` gives, where it is known."""
        n, h, w, c = input_shape
        return (n, h and h * self.scale, w and w * self.scale, c)


def fixed_kernels(network: keras.Model) -> list[str]:
    """The names of the layers of a `portable` network that compute without weights of its own."""
    kinds = tuple(ENLARGEMENTS.values())
    return [layer.name for layer in network.layers if isinstance(layer, kinds)]


ENLARGEMENTS = {"bicubic": BicubicConvolution, "nearest": Repetition}


def portable(model: keras.Model) -> keras.Model:
    """The same network, with enlargements by fixed kernels made of what every runtime has.

    Parameters
    ----------
    model
        A functional network.

    Returns
    -------
    keras.Model
        With weights of its own, which are equal.
    """

    def clone(layer):
        if isinstance(layer, Bicubic):
            return BicubicConvolution(layer.scale, name=layer.name)
        if isinstance(layer, layers.UpSampling2D) and layer.interpolation in ENLARGEMENTS:
            return ENLARGEMENTS[layer.interpolation](layer.size[0], name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    cloned = keras.models.clone_model(model, clone_function=clone)
    cloned.set_weights(model.get_weights())
    return cloned
