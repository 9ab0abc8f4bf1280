"""The networks of the lessons: one file each, all with the signature ``(scale) -> keras.Model``."""

import keras

from srlib.degradation import check_scale
from srlib.models.srcnn import srcnn

__all__ = ["MODELS", "build"]

MODELS = {"srcnn": srcnn}


def build(name: str, scale: int) -> keras.Model:
    """An untrained network.

    Parameters
    ----------
    name
        One of `MODELS`.
    scale
        The super-resolution factor, 2 or more.

    Returns
    -------
    keras.Model
        Maps float32 (N, h, w, 3) in [0, 1], RGB, to (N, s·h, s·w, 3), for any h and w.

    Raises
    ------
    ValueError
        If there is no such network; the message lists those there are.
    """
    if name not in MODELS:
        raise ValueError(f"unknown model {name!r}; choose one of {', '.join(MODELS)}")
    return MODELS[name](check_scale(scale))
