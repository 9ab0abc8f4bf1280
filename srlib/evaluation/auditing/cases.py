"""One photograph of an audit, and what a check says of all of them."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["Case", "Finding", "rms", "to_levels"]

# What the numbers of an SR image may have been meant as: value · factor + offset is gray levels.
SOMETHING = 16  # gray levels: no photograph is darker throughout
READINGS = {"0 to 1": (255, 0), "−1 to 1": (127.5, 127.5), "0 to 255": (1, 0)}


class Finding(NamedTuple):
    """What a check found: whether it is a fault (None: not tried), the numbers, the way out."""

    fault: bool | None
    measured: str
    advice: str = ""


@dataclass(frozen=True)
class Case:
    """One photograph of an audit.

    Parameters
    ----------
    name
        The photograph's.
    truth
        As a metric compares it: uint8 (H, W, 3), or (H, W) if it is gray; H and W divide by scale.
    hr, lr
        The pair made of it, uint8 (H, W, 3) and (h, w, 3).
    output
        What the method made of `lr`, of whatever shape and type.
    scale
        The scale.
    whole
        Height and width of the truth before its crop.
    file
        Where the result lies, if it is a file's.
    """

    name: str
    truth: np.ndarray
    hr: np.ndarray
    lr: np.ndarray
    output: np.ndarray
    scale: int
    whole: tuple[int, int]
    file: Path | None = None

    @property
    def fits(self) -> bool:
        """Whether the output has the size that everything else needs."""
        return self.output.shape == self.hr.shape

    @functools.cached_property
    def reading(self) -> str:
        """The range that the output is plainly meant in, whatever it should be in."""
        expected = "0 to 1" if np.issubdtype(self.output.dtype, np.floating) else "0 to 255"
        if expected == "0 to 255" and self.output.max() <= 1 < SOMETHING < self.hr.max():
            return "0 to 1"
        errors = {name: np.abs(to_levels(self.output, name) - self.hr).mean() for name in READINGS}
        best = min(errors, key=errors.get)
        # A dark or a bright photograph may be near under two readings; only a plain case counts.
        return best if errors[best] < errors[expected] / 2 else expected

    @property
    def levels(self) -> np.ndarray:
        """The output in gray levels, float64 (H, W, 3), neither clipped nor rounded."""
        return to_levels(self.output, self.reading)

    @functools.cached_property
    def sr(self) -> np.ndarray:
        """The output as an image, uint8 (H, W, 3)."""
        return np.round(np.clip(self.levels, 0, 255)).astype(np.uint8)


def to_levels(output: np.ndarray, reading: str) -> np.ndarray:
    """An output in gray levels, float64; what is no number becomes 0."""
    factor, offset = READINGS[reading]
    return np.nan_to_num(output.astype(np.float64), posinf=0, neginf=0) * factor + offset


def rms(a: np.ndarray, b: np.ndarray) -> float:
    """Root mean squared difference of two images, in their units."""
    return float(np.sqrt(np.mean((a.astype(np.float64) - b) ** 2)))
