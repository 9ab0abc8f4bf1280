"""What happens to a photograph, a piece at a time: blur, resampling, noise, compression.

A piece is a frozen dataclass of its parameters, which `str` tells for a caption, and a function of
a uint8 image (H, W, 3) that returns another: between two pieces stand 8 bits, as between two
programs. What is random takes a generator.
"""

import io
import math
from dataclasses import dataclass
from numbers import Real

import numpy as np
from PIL import Image

from srlib.images.color import from_linear, to_linear
from srlib.images.degradations.resampling import check_kernel, resize

__all__ = ["Blur", "Jpeg", "Noise", "Photons", "Resize", "WebP", "gaussian_kernel"]

REACH = 4  # standard deviations at which a Gaussian kernel ends


@dataclass(frozen=True)
class Blur:
    """Blur by a Gaussian kernel, as lenses and a shaking hand do roughly; mirrored at the border.

    Parameters
    ----------
    width
        Standard deviation in pixels.
    across
        The same at right angles, for a kernel that is longer than wide; None for `width`.
    angle
        Of `width` to the rows, in degrees, anticlockwise.
    """

    width: float
    across: float | None = None
    angle: float = 0.0

    def __post_init__(self):
        for name, value in (("width", self.width), ("across", self.across or 0)):
            _check(name, value, 0, 50, "pixels")

    def __str__(self):
        if self.across is None:
            return f"Gaussian blur σ {self.width:.3g} px"
        return f"Gaussian blur σ {self.width:.3g}×{self.across:.3g} px at {self.angle:.0f}°"

    def __call__(self, image, rng=None, size=None):
        """Return the image, blurred."""
        from scipy import signal  # takes a second, which who only resizes need not wait

        across = self.width if self.across is None else self.across
        kernel = gaussian_kernel(self.width, across, self.angle)
        reach = kernel.shape[0] // 2
        padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), "symmetric")
        blurred = signal.oaconvolve(
            padded.astype(np.float32), kernel[..., np.newaxis], "valid", axes=(0, 1)
        )
        return _eight_bits(blurred)


@dataclass(frozen=True)
class Resize:
    """Resample by one of Pillow's kernels, see `resize`.

    Parameters
    ----------
    kernel
        One of `srlib.KERNELS`.
    by
        How many times as large, such as 0.8 for a picture that was made smaller before it came
        here. None: to the size that the LR image shall have.
    """

    kernel: str = "bicubic"
    by: float | None = None

    def __post_init__(self):
        check_kernel(self.kernel)
        if self.by is not None:
            _check("by", self.by, 0.01, 16, "times")

    def __str__(self):
        kernel = "nearest" if self.kernel == "nearest" else f"antialiased {self.kernel}"
        return kernel if self.by is None else f"{kernel} by {self.by:.2f}"

    def __call__(self, image, rng=None, size=None):
        """Return the image in `size`, height and width, or `by` as many times its own."""
        if self.by is not None:
            size = tuple(max(1, round(side * self.by)) for side in image.shape[:2])
        return resize(image, size, self.kernel)


@dataclass(frozen=True)
class Noise:
    """Add normally distributed noise, another number to every pixel and channel.

    Parameters
    ----------
    strength
        Standard deviation in 8-bit gray levels.
    """

    strength: float

    def __post_init__(self):
        _check("strength", self.strength, 0, 255, "gray levels")

    def __str__(self):
        return f"noise σ {self.strength:.3g}"

    def __call__(self, image, rng, size=None):
        """Return the image with noise."""
        noise = rng.standard_normal(image.shape, np.float32)
        return _eight_bits(image + np.float32(self.strength) * noise)


@dataclass(frozen=True)
class Photons:
    """Count light as a sensor does: every value is a number of photons, drawn from Poisson's law.

    That is done in linear light, which sRGB's values are decoded to and encoded from again. In
    those values the noise is strongest in the shadows, and weakest in white and in black itself.

    Parameters
    ----------
    at_white
        Photons that a channel of white counts on average: thousands in the sun, some hundred in a
        dim room.
    """

    at_white: float

    def __post_init__(self):
        _check("at_white", self.at_white, 1, 1e9, "photons")

    def __str__(self):
        return f"photon noise, {self.at_white:.0f} at white"

    def __call__(self, image, rng, size=None):
        """Return the image as it was counted."""
        return from_linear(rng.poisson(to_linear(image) * self.at_white) / self.at_white)


@dataclass(frozen=True)
class Jpeg:
    """Save as JPEG by Pillow, which halves the colours' resolution, and read again.

    Parameters
    ----------
    quality
        Pillow's, from 1 to 100; phones take about 95, Pillow itself 75, messengers less.
    """

    quality: int

    def __post_init__(self):
        _check("quality", self.quality, 1, 100, "", whole=True)

    def __str__(self):
        return f"JPEG {self.quality}"

    def __call__(self, image, rng=None, size=None):
        """Return what a reader of the file sees."""
        return _through_file(image, "JPEG", self.quality)


@dataclass(frozen=True)
class WebP:
    """Save as lossy WebP by Pillow, and read again.

    Parameters
    ----------
    quality
        Pillow's, from 1 to 100.
    """

    quality: int

    def __post_init__(self):
        _check("quality", self.quality, 1, 100, "", whole=True)

    def __str__(self):
        return f"WebP {self.quality}"

    def __call__(self, image, rng=None, size=None):
        """Return what a reader of the file sees."""
        return _through_file(image, "WEBP", self.quality)


def gaussian_kernel(width: float, across: float | None = None, angle: float = 0) -> np.ndarray:
    """The weights of a Gaussian blur, whose sum is 1.

    Parameters
    ----------
    width, across, angle
        As for `Blur`.

    Returns
    -------
    numpy.ndarray
        float32 (n, n), n odd: as far as four standard deviations in every direction. Of a width of
        0 it is the one weight 1.
    """
    across = width if across is None else across
    reach = math.ceil(REACH * max(width, across))
    turn = math.radians(angle)
    rows, columns = np.mgrid[reach : -reach - 1 : -1, -reach : reach + 1]  # rows upwards
    along = columns * math.cos(turn) + rows * math.sin(turn)
    aside = rows * math.cos(turn) - columns * math.sin(turn)
    tiny = 1e-3  # keeps a width of 0 a point
    weights = np.exp(-0.5 * ((along / max(width, tiny)) ** 2 + (aside / max(across, tiny)) ** 2))
    return (weights / weights.sum()).astype(np.float32)


def _through_file(image, file_format, quality):
    with io.BytesIO() as file:
        Image.fromarray(image).save(file, file_format, quality=quality)
        return np.asarray(Image.open(file).convert("RGB"))


def _eight_bits(values):
    return np.round(np.clip(values, 0, 255)).astype(np.uint8)


def _check(name, value, least, most, unit, *, whole=False):
    kind = int | np.integer if whole else Real
    if isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= most:
        number = "a whole number" if whole else "a number"
        raise ValueError(f"{name} must be {number} from {least:g} to {most:g} {unit}".rstrip()
                         + f", not {value!r}")  # fmt: skip
