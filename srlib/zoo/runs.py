"""Train a network by its recipe, and keep with the weights how that was done."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras

from srlib.dataset import BENCHMARKS, benchmark_hashes, duplicates, fingerprint
from srlib.images import make_pair
from srlib.networks.models import build, srgan_discriminator
from srlib.photos import Photo, photos
from srlib.training import GANRecipe, train, train_gan
from srlib.zoo.cards import load, save
from srlib.zoo.recipes import recipe_for

__all__ = ["run_recipe"]


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
    recipe = training.recipe
    photographs, left_out = training_photographs(photo_sets, recipe.patch_size * scale)
    keras.utils.set_random_seed(recipe.seed)
    model = build(training.architecture, scale, **training.options)
    if training.start:
        take_over(load(*training.start), model)
    pairs = [make_pair(photo.image, scale) for photo in photographs]
    validation = [make_pair(photo.image, scale) for photo in photos(training.validation_set)]
    seconds = 0
    for i, stage in enumerate((recipe, *training.finish)):
        where = Path(folder) / f"finish{i}" if i else Path(folder)
        fit = against_discriminator if isinstance(stage, GANRecipe) else train
        history = fit(model, pairs, stage, validation=validation, folder=where)
        seconds += history["seconds"].iloc[-1]
    command = ["srlib", "train", name, "--scale", str(scale), "--profile", profile]
    if photo_sets != list(training.photo_sets):
        command += [word for s in photo_sets for word in ("--data", str(s))]
    provenance = {
        "architecture": training.architecture,
        "options": training.options,
        "photo_sets": [Path(s).name for s in photo_sets],
        "left_out": left_out,
        "validation_set": training.validation_set,
        "start": training.start and "{} ×{}".format(*training.start),
        "recipe": asdict(recipe.resolved()),
        "finish": [asdict(stage.resolved()) for stage in training.finish],
        "command": shlex.join(command),
        "hardware": f"{os.cpu_count()} CPU cores, {keras.backend.backend()}",
        "training_seconds": round(seconds),
    }
    return save(model, name, scale, provenance, weights, training.metrics)


def against_discriminator(model: keras.Model, pairs, recipe: GANRecipe, **others):
    """Let the paper's discriminator judge; else as `train_gan`."""
    return train_gan(model, srgan_discriminator(), pairs, recipe, **others)


def training_photographs(
    photo_sets: Sequence[str], side: int
) -> tuple[list[Photo], dict[str, str]]:
    """The photographs of several sets, without those that may not or cannot be trained on.

    Parameters
    ----------
    photo_sets
        Names of photo sets, or folders.
    side
        Of an HR patch, in pixels.

    Returns
    -------
    list of Photo
        Named by set as well, since names repeat from set to set.
    dict
        Those left out, reason by name: see `repeated` and `too_small`.
    """
    photographs = [
        photo._replace(name=f"{Path(s).name}/{photo.name}")
        for s in photo_sets
        for photo in photos(s)
    ]
    left_out = repeated(photographs) | too_small(photographs, side)
    return [photo for photo in photographs if photo.name not in left_out], left_out


def repeated(photographs: Sequence[Photo]) -> dict[str, str]:
    """Which photographs show what a benchmark image shows, or repeat another: reason by name.

    BSDS500, for one, holds the photograph that is Set5's ``woman``.
    """
    records = [{"file": photo.name, **fingerprint(photo.image)} for photo in photographs]
    return duplicates(records, benchmark_hashes()[0])


def too_small(photographs: Sequence[Photo], side: int) -> dict[str, str]:
    """Which photographs hold no patch of `side` pixels: reason by name."""
    return {
        photo.name: f"smaller than a patch of {side} pixels"
        for photo in photographs
        if min(photo.image.shape[:2]) < side
    }


def take_over(source: keras.Model, target: keras.Model) -> None:
    """Copy every weight of `source` that `target` has under the same name and shape."""
    weights = {variable.path: variable for variable in source.variables}
    for variable in target.variables:
        other = weights.get(variable.path)
        if other is not None and other.shape == variable.shape:
            variable.assign(other)
