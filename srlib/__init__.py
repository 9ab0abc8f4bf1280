"""A thin, tested library for learning image super-resolution by doing it.

Every name that a lesson or a user may call is here. Behind it are ten rooms, below two doors for
those who do not write Python; a room imports only from rooms below its line:

    cli         the same verbs from a shell
    app         a page of widgets that enlarges a photograph
    ----------
    zoo         trained networks: weights, cards, recipes, how they compare
    ----------
    training    recipes and the loops that follow them, alone or against a discriminator
    ----------
    evaluation  metrics under a stated protocol, tables, statistics, audits, ratings
    dataset     photographs to LR/HR pairs on the disk, pairs to batches of patches
    ----------
    upscaling   images larger, by networks or classical kernels; any file, many, video; export
    networks    models (a file each), their layers, costs, diagrams and precision
    losses      what training makes small: of pixels, of structure, of features, of a game
    photos      photo sets by name: bundled, synthetic, downloaded, or a folder
    ----------
    display     claims, pictures, sliders, galleries, charts, controls and quizzes of a lesson
    images      files to arrays and back, colour, degradations, atomic files

Names are loaded when they are first used, so that `import srlib` is quick and only what trains or
runs a network loads Keras.
"""

import os

# TensorFlow greets with a page of notices about graphics cards; say so only if the user asks.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# TensorFlow keeps the memory of the maps between one layer and the next, instead of giving it back
# to the system, which hands it out anew page by page: that took a third of a training step.
os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "images": [
            "Degradation",
            "ImageError",
            "KERNELS",
            "Pair",
            "degradation",
            "degrade",
            "downscale",
            "interpolate",
            "luma",
            "make_pair",
            "middle",
            "modcrop",
            "read_image",
            "resize",
            "to_batch",
            "to_image",
            "write_png",
        ],
        "display": [
            "ClaimError",
            "chart",
            "claim",
            "compare",
            "explore",
            "gallery",
            "quiz",
            "use_style",
        ],
        "photos": [
            "DownloadError",
            "Photo",
            "SOURCES",
            "collect",
            "data_root",
            "dead_leaves",
            "download",
            "photo_sets",
            "photos",
        ],
        "losses": ["OBJECTIVES", "objective"],
        "networks": [
            "MODELS",
            "architecture",
            "build",
            "patch_discriminator",
            "srgan_discriminator",
        ],
        "upscaling": [
            "INTERPOLATIONS",
            "VideoError",
            "export",
            "upscale",
            "upscale_file",
            "upscale_many",
            "upscale_video",
        ],
        "dataset": ["DatasetError", "Patches", "create_dataset", "read_pairs"],
        "evaluation": [
            "Protocol",
            "audit",
            "bradley_terry",
            "checkerboard",
            "color_shift",
            "consistency",
            "detail",
            "evaluate",
            "flat_deviation",
            "join",
            "mean_opinion",
            "pairs_needed",
            "psnr",
            "published",
            "rate",
            "rating_plan",
            "read_ratings",
            "ssim",
            "summary",
            "texture_distance",
            "weave",
            "write_ratings",
        ],
        "training": [
            "CheckpointError",
            "GANRecipe",
            "Recipe",
            "TrainingDiverged",
            "range_test",
            "train",
            "train_gan",
            "verdict",
        ],
        "zoo": ["RECIPES", "available", "card", "load", "recipe_for", "run_recipe", "verify"],
    },
)
