"""Drawn images: dead leaves, which make endless training photographs, and a woven cloth."""

import numpy as np
from PIL import Image, ImageDraw

__all__ = ["dead_leaves", "twill"]

SUPERSAMPLING = 2  # leaves are drawn at twice the size, so that their edges are antialiased
SMALLEST = 1.0  # radius of the smallest leaf, in pixels of the result
LAYERS = 4  # how many leaves lie over each other, on average

YARN = 6.0  # pixels from one yarn of the cloth to the next
WARP, WEFT = np.array([62, 84, 122]), np.array([188, 178, 156])  # colours of its yarns


def dead_leaves(size: tuple[int, int] = (256, 256), seed: int = 0) -> np.ndarray:
    """An image of overlapping textured shapes, with the edges and the spectrum of photographs.

    Discs and squares fall on each other, the last on top, each with a colour and a grating of its
    own. Their radii follow a power law of exponent −3, so that the image looks alike at every
    scale, as natural images do.

    Parameters
    ----------
    size
        Height and width, in pixels.
    seed
        Start of the random numbers; equal seeds give equal images.

    Returns
    -------
    numpy.ndarray
        uint8 (H, W, 3), RGB.

    Raises
    ------
    ValueError
        If a side of `size` is less than one pixel.

    References
    ----------
    Lee, Mumford and Huang, "Occlusion Models for Natural Images", IJCV 2001.
    """
    fine = _fine(size)
    rng = np.random.default_rng(seed)
    radii = _radii(rng, fine)
    colours = _colours(rng, len(radii) + 1)
    top = _topmost(rng, fine, radii)
    leafy = colours[top] + _gratings(rng, len(radii) + 1, top)[..., np.newaxis]
    return _reduced(leafy, size)


def _fine(size):
    """Height and width at which an image of this size is drawn."""
    height, width = size
    if min(height, width) < 1:
        raise ValueError(f"size must be at least 1×1 pixels, not {height}×{width}")
    return height * SUPERSAMPLING, width * SUPERSAMPLING


def _reduced(drawn, size):
    """What was drawn, as an image of this size."""
    picture = Image.fromarray(np.clip(drawn, 0, 255).astype(np.uint8))
    return np.asarray(picture.resize(size[::-1], Image.Resampling.BOX))


def _radii(rng, fine):
    """Radii of density ∝ r⁻³ between two bounds, by inverting the distribution function."""
    smallest = SMALLEST * SUPERSAMPLING
    largest = max(max(fine) / 3, 2 * smallest)
    falloff = smallest**-2 - largest**-2
    mean_area = 2 * np.pi * np.log(largest / smallest) / falloff
    count = 1 + int(LAYERS * fine[0] * fine[1] / mean_area)
    return (smallest**-2 - rng.uniform(0, 1, count) * falloff) ** -0.5


def _colours(rng, count):
    """RGB of each leaf: any brightness, but seldom gaudy."""
    return (rng.uniform(0, 255, (count, 1)) + rng.normal(0, 30, (count, 3))).astype(np.float32)


def _topmost(rng, fine, radii):
    """Which leaf is seen at each pixel: its number from 1, or 0 for the ground."""
    centres = rng.uniform(0, fine[::-1], (len(radii), 2))
    turns = rng.uniform(0, 90, len(radii))
    round_ones = rng.uniform(0, 1, len(radii)) < 0.5
    squares = _squares(centres, radii, turns).tolist()
    picture = Image.new("I", fine[::-1])
    draw = ImageDraw.Draw(picture)
    for number, (centre, radius) in enumerate(zip(centres.tolist(), radii, strict=True), start=1):
        if round_ones[number - 1]:
            draw.circle(centre, radius, fill=number)
        else:
            draw.polygon(squares[number - 1], fill=number)
    return np.asarray(picture)


def _squares(centres, radii, turns):
    """The corners of turned squares, each as x, y, x, y, …, to a hundredth of a pixel.

    All at once: `ImageDraw.regular_polygon` takes ten times as long to compute them one by one.
    """
    angles = np.radians(turns[:, np.newaxis] + [225, 315, 45, 135])
    offsets = np.stack([np.cos(angles), -np.sin(angles)], axis=-1)
    corners = centres[:, np.newaxis] + radii[:, np.newaxis, np.newaxis] * offsets
    return corners.round(2).reshape(len(radii), -1)


def _gratings(rng, count, top):
    """The texture of each leaf: a sine wave of its own direction, period and strength."""
    directions = rng.uniform(0, 2 * np.pi, count)
    periods = SUPERSAMPLING * rng.uniform(3, 24, count)
    strengths = rng.exponential(12, count).astype(np.float32)
    waves = (2 * np.pi / periods * np.exp(1j * directions)).astype(np.complex64)[top]
    y, x = np.ogrid[: top.shape[0], : top.shape[1]]
    return strengths[top] * np.sin(waves.real * x.astype(np.float32) + waves.imag * y)


def twill(size: tuple[int, int] = (256, 256), seed: int = 0) -> np.ndarray:
    """A cloth in folds, of blue warp and light weft, two over and two under.

    Fabric as no photograph that comes with the course has it: regular, fine, and at every angle.

    Parameters
    ----------
    size
        Height and width, in pixels.
    seed
        Start of the random numbers, which lay the folds; equal seeds give equal images.

    Returns
    -------
    numpy.ndarray
        uint8 (H, W, 3), RGB.

    Raises
    ------
    ValueError
        If a side of `size` is less than one pixel.
    """
    height, width = _fine(size)
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / SUPERSAMPLING
    fold, shade = _folds(rng, x, y)
    across, along = (0.94 * x + 0.34 * y + fold) / YARN, (0.94 * y - 0.34 * x + fold) / YARN
    warp_on_top = (np.floor(across) - np.floor(along)) % 4 < 2
    # A yarn is round: brightest in its middle, dark where the next one begins.
    place = np.where(warp_on_top, across, along) % 1
    roundness = 0.35 + 0.65 * np.sin(np.pi * place)
    colour = np.where(warp_on_top[..., np.newaxis], WARP, WEFT)
    lit = colour * (roundness * shade)[..., np.newaxis]
    return _reduced(lit, size)


def _folds(rng, x, y):
    """How far a few broad waves shift the cloth, in pixels, and how bright they make it, near 1."""
    shift, shade = np.zeros_like(x), np.ones_like(x)
    for period in (90, 140, 210):
        turn, phase = rng.uniform(0, 2 * np.pi, 2)
        wave = 2 * np.pi / period * (np.cos(turn) * x + np.sin(turn) * y) + phase
        shift += period / 40 * np.sin(wave)
        shade += 0.12 * np.cos(wave)
    return shift, shade
