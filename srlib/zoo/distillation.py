"""Teach a small network to see as VGG-19 does."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from keras import ops

from srlib.evaluation import DISTORTIONS
from srlib.images import check_writable, sha256, to_batch, write_json
from srlib.losses.features import MAPS, Features, build_student, student, vgg19
from srlib.networks import gains_by_xla, save_weights
from srlib.photos import present
from srlib.training import Recipe
from srlib.zoo.agreement import benchmark_agreement
from srlib.zoo.recipes import TRAINING_SETS
from srlib.zoo.runs import training_photographs

__all__ = ["distill", "run_distillation"]

PATCH_SIZE = 64
LEARNING_RATE = 2e-3


def distill(
    photographs: Sequence[np.ndarray],
    teacher: Features,
    *,
    steps: int,
    batch_size: int = 8,
    patch_size: int = PATCH_SIZE,
) -> tuple[keras.Model, list[float], pd.DataFrame]:
    """Train a student on patches and on spoilt copies of them.

    Besides the teacher's maps themselves, the student learns how they change from a patch to its
    spoilt copy, relative to the size of that change: a distance is made of such changes, and small
    ones count as much as large ones.

    Parameters
    ----------
    photographs
        uint8 (H, W, 3), at least `patch_size` high and wide.
    teacher
        Features in [0, 1] whose layers are those of `srlib.losses.features.MAPS`.
    steps
        Updates of Muon: fewer than 100, or a multiple of 100.
    batch_size, patch_size
        Patches in an update, each with one spoilt copy, and their side in pixels.

    Returns
    -------
    keras.Model
        The student, in [0, 1].
    list of float
        The root mean square of each of the teacher's maps, which scales the student's.
    pandas.DataFrame
        A row a hundredth of the steps, if there are as many: step, loss.

    Raises
    ------
    ValueError
        If the steps are no such number.

    References
    ----------
    Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015, for learning from feature maps.
    """
    if steps < 1 or (steps > 100 and steps % 100):
        raise ValueError(f"steps must be fewer than 100 or a multiple of 100, not {steps!r}")
    patches = _patches(photographs, batch_size, patch_size)
    sample = [teacher.network.predict_on_batch(next(patches)) for _ in range(20)]
    scales = [float(np.sqrt(np.mean(np.square(maps)))) for maps in zip(*sample, strict=True)]
    keras.utils.set_random_seed(0)
    model = build_student(scales)
    recipe = Recipe(steps=steps, optimizer="muon", learning_rate=LEARNING_RATE)
    losses = [_imitation(scale) for scale in scales]
    model.compile(recipe.build_optimizer(), losses, jit_compile=gains_by_xla())
    lessons = ((batch, tuple(teacher.network.predict_on_batch(batch))) for batch in patches)
    rows = min(steps, 100)
    history = model.fit(
        lessons, epochs=rows, steps_per_epoch=steps // rows, shuffle=False, verbose=2
    )
    step = (steps // rows) * np.arange(1, rows + 1)
    return model, scales, pd.DataFrame({"step": step, "loss": history.history["loss"]})


def _imitation(scale):
    """The loss of one map of a batch whose second half are spoilt copies of its first."""

    def loss(y_true, y_pred):
        error = (y_true - y_pred) / scale
        change = _halves_differ(y_true / scale)
        per_image = ops.mean(ops.square(error), axis=(1, 2, 3))
        wrong = ops.mean(ops.square(_halves_differ(error)), axis=(1, 2, 3))
        right = ops.mean(ops.square(change), axis=(1, 2, 3))
        relative = wrong / (right + 1e-4)
        return per_image + ops.concatenate([relative, relative])

    return loss


def _halves_differ(maps):
    first, second = ops.split(maps, 2)
    return first - second


def _patches(photographs, batch_size, patch_size) -> Iterator[np.ndarray]:
    """Batches of random patches and then as many spoilt copies, float32 in [0, 1]."""
    rng = np.random.default_rng(0)
    kinds = list(DISTORTIONS.values())
    while True:
        clean = []
        for _ in range(batch_size):
            image = photographs[rng.integers(len(photographs))]
            top, left = (rng.integers(side - patch_size + 1) for side in image.shape[:2])
            patch = image[top : top + patch_size, left : left + patch_size]
            clean.append(np.rot90(patch, rng.integers(4)))
        spoilt = [kinds[rng.integers(len(kinds))](patch, rng.random(), rng) for patch in clean]
        yield np.concatenate([to_batch(patch) for patch in clean + spoilt])


def run_distillation(weights: Path | str, *, steps: int = 3000) -> dict:
    """Train the shipped student and write its weights and card; ``srlib distill`` does this.

    It needs the weights of VGG-19, see `srlib.losses.features.vgg19`, and the photographs that the
    shipped networks are trained on. Two CPU cores take some ten minutes.

    Parameters
    ----------
    weights
        The folder for ``student.weights.h5``, in half precision, and ``student.json``.
    steps
        Updates.

    Returns
    -------
    dict
        The card; ``agreement`` are Spearman correlations with VGG-19's distances, of the student
        and of the same network untrained, on those of BSD100 and course-test that are here.
    """
    path = Path(weights) / "student.weights.h5"
    check_writable(path)
    teacher = vgg19(input_range=(0, 1), layers=list(MAPS))
    photographs, left_out = training_photographs(TRAINING_SETS, PATCH_SIZE)
    started = time.perf_counter()
    images = [photo.image for photo in photographs]
    model, scales, history = distill(images, teacher, steps=steps)
    seconds = time.perf_counter() - started
    half = build_student(scales, dtype="float16")
    half.set_weights(model.get_weights())
    save_weights(half, path)
    card = {
        "scales": scales,
        "parameters": model.count_params(),
        "photo_sets": list(TRAINING_SETS),
        "left_out": left_out,
        "steps": steps,
        "loss": history.loss.iloc[-1],
        "command": f"srlib distill {Path(weights).name} --steps {steps}",
        "hardware": f"{os.cpu_count()} CPU cores, {keras.backend.backend()}",
        "training_seconds": round(seconds),
        "sha256": sha256(path),
    }
    card_path = path.with_name("student.json")
    write_json(card_path, card)
    keras.utils.set_random_seed(0)
    candidates = {
        "trained": student(input_range=(0, 1), weights=path),
        "untrained": student(input_range=(0, 1), weights=None),
        "vgg19": vgg19(input_range=(0, 1)),
    }
    card["agreement"] = [
        {"set": name} | benchmark_agreement(candidates, name)["vgg19"].drop("vgg19").to_dict()
        for name in present(["course-test", "BSD100"])
    ]
    write_json(card_path, card)
    return card
