"""Any factor by networks of whole scales: how large the result is, and which scales reach it."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Target", "passes"]


@dataclass(frozen=True)
class Target:
    """How large a result shall be: one of four ways to say it.

    Parameters
    ----------
    scale
        Times as wide and as high, such as 1.5 or 4.
    width, height
        In pixels; the other side follows.
    megapixels
        10⁶ pixels in all.

    Raises
    ------
    ValueError
        If not exactly one is given, or it is out of range.
    """

    scale: float | None = None
    width: int | None = None
    height: int | None = None
    megapixels: float | None = None

    def __post_init__(self):
        given = {name: value for name, value in vars(self).items() if value is not None}
        if len(given) != 1:
            raise ValueError(
                f"give one of scale, width, height and megapixels, not {', '.join(given) or 'none'}"
            )
        ((name, value),) = given.items()
        least = 1 if name == "scale" else 0
        if not (math.isfinite(value) and value > least):
            raise ValueError(f"{name} must be more than {least}, such as 2, not {value}")

    @property
    def label(self) -> str:
        """The target in a file name: ``"x1.5"``, ``"w3000"``, ``"h2000"`` or ``"24mp"``."""
        if self.megapixels is not None:
            return f"{self.megapixels:g}mp"
        for letter, value in (("x", self.scale), ("w", self.width), ("h", self.height)):
            if value is not None:
                return f"{letter}{value:g}" if letter == "x" else f"{letter}{value}"
        raise AssertionError("one of four is given")

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the result of an image of this height and width, rounded.

        Raises
        ------
        ValueError
            If that is no larger than the image.
        """
        if self.scale is not None:
            factor = self.scale
        elif self.width is not None:
            factor = self.width / width
        elif self.height is not None:
            factor = self.height / height
        else:
            factor = math.sqrt(self.megapixels * 1e6 / (height * width))
        size = self.height or round(height * factor), self.width or round(width * factor)
        if factor <= 1:
            raise ValueError(
                f"{width}×{height} pixels are no fewer than {size[1]}×{size[0]}, which is asked "
                "for: nothing to enlarge; ask for more, or leave it as it is"
            )
        return size


def passes(factor: float, scales: Iterable[int]) -> tuple[int, ...]:
    """The scales, one after the other, whose product is the least that reaches a factor.

    The fewest of those that are equal, larger ones first: of 2 and 4, ×3 takes (4,) and ×8 (4, 2).
    """
    scales = sorted(scales, reverse=True)
    longest = max(1, math.ceil(math.log(factor, scales[-1]) + 1e-9))
    return min(
        (
            chosen
            for count in range(1, longest + 1)
            for chosen in itertools.combinations_with_replacement(scales, count)
            if math.prod(chosen) >= factor
        ),
        key=lambda chosen: (math.prod(chosen), len(chosen)),
    )
