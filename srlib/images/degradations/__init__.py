"""From HR to LR: kernels, and what else happens to photographs on their way to a reader."""

from srlib.images.degradations.chains import Degradation, check_degradation, degradation
from srlib.images.degradations.pairs import Pair, degrade, make_pair
from srlib.images.degradations.pieces import (
    Blur,
    Jpeg,
    Noise,
    Photons,
    Resize,
    WebP,
    gaussian_kernel,
)
from srlib.images.degradations.resampling import (
    KERNELS,
    check_kernel,
    check_scale,
    downscale,
    interpolate,
    resize,
)

__all__ = [
    "KERNELS",
    "Blur",
    "Degradation",
    "Jpeg",
    "Noise",
    "Pair",
    "Photons",
    "Resize",
    "WebP",
    "check_degradation",
    "check_kernel",
    "check_scale",
    "degradation",
    "degrade",
    "downscale",
    "gaussian_kernel",
    "interpolate",
    "make_pair",
    "resize",
]
