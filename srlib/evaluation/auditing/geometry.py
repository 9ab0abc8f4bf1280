"""Whether an SR image has the size, the photograph and the place that it should have."""

import numpy as np
import pandas as pd
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from srlib.evaluation.auditing.cases import Case, Finding, rms
from srlib.images import GRAY, resize

__all__ = ["alignment", "measure", "pairing", "size"]

# Over three sets, 17 networks and four interpolations lie within 0.02 px of HR, by the median of
# the images, and stretch by less than 0.04 px. The least of the usual faults, half an LR pixel and
# aligned corners at ×2, are 0.5 px. A network that was hardly trained may seem to lie elsewhere,
# but moved back it has 0.99 of its smoothed error left; what is misplaced has 0.88 or less.
MOST_SHIFT = 0.25
NEAR_HALF = 0.2  # px: that near to half an LR pixel, a shift is taken for it
MENDED = 0.95
EMPTY = 0.1  # gray levels: the standard deviation of what has no place
LEAST_SIDE = 32  # pixels of a quarter of the image, to be registered by itself

# Right methods' thumbnails correlate with their own photograph by 0.998 or more.
LOOK = 16  # side of the thumbnails
ANOTHER = 0.97  # how much SR must correlate with another photograph to be called one of it …
BETTER = 0.02  # … and how much more than with its own


def size(cases: list[Case]) -> Finding:
    """Whether SR is exactly scale times LR."""
    wrong = [case for case in cases if not case.fits]
    if not wrong:
        return Finding(False, f"every SR image is ×{cases[0].scale} of its LR image")
    case = wrong[0]
    measured = f"{case.name}: SR is {case.output.shape}, HR is {case.hr.shape}"
    return Finding(True, f"{measured}; so {len(wrong)} of {len(cases)} images", _way_out(case))


def _way_out(case):
    shape, hr = case.output.shape, case.hr.shape
    if shape[:2] == case.whole and case.whole != hr[:2]:
        return (
            f"crop HR to a multiple of {case.scale} (srlib.modcrop) instead of resizing SR or HR "
            "to fit the other"
        )
    if shape == case.lr.shape:
        return "SR has LR's size: enlarge it before it is compared"
    if shape == (1, *hr):
        return "SR is a batch of one: return its first image"
    if shape[:2] == hr[1::-1]:
        return "height and width are swapped: an array is (H, W, 3), while Pillow says (W, H)"
    return f"make SR (s·h, s·w, 3) with s = {case.scale} of every LR image (h, w, 3)"


def measure(case: Case) -> dict:
    """What `alignment` and `pairing` judge: displacements in pixels, and thumbnails."""
    # What no method can restore is no landmark.
    hr, sr = (ndimage.gaussian_filter(image @ GRAY, case.scale / 2) for image in (case.hr, case.sr))
    down, across, tall, wide = _displacement(hr, sr)
    stretch = np.array([tall, wide]) / hr.shape * 2
    middle = (np.array(hr.shape) - 1) / 2
    back = ndimage.affine_transform(
        sr, 1 + stretch, [down, across] - stretch * middle, order=1, mode="nearest"
    )
    mended = rms(back, hr) / (rms(sr, hr) or 1)
    return {
        "down": down, "across": across, "tall": tall, "wide": wide, "mended": mended,
        "look": _look(case.sr), "true_look": _look(case.hr),
    }  # fmt: skip


def _displacement(hr, sr):
    """How far SR lies below and right of HR, and how much farther at its other end, in pixels."""
    height, width = hr.shape[0] // 2, hr.shape[1] // 2
    if min(height, width) < LEAST_SIDE:
        return *_shift(hr, sr), 0.0, 0.0
    quarters = [np.s_[y : y + height, x : x + width] for y in (0, height) for x in (0, width)]
    shifts = np.reshape([_shift(hr[quarter], sr[quarter]) for quarter in quarters], (2, 2, 2))
    top, bottom = shifts.mean(axis=1)
    left, right = shifts.mean(axis=0)
    return *shifts.mean(axis=(0, 1)), bottom[0] - top[0], right[1] - left[1]


def _shift(hr, sr):
    if sr.std() < EMPTY or hr.std() < EMPTY:
        return np.zeros(2)
    window = np.outer(*map(np.hanning, hr.shape))  # opposite borders are neighbours to a spectrum
    hr, sr = ((gray - gray.mean()) * window for gray in (hr, sr))
    # Not normalised: at high frequencies an SR image has errors rather than the photograph.
    shift, *_ = phase_cross_correlation(hr, sr, upsample_factor=20, normalization=None)
    return 0.0 - shift  # of SR against HR, and without a negative zero


def alignment(table: pd.DataFrame, scale: int) -> Finding:
    """Whether SR lies where HR lies, by the medians over the images."""
    down, across, tall, wide, mended = table[
        ["down", "across", "tall", "wide", "mended"]
    ].median()  # fmt: skip
    measured = f"SR lies {down:+.2f} px down and {across:+.2f} px right of HR"
    stretched = max(abs(tall), abs(wide)) > MOST_SHIFT
    if stretched:
        measured += f", and {tall:+.2f} px and {wide:+.2f} px more half an image farther"
    if not stretched and max(abs(down), abs(across)) <= MOST_SHIFT:
        return Finding(False, measured)
    if mended > MENDED:
        return Finding(False, f"{measured}, but moved back it is no better")
    measured += f"; moved back, {mended:.0%} of its smoothed error is left"
    half = (scale - 1) / 2
    if stretched:
        advice = (
            "switch align_corners off: SR pixel x lies at (x + 0.5) / scale − 0.5 in LR, so that "
            "pixels are areas"
        )
    elif max(abs(abs(down) - half), abs(abs(across) - half)) < NEAR_HALF:
        advice = (
            f"{half:g} px is the way between the middle of an LR pixel and its first SR pixel: "
            "sample at (x + 0.5) / scale − 0.5, and shrink by averaging, not by keeping one pixel "
            f"of {scale}"
        )
    else:
        advice = "find where padding or cropping moves the image, and cut both sides alike"
    return Finding(True, measured, advice)


def _look(image):
    """A thumbnail in gray, of mean 0 and length 1, so that the product of two correlates them."""
    gray = resize(np.round(image @ GRAY).astype(np.uint8), (LOOK, LOOK), "box").astype(float)
    gray -= gray.mean()
    return gray / (np.linalg.norm(gray) or 1)


def pairing(table: pd.DataFrame) -> Finding:
    """Whether each SR image shows its own photograph, upright, rather than another one."""
    names, truths = table["image"].tolist(), np.stack(table["true_look"]).reshape(len(table), -1)
    least = 1.0
    for at, look in enumerate(table["look"]):
        turned = [np.rot90(m, quarters) for m in (look, look[:, ::-1]) for quarters in range(4)]
        alike = truths @ np.stack(turned).reshape(8, -1).T
        other, turn = np.unravel_index(alike.argmax(), alike.shape)
        if alike[other, turn] > max(ANOTHER, alike[at, 0] + BETTER):
            if other == at:
                what, advice = "is turned or mirrored", "undo flips and transposes before you save"
            else:
                what = f"shows {names[other]}"
                advice = "pair SR and HR by name, not by the order of a listing"
            return Finding(True, f"the SR image of {names[at]} {what}", advice)
        least = min(least, alike[at, 0])
    return Finding(False, f"thumbnails of SR and HR correlate by {least:.3f} or more")
