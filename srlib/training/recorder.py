"""The flight recorder of an adversarial training: what to measure, and how to read it."""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import pandas as pd

from srlib.evaluation.metrics import checkerboard, psnr
from srlib.images import Pair, interpolate, to_image
from srlib.losses.features import Features
from srlib.upscaling import predict

__all__ = ["COLLAPSE", "VERDICTS", "Verdict", "look", "verdict"]

VERDICTS = ("healthy", "discriminator overpowered", "collapsed", "oscillating")

COLLAPSE = 6.0  # dB lost since the start: four times the squared error
CERTAIN = 0.99  # share of pairs that a discriminator without an opponent ranks rightly
SWING = 0.3  # change of that share which counts as a turn of the game
TURNS = 3
FEWEST = 4  # rows below which nothing can be told

SHOWN, SIDE, MARGIN = 4, 96, 4  # of a sample grid: photographs, pixels of a crop, pixels between


class Verdict(NamedTuple):
    """What a log tells: one of `VERDICTS`, and the numbers that led to it."""

    name: str
    reason: str


def look(
    generator: keras.Model, pairs: Sequence[Pair], features: Features, scale: int
) -> tuple[dict, np.ndarray]:
    """Measure a generator on whole images, and show some of what it makes.

    Parameters
    ----------
    generator
        LR batch → SR batch.
    pairs
        What to measure on.
    features
        Whose feature maps are compared.
    scale
        The generator's.

    Returns
    -------
    measures : dict
        Means over the pairs: psnr (of Y, in dB), feature_distance, checkerboard (gray levels).
    grid : numpy.ndarray
        uint8 (H, W, 3): a row for each of the first four pairs, the middle 96 pixels of the
        bicubic enlargement, the SR image and the HR image side by side.
    """
    measures, rows = [], []
    for pair in pairs:
        sr = predict(generator, pair.lr)[np.newaxis]
        image = to_image(sr)
        measures.append(
            {
                "psnr": psnr(pair.hr, sr[0], scale=scale),
                "feature_distance": features.distances(pair.hr, [image])[0],
                "checkerboard": checkerboard(image, scale=scale),
            }
        )
        if len(rows) < SHOWN:
            rows.append([interpolate(pair.lr, scale), image, pair.hr])
    return pd.DataFrame(measures).mean().to_dict(), _grid(rows)


def _grid(rows):
    cell = SIDE + MARGIN
    grid = np.full((len(rows) * cell - MARGIN, 3 * cell - MARGIN, 3), 255, np.uint8)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            y, x = (max(0, (side - SIDE) // 2) for side in image.shape[:2])
            crop = image[y : y + SIDE, x : x + SIDE]
            grid[i * cell : i * cell + len(crop), j * cell : j * cell + crop.shape[1]] = crop
    return grid


def verdict(log: pd.DataFrame) -> Verdict:
    """Read the log of an adversarial training: did it go well, and if not, in which way?

    ``"collapsed"``: the generator has lost 6 dB since it was pre-trained, four times the squared
    error; no texture that a discriminator asks for costs as much. ``"discriminator
    overpowered"``: in the later half it ranked 99 % or more of the photographs above the generated
    images, so that the generator has nothing left to win. ``"oscillating"``: that share turned
    back by 0.3 or more three times, each player beating the other by turns. Else ``"healthy"``.

    Parameters
    ----------
    log
        What `srlib.train_gan` returns, or its ``history.csv``: columns step, psnr and separation.

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        If a column is missing, or nothing can be told yet from so few rows.
    """
    if missing := {"step", "psnr", "separation"} - set(log.columns):
        raise ValueError(f"the log of an adversarial training has {', '.join(sorted(missing))}")
    start, end = log.psnr.iloc[0], log.psnr.iloc[-1]
    if not start - end < COLLAPSE:
        return Verdict("collapsed", f"the PSNR went from {start:.2f} to {end:.2f} dB")
    shares = log.separation[log.step > 0].to_numpy()
    if len(shares) < FEWEST:
        raise ValueError(
            f"{len(shares)} validations are too few to judge by; train on until there are {FEWEST}"
        )
    later = shares[len(shares) // 2 :].mean()
    if later >= CERTAIN:
        reason = f"it ranked {later:.1%} of the photographs above the generated images"
        return Verdict("discriminator overpowered", reason)
    if (turns := _turns(shares)) >= TURNS:
        return Verdict("oscillating", f"the discriminator's lead turned {turns} times")
    reason = f"the PSNR went from {start:.2f} to {end:.2f} dB, and neither player won"
    return Verdict("healthy", reason)


def _turns(values):
    """How often a curve turns back by at least `SWING` from its last peak or valley."""
    turns, direction, low, high = 0, 0, values[0], values[0]
    for value in values[1:]:
        low, high = min(low, value), max(high, value)
        if direction >= 0 and high - value >= SWING:
            turns, direction, low = turns + direction, -1, value
        elif direction <= 0 and value - low >= SWING:
            turns, direction, high = turns - direction, 1, value
    return turns
