"""Train a network by a recipe: keras `fit`, validation, a log, and exact resuming."""

import hashlib
import itertools
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from srlib.checkpoints import Checkpoints
from srlib.degradation import Pair
from srlib.metrics import psnr
from srlib.optimizers import OPTIMIZERS
from srlib.patches import Patches
from srlib.precision import computing_in, has_fast_bfloat16
from srlib.upscaling import predict

__all__ = ["LOSSES", "PRECISIONS", "SCHEDULES", "Recipe", "TrainingDiverged", "train"]

LOSSES = {"mse": keras.losses.MeanSquaredError, "mae": keras.losses.MeanAbsoluteError}
SCHEDULES = ("constant", "cosine")
PRECISIONS = ("float32", "bfloat16", "auto")


class TrainingDiverged(RuntimeError):
    """The loss became NaN or infinite; the message names the step and the last good checkpoint."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a training goes, besides the network and the photographs.

    Parameters
    ----------
    steps
        Optimiser updates.
    batch_size
        Patches in an update.
    patch_size
        Side of the LR patch, in pixels.
    optimizer
        One of `srlib.optimizers.OPTIMIZERS`.
    learning_rate
        Step size at the start.
    schedule
        ``"constant"``, or ``"cosine"`` down to a hundredth of `learning_rate` at the last step.
    loss
        One of `LOSSES`.
    precision
        What convolutions compute in: ``"float32"``, ``"bfloat16"`` (weights, the bicubic
        enlargement and the last layer stay float32), or ``"auto"``: bfloat16 where the
        processor has instructions for it.
    seed
        Start of the random patches.
    validate_every
        Steps between two validations, log rows and checkpoints; a tenth of `steps` if None.
    """

    steps: int = 1500
    batch_size: int = 16
    patch_size: int = 32
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    loss: str = "mse"
    precision: str = "float32"
    seed: int = 0
    validate_every: int | None = None

    def __post_init__(self):
        if self.validate_every is None and isinstance(self.steps, int):
            object.__setattr__(self, "validate_every", max(1, self.steps // 10))
        for name in ("steps", "batch_size", "patch_size", "validate_every"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed must be a whole number of at least 0, not {self.seed!r}")
        if not isinstance(self.learning_rate, int | float) or not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be a positive number, not {self.learning_rate!r}")
        for name, allowed in (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
            ("loss", LOSSES),
            ("precision", PRECISIONS),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"unknown {name} {getattr(self, name)!r}; choose one of {', '.join(allowed)}"
                )

    def resolved(self) -> "Recipe":
        """The same recipe with the precision ``"auto"`` decided for this machine."""
        if self.precision != "auto":
            return self
        return replace(self, precision="bfloat16" if has_fast_bfloat16() else "float32")

    def build_optimizer(self) -> keras.Optimizer:
        """The optimiser with its schedule."""
        rate = self.learning_rate
        if self.schedule == "cosine":
            rate = keras.optimizers.schedules.CosineDecay(rate, self.steps, alpha=0.01)
        return OPTIMIZERS[self.optimizer](rate)


def train(
    model: keras.Model,
    pairs: Sequence[Pair],
    recipe: Recipe,
    *,
    validation: Sequence[Pair] = (),
    folder: Path | str | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
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
    patches = Patches(
        pairs, patch_size=recipe.patch_size, batch_size=recipe.batch_size, seed=recipe.seed
    )
    if (enlarges := model.compute_output_shape((1, 8, 8, 3))[1] // 8) != patches.scale:
        raise ValueError(f"{model.name} enlarges ×{enlarges}, but the pairs are ×{patches.scale}")
    # XLA makes convolutions on the CPU three times slower than TensorFlow's own kernels are.
    on_tensorflow = keras.backend.backend() == "tensorflow"
    model.compile(recipe.build_optimizer(), LOSSES[recipe.loss](), jit_compile=not on_tensorflow)
    model.optimizer.build(model.trainable_variables)
    checkpoints, history = None, []
    if folder:
        identity = asdict(recipe) | {"network": model.name, "photographs": _digest(patches.pairs)}
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
                    patches.stream(bar.n, bar.n + steps),
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
                raise _diverged("PSNR", math.nan, bar.n, checkpoints)
            row["seconds"] += history[-1]["seconds"] if history else 0
            history.append(row)
            measured = f", {row['psnr']:.2f} dB" if validation else ""
            bar.set_postfix_str(f"loss {row['loss']:.5f}{measured}")
            if checkpoints:
                checkpoints.save(model, history)
    return pd.DataFrame(history)


class _Watch(keras.callbacks.Callback):
    """Move the progress bar at every step, and stop at the first loss that is no number."""

    def __init__(self, bar: tqdm, checkpoints: Checkpoints | None):
        super().__init__()
        self.bar = bar
        self.checkpoints = checkpoints

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()
        if not math.isfinite(logs["loss"]):
            raise _diverged("loss", logs["loss"], self.bar.n, self.checkpoints)


def _diverged(what, value, step, checkpoints):
    last = checkpoints.last_file() if checkpoints else None
    return TrainingDiverged(
        f"the {what} became {value} at step {step}; the last good checkpoint is "
        f"{last or 'none, for nothing was saved yet'}. Train with a lower learning_rate."
    )


def _mean_psnr(model: keras.Model, pairs: Sequence[Pair], scale: int) -> float:
    if not pairs:
        return math.nan
    return float(np.mean([psnr(pair.hr, predict(model, pair.lr), scale=scale) for pair in pairs]))


def _digest(pairs: Sequence[Pair]) -> str:
    digest = hashlib.sha256()
    for image in itertools.chain.from_iterable(pairs):
        digest.update(f"{image.shape}".encode() + image.tobytes())
    return digest.hexdigest()[:16]
