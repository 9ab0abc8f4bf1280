"""Residual blocks joined by concatenation: what comes in is kept beside what is computed."""

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic


def residual_concat(scale: int) -> keras.Model:
    """Nine blocks of two 3×3×64 convolutions, each output concatenated to its input.

    The channels grow from 64 to 640, so that the last convolution sees every block's output;
    2,012,611 parameters. JoshVEvans's "Small" network, with the image-level skip that it lacked.

    Parameters
    ----------
    scale
        The factor of the bicubic enlargement in front.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1] → (N, s·h, s·w, 3).

    References
    ----------
    Huang, Liu, van der Maaten and Weinberger, "Densely Connected Convolutional Networks", CVPR
    2017, for the concatenation.
    """
    lr = keras.Input((None, None, 3), name="lr")
    bicubic = Bicubic(scale, name="bicubic")(lr)
    start = x = layers.Conv2D(64, 3, padding="same", activation="relu", name="start")(bicubic)
    for i in range(1, 10):
        y = layers.Conv2D(64, 3, padding="same", activation="relu", name=f"block{i}_conv1")(x)
        y = layers.Conv2D(64, 3, padding="same", name=f"block{i}_conv2")(y)
        x = layers.Concatenate(name=f"block{i}_concat")([x, y])
    x = layers.Concatenate(name="long_concat")([start, x])
    residual = layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", name="end")(x)
    sr = layers.Add(name="skip")([bicubic, residual])
    return keras.Model(lr, sr, name=f"residual_concat_x{scale}")
