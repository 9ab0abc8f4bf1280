"""Losses that compare pixel by pixel."""

from keras import ops

__all__ = ["charbonnier", "difference", "psnr_loss"]

CHARBONNIER_EPSILON = 1e-3
PSNR_EPSILON = 1e-10


def charbonnier(y_true, y_pred):
    """Mean of √(error² + ε²) over pixels and channels, ε = 10⁻³: the absolute error, made smooth.

    Its least value is ε, for equal images. Below an error of ε the gradient fades out as that of
    the squared error does; well above, it is that of the absolute error.

    Parameters
    ----------
    y_true, y_pred
        Images (N, H, W, 3) in [0, 1].

    Returns
    -------
    tensor
        The loss of each image, float32 (N,).

    References
    ----------
    Lai, Huang, Ahuja and Yang, "Deep Laplacian Pyramid Networks for Fast and Accurate
    Super-Resolution", CVPR 2017, section 3.2.
    """
    error = difference(y_true, y_pred)
    return ops.mean(ops.sqrt(ops.square(error) + CHARBONNIER_EPSILON**2), axis=(1, 2, 3))


def psnr_loss(y_true, y_pred):
    """Negative PSNR of all three channels in dB, peak 1.

    It is the logarithm of each image's mean squared error, so that halving the error counts the
    same in every image, where MSE looks mostly at the images that are hardest. 10⁻¹⁰ is added to
    the squared error: equal images have the finite loss of −100 dB and no gradient, and at 60 dB
    it takes 0.0004 dB away.

    Parameters
    ----------
    y_true, y_pred
        Images (N, H, W, 3) in [0, 1].

    Returns
    -------
    tensor
        The loss of each image in dB, float32 (N,). `keras.ops.psnr` would pool the error of the
        batch before the logarithm.
    """
    error = ops.mean(ops.square(difference(y_true, y_pred)), axis=(1, 2, 3))
    return 10 * ops.log10(error + PSNR_EPSILON)


def difference(y_true, y_pred):
    """The truth minus the image, in float32."""
    return ops.cast(y_true, "float32") - ops.cast(y_pred, "float32")
