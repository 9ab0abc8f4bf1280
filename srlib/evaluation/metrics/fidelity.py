"""How close an SR image is to the truth."""

import numpy as np
from scipy import ndimage
from skimage.metrics import structural_similarity

from srlib.evaluation.metrics.protocol import Protocol

__all__ = ["ms_ssim", "psnr", "ssim"]

# Of the five scales from fine to coarse; measured by Wang et al. with observers.
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
SMALLEST = 11 * 2 ** (len(WEIGHTS) - 1)  # a side at which the window fits at every scale


def psnr(hr: np.ndarray, sr: np.ndarray, *, scale: int, protocol: Protocol | None = None) -> float:
    """Peak signal-to-noise ratio in dB: ``10 log10(255² / MSE)``; infinite for equal images.

    Parameters
    ----------
    hr
        The truth, uint8 (H, W, 3), or (H, W) if it is gray.
    sr
        The image to judge (H, W, 3), uint8 or float in [0, 1].
    scale
        The scale of the super-resolution.
    protocol
        What is compared; the literature's by default.
    """
    a, b = (protocol or Protocol()).planes(hr, sr, scale)
    error = np.mean((a - b) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def ssim(hr: np.ndarray, sr: np.ndarray, *, scale: int, protocol: Protocol | None = None) -> float:
    """Structural similarity, at most 1.

    Wang, Bovik, Sheikh and Simoncelli (2004): an 11×11 Gaussian window of σ = 1.5, population
    covariances, K = (0.01, 0.03), L = 255, averaged over all positions where the window fits. For
    ``color="rgb"`` it is the mean over the channels. Parameters as in `psnr`.
    """
    a, b = (protocol or Protocol()).planes(hr, sr, scale)
    if min(a.shape[:2]) < 11:
        raise ValueError(f"SSIM needs 11×11 pixels after cropping, not {a.shape[1]}×{a.shape[0]}")
    return float(
        structural_similarity(
            a,
            b,
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            channel_axis=2 if a.ndim == 3 else None,
        )
    )


def ms_ssim(
    hr: np.ndarray, sr: np.ndarray, *, scale: int, protocol: Protocol | None = None
) -> float:
    """Structural similarity at five scales, at most 1: fine detail counts less than in `ssim`.

    Contrast and structure are compared at each scale, brightness at the coarsest only, each to the
    power of its weight; negative similarity counts as 0. Window, constants and colours as in
    `ssim`, parameters as in `psnr`.

    Raises
    ------
    ValueError
        If a side is shorter than 176 pixels after cropping: at the coarsest scale the window would
        not fit.

    References
    ----------
    Wang, Simoncelli and Bovik, "Multiscale Structural Similarity for Image Quality Assessment",
    Asilomar Conference on Signals, Systems and Computers, 2003.
    """
    a, b = (protocol or Protocol()).planes(hr, sr, scale)
    if min(a.shape[:2]) < SMALLEST:
        raise ValueError(
            f"MS-SSIM needs {SMALLEST}×{SMALLEST} pixels after cropping, not "
            f"{a.shape[1]}×{a.shape[0]}: take a larger image, or ssim"
        )
    channels = zip(*(np.atleast_3d(plane).transpose(2, 0, 1) for plane in (a, b)), strict=True)
    return float(np.mean([_ms_ssim_of_channel(*pair) for pair in channels]))


def _ms_ssim_of_channel(a, b):
    similarity = 1.0
    for level, weight in enumerate(WEIGHTS, 1):
        brightness, structure = _similarities(a, b)
        factor = structure if level < len(WEIGHTS) else brightness * structure
        similarity *= max(0.0, np.mean(factor)) ** weight
        a, b = _halved(a), _halved(b)
    return similarity


def _similarities(a, b):
    """Of brightness, and of contrast and structure, at every place where the window fits."""
    first, second = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_a, mean_b, squares_a, squares_b, products = map(_windowed, (a, b, a * a, b * b, a * b))
    means = mean_a * mean_b
    variances = squares_a - mean_a**2 + squares_b - mean_b**2
    brightness = (2 * means + first) / (mean_a**2 + mean_b**2 + first)
    return brightness, (2 * (products - means) + second) / (variances + second)


def _windowed(plane):
    return ndimage.gaussian_filter(plane, 1.5, radius=5)[5:-5, 5:-5]


def _halved(plane):
    height, width = (side // 2 for side in plane.shape)
    return plane[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3))
