"""An encoder–decoder: the image passes through an eighth of its resolution, and nothing past it."""

import keras
from keras import layers

from srlib.networks.layers import CropLike


def encoder_decoder(scale: int) -> keras.Model:
    """Three strided convolutions down, three residual blocks, four transposed convolutions up.

    All detail must be packed into the narrow middle and unpacked again by layers that have to learn
    how, since no skip leads past it and none adds the bicubic image; 6,076,303 parameters. The
    middle has room: 256 numbers for the 192 values of 8×8 LR pixels. The shipped weights are those
    of a brief training, as their card says, and tell little about the form; lesson 05 compares
    small networks of this form and of others under one budget. A public project's "SRCNN", made
    fully convolutional; its tanh, half of whose range was no image, is left out.

    Parameters
    ----------
    scale
        The stride of the last transposed convolution.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1] → (N, s·h, s·w, 3).
    """
    lr = keras.Input((None, None, 3), name="lr")
    x = layers.BatchNormalization(name="normalise")(lr)
    for i, (filters, size, stride) in enumerate([(64, 9, 1), (64, 4, 2), (128, 4, 2), (256, 4, 2)]):
        x = layers.Conv2D(filters, size, stride, padding="same", name=f"down{i}_conv")(x)
        x = _relu_then_norm(x, f"down{i}")
    for i in range(1, 4):
        x = _block(x, f"block{i}")
    for i, (filters, stride) in enumerate([(256, 2), (128, 2), (64, 2), (64, scale)], 1):
        x = layers.Conv2DTranspose(filters, 4, stride, padding="same", name=f"up{i}_conv")(x)
        x = _relu_then_norm(x, f"up{i}")
    x = layers.Conv2DTranspose(3, 9, padding="same", name="end")(x)
    sr = CropLike(scale, name="crop")([x, lr])
    return keras.Model(lr, sr, name=f"encoder_decoder_x{scale}")


def _block(x, name):
    y = x
    for i in (1, 2):
        y = layers.Conv2D(256, 3, padding="same", name=f"{name}_conv{i}")(y)
        y = _relu_then_norm(y, f"{name}_{i}")
    return _relu_then_norm(layers.Add(name=f"{name}_add")([x, y]), name)


def _relu_then_norm(x, name):
    x = layers.ReLU(name=f"{name}_relu")(x)
    return layers.BatchNormalization(name=f"{name}_norm")(x)
