"""What a network is trained to make small.

Each function takes the truth and the network's image, both (N, H, W, 3) in [0, 1], and goes as it
is to ``model.compile(loss=…)``. Keras takes the mean of what it returns, so the loss that `fit`
logs is the mean over the images. Everything is computed in float32.
"""

import keras
import numpy as np
from keras import ops

__all__ = ["LOSSES", "charbonnier", "psnr_loss", "ssim_l1", "ssim_loss"]

CHARBONNIER_EPSILON = 1e-3
PSNR_EPSILON = 1e-10
WINDOW = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
WINDOW = (WINDOW / WINDOW.sum()).astype(np.float32)
C1, C2 = 0.01**2, 0.03**2


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
    error = _difference(y_true, y_pred)
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
    error = ops.mean(ops.square(_difference(y_true, y_pred)), axis=(1, 2, 3))
    return 10 * ops.log10(error + PSNR_EPSILON)


def ssim_loss(y_true, y_pred):
    """One minus the structural similarity: 0 for equal images, at most 2.

    An 11×11 Gaussian window of σ = 1.5, K = (0.01, 0.03), averaged over the three channels and
    all positions where the window fits: `srlib.metrics.ssim` in RGB without a crop. The range of
    values is taken to be 1, so on standardised or 0–255 data this would be another number.

    Parameters
    ----------
    y_true, y_pred
        Images (N, H, W, 3) in [0, 1], of at least 11×11 pixels.

    Returns
    -------
    tensor
        The loss of each image, float32 (N,).

    Raises
    ------
    ValueError
        If the images are smaller than the window.

    References
    ----------
    Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to
    Structural Similarity", IEEE Transactions on Image Processing 13(4), 2004, equation 13.
    """
    height, width = y_true.shape[1:3]
    if min(height or 11, width or 11) < 11:  # a side may be unknown until the network runs
        raise ValueError(
            f"SSIM needs images of at least 11×11 pixels, not {width}×{height}: take larger "
            "patches, or another loss"
        )
    x, error = ops.cast(y_true, "float32"), _difference(y_true, y_pred)
    planes = [x, error, x**2 + (x - error) ** 2, error**2]
    x, error, power, error_power = ops.split(_window_means(ops.concatenate(planes, -1)), 4, -1)
    # The paper's two ratios are 1 − luminance and 1 − structure here, by 2ab = a² + b² − (a − b)²
    # for means and deviations alike: 1 minus a ratio near 1 would be mostly rounding.
    energy = x**2 + (x - error) ** 2
    luminance = error**2 / (energy + C1)
    structure = (error_power - error**2) / (power - energy + C2)
    return ops.mean(luminance + structure - luminance * structure, axis=(1, 2, 3))


def ssim_l1(y_true, y_pred):
    """0.84 · (1 − SSIM) + 0.16 · mean absolute error, with `ssim_loss`.

    SSIM hardly sees a uniform shift of colour; the absolute error does. The weights are those of
    the paper's "Mix", which however takes multi-scale SSIM, and weights the absolute error by a
    Gaussian window. JoshVEvans's Super-Resolution takes plain SSIM and absolute error, as here,
    but of standardised data, to which an SSIM of range 1 does not apply.

    Parameters
    ----------
    y_true, y_pred
        Images (N, H, W, 3) in [0, 1], of at least 11×11 pixels.

    Returns
    -------
    tensor
        The loss of each image, float32 (N,).

    Raises
    ------
    ValueError
        If the images are smaller than SSIM's window.

    References
    ----------
    Zhao, Gallo, Frosio and Kautz, "Loss Functions for Image Restoration With Neural Networks",
    IEEE Transactions on Computational Imaging 3(1), 2017.
    """
    l1 = ops.mean(ops.abs(_difference(y_true, y_pred)), axis=(1, 2, 3))
    return 0.84 * ssim_loss(y_true, y_pred) + 0.16 * l1


def _difference(y_true, y_pred):
    return ops.cast(y_true, "float32") - ops.cast(y_pred, "float32")


def _window_means(planes):
    """Means under the Gaussian window wherever it fits: (N, H, W, c) → (N, H−10, W−10, c)."""
    # A row of the window, then a column: 22 products a value instead of 121.
    row = np.tile(WINDOW[None, :, None, None], (1, 1, planes.shape[-1], 1))
    return ops.depthwise_conv(ops.depthwise_conv(planes, row), row.transpose(1, 0, 2, 3))


# The names that a recipe may give. Keras's own two give a loss a pixel, (N, H, W), in the dtype of
# the image; `compile` converts to float32 and takes the mean all the same.
LOSSES = {
    "mse": keras.losses.mean_squared_error,
    "mae": keras.losses.mean_absolute_error,
    "charbonnier": charbonnier,
    "psnr": psnr_loss,
    "ssim": ssim_loss,
    "ssim_l1": ssim_l1,
}
