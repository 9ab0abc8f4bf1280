"""VDSR, which made super-resolution deep by predicting only what bicubic lacks."""

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic


def vdsr(scale: int) -> keras.Model:
    """Twenty 3×3 convolutions over the bicubic enlargement, whose output is added to it.

    Unlike the paper, which works on luma, this network takes and gives RGB; 668,227 parameters.

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
    Kim, Lee and Lee, "Accurate Image Super-Resolution Using Very Deep Convolutional Networks",
    CVPR 2016, figure 2.
    """
    lr = keras.Input((None, None, 3), name="lr")
    bicubic = Bicubic(scale, name="bicubic")(lr)
    x = bicubic
    for i in range(1, 20):
        x = layers.Conv2D(
            64, 3, padding="same", activation="relu", kernel_initializer="he_normal",
            name=f"conv{i}",
        )(x)  # fmt: skip
    residual = layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", name="conv20")(x)
    sr = layers.Add(name="skip")([bicubic, residual])
    return keras.Model(lr, sr, name=f"vdsr_x{scale}")
