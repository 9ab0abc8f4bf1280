"""An image in overlapping windows of which a network makes what it makes of the whole.

A network fills up with zeros beyond the border of what it is given. So each window ends at the
image's own border, or at least as far beyond the pixels that are kept of it as the network sees.
All windows have one size, so that all take the same memory.
"""

import itertools
from collections.abc import Iterator
from math import isqrt
from typing import NamedTuple

from srlib.networks import Sight

__all__ = ["Span", "window_area", "windows"]


class Span(NamedTuple):
    """A window along one side, and what is kept of it: start ≤ first < last ≤ stop, in pixels."""

    start: int
    stop: int
    first: int
    last: int

    def kept(self, scale: int) -> slice:
        """The pixels of the SR image that the window is kept for."""
        return slice(self.first * scale, self.last * scale)

    def inside(self, scale: int) -> slice:
        """Where these lie in what the network makes of the window."""
        return slice((self.first - self.start) * scale, (self.last - self.start) * scale)


def windows(size: tuple[int, int], seen: Sight, memory: int) -> Iterator[tuple[Span, Span]]:
    """The windows of an LR image: of each, the span of its rows and that of its columns.

    What is kept of them covers the image without overlap.

    Parameters
    ----------
    size
        Height and width of the image.
    seen
        How far the network sees, and what it takes a pixel.
    memory
        Bytes that the network may take. A window is at least four margins long, though: of shorter
        ones most would be overlap. One that the network takes no other size of has that size.
    """
    if seen.size:
        sides = zip(size, seen.size, seen.margin, seen.period, strict=True)
        return itertools.product(*itertools.starmap(_spans_of, sides))
    pixels = int(memory / seen.pixel_bytes)
    square = max(isqrt(pixels), 1)
    # A side that is shorter than the square's lets the other be longer.
    most = [max(square, pixels // min(other, square)) for other in reversed(size)]
    sides = zip(size, most, seen.margin, seen.period, strict=True)
    return itertools.product(*itertools.starmap(_spans, sides))


def window_area(size: tuple[int, int], seen: Sight, memory: int) -> int:
    """Pixels of a window; parameters as of `windows`."""
    rows, columns = next(windows(size, seen, memory))
    return (rows.stop - rows.start) * (columns.stop - columns.start)


def _spans(side, most, margin, period):
    """The windows along one side."""
    length = _length(side, max(most, 4 * margin + 2 * period), margin, period)
    return _spans_of(side, length, margin, period)


def _spans_of(side, length, margin, period):
    """The windows of a length along one side, which is no shorter."""
    spans, last = [], 0
    while last < side:
        # Started at a multiple of the period, strided layers take the same pixels as in the whole.
        start = min(max(last - margin, 0) // period * period, side - length)
        stop = start + length
        kept = side if stop == side else stop - margin
        spans.append(Span(start, stop, last, kept))
        last = kept
    return spans


def _length(side, most, margin, period):
    """That of the shortest windows of which as few as of the longest, `most`, cover the side."""
    if side <= most:
        return side
    overlap = 2 * margin + period - 1
    count = -(-(side - overlap) // (most - overlap))
    length = -(-(side + overlap * (count - 1)) // count)
    # With the same rest as the side's, their last pixels are padded as the side's are.
    return length + (side - length) % period
