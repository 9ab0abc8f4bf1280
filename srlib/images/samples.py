"""What was decoded, between a file and an image: samples of any depth, upright, then 8 bits."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

__all__ = ["Kind", "Samples", "pictures", "quantised", "stacked", "upright"]

TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


class Kind(NamedTuple):
    """What there is to know of `Samples` beside the samples; `alpha` is whether there is any."""

    mode: str
    maximum: int
    alpha: bool = False
    icc: bytes | None = None


class Samples(NamedTuple):
    """A picture's samples as its file has them, and what they mean.

    Attributes
    ----------
    mode
        What the channels are: ``"L"`` (gray), ``"RGB"``, ``"CMYK"`` or ``"LAB"``, in Pillow's
        words.
    colour
        (H, W, C), from 0 to `maximum`.
    maximum
        The largest value that there can be.
    alpha
        (H, W), from 0 (transparent) to `maximum` (opaque), not multiplied into `colour`; or None.
    icc
        The colour profile, or None.
    """

    mode: str
    colour: np.ndarray
    maximum: int
    alpha: np.ndarray | None = None
    icc: bytes | None = None

    @property
    def kind(self) -> Kind:
        """What is known of them without them."""
        return Kind(self.mode, self.maximum, self.alpha is not None, self.icc)


def upright(samples: Samples, orientation: object) -> Samples:
    """Samples turned as an orientation of EXIF says, if it is one."""
    turn = TURNS.get(orientation) if isinstance(orientation, int) else None
    if turn is None:
        return samples
    alpha = None if samples.alpha is None else turn(samples.alpha)
    return samples._replace(colour=turn(samples.colour), alpha=alpha)


def quantised(samples: Samples) -> Samples:
    """Samples of any depth in uint8, or in uint16 if they have more than 8 bits."""
    maximum = 255 if samples.maximum <= 255 else 65535
    alpha = None if samples.alpha is None else _scaled(samples.alpha, samples.maximum, maximum)
    colour = _scaled(samples.colour, samples.maximum, maximum)
    return samples._replace(colour=colour, maximum=maximum, alpha=alpha)


def pictures(samples: Samples) -> tuple[Image.Image, Image.Image | None]:
    """Samples of any depth as Pillow's pictures of 8 bits: one of the mode, and alpha or None."""

    def picture(values, mode):
        values = np.ascontiguousarray(_scaled(values, samples.maximum, 255))
        size = values.shape[1::-1]
        return Image.frombuffer(mode, size, values, "raw", mode, 0, 1)

    alpha = None if samples.alpha is None else picture(samples.alpha, "L")
    return picture(samples.colour, samples.mode), alpha


def stacked(samples: Samples) -> np.ndarray:
    """Colour and, if there is any, alpha behind it: (H, W, 1 to 4)."""
    if samples.alpha is None:
        return samples.colour
    return np.concatenate([samples.colour, samples.alpha[..., np.newaxis]], axis=-1)


def _scaled(values, maximum, wanted):
    dtype = np.uint8 if wanted == 255 else np.uint16
    if maximum == wanted and np.issubdtype(values.dtype, np.integer):
        return values.astype(dtype, copy=False)
    return np.round(values / (maximum / wanted)).astype(dtype)
