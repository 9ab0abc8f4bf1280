"""Networks in operations that every runtime has, for images of any size."""

import keras
import numpy as np
from keras import layers, ops

__all__ = ["fixed_kernels", "portable"]

STEPS = 1024  # TensorFlow looks the kernel up at so many places between two pixels
REACH = 2  # pixels to each side


class BicubicConvolution(layers.Layer):
    """What ``UpSampling2D(scale, interpolation="bicubic")`` computes, as one convolution.

    Keras's is compiled for one size of image, LiteRT has none, and ONNX Runtime's goes through the
    pixels one by one. A convolution makes the s² pixels of each LR pixel; a channel of ones, which
    goes the same way, is what the kernel sums to near the border, where pixels outside count
    nothing.

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
        line = _phases(self.scale)
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


def _phases(scale):
    """Weights (5, s) of the pixels from 2 before to 2 after, for each place within a pixel."""
    place = (np.arange(scale) + 0.5) / scale - 0.5
    place = np.floor(place) + np.rint((place - np.floor(place)) * STEPS) / STEPS
    away = np.abs(place - np.arange(-REACH, REACH + 1)[:, np.newaxis])
    near = (1.5 * away - 2.5) * away**2 + 1  # Keys' kernel with a = -0.5
    far = ((-0.5 * away + 2.5) * away - 4) * away + 2
    return np.select([away <= 1, away < 2], [near, far], 0.0).astype(np.float32)


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
        if isinstance(layer, layers.UpSampling2D) and layer.interpolation in ENLARGEMENTS:
            return ENLARGEMENTS[layer.interpolation](layer.size[0], name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    cloned = keras.models.clone_model(model, clone_function=clone)
    cloned.set_weights(model.get_weights())
    return cloned
