"""How each shipped network is trained: a function per network that returns its `Training`."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras

from srlib.degradation import check_scale, make_pair
from srlib.models import build
from srlib.photos import photos
from srlib.training import Recipe, train
from srlib.zoo import BENCHMARKS, save

__all__ = ["PROFILES", "RECIPES", "Training", "recipe_for", "run_recipe"]

PROFILES = ("smoke", "course", "full")


@dataclass(frozen=True)
class Training:
    """A recipe and the photo sets it is trained and validated on."""

    recipe: Recipe
    photo_sets: tuple[str, ...]
    validation_set: str = "course-test"


def srcnn(scale: int, profile: str = "full") -> Training:
    """Train SRCNN as far as an hour or so on two CPU cores goes.

    Dong, Loy, He and Tang, TPAMI 2016, trained 9-1-5 on luma by plain gradient descent for 8·10⁸
    backward passes. Adam and a cosine schedule get as far on RGB in a few ten thousand updates.

    ::

        srlib train srcnn --scale 2 --profile full

    =========  =======================  ==========================  ===================
    profile    photographs              two CPU cores, bfloat16     Set5 ×2, Y-PSNR
    =========  =======================  ==========================  ===================
    smoke      course-train             seconds                     worse than bicubic
    course     course-train, synthetic  1 minute                    about bicubic
    full       T91, BSDS500-train       40 minutes                  see the card
    =========  =======================  ==========================  ===================

    HR patches are 64 pixels or a little less whatever the scale.
    """
    patch_size = 64 // scale
    if profile == "smoke":
        return Training(Recipe(steps=10, patch_size=patch_size, batch_size=4), ("course-train",))
    if profile == "course":
        return Training(Recipe(steps=1500, patch_size=patch_size), ("course-train", "dead-leaves"))
    return Training(
        Recipe(steps=40_000, patch_size=patch_size, validate_every=1000, precision="auto"),
        ("T91", "BSDS500-train"),
    )


RECIPES = {"srcnn": srcnn}


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
    return RECIPES[name](check_scale(scale), profile)


def run_recipe(
    name: str,
    scale: int,
    profile: str = "full",
    *,
    photo_sets: Sequence[str] | None = None,
    folder: Path | str,
    weights: Path | str,
) -> dict:
    """Train a network by its recipe and write its weights and card; ``srlib train`` does this.

    Parameters
    ----------
    name, scale, profile
        As for `recipe_for`.
    photo_sets
        Photo sets or folders to train on instead of the recipe's.
    folder
        Checkpoints and log; a run that was killed goes on from there.
    weights
        Where the weights and the card are written.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    ValueError
        If a photo set is a benchmark, which would make every score on it worthless.
    """
    training = recipe_for(name, scale, profile)
    photo_sets = list(photo_sets or training.photo_sets)
    if leaked := [s for s in photo_sets if Path(s).name in BENCHMARKS]:
        raise ValueError(
            f"{', '.join(leaked)} is a benchmark: a network trained on it cannot be measured by "
            "it; choose other photographs"
        )
    keras.utils.set_random_seed(training.recipe.seed)
    model = build(name, scale)
    history = train(
        model,
        [make_pair(photo.image, scale) for s in photo_sets for photo in photos(s)],
        training.recipe,
        validation=[make_pair(photo.image, scale) for photo in photos(training.validation_set)],
        folder=folder,
    )
    provenance = {
        "architecture": name,
        "photo_sets": [Path(s).name for s in photo_sets],
        "validation_set": training.validation_set,
        "recipe": asdict(training.recipe),
        "command": " ".join(
            [f"srlib train {name} --scale {scale} --profile {profile}"]
            + [f"--data {s}" for s in photo_sets if s not in training.photo_sets]
        ),
        "hardware": f"{os.cpu_count()} CPU cores, {keras.backend.backend()}",
        "training_seconds": round(history["seconds"].iloc[-1]),
    }
    return save(model, name, scale, provenance, weights)
