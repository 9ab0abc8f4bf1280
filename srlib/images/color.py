"""Gray of colour, luma as the literature compares it, and light in linear units."""

import numpy as np

__all__ = ["GRAY", "from_linear", "luma", "to_linear"]

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


def to_linear(image: np.ndarray) -> np.ndarray:
    """Values of sRGB (IEC 61966-2-1), 0–255, as amounts of light: float32, 0 for none, 1 for white.

    Parameters
    ----------
    image
        uint8, or floating point in 0–255.
    """
    values = np.asarray(image, np.float32) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def from_linear(light: np.ndarray) -> np.ndarray:
    """Amounts of light, clipped to 0–1, as values of sRGB: uint8, rounded."""
    light = np.clip(light, 0, 1)
    values = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(255 * values).astype(np.uint8)
