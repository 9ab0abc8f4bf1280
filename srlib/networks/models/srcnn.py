"""SRCNN, the first convolutional network for super-resolution."""

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic


def srcnn(scale: int) -> keras.Model:
    """Three convolutions after bicubic enlargement: 9×9×64, 1×1×32, 5×5×3; 20,099 parameters.

    Patch extraction, non-linear mapping and reconstruction, in the words of the paper. Unlike the
    paper, which works on luma, this network takes and gives RGB.

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
    Dong, Loy, He and Tang, "Image Super-Resolution Using Deep Convolutional Networks", TPAMI 2016,
    equations 1–3 and section 4.1.
    """
    lr = keras.Input((None, None, 3), name="lr")
    x = Bicubic(scale, name="bicubic")(lr)
    x = layers.Conv2D(64, 9, padding="same", activation="relu", name="extract")(x)
    x = layers.Conv2D(32, 1, padding="same", activation="relu", name="map")(x)
    sr = layers.Conv2D(3, 5, padding="same", name="reconstruct")(x)
    return keras.Model(lr, sr, name=f"srcnn_x{scale}")
