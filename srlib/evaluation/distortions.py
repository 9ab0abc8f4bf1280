"""Ways to spoil an image, each by a strength: what a measure of quality is tried on."""

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

__all__ = ["DISTORTIONS", "Distortion"]


class Distortion(NamedTuple):
    """A way to spoil an image.

    Parameters
    ----------
    apply
        Takes an image, uint8 (H, W, 3), a strength and a `numpy.random.Generator`; returns an
        image like it.
    weakest, strongest
        The range of strengths, from hardly seen to plain; see `DISTORTIONS` for their meaning.
    """

    apply: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
    weakest: float
    strongest: float

    def __call__(self, image: np.ndarray, degree: float, rng: np.random.Generator) -> np.ndarray:
        """The image spoilt by a degree, from 0, weakest, to 1, strongest, in equal ratios."""
        strength = self.weakest * (self.strongest / self.weakest) ** degree
        return self.apply(image, strength, rng)


def _blur(image, sigma, _rng):
    return _to_uint8(ndimage.gaussian_filter(image.astype(np.float32), (sigma, sigma, 0)))


def _noise(image, sigma, rng):
    return _to_uint8(image + rng.normal(0, sigma, image.shape))


def _jpeg(image, coarseness, _rng):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "jpeg", quality=round(100 - coarseness))
    return np.asarray(Image.open(file))


def _checkerboard(image, amplitude, _rng):
    rows, columns = np.indices(image.shape[:2])
    return _to_uint8(image + amplitude * np.where((rows + columns) % 2, 1, -1)[..., None])


def _ringing(image, share, _rng):
    """All frequencies above a bound are cut off at once, which leaves ripples beside edges."""
    # Mirrored, since the opposite borders of an image are neighbours to a Fourier transform.
    height, width = image.shape[:2]
    mirrored = np.pad(image, ((0, height), (0, width), (0, 0)), mode="symmetric").astype(np.float32)
    spectrum = np.fft.fft2(mirrored, axes=(0, 1))
    rows, columns = np.fft.fftfreq(2 * height)[:, None], np.fft.fftfreq(2 * width)[None]
    spectrum[np.hypot(rows, columns) > 0.5 * (1 - share)] = 0
    return _to_uint8(np.fft.ifft2(spectrum, axes=(0, 1)).real[:height, :width])


def _color_shift(image, size, rng):
    direction = rng.normal(size=3)
    return _to_uint8(image + size * direction / np.linalg.norm(direction))


def _to_uint8(image):
    return np.round(np.clip(image, 0, 255)).astype(np.uint8)


DISTORTIONS = {
    "blur": Distortion(_blur, 0.4, 3),  # σ of the Gaussian, in pixels
    "noise": Distortion(_noise, 1, 30),  # σ in gray levels
    "jpeg": Distortion(_jpeg, 4, 95),  # 100 − Pillow's quality
    "checkerboard": Distortion(_checkerboard, 1, 24),  # amplitude in gray levels
    "ringing": Distortion(_ringing, 0.3, 0.85),  # share of the frequencies cut off
    "color_shift": Distortion(_color_shift, 2, 40),  # distance in gray levels
}
