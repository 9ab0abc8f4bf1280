"""What a discriminator is charged for its slope over images, beside what it plays for."""

import keras
from keras import ops

from srlib.losses.differentiation import slopes

__all__ = ["gradient_penalty", "zero_centred_penalty"]


def gradient_penalty(discriminator: keras.Model, real, fake, mix):
    """How far from 1 the discriminator's slope is, squared, between photographs and fakes.

    Parameters
    ----------
    discriminator
        A network (N, H, W, 3) → (N, 1) whose judgement of an image does not depend on the others
        of the batch.
    real, fake
        Batches (N, H, W, 3).
    mix
        Random numbers from 0 to 1, (N, 1, 1, 1): how much of the photograph each mixture of the
        two holds, at which the slope is taken.

    Returns
    -------
    tensor
        The mean of (‖∇D‖ − 1)² over the batch, a float32 scalar.

    Raises
    ------
    ValueError
        If the discriminator normalises by its batch, so that an image has no slope of its own.
    NotImplementedError
        If Keras's backend is neither TensorFlow nor JAX.

    References
    ----------
    Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville, "Improved Training of Wasserstein GANs",
    NIPS 2017, equation 3 and section 4, "No critic batch normalization".
    """
    between = mix * ops.cast(real, "float32") + (1 - mix) * ops.cast(fake, "float32")
    # The root of 0 has no gradient.
    norm = ops.sqrt(_squared_slope(discriminator, between) + 1e-12)
    return ops.mean(ops.square(norm - 1))


def zero_centred_penalty(discriminator: keras.Model, real):
    """How steep the discriminator is at photographs, squared.

    Where fakes are photographs there is nothing to tell apart, so a discriminator that has to be
    flat there comes to rest, and the generator with it.

    Parameters
    ----------
    discriminator
        A network (N, H, W, 3) → (N, 1), or a logit of each place, (N, h, w, 1), of which the sum is
        taken; its judgement of an image does not depend on the others of the batch.
    real
        Photographs (N, H, W, 3).

    Returns
    -------
    tensor
        The mean of ‖∇D‖² over the batch, a float32 scalar.

    Raises
    ------
    ValueError, NotImplementedError
        As for `gradient_penalty`.

    References
    ----------
    Mescheder, Geiger and Nowozin, "Which Training Methods for GANs do actually Converge?", ICML
    2018, equation 9, where the weight is γ/2.
    """
    return ops.mean(_squared_slope(discriminator, ops.cast(real, "float32")))


def _squared_slope(discriminator, images):
    """‖∇D‖² of each image, (N,)."""
    if any(isinstance(x, keras.layers.BatchNormalization) for x in discriminator.layers):
        raise ValueError(
            f"a gradient penalty is of single images, but {discriminator.name} has batch "
            "normalisation, which mixes them: build it with normalisation='none' or 'spectral'"
        )
    slope = slopes(lambda batch: discriminator(batch, training=False), images)
    return ops.sum(ops.square(ops.cast(slope, "float32")), axis=(1, 2, 3))
