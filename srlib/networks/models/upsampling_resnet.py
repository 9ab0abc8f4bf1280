"""A residual network whose enlarging layers can be exchanged, to compare their artifacts."""

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic
from srlib.networks.layers import enlarging_steps, normalised_block, upsampling_head


def upsampling_resnet(scale: int, head: str = "resize", kernel: int = 3) -> keras.Model:
    """Four residual blocks with batch normalisation between two 9×9 convolutions.

    403,267 parameters at ×4 with resize-convolutions, as in the public project it is from. That has
    no skip around the network and ends in a tanh; here the output is added to the bicubic
    enlargement, and the last convolution starts small, so that training starts near bicubic and
    colours stay where they were.

    Parameters
    ----------
    scale
        The enlargement; a power of two is made of heads of ×2, any other of one head.
    head
        How pixels become more: one of `srlib.networks.layers.HEADS`.
    kernel
        Side of the transposed convolution's kernel: 3, 4 or 5. The other heads have 3.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1] → (N, s·h, s·w, 3).

    Raises
    ------
    ValueError
        If there is no such head, or it has no such kernel.

    References
    ----------
    Johnson, Alahi and Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and
    Super-Resolution", ECCV 2016, whose network this is like, and Odena, Dumoulin and Olah,
    "Deconvolution and Checkerboard Artifacts", Distill, 2016, for the heads.
    """
    lr = keras.Input((None, None, 3), name="lr")
    x = layers.Conv2D(64, 9, padding="same", name="start")(lr)
    x = layers.BatchNormalization(name="start_norm")(x)
    x = layers.ReLU(name="start_relu")(x)
    for i in range(1, 5):
        x = normalised_block(x, 64, name=f"block{i}")
    for i, step in enumerate(enlarging_steps(scale), 1):
        x = upsampling_head(x, 64, step, head, kernel=kernel, name=f"head{i}")
        x = layers.BatchNormalization(name=f"head{i}_norm")(x)
        x = layers.ReLU(name=f"head{i}_relu")(x)
    # Small, but not zero: what an untrained head does to an image shall be seen.
    small = keras.initializers.VarianceScaling(0.01)
    residual = layers.Conv2D(3, 9, padding="same", kernel_initializer=small, name="end")(x)
    bicubic = Bicubic(scale, name="bicubic")(lr)
    sr = layers.Add(name="skip")([bicubic, residual])
    return keras.Model(lr, sr, name=f"upsampling_resnet_x{scale}")
