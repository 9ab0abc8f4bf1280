"""Train a network by its recipe, and keep with the weights how that was done."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from srlib.dataset import BENCHMARKS, benchmark_hashes, duplicates, fingerprint
from srlib.images import check_writable, downscale, make_pair, modcrop, tell
from srlib.networks.models import build, patch_discriminator
from srlib.photos import BUNDLED, Photo, photos
from srlib.training import GANRecipe, train, train_gan
from srlib.zoo.cards import save
from srlib.zoo.loading import load
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
        If a photo set is a benchmark, which would make every score on it worthless, or if none of
        the photographs can be trained on.
    OSError
        If a folder cannot be written.
    """
    for place in (folder, weights):
        check_writable(place)
    training = recipe_for(name, scale, profile)
    photo_sets = list(photo_sets or training.photo_sets)
    if leaked := [s for s in photo_sets if Path(s).name in BENCHMARKS]:
        raise ValueError(
            f"{', '.join(leaked)} is a benchmark: a network trained on it cannot be measured by "
            "it; choose other photographs"
        )
    recipe = training.recipe
    photographs, left_out = training_photographs(
        photo_sets, recipe.patch_size * scale, halve_jpeg=training.halve_jpeg
    )
    tell_left_out(left_out)
    keras.utils.set_random_seed(recipe.seed)
    model = build(training.architecture, scale, **training.options)
    if training.start:
        take_over(load(*training.start), model)
    apart = held_out(len(photographs), recipe.seed)
    pairs, validation = [], []
    for i, photo in enumerate(photographs):
        degraded = range(1 if i in apart else training.copies)
        made = [make_pair(photo.image, scale, training.lr_kernel, copy) for copy in degraded]
        (validation if i in apart else pairs).extend(made)
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
        "lr_kernel": training.lr_kernel,
        "copies": training.copies,
        "halve_jpeg": training.halve_jpeg,
        "held_out": [photographs[i].file for i in apart],
        "start": training.start and "{} ×{}".format(*training.start),
        "recipe": asdict(recipe.resolved()),
        "finish": [asdict(stage.resolved()) for stage in training.finish],
        "command": shlex.join(command),
        "hardware": f"{os.cpu_count()} CPU cores, {keras.backend.backend()}",
        "training_seconds": round(seconds),
    }
    return save(model, name, scale, provenance, weights, training.metrics)


def against_discriminator(model: keras.Model, pairs, recipe: GANRecipe, **others):
    """Let a discriminator of patches judge; else as `train_gan`."""
    return train_gan(model, patch_discriminator(), pairs, recipe, **others)


def training_photographs(
    photo_sets: Sequence[str], side: int, *, halve_jpeg: bool = False
) -> tuple[list[Photo], dict[str, str]]:
    """The photographs of several sets, without those that may not or cannot be trained on.

    Parameters
    ----------
    photo_sets
        Names of photo sets, or folders.
    side
        Of an HR patch, in pixels.
    halve_jpeg
        Whether photographs in JPEG files are halved; those that are bundled are in any case.

    Returns
    -------
    list of Photo
        Their files named by set as well, since names repeat from set to set.
    dict
        Those left out, reason by file: see `too_small` and `repeated`.

    Raises
    ------
    ValueError
        If none is left.
    """
    photographs = [
        photo._replace(file=f"{label}/{photo.file or photo.name}")
        for s, label in zip(photo_sets, set_labels(photo_sets), strict=True)
        for photo in photos(s)
    ]
    if halve_jpeg:
        photographs = [halved(photo) if is_jpeg(photo) else photo for photo in photographs]
    small = too_small(photographs, side)
    large = [photo for i, photo in enumerate(photographs) if i not in small]
    same = repeated(large)
    left_out = {photographs[i].file: why for i, why in small.items()}
    left_out |= {large[i].file: why for i, why in same.items()}
    kept = [photo for i, photo in enumerate(large) if i not in same]
    if not kept:
        reasons = "; ".join(f"{file}: {why}" for file, why in list(left_out.items())[:5])
        raise ValueError(f"none of the {len(photographs)} photographs can be trained on: {reasons}")
    return kept, left_out


def is_jpeg(photo: Photo) -> bool:
    """Whether a photograph comes from a JPEG file, and is as large as in it."""
    folder, name = photo.file.rsplit("/", 1)
    return folder not in BUNDLED and Path(name).suffix.lower() in (".jpg", ".jpeg")


def halved(photo: Photo) -> Photo:
    """The photograph in half the size, which hides most of what JPEG did to it."""
    return photo._replace(image=downscale(modcrop(photo.image, 2), 2))


def held_out(count: int, seed: int) -> list[int]:
    """Which of `count` photographs are not trained on, but watched: a fifth, at most four.

    None of a single one. The photographs that networks are measured on have no say in training.
    """
    if count < 2:
        return []
    chosen = np.random.default_rng(seed).permutation(count)[: min(4, max(1, count // 5))]
    return sorted(chosen.tolist())


def tell_left_out(left_out: dict[str, str], most: int = 20) -> None:
    """Say on stderr which photographs are not trained on, a line each."""
    for file, why in list(left_out.items())[:most]:
        tell(f"not trained on: {file}: {why}")
    if (more := len(left_out) - most) > 0:
        tell(f"not trained on: {more:,} more, see left_out in the card")


def set_labels(photo_sets: Sequence[str]) -> list[str]:
    """Sets by their names, and by their whole paths where names would be equal."""
    names = [Path(s).name or str(s) for s in photo_sets]
    return [
        name if names.count(name) == 1 else str(s)
        for s, name in zip(photo_sets, names, strict=True)
    ]


def repeated(photographs: Sequence[Photo]) -> dict[int, str]:
    """Which photographs show what a benchmark image shows, or repeat another: reason by index.

    BSDS500, for one, holds the photograph that is Set5's ``woman``.
    """
    records = [{"file": photo.file, **fingerprint(photo.image)} for photo in photographs]
    return duplicates(records, benchmark_hashes()[0])


def too_small(photographs: Sequence[Photo], side: int) -> dict[int, str]:
    """Which photographs hold no patch of `side` pixels: reason by index."""
    return {
        i: f"smaller than a patch of {side} pixels"
        for i, photo in enumerate(photographs)
        if min(photo.image.shape[:2]) < side
    }


def take_over(source: keras.Model, target: keras.Model) -> None:
    """Copy every weight of `source` that `target` has under the same name and shape."""
    weights = {variable.path: variable for variable in source.variables}
    for variable in target.variables:
        other = weights.get(variable.path)
        if other is not None and other.shape == variable.shape:
            variable.assign(other)
