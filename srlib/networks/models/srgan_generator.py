"""SRResNet, the generator of SRGAN: the first residual network for super-resolution."""

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic
from srlib.networks.layers import PixelShuffle, enlarging_steps, normalised_block


def srgan_generator(scale: int) -> keras.Model:
    """Sixteen residual blocks with batch normalisation and PReLU, then sub-pixel convolution.

    Trained on pixels it is SRResNet, against a discriminator it was the first SRGAN. 1,407,107
    parameters at ×2, 1,591,747 at ×3 and 1,554,883 at ×4, which is two steps of ×2. The paper ends
    in a tanh or, in its later version, in nothing; here the output is added to the bicubic
    enlargement, and starts at zero, so that training starts where bicubic ends.

    Parameters
    ----------
    scale
        The enlargement; a power of two is made of steps of ×2, any other of one step.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1] → (N, s·h, s·w, 3).

    References
    ----------
    Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
    Network", CVPR 2017, figure 4 and section 2.1.
    """
    lr = keras.Input((None, None, 3), name="lr")
    x = layers.Conv2D(64, 9, padding="same", name="start")(lr)
    start = x = layers.PReLU(shared_axes=(1, 2), name="start_prelu")(x)
    for i in range(1, 17):
        x = normalised_block(x, 64, prelu=True, name=f"block{i}")
    x = layers.Conv2D(64, 3, padding="same", name="body_end")(x)
    x = layers.BatchNormalization(name="body_norm")(x)
    x = layers.Add(name="long_skip")([start, x])
    for i, step in enumerate(enlarging_steps(scale), 1):
        x = layers.Conv2D(64 * step**2, 3, padding="same", name=f"upsample{i}")(x)
        x = PixelShuffle(step, name=f"shuffle{i}")(x)
        x = layers.PReLU(shared_axes=(1, 2), name=f"upsample{i}_prelu")(x)
    residual = layers.Conv2D(3, 9, padding="same", kernel_initializer="zeros", name="end")(x)
    bicubic = Bicubic(scale, name="bicubic")(lr)
    sr = layers.Add(name="skip")([bicubic, residual])
    return keras.Model(lr, sr, name=f"srgan_generator_x{scale}")
