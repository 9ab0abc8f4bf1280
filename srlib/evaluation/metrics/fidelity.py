"""How close an SR image is to the truth."""

import numpy as np
from skimage.metrics import structural_similarity

from srlib.evaluation.metrics.protocol import Protocol

__all__ = ["psnr", "ssim"]


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
