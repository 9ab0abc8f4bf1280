"""FSRCNN, small and fast: everything happens on LR pixels."""

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic


def fsrcnn(scale: int) -> keras.Model:
    """Extract 56 features, shrink to 12, map four times, expand to 56, enlarge: FSRCNN(56, 12, 4).

    Unlike the paper, which works on luma, this network takes and gives RGB, and its output is
    added to the bicubic enlargement; 24,683 parameters at every scale.

    Parameters
    ----------
    scale
        The stride of the transposed convolution at the end.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1] → (N, s·h, s·w, 3).

    References
    ----------
    Dong, Loy and Tang, "Accelerating the Super-Resolution Convolutional Neural Network", ECCV
    2016, section 3.
    """
    lr = keras.Input((None, None, 3), name="lr")
    x = _conv(lr, 56, 5, "extract")
    x = _conv(x, 12, 1, "shrink")
    for i in range(1, 5):
        x = _conv(x, 12, 3, f"map{i}")
    x = _conv(x, 56, 1, "expand")
    residual = layers.Conv2DTranspose(
        3, 9, scale, padding="same", kernel_initializer="zeros", name="enlarge"
    )(x)
    bicubic = Bicubic(scale, name="bicubic")(lr)
    sr = layers.Add(name="skip")([bicubic, residual])
    return keras.Model(lr, sr, name=f"fsrcnn_x{scale}")


def _conv(x, filters, size, name):
    x = layers.Conv2D(filters, size, padding="same", name=name)(x)
    return layers.PReLU(shared_axes=(1, 2), name=f"{name}_prelu")(x)
