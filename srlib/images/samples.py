"""What was decoded, between a file and an image: samples of any depth, then 8 bits, upright."""

from typing import NamedTuple

import numpy as np
from PIL import Image

__all__ = ["Decoded", "Samples", "reduced", "upright"]

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Samples(NamedTuple):
    """Integers as a file holds them, and what they mean.

    Attributes
    ----------
    colour
        (H, W, C), from 0 to `maximum`.
    maximum
        The largest value that there can be.
    alpha
        (H, W), or None.
    icc
        The colour profile, or None.
    orientation
        As EXIF counts it.
    """

    colour: np.ndarray
    maximum: int
    alpha: np.ndarray | None = None
    icc: bytes | None = None
    orientation: int = 1


class Decoded(NamedTuple):
    """The pixels of a file, upright: 8 bits of L, RGB, CMYK or LAB, alpha (L), colour profile."""

    picture: Image.Image
    alpha: Image.Image | None
    icc: bytes | None


def reduced(samples: Samples) -> Decoded:
    """Samples of any depth as pictures of 8 bits."""

    def scaled(values):
        return np.round(values / (samples.maximum / 255)).astype(np.uint8)

    colour = scaled(samples.colour)
    modes = {1: "L", 3: "RGB", 4: "CMYK"}
    channels = [Image.fromarray(np.ascontiguousarray(c)) for c in np.moveaxis(colour, -1, 0)]
    picture = Image.merge(modes[len(channels)], channels)
    alpha = None if samples.alpha is None else Image.fromarray(scaled(samples.alpha))
    return upright(picture, alpha, samples.icc, samples.orientation)


def upright(
    picture: Image.Image, alpha: Image.Image | None, icc: bytes | None, orientation: object
) -> Decoded:
    """What was decoded, turned as its orientation says, if that is one."""
    if isinstance(orientation, int) and (turn := TURNS.get(orientation)) is not None:
        picture, alpha = picture.transpose(turn), alpha and alpha.transpose(turn)
    return Decoded(picture, alpha, icc)
