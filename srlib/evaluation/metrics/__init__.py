"""How close an SR image is to the truth, what is wrong with it, and how that was measured."""

from srlib.evaluation.metrics.artifacts import (
    checkerboard,
    color_shift,
    consistency,
    detail,
    flat_deviation,
    weave,
)
from srlib.evaluation.metrics.fidelity import ms_ssim, psnr, ssim
from srlib.evaluation.metrics.protocol import Protocol

__all__ = [
    "Protocol",
    "checkerboard",
    "color_shift",
    "consistency",
    "detail",
    "flat_deviation",
    "ms_ssim",
    "psnr",
    "ssim",
    "weave",
]
