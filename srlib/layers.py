"""Building blocks that several networks share."""

import keras
from keras import layers, ops

__all__ = ["CropLike", "PixelShuffle", "residual_block"]


@keras.saving.register_keras_serializable("srlib")
class PixelShuffle(layers.Layer):
    """Rearrange channels into pixels: (N, h, w, s²·c) → (N, s·h, s·w, c).

    Parameters
    ----------
    scale
        The enlargement s; the input must have a multiple of s² channels.

    References
    ----------
    Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    Convolutional Neural Network", CVPR 2016, equation 4.
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        """(N, h, w, s²·c) → (N, s·h, s·w, c)."""
        return ops.depth_to_space(inputs, self.scale)

    def compute_output_shape(self, input_shape):
        """The shape that `call` gives, where it is known."""
        n, h, w, c = input_shape
        s = self.scale
        return (n, h and h * s, w and w * s, c // s**2)

    def get_config(self):
        """What Keras saves."""
        return super().get_config() | {"scale": self.scale}


@keras.saving.register_keras_serializable("srlib")
class CropLike(layers.Layer):
    """Crop an image batch, at its bottom and right, to `scale` times the size of a reference."""

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        """[(N, H, W, c), (N, h, w, …)] → (N, s·h, s·w, c)."""
        image, reference = inputs
        height, width = ops.shape(reference)[1:3]
        return image[:, : height * self.scale, : width * self.scale]

    def compute_output_shape(self, input_shape):
        """The shape that `call` gives, where it is known."""
        image, (_, h, w, _) = input_shape
        return (image[0], h and h * self.scale, w and w * self.scale, image[3])

    def get_config(self):
        """What Keras saves."""
        return super().get_config() | {"scale": self.scale}


def residual_block(x, filters: int, *, residual_scale: float = 1.0, name: str):
    """Convolution, ReLU, convolution, and the sum with what came in, without normalisation.

    Parameters
    ----------
    x
        Keras tensor (N, h, w, `filters`).
    filters
        Of both 3×3 convolutions.
    residual_scale
        What the block's output is multiplied by before the sum, which keeps wide and deep
        networks stable at the start.
    name
        Prefix of the layers' names.

    References
    ----------
    Lim, Son, Kim, Nah and Lee, "Enhanced Deep Residual Networks for Single Image
    Super-Resolution", CVPRW 2017, figure 2c and section 3.3.
    """
    y = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"{name}_conv1")(x)
    y = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv2")(y)
    if residual_scale != 1:
        y = layers.Rescaling(residual_scale, name=f"{name}_scale")(y)
    return layers.Add(name=f"{name}_add")([x, y])
