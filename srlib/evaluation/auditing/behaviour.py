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

# A piece is cut off the top and the left, whose length divides by what strided networks need but
# not by usual sizes of tiles. Far from the cut nothing should change: the zoo's networks change by
# 0.05 gray levels or less there.
CUT = 16  # LR pixels
FAR = 48  # LR pixels, or half of a smaller image
LEAST = 32  # LR pixels a side, to have a far side at all

CROP = 64  # LR pixels a side
LIFT = 32  # gray levels
# Of a lift, networks answer with 0.9 or more, one that was hardly trained with 0.6, and who
# stretches each image to the full range with nothing.
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
    change = _change(_levels(enlarge, case.lr, case), case.levels)
    measured = f"the LR image of {case.name} again: SR changes by up to {change.max():.1f} levels"
    if change.max() <= SAME:
        return Finding(False, measured)
    advice = "switch dropout and noise off (training=False), fix seeds, and keep no state"
    return Finding(True, measured, advice)


def _levels(enlarge, lr, case):
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
    large = [case for case in cases if min(case.lr.shape[:2]) >= CUT + LEAST][:ASKED]
    if not large:
        small = Finding(
            None, f"not tried: no LR image has {CUT + LEAST} pixels a side", "take larger images"
        )
        return small, small
    try:
        everywhere, seam = np.max([_far_change(enlarge, case) for case in large], axis=0)
    except Unanswered as error:
        return _unanswered(error), _unanswered(error)
    measured = f"cutting {CUT} LR pixels off changes SR far from there by {everywhere:.2f} levels"
    finding = Finding(False, measured)
    if everywhere > SAME:
        advice = (
            "normalise by constants instead of by the image's own statistics; a network that pools "
            "over the whole image must never see tiles"
        )
        finding = Finding(True, measured, advice)
    measured = f"the same changes single lines of SR by {seam:.2f} levels more than the others"
    if seam <= SAME:
        return finding, Finding(False, measured)
    advice = "let tiles overlap by what the method sees to each side, as srlib.upscale does"
    return finding, Finding(True, measured, advice)


def _far_change(enlarge, case):
    """The change of SR far from a cut: everywhere, and by how much more along single lines."""
    scale, start = case.scale, CUT * case.scale
    cut = _levels(enlarge, np.ascontiguousarray(case.lr[CUT:, CUT:]), case)
    change = _change(cut, case.levels[start:, start:])
    rows, columns = (min(FAR, side // scale // 2) * scale for side in change.shape)
    change = change[rows:, columns:]
    everywhere = np.median(change)
    lines = max(change.mean(axis=0).max(), change.mean(axis=1).max())
    return everywhere, lines - change.mean()


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
    image = to_batch(_crop(cases[0].lr))
    beside = 1 - image  # which has other statistics
    alone = keras.ops.convert_to_numpy(model(image, training=False))
    both = keras.ops.convert_to_numpy(model(np.concatenate([image, beside]), training=False))
    change = _change(both[0] * 255.0, alone[0] * 255.0).max()
    measured = f"another image in the batch changes SR by up to {change:.1f} gray levels"
    if change <= SAME:
        return Finding(False, measured)
    advice = "call the network with training=False, and normalise over each image alone at most"
    return Finding(True, measured, advice)
