"""What a network is trained to make small.

Each loss, and what `perceptual` and `per_pixel_and_perceptual` make, takes the truth and the
network's image, both (N, H, W, 3) in [0, 1], and goes as it is to ``model.compile(loss=…)``. Keras
takes the mean of what it returns, so the loss that `fit` logs is the mean over the images. Errors
are computed in float32. An `objective` is another thing: two losses of a discriminator's logits,
for `srlib.train_gan`.
"""

from srlib.images import keras_settings  # noqa: F401

# isort: split
import keras

from srlib.losses.adversarial import OBJECTIVES, Objective, objective
from srlib.losses.content import per_pixel_and_perceptual, perceptual
from srlib.losses.differentiation import apply, compiled, gradients, slopes
from srlib.losses.penalties import gradient_penalty, zero_centred_penalty
from srlib.losses.pixel import charbonnier, psnr_loss
from srlib.losses.spectral import spectral_loss
from srlib.losses.structural import ssim_l1, ssim_loss

__all__ = [
    "LOSSES",
    "OBJECTIVES",
    "Objective",
    "apply",
    "charbonnier",
    "compiled",
    "gradient_penalty",
    "gradients",
    "objective",
    "per_pixel_and_perceptual",
    "perceptual",
    "psnr_loss",
    "slopes",
    "spectral_loss",
    "ssim_l1",
    "ssim_loss",
    "zero_centred_penalty",
]

# The names that a recipe may give. Keras's own two give a loss a pixel, (N, H, W), in the dtype of
# the image; `compile` converts to float32 and takes the mean all the same.
LOSSES = {
    "mse": keras.losses.mean_squared_error,
    "mae": keras.losses.mean_absolute_error,
    "charbonnier": charbonnier,
    "psnr": psnr_loss,
    "ssim": ssim_loss,
    "ssim_l1": ssim_l1,
}
