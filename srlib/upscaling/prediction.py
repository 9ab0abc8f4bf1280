"""Super-resolve one image, by a network or a classical kernel."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np

from srlib.images import check_image, interpolate, read_image, to_batch, to_image
from srlib.networks import sight
from srlib.upscaling.memory import budget, is_exhausted, tell_halved
from srlib.upscaling.running import run_once, run_turned
from srlib.upscaling.tiles import window_area, windows

__all__ = ["INTERPOLATIONS", "predict", "predict_bands", "upscale"]

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")


def predict(
    model: keras.Model,
    lr: np.ndarray,
    scale: int | None = None,
    *,
    ensemble: bool = False,
    memory: int | None = None,
    finish: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """What a network makes of an LR image; neither clipped nor rounded, unless `finish` does it.

    A large image is worked on in windows that overlap as far as the network sees, which bounds the
    memory and changes nothing. An image with a side no longer than that is mirrored at its borders
    first: every pixel would see the zeros with which convolutions fill up beyond both of them. A
    network of one size, or of layers whose reach is not known, gets the image as it is, whole;
    but a `srlib.networks.ForeignNetwork` of one size gets windows of that size.

    Parameters
    ----------
    model
        A network that maps float32 (N, h, w, 3) in [0, 1] to (N, s·h, s·w, 3), or a
        `srlib.networks.ForeignNetwork`.
    lr
        (h, w, 3), uint8 or float32 in [0, 1].
    scale
        What the network's scale must be, if that is given.
    ensemble
        Whether to predict all eight turns and mirrorings of the image and average them, turned
        back. That takes eight times as long.
    memory
        Bytes that the network's layers may take, beside the result: a third of what is free if
        not given, and 1 GiB at most. It is exceeded only where windows would otherwise be mostly
        overlap. Where there turns out to be less, windows are halved, which is told on stderr.
    finish
        What is done with the network's output, pixel by pixel: called with float32 (…, 3). It is
        done window by window, so that a result of 8 bits takes a quarter of the memory.

    Returns
    -------
    numpy.ndarray
        float32 (s·h, s·w, 3), about [0, 1], or what `finish` makes of it.

    Raises
    ------
    ValueError
        If the network has another scale.
    MemoryError
        If there is not enough for the smallest window.

    References
    ----------
    Timofte, Rothe and Van Gool, "Seven Ways to Improve Example-Based Single Image Super
    Resolution", CVPR 2016, section 3.6, for the ensemble.
    """
    scale = _checked_scale(model, lr, scale)
    sr, row = None, 0
    for band in predict_bands(model, lr, scale, ensemble=ensemble, memory=memory, finish=finish):
        if sr is None:
            if len(band) == lr.shape[0] * scale:
                return band
            sr = np.empty((lr.shape[0] * int(scale), *band.shape[1:]), band.dtype)
        sr[row : row + len(band)] = band
        row += len(band)
    return sr


def predict_bands(
    model: keras.Model,
    lr: np.ndarray,
    scale: int | None = None,
    *,
    ensemble: bool = False,
    memory: int | None = None,
    finish: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Iterator[np.ndarray]:
    """What `predict` returns, in bands of rows from the top down, each when it is asked for.

    The whole need not be held then. Parameters and errors are those of `predict`.
    """
    scale = _checked_scale(model, lr, scale)
    finish = finish or np.array  # which may be written to
    run = run_turned if ensemble else run_once
    try:
        seen = sight(model)
    except ValueError:
        yield finish(run(model, to_batch(lr))[0])
        return
    if ensemble:  # a window is turned with what it sees
        if seen.size and seen.size[0] != seen.size[1]:
            raise ValueError(f"{model.name} takes {seen.size} only: an ensemble needs a square")
        seen = seen._replace(margin=(max(seen.margin),) * 2, period=(max(seen.period),) * 2)
    scale = int(scale)
    pads = _pads(lr, seen)
    mirrored = np.pad(lr, (*pads, (0, 0)), "symmetric") if any(map(any, pads)) else lr
    (top, _), (left, _) = ((before * scale, after) for before, after in pads)
    height, width = (side * scale for side in lr.shape[:2])
    row = -top
    for band in _bands(model, mirrored, scale, seen, budget(memory), finish, run):
        kept = band[max(0, -row) : max(0, height - row), left : left + width]
        row += len(band)
        if len(kept):
            yield kept


def _checked_scale(model, lr, scale):
    enlarges = scale_of(model, lr.shape)
    if scale not in (None, enlarges):
        raise ValueError(f"{model.name} enlarges ×{enlarges:g}, but the scale is {scale}")
    return enlarges


def scale_of(model: keras.Model, shape: tuple[int, ...]) -> float:
    """How much larger a network makes an image of a shape (h, w, 3)."""
    return model.compute_output_shape((1, *shape))[1] / shape[0]


def _pads(lr, seen):
    """Pixels to add before and after each side; none where it is longer than the network sees."""
    if seen.size:
        return [(0, max(0, size - side)) for side, size in zip(lr.shape, seen.size, strict=False)]
    return [
        (-(-margin // period) * period,) * 2 if side <= margin else (0, 0)
        for side, margin, period in zip(lr.shape, seen.margin, seen.period, strict=False)
    ]


def _bands(model, lr, scale, seen, memory, finish, run):
    """Bands of what a network makes of an image, in windows that are halved if memory is short."""
    done = 0
    while done < len(lr):
        spans = windows(lr.shape[:2], seen, memory)
        try:
            for rows, columns in itertools.groupby(spans, key=lambda span: span[0]):
                if rows.last <= done:
                    continue
                rows = rows._replace(first=max(rows.first, done))
                band = [_window(model, lr, rows, span, scale, finish, run) for _, span in columns]
                yield band[0] if len(band) == 1 else np.concatenate(band, axis=1)
                done = rows.last
        except Exception as error:
            if not is_exhausted(error):
                raise
            area = window_area(lr.shape[:2], seen, memory)
            memory = min(memory, area * seen.pixel_bytes) / 2
            if window_area(lr.shape[:2], seen, memory) >= area:
                raise MemoryError(
                    f"{model.name} needs more memory than there is for a window of {area:,} "
                    "pixels, the smallest"
                ) from error
            tell_halved(model.name, memory)


def _window(model, lr, rows, columns, scale, finish, run):
    sr = run(model, to_batch(lr[rows.start : rows.stop, columns.start : columns.stop]))[0]
    return finish(sr[rows.inside(scale), columns.inside(scale)])


def upscale(
    image: np.ndarray | Path | str,
    model: keras.Model | str,
    scale: int | None = None,
    *,
    ensemble: bool = False,
    memory: int | None = None,
) -> np.ndarray:
    """Super-resolve one image.

    Parameters
    ----------
    image
        uint8 (h, w, 3), or the path of an image file.
    model
        A network from `srlib.load` or `srlib.build`, or one of `INTERPOLATIONS`.
    scale
        The scale. An interpolation needs it; a network has its own, which must be the same if it
        is given.
    ensemble
        Whether to average a network's predictions of the eight turns and mirrorings, as in
        `predict`.
    memory
        Bytes that the network's layers may take; a third of what is free, and 1 GiB at most, if
        not given.

    Returns
    -------
    numpy.ndarray
        uint8 (s·h, s·w, 3).
    """
    if not isinstance(image, np.ndarray):
        image = read_image(image)
    check_image(image)
    if isinstance(model, str):
        return interpolate(image, scale, check_method(model, ensemble=ensemble))

    def finish(sr):
        return to_image(sr[np.newaxis])

    return predict(model, image, scale, ensemble=ensemble, memory=memory, finish=finish)


def check_method(method: str, *, ensemble: bool = False) -> str:
    """Return the name of an interpolation, or raise a ValueError that lists them.

    Also if `ensemble` is true: an interpolation treats all directions alike, so that there is
    nothing to gain.
    """
    if method not in INTERPOLATIONS:
        raise ValueError(
            f"unknown method {method!r}; choose one of {', '.join(INTERPOLATIONS)}, "
            "or give a network such as srlib.load('srcnn', 2)"
        )
    if ensemble:
        raise ValueError(
            f"an ensemble needs a network, and {method!r} is an interpolation, which treats all "
            "directions alike: leave ensemble out"
        )
    return method
