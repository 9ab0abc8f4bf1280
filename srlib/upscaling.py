"""Super-resolve one image, by a network or a classical kernel."""

from pathlib import Path

import keras
import numpy as np

from srlib.degradation import interpolate
from srlib.images import read_image, to_batch, to_image

__all__ = ["INTERPOLATIONS", "predict", "upscale"]

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")


def predict(model: keras.Model, lr: np.ndarray, scale: int | None = None) -> np.ndarray:
    """What a network makes of an LR image, neither clipped nor rounded.

    Parameters
    ----------
    model
        A network that maps float32 (N, h, w, 3) in [0, 1] to (N, s·h, s·w, 3).
    lr
        uint8 (h, w, 3).
    scale
        What the network's scale must be, if that is given.

    Returns
    -------
    numpy.ndarray
        float32 (s·h, s·w, 3), about [0, 1].

    Raises
    ------
    ValueError
        If the network has another scale.
    """
    # Called directly, since `predict` would trace the network anew for every image size.
    sr = keras.ops.convert_to_numpy(model(to_batch(lr), training=False))[0]
    if scale is not None and sr.shape[0] != lr.shape[0] * scale:
        raise ValueError(
            f"{model.name} enlarges ×{sr.shape[0] / lr.shape[0]:g}, but the scale is {scale}"
        )
    return sr


def upscale(
    image: np.ndarray | Path | str, model: keras.Model | str, scale: int | None = None
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

    Returns
    -------
    numpy.ndarray
        uint8 (s·h, s·w, 3).
    """
    if not isinstance(image, np.ndarray):
        image = read_image(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"an image is uint8 (H, W, 3), not {image.dtype} {image.shape}")
    if isinstance(model, str):
        return interpolate(image, scale, check_method(model))
    return to_image(predict(model, image, scale)[np.newaxis])


def check_method(method: str) -> str:
    """Return the name of an interpolation, or raise a ValueError that lists them."""
    if method not in INTERPOLATIONS:
        raise ValueError(
            f"unknown method {method!r}; choose one of {', '.join(INTERPOLATIONS)}, "
            "or give a network such as srlib.load('srcnn', 2)"
        )
    return method
