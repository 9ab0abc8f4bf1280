"""Super-resolve one image, by a network or a classical kernel."""

import logging
import weakref
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from srlib.images import check_image, interpolate, read_image, to_batch, to_image
from srlib.networks import sight
from srlib.upscaling.tiles import windows

__all__ = ["INTERPOLATIONS", "predict", "upscale"]

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")

COMPILED_FOR = weakref.WeakKeyDictionary()  # network → shape of the batch

# TensorFlow warns of functions that are often compiled anew, which `predict` does on purpose.
logging.getLogger("tensorflow").addFilter(
    lambda record: "make_predict_function" not in record.getMessage()
)


def predict(
    model: keras.Model,
    lr: np.ndarray,
    scale: int | None = None,
    *,
    ensemble: bool = False,
    memory: int = 2**30,
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
        Bytes that the network's layers may take, beside the result. It is exceeded only where
        windows would otherwise be mostly overlap.
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

    References
    ----------
    Timofte, Rothe and Van Gool, "Seven Ways to Improve Example-Based Single Image Super
    Resolution", CVPR 2016, section 3.6, for the ensemble.
    """
    finish = finish or (lambda sr: sr)
    if ensemble:
        return finish(sum(_predict_turned(model, lr, scale, memory)) / 8)
    enlarges = scale_of(model, lr.shape)
    if scale not in (None, enlarges):
        raise ValueError(f"{model.name} enlarges ×{enlarges:g}, but the scale is {scale}")
    try:
        seen = sight(model)
    except ValueError:
        return finish(_run(model, to_batch(lr))[0])
    enlarges = int(enlarges)
    pads = _pads(lr, seen)
    mirrored = np.pad(lr, (*pads, (0, 0)), "symmetric")
    spans = windows(mirrored.shape[:2], seen, memory)
    sr = _in_windows(model, mirrored, enlarges, spans, finish)
    return sr[
        tuple(
            slice(before * enlarges, (before + side) * enlarges)
            for (before, _), side in zip(pads, lr.shape, strict=False)
        )
    ]


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


def _in_windows(model, lr, scale, spans, finish):
    sr = None
    for rows, columns in spans:
        window = _run(model, to_batch(lr[rows.start : rows.stop, columns.start : columns.stop]))[0]
        kept = finish(window[rows.inside(scale), columns.inside(scale)])
        if sr is None:
            sides = (lr.shape[0] * scale, lr.shape[1] * scale)
            sr = np.empty((*sides, *kept.shape[2:]), kept.dtype)
        sr[rows.kept(scale), columns.kept(scale)] = kept
    return sr


def _predict_turned(model, lr, scale, memory):
    for quarters in (0, 2, 1, 3):  # those of one size first, for which one function is compiled
        for mirrored in (False, True):
            turned = np.rot90(lr[:, ::-1] if mirrored else lr, quarters)
            back = np.rot90(predict(model, turned, scale, memory=memory), -quarters)
            yield back[:, ::-1] if mirrored else back


def _run(model, batch):
    """A network's output, as an array."""
    if not isinstance(model, keras.Model):
        return model(batch)
    if keras.backend.backend() != "tensorflow":
        return keras.ops.convert_to_numpy(model(batch, training=False))
    # Called directly, a network would hold the output of every layer until the last is done: eight
    # to twenty times the memory of a compiled function. That is compiled for one size, because
    # bicubic enlargement cannot be compiled for all, and without XLA, whose convolutions are three
    # times slower on a CPU.
    if model.predict_function is None or COMPILED_FOR.get(model) != batch.shape:
        model.jit_compile = False
        model.make_predict_function(force=True)
        COMPILED_FOR[model] = batch.shape
    return model.predict_on_batch(batch)


def upscale(
    image: np.ndarray | Path | str,
    model: keras.Model | str,
    scale: int | None = None,
    *,
    ensemble: bool = False,
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

    return predict(model, image, scale, ensemble=ensemble, finish=finish)


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
