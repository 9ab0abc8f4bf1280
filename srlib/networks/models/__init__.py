"""The networks of the lessons: a file each, all with the signature ``(scale, …) -> Model``.

Besides, two discriminators, which make no image and so are none of `MODELS`.
"""

import keras

from srlib.images import check_scale
from srlib.networks.models.edsr import edsr
from srlib.networks.models.encoder_decoder import encoder_decoder
from srlib.networks.models.fsrcnn import fsrcnn
from srlib.networks.models.patch_discriminator import patch_discriminator
from srlib.networks.models.residual_add import residual_add
from srlib.networks.models.residual_concat import residual_concat
from srlib.networks.models.rgb_residual import rgb_residual
from srlib.networks.models.searchable import searchable
from srlib.networks.models.srcnn import srcnn
from srlib.networks.models.srgan_discriminator import srgan_discriminator
from srlib.networks.models.srgan_generator import srgan_generator
from srlib.networks.models.tiny import tiny
from srlib.networks.models.upsampling_resnet import upsampling_resnet
from srlib.networks.models.vdsr import vdsr

__all__ = ["MODELS", "build", "patch_discriminator", "srgan_discriminator"]

MODELS = {
    "srcnn": srcnn,
    "fsrcnn": fsrcnn,
    "tiny": tiny,
    "vdsr": vdsr,
    "residual_concat": residual_concat,
    "residual_add": residual_add,
    "edsr": edsr,
    "encoder_decoder": encoder_decoder,
    "rgb_residual": rgb_residual,
    "upsampling_resnet": upsampling_resnet,
    "srgan_generator": srgan_generator,
    "searchable": searchable,
}


def build(name: str, scale: int, **options) -> keras.Model:
    """An untrained network.

    Parameters
    ----------
    name
        One of `MODELS`.
    scale
        The super-resolution factor, 2 or more.
    options
        What else that network takes, such as ``head="transposed"`` for ``"upsampling_resnet"``.

    Returns
    -------
    keras.Model
        Maps float32 (N, h, w, 3) in [0, 1], RGB, to (N, s·h, s·w, 3), for any h and w.

    Raises
    ------
    ValueError
        If there is no such network, or an option has no such value; the message lists those there
        are.
    TypeError
        If the network has no such option.
    """
    if name not in MODELS:
        raise ValueError(f"unknown model {name!r}; choose one of {', '.join(MODELS)}")
    return MODELS[name](check_scale(scale), **options)
