"""Losses that compare what lies within a window around each pixel."""

import numpy as np
from keras import ops

from srlib.losses.pixel import difference

__all__ = ["ssim_l1", "ssim_loss"]

WINDOW = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
WINDOW = (WINDOW / WINDOW.sum()).astype(np.float32)
C1, C2 = 0.01**2, 0.03**2


def ssim_loss(y_true, y_pred):
    """One minus the structural similarity: 0 for equal images, at most 2.

    An 11×11 Gaussian window of σ = 1.5, K = (0.01, 0.03), averaged over the three channels and
    all positions where the window fits: `srlib.ssim` in RGB without a crop. The range of
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
    x, error = ops.cast(y_true, "float32"), difference(y_true, y_pred)
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
    l1 = ops.mean(ops.abs(difference(y_true, y_pred)), axis=(1, 2, 3))
    return 0.84 * ssim_loss(y_true, y_pred) + 0.16 * l1


def _window_means(planes):
    """Means under the Gaussian window wherever it fits: (N, H, W, c) → (N, H−10, W−10, c)."""
    # A row of the window, then a column: 22 products a value instead of 121.
    row = np.tile(WINDOW[None, :, None, None], (1, 1, planes.shape[-1], 1))
    return ops.depthwise_conv(ops.depthwise_conv(planes, row), row.transpose(1, 0, 2, 3))
