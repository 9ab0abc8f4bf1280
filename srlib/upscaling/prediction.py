"""Super-resolve one image, by a network or a classical kernel."""

import logging
import weakref
from pathlib import Path

import keras
import numpy as np

from srlib.images import check_image, interpolate, read_image, to_batch, to_image

__all__ = ["INTERPOLATIONS", "predict", "upscale"]

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")

COMPILED_FOR = weakref.WeakKeyDictionary()  # network → shape of the batch

# TensorFlow warns of functions that are often compiled anew, which `predict` does on purpose.
logging.getLogger("tensorflow").addFilter(
    lambda record: "make_predict_function" not in record.getMessage()
)


def predict(
    model: keras.Model, lr: np.ndarray, scale: int | None = None, *, ensemble: bool = False
) -> np.ndarray:
    """What a network makes of an LR image, neither clipped nor rounded.

    Parameters
    ----------
    model
        A network that maps float32 (N, h, w, 3) in [0, 1] to (N, s·h, s·w, 3).
    lr
        uint8 (h, w, 3).
    scale
        What the network's scale must be, if that is given.
    ensemble
        Whether to predict all eight turns and mirrorings of the image and average them, turned
        back. That takes eight times as long.

    Returns
    -------
    numpy.ndarray
        float32 (s·h, s·w, 3), about [0, 1].

    Raises
    ------
    ValueError
        If the network has another scale.

    References
    ----------
    Timofte, Rothe and Van Gool, "Seven Ways to Improve Example-Based Single Image Super
    Resolution", CVPR 2016, section 3.6, for the ensemble.
    """
    if ensemble:
        return sum(_predict_turned(model, lr, scale)) / 8
    sr = _run(model, to_batch(lr))[0]
    if scale is not None and sr.shape[0] != lr.shape[0] * scale:
        raise ValueError(
            f"{model.name} enlarges ×{sr.shape[0] / lr.shape[0]:g}, but the scale is {scale}"
        )
    return sr


def _predict_turned(model, lr, scale):
    for quarters in (0, 2, 1, 3):  # those of one size first, for which one function is compiled
        for mirrored in (False, True):
            turned = np.rot90(lr[:, ::-1] if mirrored else lr, quarters)
            back = np.rot90(predict(model, turned, scale), -quarters)
            yield back[:, ::-1] if mirrored else back


def _run(model, batch):
    """A network's output, as an array."""
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
    return to_image(predict(model, image, scale, ensemble=ensemble)[np.newaxis])


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
