"""Recipes and the loops that follow them, alone or against a discriminator."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "adversarial": ["train_gan"],
        "checkpoints": ["CheckpointError"],
        "gan_recipe": ["GANRecipe"],
        "optimizers": ["OPTIMIZERS", "ClippedSGD", "ConvMuon"],
        "previews": ["Previews"],
        "processes": ["join_processes"],
        "recipe": ["Recipe"],
        "recorder": ["verdict"],
        "schedules": ["plateau", "range_test"],
        "supervised": ["TrainingDiverged", "train"],
    },
)
