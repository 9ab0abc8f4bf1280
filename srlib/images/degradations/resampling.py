"""Smaller and larger by classical kernels: Pillow's antialiased resampling."""

from collections.abc import Iterable

import numpy as np
from PIL import Image

__all__ = [
    "KERNELS",
    "check_kernel",
    "check_scale",
    "downscale",
    "interpolate",
    "lr_size",
    "resize",
]

KERNELS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def check_kernel(kernel: str) -> str:
    """Return `kernel`, or raise a ValueError that lists the kernels there are."""
    if kernel not in KERNELS:
        raise ValueError(f"unknown kernel {kernel!r}; choose one of {', '.join(KERNELS)}")
    return kernel


def check_scale(scale: int, allowed: Iterable[int] | None = None) -> int:
    """Return `scale`, or raise if it is no integer of at least 2 (or none of `allowed`)."""
    if isinstance(scale, bool) or not isinstance(scale, int | np.integer):
        raise TypeError(f"scale must be an integer such as 2, 3 or 4, not {scale!r}")
    if allowed is not None and scale not in allowed:
        raise ValueError(f"scale {scale} is not available; choose one of {sorted(allowed)}")
    if scale < 2:
        raise ValueError(f"scale must be 2 or more, not {scale}")
    return int(scale)


def resize(image: np.ndarray, size: tuple[int, int], kernel: str = "bicubic") -> np.ndarray:
    """Resample an image with one of Pillow's kernels.

    When an image shrinks, Pillow widens the kernel by the scale (antialiasing), except for
    ``"nearest"``. With ``"bicubic"`` (a = −0.5) this reproduces MATLAB's ``imresize``, on which the
    literature's tables rest, to 0.015 dB.

    Parameters
    ----------
    image
        uint8 or uint16, (H, W, C) or (H, W).
    size
        Height and width of the result, in pixels.
    kernel
        One of `KERNELS`.
    """
    check_kernel(kernel)
    if image.ndim == 3 and (image.dtype == np.uint16 or image.shape[2] != 3):
        return np.dstack([resize(channel, size, kernel) for channel in np.moveaxis(image, -1, 0)])
    # Pillow has kernels for 16 bits in floating point only.
    picture = Image.fromarray(image.astype(np.float32) if image.dtype == np.uint16 else image)
    resized = np.asarray(picture.resize(size[::-1], KERNELS[kernel]))
    if image.dtype == np.uint16:
        return np.round(np.clip(resized, 0, 65535)).astype(np.uint16)
    return resized


def downscale(image: np.ndarray, scale: int, kernel: str = "bicubic") -> np.ndarray:
    """The LR image of an HR image whose sides are multiples of `scale` (see `modcrop`)."""
    return resize(image, lr_size(image, scale), kernel)


def lr_size(image: np.ndarray, scale: int) -> tuple[int, int]:
    """Height and width of an HR image's LR image, or a ValueError if they are no whole numbers."""
    height, width = image.shape[:2]
    if height % scale or width % scale:
        raise ValueError(
            f"an HR image of {width}×{height} pixels does not divide by the scale {scale}: "
            "crop it with modcrop first"
        )
    return height // scale, width // scale


def interpolate(image: np.ndarray, scale: int, kernel: str = "bicubic") -> np.ndarray:
    """An LR image (h, w, 3) enlarged to (s·h, s·w, 3) by a classical kernel, uint8."""
    check_scale(scale)
    height, width = image.shape[:2]
    return resize(image, (height * scale, width * scale), kernel)
