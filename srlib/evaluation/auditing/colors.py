"""Whether the values of an SR image are in the range, the order and the place they should be in."""

import itertools

import numpy as np
import pandas as pd
from scipy import ndimage

from srlib.evaluation.auditing.cases import Case, Finding

__all__ = ["color_order", "gain", "measure", "rounding", "value_range", "values", "wrap_around"]

# Colours are compared as means over blocks of so many LR pixels a side, which hardly depend on how
# sharp SR is.
BLOCK = 4

NOTHING = 2.0  # gray levels: the standard deviation of what shows nothing, or no colour
SOMETHING = 8.0
PALE = 0.25  # of HR's colourfulness

# Of the networks in the zoo, those trained by a perceptual loss have a slope of 0.97, and are off
# by less than a level at mid-gray. One that was hardly trained has a slope of 0.6, but a straight
# line is not what is wrong with it: it leaves 44 % of the error. Of a studio range it leaves 2 %.
MOST_SLOPE = 0.05  # from 1
MOST_OFFSET = 3.0  # gray levels at mid-gray
LEFT = 0.3

# The mean of truncated images is half a level too low. The darkest right network is so by 0.2 in
# its brightest channel.
TRUNCATED = (-1.0, -0.3)

# So far from all that LR has around it, in gray levels, lie 25 of a million values of right
# methods. Where that was 8 %, of the network that was hardly trained, few were off by 256.
BEYOND = 100
MOST_BEYOND = 1e-4
AROUND = 5  # LR pixels
BY_256 = 40  # gray levels: off by about so much less or more than 256
WRAPPED = 0.6  # the share of such values


def measure(case: Case) -> dict:
    """What the checks of this module judge, of one SR image."""
    beyond, wrapped = _beyond(case)
    return {
        "reading": case.reading,
        "type": str(case.output.dtype),
        "no_number": float(1 - np.isfinite(case.output).mean()),
        "contrast": (float(case.hr.std()), float(case.sr.std())),
        "blocks": [_blocks(image, BLOCK * case.scale) for image in (case.hr, case.sr)],
        "bias": case.sr.mean((0, 1), dtype=float) - case.hr.mean((0, 1), dtype=float),
        "beyond": beyond,
        "wrapped": wrapped,
    }


def _blocks(image, side):
    """The means over blocks, float64 (n, 3)."""
    side = min(side, *image.shape[:2])
    height, width = (length - length % side for length in image.shape[:2])
    blocks = image[:height, :width].reshape(height // side, side, width // side, side, 3)
    return blocks.mean((1, 3), dtype=float).reshape(-1, 3)


def _beyond(case):
    """The share of values far outside of what LR has around them, and of these off by 256."""
    low, high = (
        f(case.lr, (AROUND, AROUND, 1)).astype(int).repeat(case.scale, 0).repeat(case.scale, 1)
        for f in (ndimage.minimum_filter, ndimage.maximum_filter)
    )
    beyond = (case.sr < low - BEYOND) | (case.sr > high + BEYOND)
    error = np.abs(case.sr[beyond].astype(int) - case.hr[beyond])
    return float(beyond.mean()), float(np.mean(error > 256 - BY_256)) if beyond.any() else 0.0


def values(table: pd.DataFrame) -> Finding:
    """Whether there is a picture: no NaN, not one value everywhere, no gray of a coloured one."""
    if (bad := table[table["no_number"] > 0]).size:
        row = bad.iloc[0]
        return Finding(
            True,
            f"{row['no_number']:.2%} of the values of {row['image']} are NaN or infinite",
            "look for a division by zero, the logarithm of zero, or a training that diverged",
        )
    for name, (hr, sr) in zip(table["image"], table["contrast"], strict=True):
        if sr < NOTHING and hr > SOMETHING:
            return Finding(
                True,
                f"the SR image of {name} has a standard deviation of {sr:.1f} gray levels, HR of "
                f"{hr:.1f}",
                "SR shows nothing: look at what goes into the method, and whether its weights were "
                "loaded",
            )
    hr, sr = (_colorfulness(blocks) for blocks in _pooled(table))
    measured = f"colours are {sr:.1f} gray levels from gray, HR's {hr:.1f}"
    if hr > NOTHING and sr < PALE * hr:
        advice = "keep all three channels, or upscale Cb and Cr too where only luma is learnt"
        return Finding(True, measured, advice)
    return Finding(False, f"no NaN, no empty image; {measured}")


def _pooled(table):
    return (np.concatenate(blocks) for blocks in zip(*table["blocks"], strict=True))


def _colorfulness(blocks):
    return float(np.sqrt(np.mean((blocks - blocks.mean(1, keepdims=True)) ** 2)))


def value_range(table: pd.DataFrame) -> Finding:
    """Whether values are uint8, or floating point from 0 to 1."""
    kind = table["type"].mode()[0]
    floating = kind.startswith("float")
    expected = "0 to 1" if floating else "0 to 255"
    reading = table["reading"].mode()[0]
    measured = f"{kind}, {reading}"
    if kind != "uint8" and not floating:
        return Finding(True, measured, "return uint8, or floating point from 0 to 1")
    if reading == expected:
        return Finding(False, measured)
    way = {"−1 to 1": "(x + 1) / 2", "0 to 255": "x / 255", "0 to 1": "np.round(255 * x)"}
    advice = f"return {way[reading]}, since a {kind} image is read as {expected}"
    if reading == "−1 to 1":
        advice += "; compared with peak 1, as it is, it loses 6.02 dB"
    return Finding(True, measured, advice)


def color_order(table: pd.DataFrame) -> Finding:
    """Whether red is red: whether HR is nearer to SR in another order of the channels."""
    hr, sr = _pooled(table)
    if _colorfulness(hr) < NOTHING:
        return Finding(None, "not tried: the photographs are gray", "audit a set with colours too")
    orders = {"".join("RGB"[i] for i in o): o for o in itertools.permutations(range(3))}
    errors = {
        name: float(np.sqrt(np.mean((sr[:, order] - hr) ** 2))) for name, order in orders.items()
    }
    best = min(errors, key=errors.get)
    measured = f"mean colours are {errors['RGB']:.1f} gray levels from HR's"
    if best == "RGB" or errors[best] > errors["RGB"] / 2:
        return Finding(False, measured)
    return Finding(
        True,
        f"{measured}, {errors[best]:.1f} if the channels are taken as {best}",
        f"reorder the channels ({'OpenCV reads and writes BGR: ' * (best == 'BGR')}"
        "image[..., ::-1]) where files are read and written",
    )


def gain(table: pd.DataFrame) -> Finding:
    """Whether SR is as bright and as contrasty as HR, by a straight line of SR on HR a channel."""
    lines, before, after = [], 0.0, 0.0
    for hr, sr in table["blocks"]:
        line = [_line(hr[:, channel], sr[:, channel]) for channel in range(3)]
        slope, middle = np.transpose(line)
        lines.append(line)
        before += np.sum((sr - hr) ** 2)
        after += np.sum((sr - (slope * (hr - 128) + middle)) ** 2)
    slopes, offsets = np.median(lines, axis=0).T - [[1], [128]]
    measured = ", ".join(
        f"{color} × {1 + slope:.3f} {round(offset - 128 * slope, 1) + 0.0:+.1f}"
        for color, slope, offset in zip("RGB", slopes, offsets, strict=True)
    )
    off = np.abs(slopes).max() > MOST_SLOPE or np.abs(offsets).max() > MOST_OFFSET
    if not off or after > LEFT * before:
        return Finding(False, measured)
    if abs(slopes.mean() + 1 - 219 / 255) < 0.02:
        advice = "that is studio range, 16 to 235: stretch it, or convert YCbCr by one standard"
    elif abs(slopes.mean() + 1 - 255 / 219) < 0.02:
        advice = "studio range was stretched that was none: convert YCbCr by one standard"
    else:
        advice = (
            "undo the normalisation with the constants that it was done with, and gamma where it "
            "was changed; lasting shifts can be taken back by adding up(LR − down(SR))"
        )
    return Finding(True, measured + " (times HR, plus gray levels)", advice)


def _line(hr, sr):
    """Slope of the straight line of SR on HR, and its value at 128."""
    variance = hr.var()
    slope = np.mean((hr - hr.mean()) * (sr - sr.mean())) / variance if variance > NOTHING else 1.0
    return slope, sr.mean() + slope * (128 - hr.mean())


def rounding(table: pd.DataFrame) -> Finding:
    """Whether 8-bit values were rounded rather than cut off."""
    if table["type"].mode()[0] != "uint8":
        return Finding(False, "floating point, rounded by whoever saves it")
    bias = np.median(np.stack(table["bias"]), axis=0)
    measured = "SR's mean is off by " + ", ".join(f"{b:+.2f}" for b in bias) + " gray levels (RGB)"
    if TRUNCATED[0] < bias.min() and bias.max() < TRUNCATED[1]:
        advice = "round before the conversion, np.round(x).astype(np.uint8), which cuts off"
        return Finding(True, measured, advice)
    return Finding(False, measured)


def wrap_around(table: pd.DataFrame) -> Finding:
    """Whether values above 255 or below 0 came out at the other end of 8 bits."""
    beyond, name = max(zip(table["beyond"], table["image"], strict=True))
    worst = table[table["image"] == name].iloc[0]
    measured = (
        f"{beyond * 1e6:.0f} of a million values of {name} leave LR's range by {BEYOND} gray levels"
    )
    if beyond < MOST_BEYOND or worst["wrapped"] < WRAPPED:
        return Finding(False, measured)
    return Finding(
        True,
        f"{measured}, and {worst['wrapped']:.0%} of them are off by about 256",
        "clip before the conversion: np.clip(x, 0, 255).round().astype(np.uint8)",
    )
