"""How each shipped network is trained: a function per weight file that returns its `Training`."""

from dataclasses import replace

from srlib.images import check_scale
from srlib.zoo.recipes.adversarial import srgan
from srlib.zoo.recipes.base import PROFILES, TRAINING_SETS, Training
from srlib.zoo.recipes.photographs import photo
from srlib.zoo.recipes.pixel import (
    edsr,
    encoder_decoder,
    fsrcnn,
    residual_add,
    residual_concat,
    rgb_residual,
    srcnn,
    srresnet,
    tiny,
    vdsr,
)
from srlib.zoo.recipes.searched import searched, searched_wide
from srlib.zoo.recipes.upsampling import (
    upsampling_resnet_both,
    upsampling_resnet_perceptual,
    upsampling_resnet_pixel,
    upsampling_resnet_subpixel,
    upsampling_resnet_transposed,
)

__all__ = ["PROFILES", "RECIPES", "TRAINING_SETS", "Training", "recipe_for"]

RECIPES = {
    "srcnn": srcnn,
    "fsrcnn": fsrcnn,
    "tiny": tiny,
    "vdsr": vdsr,
    "residual_concat": residual_concat,
    "residual_add": residual_add,
    "edsr": edsr,
    "photo": photo,
    "encoder_decoder": encoder_decoder,
    "rgb_residual": rgb_residual,
    "searched": searched,
    "searched_wide": searched_wide,
    "srresnet": srresnet,
    "srgan": srgan,
    "upsampling_resnet_pixel": upsampling_resnet_pixel,
    "upsampling_resnet_transposed": upsampling_resnet_transposed,
    "upsampling_resnet_subpixel": upsampling_resnet_subpixel,
    "upsampling_resnet_perceptual": upsampling_resnet_perceptual,
    "upsampling_resnet_both": upsampling_resnet_both,
}


def recipe_for(name: str, scale: int, profile: str = "full") -> Training:
    """The recipe of a network.

    Parameters
    ----------
    name
        One of `RECIPES`.
    scale
        The super-resolution factor.
    profile
        ``"smoke"`` (seconds), ``"course"`` (minutes) or ``"full"`` (what the shipped weights took).

    Raises
    ------
    ValueError
        If there is no such recipe or profile; the message lists those there are.
    """
    if name not in RECIPES:
        raise ValueError(f"there is no recipe for {name!r}; choose one of {', '.join(RECIPES)}")
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; choose one of {', '.join(PROFILES)}")
    training = RECIPES[name](check_scale(scale), profile)
    return replace(training, architecture=training.architecture or name)
