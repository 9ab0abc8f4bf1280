"""Whether an SR image is the truth itself, only interpolated, compressed, or not of its LR."""

import numpy as np
import pandas as pd
from PIL import Image

from srlib.evaluation.auditing.cases import Case, Finding, rms
from srlib.evaluation.metrics import consistency
from srlib.images import GRAY, interpolate
from srlib.upscaling import INTERPOLATIONS

__all__ = ["compression", "fidelity_to_lr", "interpolation", "measure", "truth"]

# What a method adds to an interpolation, as a share of what bicubic lacks: networks of the zoo add
# 0.36 or more, and bicubic with its decimals cut off differs from itself by 0.09.
NOTHING_ADDED = 0.1

# The part of bicubic's error that is left: of the zoo's networks on one photograph 0.47 or more.
# The best published networks gain some 10 dB on the easiest images, which leaves 0.3.
TOO_GOOD = 0.2

# How much further from LR than bicubic SR may be, made small again: bilinear is so by 1.75, and
# networks, perceptual and adversarial ones too, are nearer than bicubic.
MOST_INCONSISTENT = 2.25

# Further from HR than so many times bicubic, inconsistency says no more than that; right methods
# are within 1.4, and the zoo's network that was trained for two minutes is at 5.
FAR = 2.5

# Steps of gray values at the borders of 8×8 blocks are larger than between these by 1.19 or more in
# JPEG files of quality 95 and below; by 1.035 or less in what right methods make.
GRID = 8
MOST_GRID = 1.1
MOST_STEP = 10.0  # gray levels: beyond, a step is an edge of the scene

LOSSY = {"JPEG", "MPO", "GIF"}  # as Pillow names formats, and those that are so by an option:
PERHAPS_LOSSY = {"WEBP", "AVIF", "HEIF", "JPEG2000"}


def measure(case: Case) -> dict:
    """What the checks of this module judge, of one SR image; gray levels but for ``"grid"``."""
    kinds = {kernel: interpolate(case.lr, case.scale, kernel) for kernel in INTERPOLATIONS}
    return {
        "error": rms(case.sr, case.hr),
        "bicubic_error": rms(kinds["bicubic"], case.hr),
        "from_lr": consistency(case.lr, case.sr),
        "bicubic_from_lr": consistency(case.lr, kinds["bicubic"]),
        "from": {kernel: rms(case.sr, image) for kernel, image in kinds.items()},
        "grid": _grid(case.sr @ GRAY, case.scale),
        "format": _format(case.file),
    }


def _grid(gray, scale):
    """Mean step at the borders of 8×8 blocks, as a multiple of the mean step elsewhere."""
    # A pattern of the upsampling's period is no grid: elsewhere is where such a pattern is alike.
    period = scale if GRID % scale == 0 and scale < GRID else 1
    ratios = []
    for lines in (gray, gray.T):
        steps = np.diff(lines, axis=0)
        # How much a step exceeds its neighbours, which a ramp does not.
        sudden = np.abs(steps[1:-1] - (steps[:-2] + steps[2:]) / 2)
        sudden = np.minimum(sudden, MOST_STEP).mean(axis=1)
        place = np.arange(len(sudden)) + 2  # of the pixel after the step
        on, off = place % GRID == 0, (place % GRID != 0) & (place % period == 0)
        if on.any() and off.any():
            ratios.append(sudden[on].mean() / (sudden[off].mean() or 1))
    return float(np.mean(ratios)) if ratios else 1.0


def _format(file):
    if file is None:
        return ""
    with Image.open(file) as picture:
        return picture.format


def interpolation(table: pd.DataFrame, name: str | None) -> Finding:
    """Whether the method only interpolates, which is no fault if its name says so."""
    if name:
        return Finding(False, f"{name}, as its name says")
    with_detail = table[table["bicubic_error"] > 1]
    if with_detail.empty:
        return Finding(None, "not tried: the photographs have no detail", "audit photographs")
    distances = pd.DataFrame(with_detail["from"].tolist(), with_detail.index)
    added = distances.div(with_detail["bicubic_error"], axis=0).median()
    nearest = added.idxmin()
    measured = f"SR differs from {nearest} by {added[nearest]:.2f} of what bicubic lacks"
    if added[nearest] > NOTHING_ADDED:
        return Finding(False, measured)
    return Finding(
        True,
        f"the method is {nearest}: {measured}",
        "see whether weights were loaded, whether the network's output is what is returned, and "
        "whether its residual is still zero",
    )


def truth(table: pd.DataFrame) -> Finding:
    """Whether SR is as near to the truth as nothing made of LR can be."""
    with_detail = table[table["bicubic_error"] > 1]
    if with_detail.empty:
        return Finding(None, "not tried: the photographs have no detail", "audit photographs")
    left = with_detail["error"] / with_detail["bicubic_error"]
    name = with_detail["image"][left.idxmin()]
    measured = f"of bicubic's error {left.min():.2f} or more is left ({name})"
    if left.min() > TOO_GOOD:
        return Finding(False, measured)
    return Finding(
        True,
        measured,
        "SR is the truth or was made of it: give the method LR alone, and compare SR with HR, not "
        "HR with HR",
    )


def fidelity_to_lr(table: pd.DataFrame) -> Finding:
    """Whether SR, made small again, is LR."""
    ours, bicubics = table["from_lr"].mean(), table["bicubic_from_lr"].mean()
    measured = f"made small again, SR is {ours:.1f} gray levels from LR, bicubic {bicubics:.1f}"
    if ours <= max(1.0, MOST_INCONSISTENT * bicubics):
        return Finding(False, measured)
    if (far := np.median(table["error"] / table["bicubic_error"].clip(1e-9))) > FAR:
        return Finding(
            None,
            f"{measured}; but SR is {far:.1f} times as far from HR, so that this tells no more",
            "train the method further, or mend its other faults first",
        )
    return Finding(
        True,
        measured,
        "SR cannot be an enlargement of LR: see that the LR image is made as in training and not "
        "smoothed, or add up(LR − down(SR))",
    )


def compression(table: pd.DataFrame) -> Finding:
    """Whether SR went through lossy compression: by the files' formats, and by its 8×8 blocks."""
    formats = sorted({*table["format"]} - {""})
    grid = table["grid"].median()
    measured = f"steps at the borders of 8×8 blocks are {grid:.2f} times those elsewhere"
    advice = "save results as PNG, as soon as they are made"
    if lossy := LOSSY & {*formats}:
        return Finding(True, f"{', '.join(sorted(lossy))} files; {measured}", advice)
    if grid > MOST_GRID:
        return Finding(True, measured, f"{advice}: these were JPEG once")
    if perhaps := PERHAPS_LOSSY & {*formats}:
        return Finding(
            None,
            f"not tried: {', '.join(sorted(perhaps))} files may be compressed with or without loss",
            advice,
        )
    return Finding(False, measured)
