"""A discriminator that judges every place of an image by its surroundings."""

import keras
from keras import layers

from srlib.networks.layers import LEAK, check_count

__all__ = ["patch_discriminator"]

COARSE = 4  # side, in pixels, of the mean that is taken as an image's coarse part
LOUDER = 5  # how much stronger the fine part is made


def patch_discriminator(*, filters: int = 32) -> keras.Model:
    """Six 3×3 convolutions at three sizes, halved by the mean, and a logit for each place.

    It is given the image in two parts: the mean around each pixel, and what is left of the pixel,
    five times as strong. Texture is in the second, where it need not be found first beside edges
    that are ten times as strong, and so a few dozen steps teach it to tell photographs from what a
    network trained on pixels makes. Nothing strides: halving by the mean sends no grid back.

    Parameters
    ----------
    filters
        Of the first two convolutions; two and four times as many follow.

    Returns
    -------
    keras.Model
        float32 (N, H, W, 3) RGB in [0, 1] → logits (N, H/4, W/4, 1), positive for what seems real.

    Raises
    ------
    ValueError
        If `filters` is not a positive whole number.

    References
    ----------
    Isola, Zhu, Zhou and Efros, "Image-to-Image Translation with Conditional Adversarial Networks",
    CVPR 2017, section 3.2.2, for the logit of a patch.
    """
    check_count("filters", filters)
    image = keras.Input((None, None, 3), name="image")
    coarse = layers.AveragePooling2D(COARSE, 1, padding="same", name="coarse")(image)
    fine = layers.Rescaling(LOUDER, name="louder")(layers.Subtract(name="fine")([image, coarse]))
    centred = layers.Rescaling(1, -0.5, name="centred")(coarse)
    x = layers.Concatenate(name="parts")([centred, fine])
    for i in range(6):
        if i in (2, 4):
            x = layers.AveragePooling2D(2, name=f"half{i // 2}")(x)
        x = layers.Conv2D(filters * 2 ** (i // 2), 3, padding="same", name=f"conv{i + 1}")(x)
        x = layers.LeakyReLU(LEAK, name=f"lrelu{i + 1}")(x)
    logit = layers.Conv2D(1, 3, padding="same", name="logit")(x)
    return keras.Model(image, logit, name="patch_discriminator")
