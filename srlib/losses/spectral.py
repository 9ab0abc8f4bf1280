"""A loss that compares how much of each frequency two images have, wherever it lies."""

import math

from keras import ops

from srlib.images import GRAY

__all__ = ["spectral_loss"]

FLOOR = 1 / 255  # the amplitudes of noise of one gray level: below, nothing is to be seen


def spectral_loss(y_true, y_pred):
    """The mean absolute difference of the logarithms of two amplitude spectra.

    A spectrum without its phases tells how much of each frequency and direction an image has, not
    where. So a network need not draw the photograph's own blades of grass to make this small, as
    it must for the absolute error, whose best answer is their mean. A texture that is shifted costs
    little. Another draw of the same kind costs some 0.7, since the spectrum of one patch is random,
    frequency by frequency; a blurred one costs more. Other patterns that are as fine and as strong
    are as good: alone it asks for the right amount of detail, not for the right kind.

    Spectra are those of gray under a Hann window, without the mean, per pixel; to their squares
    that of noise of one gray level is added, so that what nobody sees does not count.

    Parameters
    ----------
    y_true, y_pred
        Images (N, H, W, 3) in [0, 1].

    Returns
    -------
    tensor
        The loss of each image, float32 (N,): 0 for equal ones, and 1 where every amplitude is e
        times what it should be.

    References
    ----------
    Durall, Keuper and Keuper, "Watch Your Up-Convolution: CNN Based Generative Deep Neural Networks
    Are Failing to Reproduce Spectral Distributions", CVPR 2020, who compare the mean amplitude at
    each distance from the middle.
    """
    return ops.mean(ops.abs(_log_amplitude(y_true) - _log_amplitude(y_pred)), axis=(1, 2))


def _log_amplitude(images):
    gray = ops.sum(ops.cast(images, "float32") * GRAY.astype("float32"), axis=-1)
    gray = gray - ops.mean(gray, axis=(1, 2), keepdims=True)
    height, width = ops.shape(gray)[1:]
    windowed = gray * _hann(height)[:, None] * _hann(width)
    real, imaginary = ops.fft2((windowed, ops.zeros_like(windowed)))
    power = (real**2 + imaginary**2) / ops.cast(height * width, "float32")
    return ops.log(power + FLOOR**2) / 2


def _hann(length):
    """A Hann window whose mean square is 1, and of which no value is 0."""
    turns = (ops.arange(length, dtype="float32") + 0.5) / ops.cast(length, "float32")
    return math.sqrt(2 / 3) * (1 - ops.cos(2 * math.pi * turns))
