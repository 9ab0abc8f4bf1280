"""The networks of the lessons: one file each, all with the signature ``(scale) -> keras.Model``."""

import keras

from srlib.degradation import check_scale
from srlib.models.edsr import edsr
from srlib.models.encoder_decoder import encoder_decoder
from srlib.models.fsrcnn import fsrcnn
from srlib.models.residual_add import residual_add
from srlib.models.residual_concat import residual_concat
from srlib.models.rgb_residual import rgb_residual
from srlib.models.srcnn import srcnn
from srlib.models.vdsr import vdsr

__all__ = ["MODELS", "build"]

MODELS = {
    "srcnn": srcnn,
    "fsrcnn": fsrcnn,
    "vdsr": vdsr,
    "residual_concat": residual_concat,
    "residual_add": residual_add,
    "edsr": edsr,
    "encoder_decoder": encoder_decoder,
    "rgb_residual": rgb_residual,
}


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
