"""An HR image and the LR image that was made of it."""

import zlib
from typing import NamedTuple

import numpy as np

from srlib.images.arrays import check_image, modcrop
from srlib.images.degradations.chains import Degradation, degradation
from srlib.images.degradations.pieces import Resize
from srlib.images.degradations.resampling import check_scale

__all__ = ["Pair", "degrade", "make_pair"]


class Pair(NamedTuple):
    """An LR image (h, w, 3) and the HR image (s·h, s·w, 3) it was made from, both uint8 RGB."""

    lr: np.ndarray
    hr: np.ndarray


def degrade(
    image: np.ndarray, scale: int, kernel: str | Degradation = "bicubic", seed: int = 0
) -> np.ndarray:
    """The LR image of an HR image: a pure function of its arguments.

    Parameters
    ----------
    image
        uint8 (H, W, 3), or (H, W) where nothing but a kernel is asked for; the sides are
        multiples of `scale` (see `modcrop`).
    scale
        How many times smaller the LR image is, at least 2.
    kernel
        A `Degradation`, or the name of one: a kernel such as ``"bicubic"``, or ``"jpeg-70"`` and
        the like, see `degradation`.
    seed
        Start of the random numbers. Every image has its own, whatever the seed, so that a set is
        not covered by one pattern of noise.

    Returns
    -------
    numpy.ndarray
        uint8 (h, w, 3), or (h, w).
    """
    rng = np.random.default_rng((seed, zlib.crc32(image.tobytes())))
    chain = degradation(kernel, rng) if isinstance(kernel, str) else kernel
    if not all(isinstance(piece, Resize) for piece in chain.pieces):
        check_image(image)
    return chain(image, scale, rng)


def make_pair(
    image: np.ndarray, scale: int, kernel: str | Degradation = "bicubic", seed: int = 0
) -> Pair:
    """Crop an image to a multiple of `scale` and make the LR image that belongs to it.

    The arguments are those of `degrade`.
    """
    hr = modcrop(image, check_scale(scale))
    return Pair(degrade(hr, scale, kernel, seed), hr)
