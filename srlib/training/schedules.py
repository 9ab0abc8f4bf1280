"""Learning rates: halving on a plateau, and a test of which rates a network can take."""

import math
from collections.abc import Sequence
from dataclasses import replace

import keras
import numpy as np
import pandas as pd

from srlib.images import Pair
from srlib.networks import computing_in
from srlib.training.recipe import Recipe

__all__ = ["plateau", "range_test"]

PATIENCE = 3


def plateau(learning_rate: float, history: Sequence[dict]) -> float:
    """The rate after a history of validations: halved after three in a row without a new best.

    Parameters
    ----------
    learning_rate
        The rate at the start.
    history
        Rows with ``psnr`` (dB; NaN if nothing was validated) and ``loss``, which then decides.

    Returns
    -------
    float
    """
    best, waited = -math.inf, 0
    for row in history:
        score = -row["loss"] if math.isnan(row["psnr"]) else row["psnr"]
        waited = 0 if score > best else waited + 1
        best = max(best, score)
        if waited == PATIENCE:
            learning_rate, waited = learning_rate / 2, 0
    return learning_rate


def range_test(
    model: keras.Model,
    pairs: Sequence[Pair],
    recipe: Recipe,
    *,
    lowest: float = 1e-6,
    highest: float = 1.0,
) -> pd.DataFrame:
    """Train with a rate that grows at every step, and see where the loss falls and where it bursts.

    The network is left as it was. A rate somewhat below the one at which the loss rises is a good
    start; the rate of the steepest fall is a careful one.

    Parameters
    ----------
    model
        A network from `srlib.build`.
    pairs
        Training pairs of the network's scale.
    recipe
        Optimiser, loss, patches, precision, and in how many steps the rate grows from `lowest` to
        `highest`; its own rate, schedule and average are not used.
    lowest, highest
        The first and the last rate.

    Returns
    -------
    pandas.DataFrame
        A row a step: learning_rate, loss (of that step's batch). It ends early, once the loss is
        no number or its moving mean over about twenty steps four times the smallest so far.

    Raises
    ------
    ValueError
        If not 0 < `lowest` < `highest`, or the pairs do not suit the recipe.

    References
    ----------
    Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3.
    """
    if not 0 < lowest < highest:
        raise ValueError(f"rates must be 0 < lowest < highest, not {lowest!r} and {highest!r}")
    recipe = replace(recipe.resolved(), schedule="constant", ema=None)
    patches = recipe.build_patches(pairs)
    rates = np.geomspace(lowest, highest, recipe.steps)
    before = model.get_weights()
    model.compile(recipe.build_optimizer(), recipe.build_loss(), jit_compile=False)
    growth = _Growth(rates)
    with computing_in(recipe.precision, model):
        model.fit(
            patches.stream(0, recipe.steps),
            steps_per_epoch=recipe.steps,
            callbacks=[growth],
            shuffle=False,
            verbose=0,
        )
    model.set_weights(before)
    return pd.DataFrame({"learning_rate": rates[: len(growth.losses)], "loss": growth.losses})


class _Growth(keras.callbacks.Callback):
    """Set the rate of every step, and note its loss, until that bursts."""

    def __init__(self, rates):
        super().__init__()
        self.rates = rates
        self.losses = []

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = self.rates[batch]

    def on_train_batch_end(self, batch, logs=None):
        # Keras logs the mean since the first batch; the sums' difference is this batch's loss.
        total = logs["loss"] * (batch + 1)
        self.losses.append(total - sum(self.losses))
        # A moving mean, since a single easy batch would make any other look like a burst.
        means = pd.Series(self.losses).ewm(span=20).mean()
        if not (math.isfinite(self.losses[-1]) and means.iloc[-1] <= 4 * means.min()):
            self.model.stop_training = True
