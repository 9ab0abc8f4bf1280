"""What a network in a foreign file takes and gives, found out by a photograph of known truth."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from skimage import data

from srlib.images import make_pair, one_line, to_batch
from srlib.networks.runtimes import Runtime

__all__ = ["Habits", "find_out", "photograph"]

SIDES = (48, 40)  # of an LR image where any size is taken, unequal, so that sides are told apart

RANGES = (1, 255)

# The zoo's networks, given another range than theirs, come to 0.05 to 17 dB less; even the one that
# was hardly trained reaches 20 dB in its own.
LEAST_PSNR = 15  # dB
LEAST_GAP = 0.02  # dB

FURTHEST = 256  # LR pixels that a network may see: what is changed further off is not looked for
PERIODS = (1, 2, 4, 8, 16, 32)
SAME = 1e-3  # of the range: less is how sums are ordered


class Habits(NamedTuple):
    """What must be known of a network to use it.

    Attributes
    ----------
    planar
        Whether channels come before rows and columns (NCHW) rather than last (NHWC).
    given, made
        What its input and its output range up to: 1 or 255.
    scale
        Its enlargement.
    size
        The one size of image that it takes, height and width, or None.
    margin, period
        As in `srlib.networks.Sight`; `margin` is None if it sees the whole image.
    """

    planar: bool
    given: int
    made: int
    scale: int
    size: tuple[int, int] | None = None
    margin: tuple[int, int] | None = None
    period: tuple[int, int] = (1, 1)

    def run(self, runtime: Runtime, batch: np.ndarray) -> np.ndarray:
        """float32 (1, h, w, 3) in [0, 1] → float32 (1, s·h, s·w, 3)."""
        batch = batch * np.float32(self.given)
        if np.issubdtype(runtime.dtype, np.integer):
            batch = np.round(batch)
        out = runtime.run(_to(batch, self.planar).astype(runtime.dtype))
        out = np.moveaxis(out, 1, 3) if self.planar else out
        return out.astype(np.float32) / np.float32(self.made)


def find_out(runtime: Runtime, path: Path) -> Habits:
    """The habits of a network, from what its file says or by trying it.

    Raises
    ------
    ValueError
        If it does not enlarge RGB images, or its range of values cannot be told; `path` is named.
    """
    lr, habits = _arrangement(runtime, path)
    habits = _ranges(runtime, path, lr, habits)
    if "margin" in runtime.facts and "period" in runtime.facts:
        margin, period = (tuple(json.loads(runtime.facts[key])) for key in ("margin", "period"))
        return habits._replace(margin=margin, period=period)
    return _reach(runtime, habits)


def _to(batch, planar):
    return np.ascontiguousarray(np.moveaxis(batch, 3, 1)) if planar else batch


def _arrangement(runtime, path):
    """An LR batch of a size that is taken, and which axis is which, with the scale."""
    shape, tried = runtime.shape, []
    for planar in (True, False):
        channels = shape[1 if planar else 3] if len(shape) == 4 and shape[0] in (1, None) else 0
        if channels not in (3, None):
            continue
        sides = shape[2:] if planar else shape[1:3]
        height, width = (side or default for side, default in zip(sides, SIDES, strict=True))
        lr = photograph(height, width)
        try:
            out = runtime.run(_to(lr, planar).astype(runtime.dtype)).shape
        except Exception as error:  # of a runtime's own kind: the other arrangement may do
            tried.append(one_line(error))
            continue
        scale = out[2 if planar else 1] // height if len(out) == 4 else 0
        enlarged = (1, height * scale, width * scale, 3)
        if scale > 1 and out == tuple(np.array(enlarged)[[0, 3, 1, 2] if planar else [0, 1, 2, 3]]):
            size = (height, width) if any(sides) else None
            return lr, Habits(planar, 1, 1, scale, size)
        tried.append(f"it makes {out} of {_to(lr, planar).shape}")
    raise ValueError(
        f"{path} takes {list(shape)}{''.join(f'; {why}' for why in tried)}: a network is used here "
        "that takes one image of three channels, red, green and blue, as (1, 3, h, w) or "
        "(1, h, w, 3), and enlarges both sides by one whole number from 2"
    )


def photograph(height: int, width: int) -> np.ndarray:
    """A cat, mirrored where she ends, as an LR batch (1, height, width, 3)."""
    cat = data.chelsea()[90:200, 100:220]
    rest = ((0, max(0, height - cat.shape[0])), (0, max(0, width - cat.shape[1])), (0, 0))
    return to_batch(np.pad(cat, rest, "symmetric")[:height, :width])


def _ranges(runtime, path, lr, habits):
    """The ranges with which a shrunken photograph comes out most like itself."""
    stated = runtime.facts.get("range")
    if np.issubdtype(runtime.dtype, np.integer):
        stated = "255"
    height, width = (side * habits.scale for side in lr.shape[1:3])
    hr = np.round(photograph(height, width)[0] * 255).astype(np.uint8)
    pair = make_pair(hr, habits.scale)
    truth = to_batch(pair.hr)
    scores, images = {}, {}
    for given in RANGES if stated is None else (int(stated),):
        out = habits._replace(given=given).run(runtime, to_batch(pair.lr))
        for made in RANGES:
            images[given, made] = image = np.clip(out / made, 0, 1)
            error = max(np.mean(np.square(image - truth)), 1e-9)
            scores[given, made] = float(-10 * np.log10(error))
    best = max(scores, key=scores.get)
    # What comes out the same in another range needs no choice.
    rivals = [
        o for o in scores if o[0] != best[0] and np.ptp([images[o], images[best]], 0).max() > SAME
    ]
    gap = scores[best] - max((scores[rival] for rival in rivals), default=-np.inf)
    if scores[best] < LEAST_PSNR or gap < LEAST_GAP:
        tried = ", ".join(f"0–{g} to 0–{m}: {db:.1f} dB" for (g, m), db in scores.items())
        raise ValueError(
            f"{path} enlarges ×{habits.scale}, but what its values range over cannot be told from "
            f"a photograph ({tried}): write the entry 'range' with '1' or '255' into its "
            "metadata_props, if it is a network of RGB at all"
        )
    return habits._replace(given=best[0], made=best[1])


def _reach(runtime, habits):
    """How far the network sees, and after how many pixels its pattern repeats, by trying."""
    measured = [_along(runtime, habits, axis) for axis in (1, 2)]
    if None in measured:
        return habits
    margins, periods = zip(*measured, strict=True)
    # As in `sight`: where a side is no multiple of the strides, padding lies elsewhere.
    margins = tuple(m + p * (p > 1) for m, p in zip(margins, periods, strict=True))
    return habits._replace(margin=margins, period=periods)


def _along(runtime, habits, axis):
    """Margin and period along an axis, or None if everything is seen.

    A line of pixels across the middle is changed, and the lines of SR are looked for in which a bit
    is another then.
    """
    rng = np.random.default_rng(0)
    length = habits.size[axis - 1] if habits.size else 2 * SIDES[0]
    while length <= 2 * FURTHEST or habits.size:
        shape = [1, *(habits.size or SIDES), 3]
        shape[axis] = length
        middle = length // 2
        changed = np.zeros(length * habits.scale, bool)
        for _ in range(2):
            image = rng.random(shape, np.float32)
            before = habits.run(runtime, image)
            line = np.moveaxis(image, axis, 0)[middle]
            line[:] = rng.integers(0, 2, line.shape)
            after = np.moveaxis(habits.run(runtime, image) != before, axis, 0)
            changed |= after.any(axis=(1, 2, 3))
        away = np.abs(np.flatnonzero(changed) // habits.scale - middle)
        margin = int(away.max(initial=0))
        if margin < (length - 1) // 2:
            return margin, 1 if habits.size else _period(runtime, habits, axis, margin)
        if habits.size:
            return None
        length *= 2
    return None


def _period(runtime, habits, axis, margin):
    """The least shift of the image that shifts what becomes of it."""
    rng = np.random.default_rng(1)
    shape = [1, *SIDES, 3]
    shape[axis] = 2 * margin + 3 * PERIODS[-1]
    image = rng.random(shape, np.float32)
    whole = np.moveaxis(habits.run(runtime, image), axis, 0)
    for period in PERIODS:
        cut = np.moveaxis(np.moveaxis(image, axis, 0)[period:], 0, axis)
        part = np.moveaxis(habits.run(runtime, np.ascontiguousarray(cut)), axis, 0)
        inner = slice(margin * habits.scale, (margin + PERIODS[-1]) * habits.scale)
        if np.abs(whole[period * habits.scale :][inner] - part[inner]).max() < SAME:
            return period
    return PERIODS[-1]
