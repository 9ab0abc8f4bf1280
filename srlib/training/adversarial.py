"""Train a generator against a discriminator: two stages, a flight recorder, exact resuming."""

import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from srlib.dataset import Patches
from srlib.evaluation.metrics import psnr
from srlib.images import Pair, interpolate, write_png
from srlib.losses import compiled
from srlib.networks import computing_in, save_weights
from srlib.training.checkpoints import Checkpoints
from srlib.training.gan_recipe import GANRecipe
from srlib.training.players import Players
from srlib.training.recorder import COLLAPSE, look
from srlib.training.supervised import diverged, patches_for, train

__all__ = ["train_gan"]

COLUMNS = (
    "step", "psnr", "feature_distance", "checkerboard", "generator_loss", "pixel", "content",
    "spectral", "adversarial", "discriminator_loss", "gradient_penalty", "zero_centred_penalty",
    "d_real", "d_fake", "separation", "generator_gradient", "discriminator_gradient",
    "learning_rate", "seconds",
)  # fmt: skip
WATCHED = ("generator_loss", "discriminator_loss", "generator_gradient", "discriminator_gradient")
BETTER_THAN_BICUBIC = 0.05  # dB; a network's own bicubic, unrounded, is up to 0.02 above Pillow's
CALM = "Train with a lower learning_rate or adversarial_weight, or pre-train for longer."


def train_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    pairs: Sequence[Pair],
    recipe: GANRecipe,
    *,
    validation: Sequence[Pair],
    folder: Path | str | None = None,
) -> pd.DataFrame:
    """Train a generator in place against a discriminator, after it was trained on pixels.

    First comes the recipe's stage of pre-training, unless the generator brings trained weights;
    then both networks take a step in turn. With a `folder` the run can be killed at any moment and
    started again by the same call: it ends as an uninterrupted run would. Within the scope of a
    ``tf.distribute`` strategy, in which both networks were built, each device has its share of
    every batch; batch normalisation, relativistic average and separation are those of the share.

    Parameters
    ----------
    generator
        A network from `srlib.build`, of any architecture.
    discriminator
        A network (N, H, W, 3) in [0, 1] → logits, one of each image, (N, 1), such as
        `srlib.srgan_discriminator`, or one of each place, (N, h, w, 1), such as
        `srlib.patch_discriminator`.
    pairs
        Training pairs of the generator's scale.
    recipe
        How to train.
    validation
        Pairs that are measured at every validation, as whole images.
    folder
        Where the run is kept: ``history.csv``, what this function returns; ``samples/step-N.png``,
        bicubic, SR and HR side by side; ``generator.weights.h5``, the generator as it was
        validated with the smallest feature distance, which also decides what the best checkpoint
        is; the best and last checkpoints of both networks and optimisers; and ``pretraining``, the
        run of that stage. Nothing is kept if None.

    Returns
    -------
    pandas.DataFrame
        A row a validation, the first before any adversarial step: step; psnr (Y, dB),
        feature_distance and checkerboard (gray levels) on `validation`, of the moving average if
        there is one; then means since the row before: generator_loss, its terms pixel, content,
        spectral and adversarial before they are weighted, as far as they have a weight,
        discriminator_loss, d_real and d_fake (what the discriminator says, see
        `srlib.losses.Objective`), separation (the share of pairs in which it ranks the photograph
        above the generated image, by the mean of all places where it judges each),
        gradient_penalty and zero_centred_penalty as far as they have a weight, generator_gradient
        and discriminator_gradient (norms); learning_rate; seconds, those of the pre-training
        included. `srlib.verdict` reads it.

    Raises
    ------
    srlib.TrainingDiverged
        If a loss or gradient is no number, or the generator collapses: if its PSNR falls 6 dB below
        where the adversarial stage began.
    srlib.CheckpointError
        As for `srlib.train`.
    ValueError
        If the generator was not pre-trained: without that stage in the recipe it must be better
        than bicubic on `validation`. If there is no validation, or what is given does not fit
        together.
    """
    recipe = recipe.resolved()
    stage = recipe.generator
    if not validation:
        raise ValueError("an adversarial training needs validation pairs, to see where it goes")
    patches = patches_for(generator, pairs, stage)
    _check_discriminator(discriminator, stage.patch_size * patches.scale)
    folder = folder and Path(folder)
    seconds = 0.0
    if recipe.pretraining:
        first = folder and folder / "pretraining"
        alone = train(generator, pairs, recipe.pretraining, validation=validation, folder=first)
        seconds = alone["seconds"].iloc[-1]
    features = stage.build_features()
    players = Players(generator, discriminator, recipe, features)
    identity = recipe.settings() | {
        "networks": f"{generator.name}, {discriminator.name}",
        "parameters": f"{generator.count_params()}, {discriminator.count_params()}",
        "photographs": patches.digest(),
    }
    flight = _Flight(players, patches, validation, features, folder, identity)
    if not flight.history:
        flight.take_off(seconds, pretrained=recipe.pretraining is not None)
    with tqdm(total=stage.steps, initial=flight.step, desc=generator.name, unit="step",
              file=sys.stdout, mininterval=1) as bar:  # fmt: skip
        while flight.step < stage.steps:
            row = flight.go_on(min(stage.validate_every, stage.steps - flight.step), stage, bar)
            bar.set_postfix_str(f"separation {row['separation']:.2f}, {row['psnr']:.2f} dB")
    generator.optimizer.finalize_variable_values(generator.trainable_variables)
    return pd.DataFrame(flight.history)


def _check_discriminator(discriminator, side):
    fits = discriminator.input_shape[1:] in ((None, None, 3), (side, side, 3))
    shape = discriminator.output_shape
    if not (fits and len(shape) in (2, 4) and shape[-1] == 1):
        raise ValueError(
            f"{discriminator.name} must give a logit (N, 1), or one of each place (N, h, w, 1), "
            f"for crops of {side}×{side} pixels: build it with crop_size=None, which takes any, or "
            "with that one"
        )


class _Flight:
    """A run from wherever it stands: the steps to the next validation, and the record of both."""

    def __init__(self, players, patches: Patches, validation, features, folder, identity):
        self.players, self.patches = players, patches
        self.validation, self.features = validation, features
        self.folder, self.checkpoints, self.history = folder, None, []
        if folder:
            self.checkpoints = Checkpoints(folder, identity, lambda row: -row["feature_distance"])
            self.history = self.checkpoints.restore(players)
        self.run = compiled(players.step, players.state)

    @property
    def step(self):
        return self.history[-1]["step"] if self.history else 0

    def take_off(self, seconds: float, *, pretrained: bool):
        """Measure the generator as it is, and refuse one that was not pre-trained."""
        row = self._measured(0)
        scale = self.patches.scale
        bicubic = np.mean(
            [psnr(hr, interpolate(lr, scale), scale=scale) for lr, hr in self.validation]
        )
        if not (pretrained or row["psnr"] >= bicubic + BETTER_THAN_BICUBIC):
            raise ValueError(
                f"{self.players.generator.name} has {row['psnr']:.2f} dB on the validation pairs, "
                f"and bicubic enlargement {bicubic:.2f} dB, so it was not pre-trained: give the "
                "recipe a stage of pretraining, or load trained weights"
            )
        self._keep(row | {"seconds": seconds})

    def go_on(self, steps: int, stage, bar: tqdm) -> dict:
        """Take some steps, validate and keep what came of it; return the new row."""
        started, taken = time.perf_counter(), []
        players = self.players
        with (
            computing_in(stage.precision, players.generator),
            computing_in(stage.precision, players.discriminator),
        ):
            stretch = self.step, self.step + steps
            batches = self.patches.stream(*stretch)
            for step, (lr, hr) in zip(range(*stretch), batches, strict=True):
                taken.append(self.run(lr, hr, _mix(stage, step)))
                bar.update()
                for name in WATCHED:
                    if not math.isfinite(taken[-1][name]):
                        what = f"the {name.replace('_', ' ')} became {taken[-1][name]}"
                        raise diverged(what, step + 1, self.checkpoints, CALM)
        seconds = time.perf_counter() - started + self.history[-1]["seconds"]
        row = self._measured(self.step + steps) | pd.DataFrame(taken).mean().to_dict()
        row["learning_rate"] = float(np.asarray(players.generator.optimizer.learning_rate))
        self._keep(row | {"seconds": seconds})
        return row

    def _measured(self, step):
        generator = self.players.generator
        weights = generator.get_weights()
        if step:
            generator.optimizer.finalize_variable_values(generator.trainable_variables)
        measures, grid = look(generator, self.validation, self.features, self.patches.scale)
        if self.folder:
            write_png(self.folder / "samples" / f"step-{step:06}.png", grid)
            if measures["feature_distance"] < min(
                (row["feature_distance"] for row in self.history), default=math.inf
            ):
                _save_alone(generator, self.folder / "generator.weights.h5")
        generator.set_weights(weights)
        return {"step": step} | measures

    def _keep(self, row):
        """Write the record, and a checkpoint unless the generator has collapsed."""
        self.history.append({name: row[name] for name in COLUMNS if name in row})
        start, now = self.history[0]["psnr"], row["psnr"]
        if not start - now < COLLAPSE:
            if self.checkpoints:
                self.checkpoints.write_history(self.history)
            what = f"the generator collapsed, from {start:.2f} to {now:.2f} dB,"
            raise diverged(what, row["step"], self.checkpoints, CALM)
        if self.checkpoints:
            self.checkpoints.save(self.players, self.history)


def _mix(stage, step):
    """The random numbers of a step's gradient penalty; of the patches' other random numbers."""
    rng = np.random.default_rng((stage.seed, step, 1))
    return rng.random((stage.batch_size, 1, 1, 1), np.float32)


def _save_alone(network, path):
    """A network's weights without its optimiser, as `srlib.load` and ``load_weights`` read them."""
    optimizer, network.optimizer = network.optimizer, None
    try:
        save_weights(network, path)
    finally:
        network.optimizer = optimizer
