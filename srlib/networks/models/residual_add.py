"""A wide and deep residual network on the enlarged image: fifty convolutions of 128 filters."""

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic
from srlib.networks.layers import check_count, residual_block


def residual_add(scale: int, *, filters: int = 128) -> keras.Model:
    """Twenty-four residual blocks whose output is scaled by 0.1 and added.

    Fifty convolutions and 7,091,075 parameters, all of them working on HR pixels. JoshVEvans's
    "Large" network, with the image-level skip that it lacked; with 192 filters, which makes
    15,945,027 parameters, it is the "XL" of that project's code.

    Parameters
    ----------
    scale
        The factor of the bicubic enlargement in front.
    filters
        Of every convolution but the last.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1] → (N, s·h, s·w, 3).

    Raises
    ------
    ValueError
        If `filters` is not a positive whole number.

    References
    ----------
    Lim, Son, Kim, Nah and Lee, "Enhanced Deep Residual Networks for Single Image
    Super-Resolution", CVPRW 2017, for block and scaling.
    """
    check_count("filters", filters)
    lr = keras.Input((None, None, 3), name="lr")
    bicubic = Bicubic(scale, name="bicubic")(lr)
    start = x = layers.Conv2D(filters, 3, padding="same", name="start")(bicubic)
    for i in range(1, 25):
        x = residual_block(x, filters, residual_scale=0.1, name=f"block{i}")
    x = layers.Add(name="long_skip")([start, x])
    residual = layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", name="end")(x)
    sr = layers.Add(name="skip")([bicubic, residual])
    return keras.Model(lr, sr, name=f"residual_add_x{scale}")
