"""PSNR under eight protocols and by usual mistakes, so that a reported number is recognised."""

import itertools
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
import pandas as pd

from srlib.evaluation.auditing.cases import Case, Finding
from srlib.evaluation.metrics import Protocol, psnr
from srlib.images import GRAY, downscale, interpolate, modcrop, resize, to_batch, to_image
from srlib.photos import Photo

__all__ = ["check_reported", "measure", "recognise"]

COLORS = {"luma": "y", "RGB": "rgb"}
CROPS = {"cropped": "scale", "not cropped": 0}
BITS = {"8 bits": True, "unrounded": False}
PROTOCOLS = {
    ", ".join(names): Protocol(COLORS[names[0]], CROPS[names[1]], quantised=BITS[names[2]])
    for names in itertools.product(COLORS, CROPS, BITS)
}
LITERATURE, PLAIN = "luma, cropped, 8 bits", "RGB, not cropped, 8 bits"

AGREES = 0.015  # dB: so near does Pillow's bicubic come to MATLAB's

# What to do about a number that a mistake makes; the mistake is the key, or what follows in it on
# the protocol.
MISTAKES = {
    "peak 1 for values from −1 to 1": "the peak is the whole range, here 2: it adds 6.02 dB",
    "mean of each pixel's PSNR": "average squared errors over an image before the logarithm",
    "PSNR of the mean MSE": "average the images' PSNRs, not their squared errors",
    "first image alone": "average over all images",
    "best image alone": "average over all images",
    "full-range gray": "luma has studio range, 16 to 235: take srlib.luma",
    "luma × 256/255": "the coefficients of luma sum to 219 for peak 255: take srlib.luma",
    "decimals cut off": "round to 8 bits instead of cutting decimals off",
    "bicubic": "this row is bicubic's: measure the method's own images",
    "LR by nearest": "shrink HR by antialiased bicubic, as srlib.make_pair does",
    "LR by box": "shrink HR by antialiased bicubic, as srlib.make_pair does",
    "LR by bilinear": "shrink HR by antialiased bicubic, as srlib.make_pair does",
    "LR by bicubic without antialiasing": "shrink HR by antialiased bicubic (srlib.make_pair)",
    "HR resized to a multiple": "crop HR to a multiple of the scale (srlib.modcrop)",
}


def check_reported(reported: float | None) -> None:
    """Raise a ValueError if `reported` is neither None nor a PSNR."""
    if reported is not None and not 0 < reported < 100:
        raise ValueError(f"reported must be a mean PSNR in dB, such as 32.1, not {reported!r}")


def measure(case: Case) -> dict:
    """The PSNRs of one SR image, in dB, by protocol and by mistake."""
    unrounded = case.levels / 255
    found = {
        label: _psnr(case, case.sr if protocol.quantised else unrounded, protocol)
        for label, protocol in PROTOCOLS.items()
    }
    bicubic = interpolate(case.lr, case.scale)
    for label in (LITERATURE, PLAIN):
        a, b = PROTOCOLS[label].planes(case.truth, case.sr, case.scale)
        squares = np.mean((a - b) ** 2, axis=2) if a.ndim == 3 else (a - b) ** 2
        by_pixel = 10 * np.log10(255**2 / squares[squares > 0])
        found[f"{label}, mean of each pixel's PSNR"] = by_pixel.mean() if by_pixel.size else np.inf
        found[f"{label}, bicubic"] = _psnr(case, bicubic, PROTOCOLS[label])
    a, b = Protocol(color="rgb").planes(case.truth, case.sr, case.scale)
    error = (a - b) @ GRAY if a.ndim == 3 else a - b
    found["full-range gray"] = 10 * np.log10(255**2 / np.mean(error**2)) if error.any() else np.inf
    found["luma × 256/255"] = found[LITERATURE] - 20 * np.log10(256 / 255)
    cut_off = np.floor(np.clip(case.levels, 0, 255)).astype(np.uint8)
    found["decimals cut off"] = _psnr(case, cut_off, Protocol())
    return {"psnr": found}


def _psnr(case, sr, protocol):
    return psnr(case.truth, sr, scale=case.scale, protocol=protocol)


def recognise(
    table: pd.DataFrame,
    reported: float | None,
    enlarge: Callable | None,
    photographs: Sequence[Photo],
    scale: int,
) -> Finding:
    """Under which protocol, or by which mistake, the mean PSNR is the reported one.

    Where no other way gives it, the method is run on LR images made by other kernels.
    """
    by_image = pd.DataFrame(table["psnr"].tolist())
    means = by_image.mean()
    ours = f"{LITERATURE} gives {means[LITERATURE]:.2f} dB"
    if reported is None:
        listed = "; ".join(f"{label} {means[label]:.2f}" for label in PROTOCOLS)
        return Finding(None, f"PSNR in dB: {listed}", "give the number to compare with as reported")
    found = means.to_dict() | dict(_over_the_set(by_image))
    same = [label for label in found if _agree(found[label], reported)]
    if not same:
        found = dict(_reruns(enlarge, photographs, scale))
        same = [label for label in found if _agree(found[label], reported)]
    if not same:
        nearest = min(means[list(PROTOCOLS)].items(), key=lambda pair: abs(pair[1] - reported))
        return Finding(
            True,
            f"{reported:g} dB is none of the PSNRs known here; {ours}, {nearest[0]} "
            f"{nearest[1]:.2f}",
            "ask for the images, the protocol and the code, or report what is measured here",
        )
    if LITERATURE in same:
        return Finding(False, f"{reported:g} dB is {LITERATURE} ({means[LITERATURE]:.2f})")
    names = "; ".join(f"{label} ({found[label]:.2f})" for label in same)
    advice = "state the protocol beside the number, or report the literature's"
    if same[0] not in PROTOCOLS:
        advice = next(way for mistake, way in MISTAKES.items() if same[0].endswith(mistake))
    return Finding(True, f"{reported:g} dB is {names}; {ours}", advice)


def _agree(found, reported):
    decimals = len(repr(float(reported)).partition(".")[2])
    return abs(found - reported) <= max(AGREES, 0.5 * 10**-decimals)


def _over_the_set(by_image):
    """Means over the images that are none, and a constant that is wrong for all of them."""
    for label in (LITERATURE, PLAIN):
        psnrs = by_image[label]
        yield f"{label}, peak 1 for values from −1 to 1", psnrs.mean() - 20 * np.log10(2)
        yield f"{label}, PSNR of the mean MSE", -10 * np.log10(np.mean(10 ** (-psnrs / 10)))
        if len(psnrs) > 1:
            yield f"{label}, first image alone", psnrs.iloc[0]
            yield f"{label}, best image alone", psnrs.max()


def _reruns(enlarge, photographs, scale) -> Iterator[tuple[str, float]]:
    """The literature's PSNR, but for LR images that are made in another way."""
    if enlarge is None:
        return
    for label in (mistake for mistake in MISTAKES if mistake.startswith(("LR", "HR"))):
        pairs = [_pair(photo, scale, label) for photo in photographs]
        cases = [
            Case(photo.name, truth, hr, lr, enlarge(lr), scale, hr.shape[:2])
            for photo, (lr, hr, truth) in zip(photographs, pairs, strict=True)
        ]
        if all(case.fits for case in cases):
            yield label, float(np.mean([_psnr(case, case.sr, Protocol()) for case in cases]))


def _pair(photo, scale, label):
    """An LR image that is not made as it should be, its HR image, and the truth."""
    if label == "HR resized to a multiple":
        size = [-(-side // scale) for side in photo.image.shape[:2]]
        whole = [side * scale for side in size]
        return resize(photo.image, size), resize(photo.image, whole), resize(photo.truth, whole)
    hr = modcrop(photo.image, scale)
    truth = photo.truth[: hr.shape[0], : hr.shape[1]]
    if label == "LR by bicubic without antialiasing":
        size = [side // scale for side in hr.shape[:2]]
        lr = keras.ops.image.resize(
            to_batch(hr), size, "bicubic", antialias=False, data_format="channels_last"
        )
        return to_image(keras.ops.convert_to_numpy(lr)), hr, truth
    return downscale(hr, scale, label.removeprefix("LR by ")), hr, truth
