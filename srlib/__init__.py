"""A thin, tested library for learning image super-resolution by doing it.

Every name that a lesson or a user may call is here. Names are loaded when they are first used, so
that `import srlib` is quick and only what trains or runs a network loads Keras.
"""

import os

# TensorFlow greets with a page of notices about graphics cards; say so only if the user asks.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "adversarial": ["train_gan"],
        "checkpoints": ["CheckpointError"],
        "dataset": ["DatasetError", "create_dataset", "read_pairs"],
        "degradation": ["KERNELS", "Pair", "downscale", "interpolate", "make_pair", "resize"],
        "diagrams": ["architecture"],
        "display": ["chart", "compare", "gallery", "use_style"],
        "downloads": ["DownloadError", "download"],
        "evaluation": ["evaluate", "join", "published", "summary"],
        "gan_recipe": ["GANRecipe"],
        "images": [
            "ImageError",
            "luma",
            "modcrop",
            "read_image",
            "to_batch",
            "to_image",
            "write_png",
        ],
        "metrics": [
            "Protocol",
            "checkerboard",
            "color_shift",
            "consistency",
            "detail",
            "psnr",
            "ssim",
        ],
        "losses": ["OBJECTIVES", "objective"],
        "models": ["MODELS", "build", "srgan_discriminator"],
        "patches": ["Patches"],
        "photos": ["Photo", "data_root", "photo_sets"],
        "sources": ["SOURCES"],
        "recipe": ["Recipe"],
        "recorder": ["verdict"],
        "recipes": ["RECIPES", "recipe_for"],
        "runs": ["run_recipe"],
        "schedules": ["range_test"],
        "synthetic": ["dead_leaves"],
        "training": ["TrainingDiverged", "train"],
        "upscaling": ["INTERPOLATIONS", "upscale"],
        "zoo": ["available", "card", "load", "verify"],
    },
)

from srlib.photos import photos  # noqa: E402 - not lazily: the function bears its module's name

__all__ += ["photos"]
