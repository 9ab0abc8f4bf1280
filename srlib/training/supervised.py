"""Train a network by a recipe: keras `fit`, validation, a log, and exact resuming."""

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from srlib.dataset import Patches
from srlib.evaluation.metrics import psnr
from srlib.images import Pair
from srlib.networks import computing_in, gains_by_xla
from srlib.training.checkpoints import Checkpoints
from srlib.training.processes import leads, own_share
from srlib.training.recipe import Recipe
from srlib.training.schedules import plateau
from srlib.upscaling import predict

__all__ = ["TrainingDiverged", "diverged", "patches_for", "train"]


class TrainingDiverged(RuntimeError):
    """The loss became NaN or infinite; the message names the step and the last good checkpoint."""


def train(
    model: keras.Model,
    pairs: Sequence[Pair],
    recipe: Recipe,
    *,
    validation: Sequence[Pair] = (),
    folder: Path | str | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    on_validation: Callable[[dict], None] | None = None,
) -> pd.DataFrame:
    """Train a network in place.

    With a `folder` the run can be killed at any moment and started again by the same call: it goes
    on from the last checkpoint and ends with the weights of an uninterrupted run.

    Parameters
    ----------
    model
        A network from `srlib.build`.
    pairs
        Training pairs of the network's scale.
    recipe
        How to train.
    validation
        Pairs whose mean Y-PSNR is measured at every validation, as whole images. A gray photograph
        counts as RGB here, so `srlib.evaluate`, which knows the file, may differ by a constant.
    folder
        Where the recipe, ``history.csv`` and the best and last checkpoints are kept; nothing is
        kept if None.
    callbacks
        Further Keras callbacks for `fit`.
    on_validation
        Called with each row of the history, after it was saved; what it raises ends the training.

    Returns
    -------
    pandas.DataFrame
        A row a validation: step, loss (mean since the row before), psnr (dB; NaN without
        `validation`), learning_rate, seconds (of training, all resumed parts together).

    Raises
    ------
    TrainingDiverged
        If the loss becomes NaN or infinite, or the PSNR NaN.
    srlib.CheckpointError
        If the folder holds a run of another recipe or other photographs, or a checkpoint that was
        edited or truncated.
    ValueError
        If the pairs are of another scale than the network, or do not suit the recipe.
    """
    recipe = recipe.resolved()
    patches = patches_for(model, pairs, recipe)
    model.compile(recipe.build_optimizer(), recipe.build_loss(), jit_compile=gains_by_xla())
    model.optimizer.build(model.trainable_variables)
    checkpoints, history = None, []
    if folder:
        identity = asdict(recipe) | {"network": model.name, "photographs": patches.digest()}
        checkpoints = Checkpoints(folder, identity)
        history = checkpoints.restore(model)
    with tqdm(
        total=recipe.steps,
        initial=history[-1]["step"] if history else 0,
        desc=model.name,
        unit="step",
        file=sys.stdout,
        mininterval=1,
    ) as bar:
        watch = _Watch(bar, checkpoints)
        while bar.n < recipe.steps:
            started = time.perf_counter()
            steps = min(recipe.validate_every, recipe.steps - bar.n)
            with computing_in(recipe.precision, model):
                losses = model.fit(
                    own_share(patches.stream(bar.n, bar.n + steps)),
                    steps_per_epoch=steps,
                    callbacks=[watch, *callbacks],
                    shuffle=False,
                    verbose=0,
                )
            row = {
                "step": bar.n,
                "loss": losses.history["loss"][0],
                "psnr": _mean_psnr(model, validation, patches.scale),
                "learning_rate": float(np.asarray(model.optimizer.learning_rate)),
                "seconds": time.perf_counter() - started,
            }
            if validation and math.isnan(row["psnr"]):
                raise diverged("the PSNR became nan", bar.n, checkpoints)
            row["seconds"] += history[-1]["seconds"] if history else 0
            history.append(row)
            if recipe.schedule == "plateau":
                model.optimizer.learning_rate = plateau(recipe.learning_rate, history)
            measured = f", {row['psnr']:.2f} dB" if validation else ""
            bar.set_postfix_str(f"loss {row['loss']:.5f}{measured}")
            if recipe.ema:
                model.set_weights(watch.weights)
            if checkpoints:
                checkpoints.save(model, history, write=leads())
            if on_validation:
                on_validation(row)
    # Where a moving average is kept, the network ends with it; otherwise this changes nothing.
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return pd.DataFrame(history)


class _Watch(keras.callbacks.Callback):
    """Move the progress bar at every step, and stop at the first loss that is no number.

    `weights` are those of the last step: after it `fit` puts the moving average, if one is kept,
    in their place.
    """

    def __init__(self, bar: tqdm, checkpoints: Checkpoints | None):
        super().__init__()
        self.bar = bar
        self.checkpoints = checkpoints
        self.weights = None

    def on_epoch_end(self, epoch, logs=None):
        if self.model.optimizer.use_ema:
            self.weights = self.model.get_weights()

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()
        if not math.isfinite(logs["loss"]):
            raise diverged(f"the loss became {logs['loss']}", self.bar.n, self.checkpoints)


def diverged(
    what: str,
    step: int,
    checkpoints: Checkpoints | None,
    advice: str = "Train with a lower learning_rate.",
) -> TrainingDiverged:
    """The error of a training that broke at a step, which names the last good checkpoint."""
    last = checkpoints.last_file() if checkpoints else None
    return TrainingDiverged(
        f"{what} at step {step}; the last good checkpoint is "
        f"{last or 'none, for nothing was saved yet'}. {advice}"
    )


def patches_for(model: keras.Model, pairs: Sequence[Pair], recipe: Recipe) -> Patches:
    """A recipe's patches of the pairs, or a ValueError if the network is of another scale."""
    patches = recipe.build_patches(pairs)
    if (enlarges := model.compute_output_shape((1, 8, 8, 3))[1] // 8) != patches.scale:
        raise ValueError(f"{model.name} enlarges ×{enlarges}, but the pairs are ×{patches.scale}")
    return patches


def _mean_psnr(model: keras.Model, pairs: Sequence[Pair], scale: int) -> float:
    if not pairs:
        return math.nan
    return float(np.mean([psnr(pair.hr, predict(model, pair.lr), scale=scale) for pair in pairs]))
