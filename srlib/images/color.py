"""Gray of colour: as the eye weighs it, and luma, which is compared in the literature."""

import numpy as np

__all__ = ["GRAY", "luma"]

GRAY = np.array([0.299, 0.587, 0.114])  # BT.601, of red, green and blue, in full range


def luma(image: np.ndarray) -> np.ndarray:
    """The Y channel of BT.601 in studio range: 16 for black, 235 for white.

    Parameters
    ----------
    image
        (…, 3) RGB, uint8 or floating point, in 0–255.

    Returns
    -------
    numpy.ndarray
        float64 (…), not rounded.

    Notes
    -----
    ITU-R BT.601-7; the same coefficients as MATLAB's ``rgb2ycbcr``, which the super-resolution
    literature uses.
    """
    return 16 + image.astype(np.float64) @ (np.array([65.481, 128.553, 24.966]) / 255)
