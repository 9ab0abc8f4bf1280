"""The discriminator of SRGAN, which tells photographs from what a generator makes."""

import keras
from keras import layers

from srlib.networks.layers import LEAK, check_count

__all__ = ["NORMALISATIONS", "srgan_discriminator"]

NORMALISATIONS = ("batch", "spectral", "none")


def srgan_discriminator(
    *, filters: int = 64, normalisation: str = "batch", crop_size: int | None = None
) -> keras.Model:
    """Eight 3×3 convolutions of 64 to 512 filters, every second of stride 2, and one number.

    The paper flattens the last maps into a dense layer of 1024, whose weights fit one crop size.
    Here they are averaged over space, so that crops of any size can be judged: 4,693,313 parameters
    instead of 23,569,217 at crops of 96 pixels. The sigmoid is a part of the objectives.

    Parameters
    ----------
    filters
        Of the first two convolutions, doubled at every second after. The paper's are 64; a quarter
        of them need a sixteenth of the arithmetic, for which two CPU cores are grateful.
    normalisation
        ``"batch"`` follows every convolution but the first, as in the paper; ``"spectral"`` divides
        every kernel by its largest singular value instead, which bounds how steep the judgement
        can be; ``"none"`` for neither.
    crop_size
        Side of the HR crops, in pixels, for the paper's dense layers; None for the average.

    Returns
    -------
    keras.Model
        float32 (N, H, W, 3) RGB in [0, 1] → logits (N, 1), positive for what seems real.

    Raises
    ------
    ValueError
        If there is no such normalisation, or a number is not a positive whole one.

    References
    ----------
    Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
    Network", CVPR 2017, figure 4. Miyato, Kataoka, Koyama and Yoshida, "Spectral Normalization for
    Generative Adversarial Networks", ICLR 2018.
    """
    check_count("filters", filters)
    if crop_size is not None:
        check_count("crop_size", crop_size)
    if normalisation not in NORMALISATIONS:
        raise ValueError(
            f"unknown normalisation {normalisation!r}; choose one of {', '.join(NORMALISATIONS)}"
        )
    x = image = keras.Input((crop_size, crop_size, 3), name="image")
    for i in range(8):
        width, stride = filters * 2 ** (i // 2), 1 + i % 2
        conv = layers.Conv2D(width, 3, stride, padding="same", name=f"conv{i + 1}")
        x = _bounded(conv, normalisation)(x)
        if normalisation == "batch" and i > 0:
            x = layers.BatchNormalization(name=f"norm{i + 1}")(x)
        x = layers.LeakyReLU(LEAK, name=f"lrelu{i + 1}")(x)
    if crop_size is None:
        x = layers.GlobalAveragePooling2D(name="average")(x)
    else:
        x = layers.Flatten(name="flatten")(x)
        x = _bounded(layers.Dense(16 * filters, name="dense"), normalisation)(x)
        x = layers.LeakyReLU(LEAK, name="dense_lrelu")(x)
    logit = _bounded(layers.Dense(1, name="logit"), normalisation)(x)
    return keras.Model(image, logit, name="srgan_discriminator")


def _bounded(layer, normalisation):
    if normalisation != "spectral":
        return layer
    return layers.SpectralNormalization(layer, name=f"{layer.name}_spectral")
