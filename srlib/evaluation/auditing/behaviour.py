"""How a method answers to an LR image that was changed: again, cut, brighter, in company."""

from collections.abc import Callable

import keras
import numpy as np

from srlib.evaluation.auditing.cases import Case, Finding, to_levels
from srlib.images import to_batch

__all__ = ["batch", "brightness", "determinism", "surroundings"]

# The costly questions are asked of so many photographs.
ASKED = 3

SAME = 0.5  # gray levels: less is how sums are ordered and values rounded

# Up to half of the image is cut off, above and at the left: enough to change its statistics, and an
# odd multiple of 16 LR pixels, which strided networks do not see but usual sizes of tiles do. Far
# from the cut, three quarters of the values should stay: they change by less than 0.1 gray levels
# even where every twentieth line is a seam.
PERIOD = 16  # LR pixels
LEFT = 96  # LR pixels that are left if they can be: `srlib.upscale` mirrors what is overlooked
LEAST = 32  # LR pixels that must be left
FAR = 48  # LR pixels from the cut, or half of what is left
MOST_CHANGE = 0.3  # gray levels

# Along the seams of tiles of 20 to 64 LR pixels, lines of SR change by 1.7 gray levels or more
# beyond the lines on both sides, whatever the method; without tiles by 0.4 or less.
AROUND = 12  # LR pixels
MOST_SEAM = 1.0  # gray levels

CROP = 64  # LR pixels a side
LIFT = 32  # gray levels
# The zoo's networks answer a lift with 0.97 of it or more, the one that was hardly trained with 0.6
# on one set and 1.1 on another, and who stretches each image to the full range with nothing.
LEAST_LIFT = 0.5
MOST_LIFT = 1.5

NOT_ASKED = Finding(None, "not tried: a folder of results cannot be asked", "audit the function")


class Unanswered(Exception):
    """A method fails on an LR image of another size; the message says how."""


def determinism(enlarge: Callable | None, cases: list[Case]) -> Finding:
    """Whether the same LR image gives the same SR image, at the end of the audit as before."""
    if enlarge is None:
        return NOT_ASKED
    case = cases[0]
    change = _change(to_levels(enlarge(case.lr), case.reading), case.levels)
    measured = f"the LR image of {case.name} again: SR changes by up to {change.max():.1f} levels"
    if change.max() <= SAME:
        return Finding(False, measured)
    advice = "switch dropout and noise off (training=False), fix seeds, and keep no state"
    return Finding(True, measured, advice)


def _levels(enlarge, lr, case):
    """What a method makes of an LR image that is not the photograph's, in gray levels."""
    expected = (lr.shape[0] * case.scale, lr.shape[1] * case.scale, 3)
    try:
        output = enlarge(lr)
    except Exception as error:  # a method may raise anything
        raise Unanswered(f"{type(error).__name__} for LR of {lr.shape}") from error
    if output.shape != expected:
        raise Unanswered(f"SR of {output.shape} for LR of {lr.shape}")
    return to_levels(output, case.reading)


def _unanswered(error):
    advice = "let the method take LR images of any size, to be asked this"
    return Finding(None, f"not tried: {error}", advice)


def _change(a, b):
    """By how many gray levels two SR images differ, mean of the channels; clipped as files are."""
    return np.abs(np.clip(a, 0, 255) - np.clip(b, 0, 255)).mean(axis=-1)


def surroundings(enlarge: Callable | None, cases: list[Case]) -> tuple[Finding, Finding]:
    """Whether pixels depend on what is far away, and whether there are seams of tiles."""
    if enlarge is None:
        return NOT_ASKED, NOT_ASKED
    large = [case for case in cases if min(case.lr.shape[:2]) >= PERIOD + LEAST][:ASKED]
    if not large:
        small = Finding(
            None, f"not tried: no LR image has {PERIOD + LEAST} pixels a side", "take larger images"
        )
        return small, small
    try:
        everywhere, seam = np.max([_far_change(enlarge, case) for case in large], axis=0)
    except Unanswered as error:
        return _unanswered(error), _unanswered(error)
    measured = (
        f"with a part of LR cut off, SR far from there changes by {everywhere:.2f} gray levels"
    )
    finding = Finding(False, measured)
    if everywhere > MOST_CHANGE:
        advice = (
            "normalise by constants instead of by the image's own statistics; a network that pools "
            "over the whole image must never see tiles"
        )
        finding = Finding(True, measured, advice)
    measured = (
        f"with a part of LR cut off, lines of SR change by {seam:.2f} levels more than others"
    )
    if seam <= MOST_SEAM:
        return finding, Finding(False, measured)
    advice = "let tiles overlap by what the method sees to each side, as srlib.upscale does"
    return finding, Finding(True, measured, advice)


def _far_change(enlarge, case):
    """The change of SR far from a cut: everywhere, and how much more it is along single lines."""
    scale = case.scale
    top, left = map(_cut, case.lr.shape[:2])
    cut = _levels(enlarge, np.ascontiguousarray(case.lr[top:, left:]), case)
    change = _change(cut, case.levels[top * scale :, left * scale :])
    rows, columns = (min(FAR, side // scale // 2) * scale for side in change.shape)
    change = change[rows:, columns:]
    seam = max(_standing_out(change.mean(axis=axis), scale) for axis in (0, 1))
    return np.percentile(change, 25), seam


def _cut(side):
    """How much of a side is cut off, in LR pixels."""
    periods = max(1, min(side // 2, side - LEFT) // PERIOD)
    return PERIOD * (periods - 1 + periods % 2)


def _standing_out(lines, scale):
    """How much more a line changes than the lines to both of its sides.

    What a wide network sees of a cut fades with the distance: there one side changes as much.
    """
    wide, least = AROUND * scale, AROUND * scale // 3
    return max(
        lines[at]
        - max(
            np.percentile(side, 25)  # among them may be another seam
            for side in (lines[max(0, at - wide) : at], lines[at + 1 :][:wide])
        )
        for at in range(least, len(lines) - least)
    )


def brightness(enlarge: Callable | None, cases: list[Case]) -> Finding:
    """Whether a brighter LR image gives an SR image that is brighter by as much."""
    if enlarge is None:
        return NOT_ASKED
    try:
        lift = np.mean([_lift(enlarge, case) for case in cases[:ASKED]])
    except Unanswered as error:
        return _unanswered(error)
    measured = f"LR brighter by {LIFT} levels makes SR so by {lift:.1f}"
    if LEAST_LIFT < lift / LIFT < MOST_LIFT:
        return Finding(False, measured)
    advice = "do not stretch each image to its own darkest and brightest value"
    return Finding(True, measured, advice)


def _lift(enlarge, case):
    """How much brighter SR becomes, in gray levels."""
    dark = (16 + 0.75 * _crop(case.lr)).astype(np.uint8)  # so that nothing is clipped
    dark, bright = (_levels(enlarge, lr, case).mean() for lr in (dark, dark + np.uint8(LIFT)))
    return bright - dark


def _crop(lr):
    """The middle of an LR image."""
    top, left = ((side - min(side, CROP)) // 2 for side in lr.shape[:2])
    return np.ascontiguousarray(lr[top : top + CROP, left : left + CROP])


def batch(model: keras.Model | None, cases: list[Case]) -> Finding:
    """Whether a network makes the same of an image alone and beside another one."""
    if model is None:
        return Finding(None, "not tried: not a network", "audit the keras.Model that takes batches")
    lr = cases[0].lr
    image = to_batch(_crop(lr) if None in model.input_shape[1:3] else lr)
    beside = 1 - image  # which has other statistics
    alone = keras.ops.convert_to_numpy(model(image, training=False))
    both = keras.ops.convert_to_numpy(model(np.concatenate([image, beside]), training=False))
    change = _change(both[0] * 255.0, alone[0] * 255.0).max()
    measured = f"another image in the batch changes SR by up to {change:.1f} gray levels"
    if change <= SAME:
        return Finding(False, measured)
    advice = "call the network with training=False, and normalise over each image alone at most"
    return Finding(True, measured, advice)
