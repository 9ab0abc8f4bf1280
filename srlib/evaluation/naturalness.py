"""How far an image's statistics are from those of photographs, without any truth."""

import functools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy import ndimage, special

from srlib.images import check_image, luma
from srlib.photos import photos

__all__ = ["unnaturalness"]

SIDE = 96  # of the patches that are described
SHARP = 0.75  # photographs are described by patches at least so sharp, as a share of the sharpest
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))

# Shapes of a generalised normal distribution, and the ratio of moments by which each is known.
SHAPES = np.arange(0.2, 10, 0.001)
RATIOS = special.gamma(2 / SHAPES) ** 2 / (special.gamma(1 / SHAPES) * special.gamma(3 / SHAPES))


def unnaturalness(image: np.ndarray, photo_set: str | Path = "course-train") -> float:
    """Distance between the statistics of an image and those of photographs, after NIQE.

    Where each pixel is set against the mean and the spread of its neighbourhood, what is left has
    much the same distribution in all photographs: sharply peaked at zero, with neighbours of one
    sign. Blur, noise, blocks and weaves change that, each in its own way. The shapes of these
    distributions, 36 numbers of each patch of 96×96 pixels at two scales, are taken for normal;
    the distance is that of Mahalanobis, with the mean of both covariances.

    It needs no truth, and so cannot know whether what looks natural is true. Values compare only
    for one `photo_set`; those of the paper are of other photographs.

    Parameters
    ----------
    image
        uint8 (H, W, 3), at least 192×192 pixels for the two patches that a covariance needs.
    photo_set
        The photographs to set it against: a photo set or a folder.

    Returns
    -------
    float
        0 or more; the smaller, the more like the photographs.

    Raises
    ------
    ValueError
        If the image is too small, or `photo_set` is none.

    References
    ----------
    Mittal, Soundararajan and Bovik, "Making a 'Completely Blind' Image Quality Analyzer", IEEE
    Signal Processing Letters 20(3), 2013.
    """
    height, width = check_image(image).shape[:2]
    if min(height, width) < 2 * SIDE:
        raise ValueError(
            f"an image of {width}×{height} pixels is too small: the statistics need at least "
            f"{2 * SIDE}×{2 * SIDE}"
        )
    mean, covariance = _of_photographs(str(photo_set))
    described, _ = _patches(image)
    apart = mean - described.mean(axis=0)
    pooled = (covariance + np.cov(described, rowvar=False)) / 2
    return float(np.sqrt(apart @ np.linalg.pinv(pooled) @ apart))


@functools.lru_cache(4)
def _of_photographs(photo_set):
    """Mean and covariance of the 36 numbers, over the sharp patches of photographs."""
    kept = []
    for photo in photos(photo_set):
        described, sharpness = _patches(photo.image)
        kept += [described[sharpness >= SHARP * sharpness.max()]] if len(described) else []
    vectors = np.concatenate(kept) if kept else np.empty((0, 36))
    if len(vectors) < 2:
        raise ValueError(f"{photo_set} holds too few patches of {SIDE}×{SIDE} pixels to describe")
    return vectors.mean(axis=0), np.cov(vectors, rowvar=False)


def _patches(image):
    """The 36 numbers of each patch (n, 36), and how sharp each is."""
    gray = luma(image)
    at_two_scales, sharpness = [], None
    for side in (SIDE, SIDE // 2):
        structure, spread = _normalised(gray)
        described = [_described(patch) for patch in _cut(structure, side)]
        at_two_scales.append(np.array(described).reshape(-1, 18))
        if sharpness is None:
            sharpness = np.array([patch.mean() for patch in _cut(spread, side)])
        gray = ndimage.zoom(ndimage.gaussian_filter(gray, 0.8), 0.5, order=1)
    count = min(map(len, at_two_scales))
    return np.concatenate([rows[:count] for rows in at_two_scales], axis=1), sharpness[:count]


def _cut(plane, side):
    rows, columns = (n // side for n in plane.shape)
    return [
        plane[y * side : (y + 1) * side, x * side : (x + 1) * side]
        for y in range(rows)
        for x in range(columns)
    ]


def _normalised(gray):
    """Each pixel less the mean of its neighbourhood, by its spread, and that spread."""
    blur = functools.partial(ndimage.gaussian_filter, sigma=7 / 6, truncate=3 / (7 / 6))
    mean = blur(gray)
    spread = np.sqrt(np.maximum(blur(gray**2) - mean**2, 0))
    return (gray - mean) / (spread + 1), spread


def _described(patch: np.ndarray) -> Iterable[float]:
    """The 18 numbers of a patch at one scale."""
    shape, left, right = _asymmetric(patch)
    numbers = [shape, (left + right) / 2]
    for shift in NEIGHBOURS:
        shape, left, right = _asymmetric(patch * np.roll(patch, shift, axis=(0, 1)))
        mean = (right - left) * special.gamma(2 / shape) / special.gamma(1 / shape)
        numbers += [shape, mean, left**2, right**2]
    return numbers


def _asymmetric(values):
    """Shape and the two scales of an asymmetric generalised normal distribution, by moments."""
    below, above = values[values < 0], values[values > 0]
    left, right = (np.sqrt(np.mean(side**2)) if side.size else 1e-6 for side in (below, above))
    power = max(np.mean(values**2), 1e-12)
    tails = left / right
    ratio = np.mean(np.abs(values)) ** 2 / power
    ratio *= (tails**3 + 1) * (tails + 1) / (tails**2 + 1) ** 2
    shape = SHAPES[np.abs(RATIOS - ratio).argmin()]
    widen = np.sqrt(special.gamma(1 / shape) / special.gamma(3 / shape))
    return shape, left * widen, right * widen
