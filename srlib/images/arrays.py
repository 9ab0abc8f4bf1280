"""Images and batches as arrays: their checks, their crops, and one made of the other."""

import numpy as np

from srlib.images.formats import ImageError

__all__ = ["check_image", "middle", "modcrop", "to_batch", "to_image", "to_samples"]


def modcrop(image: np.ndarray, scale: int) -> np.ndarray:
    """Cut off the bottom rows and right columns that do not fill a multiple of `scale`.

    Raises
    ------
    ImageError
        If the image is smaller than `scale` in either direction.
    """
    height, width = image.shape[:2]
    if min(height, width) < scale:
        raise ImageError(
            f"an image of {width}×{height} pixels is smaller than the scale {scale}: "
            "choose a smaller scale or a larger image"
        )
    return image[: height - height % scale, : width - width % scale]


def middle(image: np.ndarray, side: int) -> np.ndarray:
    """The square of `side` pixels in the middle of an image, or as much of it as there is."""
    top, left = (max(0, length - side) // 2 for length in image.shape[:2])
    return image[top : top + side, left : left + side]


def check_image(image: np.ndarray) -> np.ndarray:
    """Return `image`, or raise a ValueError if it is not uint8 (H, W, 3)."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f"an image is uint8 (H, W, 3), not {image.dtype} {image.shape}; srlib.to_image makes "
            "one of a batch in [0, 1]"
        )
    return image


def to_batch(image: np.ndarray) -> np.ndarray:
    """An image (H, W, 3), uint8 or float32 in [0, 1], as a float32 batch of one, (1, H, W, 3).

    Of another type it is a ValueError, since its range is not known.
    """
    if image.dtype == np.float32:
        return image[np.newaxis]
    if image.dtype != np.uint8:
        raise ValueError(f"an image is uint8, or float32 in [0, 1], not {image.dtype}")
    return image[np.newaxis].astype(np.float32) / np.float32(255)


def to_image(batch: np.ndarray) -> np.ndarray:
    """A batch of one, (1, H, W, 3) in [0, 1], clipped and rounded to a uint8 image (H, W, 3)."""
    return to_samples(np.asarray(batch, np.float32)[0], np.uint8)


def to_samples(values: np.ndarray, dtype: type) -> np.ndarray:
    """Float values (H, W, C) in [0, 1], clipped and rounded to whole numbers, of uint8 or uint16.

    It goes row by row, so that what comes between stays in the processor's cache, which takes a
    third of the time for a photograph.
    """
    samples = np.empty(values.shape, dtype)
    for row, made in zip(values, samples, strict=True):
        between = np.clip(row, 0, 1)
        between *= np.iinfo(dtype).max
        np.rint(between, out=made, casting="unsafe")
    return samples
