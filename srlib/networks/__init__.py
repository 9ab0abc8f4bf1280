"""Networks, what they cost and how far they see, their diagrams, and their precision."""

import lazy_loader

from srlib.images import keras_settings  # noqa: F401

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bicubic": ["Bicubic"],
        "costs": ["Costs", "costs"],
        "diagrams": ["architecture"],
        "foreign": ["ForeignNetwork"],
        "layers": ["PixelShuffle", "residual_block", "upsampling_head"],
        "models": ["MODELS", "build", "patch_discriminator", "srgan_discriminator"],
        "portable": ["fixed_kernels", "portable"],
        "probing": ["photograph"],
        "precision": ["computing_in", "gains_by_xla", "has_fast_bfloat16"],
        "runtimes": ["RUNTIMES", "needed"],
        "saving": ["save_weights"],
        "sight": ["Sight", "sight"],
    },
)
