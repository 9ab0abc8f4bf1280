"""Residual blocks whose stream is the image itself: three channels carry everything."""

import keras
from keras import layers


def rgb_residual(scale: int) -> keras.Model:
    """Nine residual blocks on three channels, nearest-neighbour enlargement, four convolutions.

    Between the blocks only the RGB image passes, so that no block can hand features on to the
    next; 426,078 parameters. A public capstone project's network, without the penalty on
    activations that made up nearly all of its loss.

    Parameters
    ----------
    scale
        The factor of the nearest-neighbour enlargement.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1] → (N, s·h, s·w, 3).
    """
    x = lr = keras.Input((None, None, 3), name="lr")
    for i in range(1, 10):
        y = _features(x, 2, f"block{i}")
        y = layers.Conv2D(3, 1, kernel_initializer="zeros", name=f"block{i}_to_rgb")(y)
        x = layers.Add(name=f"block{i}_add")([x, y])
    x = layers.UpSampling2D(scale, interpolation="nearest", name="enlarge")(x)
    x = _features(x, 3, "end")
    sr = layers.Conv2D(3, 1, name="end_to_rgb")(x)
    return keras.Model(lr, sr, name=f"rgb_residual_x{scale}")


def _features(x, convolutions, name):
    for i in range(1, convolutions + 1):
        x = layers.Conv2D(64, 3, padding="same", activation="relu", name=f"{name}_conv{i}")(x)
    return x
