"""The smallest network of residual blocks that is worth its name, for browsers."""

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic
from srlib.networks.layers import PixelShuffle, residual_block


def tiny(scale: int) -> keras.Model:
    """EDSR's form with four blocks of 24 filters, and its last convolution on LR pixels.

    50,148 parameters at ×2, 53,403 at ×3 and 57,960 at ×4. All convolutions are plain 3×3 ones on
    LR pixels, as in ESPCN, which is what a browser's one thread computes fastest; the output is
    added to the bicubic enlargement.

    Parameters
    ----------
    scale
        The enlargement, made in one step by sub-pixel convolution.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1] → (N, s·h, s·w, 3).

    References
    ----------
    Lim, Son, Kim, Nah and Lee, "Enhanced Deep Residual Networks for Single Image
    Super-Resolution", CVPRW 2017, for the body; Shi et al., "Real-Time Single Image and Video
    Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016, for
    the end.
    """
    lr = keras.Input((None, None, 3), name="lr")
    start = x = layers.Conv2D(24, 3, padding="same", name="start")(lr)
    for i in range(1, 5):
        x = residual_block(x, 24, name=f"block{i}")
    x = layers.Conv2D(24, 3, padding="same", name="body_end")(x)
    x = layers.Add(name="long_skip")([start, x])
    x = layers.Conv2D(3 * scale**2, 3, padding="same", kernel_initializer="zeros", name="end")(x)
    residual = PixelShuffle(scale, name="shuffle")(x)
    bicubic = Bicubic(scale, name="bicubic")(lr)
    sr = layers.Add(name="skip")([bicubic, residual])
    return keras.Model(lr, sr, name=f"tiny_x{scale}")
