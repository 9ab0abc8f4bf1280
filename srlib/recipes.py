"""How each shipped network is trained: a function per network that returns its `Training`."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras

from srlib.degradation import check_scale, make_pair
from srlib.models import build
from srlib.photos import Photo, photos
from srlib.screening import BENCHMARKS, benchmark_hashes, duplicates, fingerprint
from srlib.training import Recipe, train
from srlib.zoo import save

__all__ = ["PROFILES", "RECIPES", "Training", "recipe_for", "run_recipe"]

PROFILES = ("smoke", "course", "full")


@dataclass(frozen=True)
class Training:
    """A recipe and the photo sets it is trained and validated on."""

    recipe: Recipe
    photo_sets: tuple[str, ...]
    validation_set: str = "course-test"


def srcnn(scale: int, profile: str = "full") -> Training:
    """Train SRCNN as far as twenty minutes on two CPU cores go.

    Dong, Loy, He and Tang, TPAMI 2016, trained on luma by gradient descent for 8·10⁸ backward
    passes. Muon, which equalises the directions of each update, comes within 0.1 to 0.4 dB of the
    published PSNR in 80,000 updates of four RGB patches.

    ::

        srlib train srcnn --scale 2 --profile full

    =========  =========================  =====================
    profile    photographs                two CPU cores
    =========  =========================  =====================
    smoke      course-train               seconds
    course     course-train, dead-leaves  a minute
    full       T91, BSDS500-train         fifteen to twenty minutes
    =========  =========================  =====================

    HR patches have 64 pixels a side, or a little less, whatever the scale. The scores expected of
    the full profile are on the cards of the shipped weights.
    """
    patch_size = 64 // scale
    if profile == "smoke":
        return Training(Recipe(steps=10, patch_size=patch_size, batch_size=4), ("course-train",))
    muon = Recipe(
        steps=80_000 if profile == "full" else 3000,
        batch_size=4,
        patch_size=patch_size,
        optimizer="muon",
        learning_rate=3e-3,
        precision="auto",
        validate_every=1000,
    )
    if profile == "course":
        return Training(muon, ("course-train", "dead-leaves"))
    return Training(muon, ("T91", "BSDS500-train"))


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
    # Named by set as well, since names repeat from set to set.
    photographs = [
        photo._replace(name=f"{Path(s).name}/{photo.name}")
        for s in photo_sets
        for photo in photos(s)
    ]
    left_out = repeated(photographs)
    keras.utils.set_random_seed(training.recipe.seed)
    model = build(name, scale)
    history = train(
        model,
        [make_pair(photo.image, scale) for photo in photographs if photo.name not in left_out],
        training.recipe,
        validation=[make_pair(photo.image, scale) for photo in photos(training.validation_set)],
        folder=folder,
    )
    command = ["srlib", "train", name, "--scale", str(scale), "--profile", profile]
    if photo_sets != list(training.photo_sets):
        command += [word for s in photo_sets for word in ("--data", str(s))]
    provenance = {
        "architecture": name,
        "photo_sets": [Path(s).name for s in photo_sets],
        "left_out": left_out,
        "validation_set": training.validation_set,
        "recipe": asdict(training.recipe.resolved()),
        "command": shlex.join(command),
        "hardware": f"{os.cpu_count()} CPU cores, {keras.backend.backend()}",
        "training_seconds": round(history["seconds"].iloc[-1]),
    }
    return save(model, name, scale, provenance, weights)


def repeated(photographs: Sequence[Photo]) -> dict[str, str]:
    """Which photographs show what a benchmark image shows, or repeat another: reason by name.

    BSDS500, for one, holds the photograph that is Set5's ``woman``.
    """
    records = [{"file": photo.name, **fingerprint(photo.image)} for photo in photographs]
    return duplicates(records, benchmark_hashes()[0])
