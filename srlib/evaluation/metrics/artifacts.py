"""What may be wrong with an SR image that the distance from the truth does not tell."""

import itertools

import numpy as np
from scipy import ndimage

from srlib.images import GRAY, check_image, downscale, interpolate

__all__ = ["checkerboard", "color_shift", "consistency", "detail", "flat_deviation", "weave"]

BLOCK = 32  # least side, in pixels, of the blocks whose spectra are averaged
COARSEST = 8  # longest period, in pixels, that `weave` looks at
FLAT = 2.0  # of a flat place: the largest standard deviation, in gray levels, around it …
AROUND = 5  # … in a square of so many pixels a side


def checkerboard(image: np.ndarray, *, scale: int) -> float:
    """How strongly a pattern of the upsampling's period lies over an image, in gray levels.

    What enlarges by `scale` can leave a pattern that repeats after as many pixels: energy at the
    multiples of 1/scale cycles a pixel. Photographs have some there too, so only what exceeds the
    energy of the frequencies around counts. For a pattern of ±a gray levels that covers a
    photograph the score is about a; for photographs themselves it is about 0. A pattern on a part
    of the image scores less, one that noise drowns scores nothing, and one of colour alone is not
    seen, since it is the gray value that is looked at.

    Spectra are those of Hann-windowed blocks of at least 32 pixels a side that overlap by half, and
    are averaged as logarithms, so that smooth blocks, where a pattern is seen best, count as much
    as busy ones. What is expected at a frequency is extrapolated, along its row and column, from
    those two and four steps away on either side.

    Parameters
    ----------
    image
        uint8 (H, W, 3), H and W at least 32 (33 for a scale of 3).
    scale
        The period of the pattern in pixels.

    Returns
    -------
    float
        Root of the sum of the excess energies, 0 or more, in 8-bit gray levels.

    Raises
    ------
    ValueError
        If the image is not as above.

    References
    ----------
    Odena, Dumoulin and Olah, "Deconvolution and Checkerboard Artifacts", Distill, 2016, for the
    artifact; the score is ours.
    """
    side = scale * -(-BLOCK // scale)
    log_energy, window_sum = _log_spectrum(image, side, "a checkerboard score")

    def around(row, column, distance):
        """Mean of the neighbours; along an axis, where photographs have most energy, only there."""
        steps = [(0, distance), (0, -distance)] * (column > 0)
        steps += [(distance, 0), (-distance, 0)] * (row > 0)
        return np.mean([log_energy[(row + i) % side, (column + j) % side] for i, j in steps])

    excess = 0.0
    for row, column in itertools.product(range(0, side, side // scale), repeat=2):
        if row or column:
            expected = (4 * around(row, column, 2) - around(row, column, 4)) / 3
            if {row, column} <= {0, side / 2}:
                # Here a spectrum is real, around it complex. For random numbers of the same mean
                # square, the logarithm of the square is smaller by ln 2, on average, if real.
                expected -= np.log(2)
            excess += np.exp(log_energy[row, column]) - np.exp(expected)
    return float(np.sqrt(max(0.0, excess)) / window_sum)


def _log_spectrum(image, side, purpose):
    """The logarithm of the energy of an image's blocks, averaged, and the sum of their window."""
    gray = check_image(image) @ GRAY
    if min(gray.shape) < side:
        raise ValueError(
            f"{purpose} needs {side}×{side} pixels, not {gray.shape[1]}×{gray.shape[0]}"
        )
    window = np.hanning(side + 1)[:-1]
    window = np.outer(window, window)
    blocks = np.lib.stride_tricks.sliding_window_view(gray, (side, side))
    blocks = blocks[:: side // 2, :: side // 2].reshape(-1, side, side)
    blocks = (blocks - blocks.mean(axis=(1, 2), keepdims=True)) * window
    least = np.sum(window**2) / 1200  # a hundredth of rounding's energy keeps flat blocks finite
    return np.log(np.abs(np.fft.fft2(blocks)) ** 2 + least).mean(axis=0), window.sum()


def weave(hr: np.ndarray, sr: np.ndarray) -> float:
    """How much stronger than the photograph's own the strongest pattern along the axes is.

    What a network invents where its input is even often repeats along rows or columns, with any
    period: a weave. `checkerboard` sees only periods that divide the scale. Here the energy of SR
    at each frequency along the two axes, up to a period of eight pixels, is divided by the
    energy that HR has there. A façade or a fence is periodic itself, and counts for nothing. Noise
    and fine texture have energy in all directions: where SR has more than HR at the same period
    away from the axes, as much more is expected on them.

    Spectra are taken as `checkerboard` takes them.

    Parameters
    ----------
    hr
        The truth, uint8 (H, W, 3), H and W at least 32.
    sr
        The image to judge, like it.

    Returns
    -------
    float
        The largest of the ratios of energy; 1 for the photograph itself, less than 1 for a blurred
        one. Of an image of few blocks of 32 pixels, chance alone makes up to some 2.

    Raises
    ------
    ValueError
        If the images are not as above.
    """
    _check_shapes(hr, sr)
    gain = np.subtract(*(_log_spectrum(image, BLOCK, "a weave score")[0] for image in (sr, hr)))
    rows, columns = np.abs(np.fft.fftfreq(BLOCK, 1 / BLOCK))[np.mgrid[:BLOCK, :BLOCK]]
    oblique = np.minimum(rows, columns) >= 3
    strongest = -np.inf
    for frequency in range(BLOCK // COARSEST, BLOCK // 2 + 1):
        there = oblique & (np.abs(np.hypot(rows, columns) - frequency) < 1)
        expected = max(0.0, gain[there].mean())
        strongest = max(strongest, max(gain[frequency, 0], gain[0, frequency]) - expected)
    return float(np.exp(strongest))


def flat_deviation(hr: np.ndarray, sr: np.ndarray) -> float:
    """What an SR image shows where the photograph is flat, in gray levels.

    Parameters
    ----------
    hr
        The truth, uint8 (H, W, 3).
    sr
        The image to judge, like it; HR itself gives what there is to compare with.

    Returns
    -------
    float
        Root mean square of the standard deviation of SR's gray value in squares of 5×5 pixels,
        over all those in which HR's is at most 2; NaN where there is none.

    Raises
    ------
    ValueError
        If the images are not as above.
    """
    _check_shapes(hr, sr)
    truth, ours = (_local_variance(check_image(image) @ GRAY) for image in (hr, sr))
    flat = truth <= FLAT**2
    return float(np.sqrt(ours[flat].mean())) if flat.any() else float("nan")


def _check_shapes(hr, sr):
    if hr.shape != sr.shape:
        raise ValueError(f"HR has shape {hr.shape} but SR has {sr.shape}; they must be equal")


def _local_variance(gray):
    """The variance around each pixel whose square lies inside the image."""
    mean, mean_square = (ndimage.uniform_filter(x, AROUND) for x in (gray, gray**2))
    inside = np.s_[AROUND // 2 : -(AROUND // 2), AROUND // 2 : -(AROUND // 2)]
    return np.maximum(0, mean_square - mean**2)[inside]


def consistency(lr: np.ndarray, sr: np.ndarray, kernel: str = "bicubic") -> float:
    """How far an SR image, made small again, is from the LR image it came from, in gray levels.

    An SR image that shows other detail than HR may still be a possible original of LR; one that is
    not consistent cannot be.

    Parameters
    ----------
    lr
        uint8 (h, w, 3).
    sr
        uint8 (s·h, s·w, 3).
    kernel
        The kernel that made the LR image; one of `srlib.KERNELS`.

    Returns
    -------
    float
        Root mean squared difference over pixels and channels. Rounding SR and LR to 8 bits alone
        makes some 0.3 of it.

    Raises
    ------
    ValueError
        If the images are not as above.
    """
    lr, sr = map(check_image, (lr, sr))
    scale = sr.shape[0] // lr.shape[0]
    if sr.shape[:2] != (lr.shape[0] * scale, lr.shape[1] * scale) or scale < 1:
        raise ValueError(f"SR must be a multiple of LR, but they are {sr.shape} and {lr.shape}")
    again = downscale(sr, scale, kernel).astype(np.float64)
    return float(np.sqrt(np.mean((again - lr) ** 2)))


def color_shift(hr: np.ndarray, sr: np.ndarray) -> float:
    """The largest difference of the mean red, green or blue of two images, in gray levels.

    Parameters
    ----------
    hr, sr
        uint8 (H, W, 3).
    """
    means = [check_image(image).mean(axis=(0, 1), dtype=np.float64) for image in (hr, sr)]
    return float(np.abs(means[1] - means[0]).max())


def detail(image: np.ndarray, *, scale: int) -> float:
    """How much of an image a smaller one could not hold, in gray levels.

    Parameters
    ----------
    image
        uint8 (H, W, 3), H and W multiples of `scale`.
    scale
        How many times smaller.

    Returns
    -------
    float
        Root mean square, over pixels and channels, of the image minus its bicubic copy of a
        `scale`-th of the size, enlarged again.
    """
    held = interpolate(downscale(check_image(image), scale), scale).astype(np.float64)
    return float(np.sqrt(np.mean((image - held) ** 2)))
