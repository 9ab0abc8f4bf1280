"""EDSR-baseline: residual blocks on LR pixels, enlarged at the end."""

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic
from srlib.networks.layers import PixelShuffle, enlarging_steps, residual_block


def edsr(scale: int, *, blocks: int = 16, filters: int = 64) -> keras.Model:
    """Residual blocks, sixteen of 64 filters in the paper, then sub-pixel convolution.

    1,369,859 parameters at ×2, 1,554,499 at ×3 and 1,517,571 at ×4, which is two steps of ×2. The
    paper subtracts a mean colour and adds it again; here the output is added to the bicubic
    enlargement, which also takes the mean off the network and starts it where bicubic ends.

    Parameters
    ----------
    scale
        The enlargement; a power of two is made of steps of ×2, any other of one step.
    blocks, filters
        Fewer make a smaller network: eight blocks of 48 filters have 439,107 parameters at ×2.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1] → (N, s·h, s·w, 3).

    References
    ----------
    Lim, Son, Kim, Nah and Lee, "Enhanced Deep Residual Networks for Single Image
    Super-Resolution", CVPRW 2017, section 3 and table 1.
    """
    lr = keras.Input((None, None, 3), name="lr")
    start = x = layers.Conv2D(filters, 3, padding="same", name="start")(lr)
    for i in range(1, blocks + 1):
        x = residual_block(x, filters, name=f"block{i}")
    x = layers.Conv2D(filters, 3, padding="same", name="body_end")(x)
    x = layers.Add(name="long_skip")([start, x])
    for i, step in enumerate(enlarging_steps(scale), 1):
        x = layers.Conv2D(filters * step**2, 3, padding="same", name=f"upsample{i}")(x)
        x = PixelShuffle(step, name=f"shuffle{i}")(x)
    residual = layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", name="end")(x)
    bicubic = Bicubic(scale, name="bicubic")(lr)
    sr = layers.Add(name="skip")([bicubic, residual])
    return keras.Model(lr, sr, name=f"edsr_x{scale}")
