"""An audit: a method, or its results, put through what would have caught usual mistakes."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pandas as pd

from srlib.evaluation.auditing import behaviour, colors, copies, geometry, recognition
from srlib.evaluation.auditing.cases import Case, Finding
from srlib.evaluation.auditing.leaks import leaks
from srlib.evaluation.auditing.results import complete, match
from srlib.images import check_scale, interpolate, make_pair, read_image
from srlib.networks import ForeignNetwork
from srlib.photos import Photo, photos
from srlib.upscaling import INTERPOLATIONS, predict

__all__ = ["audit"]

CHECKS = (
    "files", "size", "values", "range", "pairing", "alignment", "color order", "gain", "rounding",
    "wrap-around", "interpolation", "truth", "consistency", "compression", "determinism",
    "surroundings", "seams", "brightness", "batch", "leak", "reported",
)  # fmt: skip
# What a fault may follow from, so that a reader looks for the cause first.
COLORS = ("values", "range", "color order", "gain")
PLACES = ("pairing", "alignment")
FOLLOWS = {
    "values": ("range",),
    "alignment": ("values", "pairing"),
    "color order": ("values", "pairing"),
    "gain": ("values", "range", "pairing", "color order"),
    "consistency": (*COLORS, *PLACES, "determinism", "brightness"),
    "brightness": ("values", "range", "determinism"),
    "batch": ("determinism",),
    "surroundings": (*PLACES, "determinism", "brightness"),
    "seams": (*PLACES, "determinism", "brightness", "surroundings"),
}
NO_SIZE = Finding(None, "not tried: no SR image has HR's size", "mend the size first")


class _Audited(NamedTuple):
    """What is audited: a function of an LR image, or None and a folder of results instead."""

    enlarge: Callable[[np.ndarray], np.ndarray] | None = None
    folder: Path | None = None
    interpolation: str | None = None
    network: keras.Model | None = None


def audit(
    method: Callable[[np.ndarray], np.ndarray] | keras.Model | str | Path,
    photo_set: str | Path | Sequence[Photo],
    scale: int,
    *,
    reported: float | None = None,
    training: str | Path | Sequence[Photo] | None = None,
) -> pd.DataFrame:
    """Look for the usual mistakes in a method, in its results, and in what is reported of it.

    Every photograph is shrunk under the default `Protocol` and given to the method once; how the
    method answers to a changed image is asked of three. No check proves that a number is right.

    Parameters
    ----------
    method
        A function of an LR image, uint8 (h, w, 3), that returns its SR image, (s·h, s·w, 3), uint8
        or floating point in [0, 1]; a network; ``"nearest"``, ``"bilinear"``, ``"bicubic"`` or
        ``"lanczos"``; or a folder of results, files that are called as the photographs or so with a
        suffix (``baby_x4.png``). What needs the method itself is then not tried.
    photo_set
        The truths: a photo set's name, a folder, or a list of `Photo`.
    scale
        The scale of the degradation and of the method.
    reported
        A mean PSNR in dB that is reported for the method on this set. It is a fault if it is not
        the default protocol's, and the protocol or the mistake that gives it is named. It agrees
        within 0.015 dB, or half a unit of its last decimal.
    training
        The photographs that the method was trained on, as `photo_set`, to be held against it.

    Returns
    -------
    pandas.DataFrame
        A row a check: check; fault (True, False, or None for what was not tried, or cannot be told
        before another fault is mended); measured, the numbers; advice, what to do, empty where
        there is no fault. The checks:

        - files: a folder has a result for each photograph, and no others;
        - size: SR is scale times LR, and HR was cropped rather than resized;
        - values: no NaN, no empty image, no gray where there is colour;
        - range: uint8, or floating point from 0 to 1;
        - pairing: SR shows its own photograph, upright;
        - alignment: SR lies where HR lies, to a fraction of a pixel;
        - color order, gain, rounding, wrap-around: RGB; contrast and brightness; not cut off;
          clipped;
        - interpolation, truth: SR is not merely interpolated, nor made of HR;
        - consistency: SR made small again is LR, as nearly as with interpolations;
        - compression: no JPEG in between;
        - determinism, surroundings, seams, brightness, batch: what should not matter does not, and
          a brighter LR image gives a brighter SR image;
        - leak: no training photograph is an audited one;
        - reported: what is reported is the default protocol's PSNR; eight protocols' PSNRs if
          nothing is.

        In a notebook, ``.style.hide()`` shows the texts in full.

    Raises
    ------
    ValueError
        If there is no such method, set or scale, `reported` is no PSNR, or no result in a folder
        is called as a photograph.
    srlib.ImageError
        If a photograph or a result cannot be read.

    References
    ----------
    Guizar-Sicairos, Thurman and Fienup, "Efficient Subpixel Image Registration Algorithms", Optics
    Letters 33, 2008, for the registration, which is scikit-image's. The thresholds are ours; each
    stands with what it was measured on.
    """
    check_scale(scale)
    recognition.check_reported(reported)
    audited = _audited(method, scale)
    photographs = photos(photo_set) if isinstance(photo_set, str | Path) else list(photo_set)
    if not photographs:
        raise ValueError("there are no photographs to audit on")
    findings = dict.fromkeys(CHECKS, NO_SIZE)
    findings["files"] = Finding(False, f"an SR image of each of {len(photographs)} photographs")
    files = {}
    if audited.folder:
        names = [photo.name for photo in photographs]
        files, strangers = match(audited.folder, names)
        findings["files"] = complete(names, files, strangers)
        photographs = [photo for photo in photographs if photo.name in files]
    cases = [_case(photo, audited, files.get(photo.name), scale) for photo in photographs]
    findings["size"] = geometry.size(cases)
    findings["leak"] = leaks(training, photographs)
    if fitting := [case for case in cases if case.fits]:
        table = pd.DataFrame([_measure(case) for case in fitting])
        findings |= _of_images(table, audited, scale) | _of_answers(fitting, audited)
        findings["reported"] = recognition.recognise(
            table, reported, audited.enlarge, photographs, scale
        )
    rows = [{"check": check, **_untangled(check, findings)._asdict()} for check in CHECKS]
    return pd.DataFrame(rows).astype({"fault": object})


def _untangled(check, findings):
    """What a check found, without a verdict if that may follow from what another one found."""
    finding = findings[check]
    causes = [cause for cause in FOLLOWS.get(check, ()) if findings[cause].fault]
    if not finding.fault or not causes:
        return finding
    measured = f"{finding.measured}; this may follow from {' and '.join(causes)}"
    return Finding(None, measured, f"mend {causes[0]} first, then audit again")


def _audited(method, scale):
    if isinstance(method, keras.Model | ForeignNetwork):
        network = method if isinstance(method, keras.Model) else None
        return _Audited(lambda lr: predict(method, lr, scale), network=network)
    if callable(method):
        # A copy, which the method may change.
        return _Audited(lambda lr: np.asarray(method(lr.copy())))
    if method in INTERPOLATIONS:
        return _Audited(lambda lr: interpolate(lr, scale, method), interpolation=method)
    if isinstance(method, str | Path) and Path(method).is_dir():
        return _Audited(folder=Path(method))
    raise ValueError(
        f"there is no method or folder {str(method)!r}; give a function of an LR image, a folder "
        f"of results, one of {', '.join(INTERPOLATIONS)}, or a network such as "
        "srlib.load('srcnn', 2)"
    )


def _case(photo, audited, file, scale):
    lr, hr = make_pair(photo.image, scale)
    output = read_image(file) if file else audited.enlarge(lr)
    truth = photo.truth[: hr.shape[0], : hr.shape[1]]
    return Case(photo.name, truth, hr, lr, output, scale, photo.image.shape[:2], file)


def _measure(case):
    modules = (geometry, colors, copies, recognition)
    measured = [module.measure(case).items() for module in modules]
    return {"image": case.name, **dict(itertools.chain(*measured))}


def _of_images(table, audited, scale):
    """What the SR images alone tell."""
    return {
        "values": colors.values(table),
        "range": colors.value_range(table),
        "pairing": geometry.pairing(table),
        "alignment": geometry.alignment(table, scale),
        "color order": colors.color_order(table),
        "gain": colors.gain(table),
        "rounding": colors.rounding(table),
        "wrap-around": colors.wrap_around(table),
        "interpolation": copies.interpolation(table, audited.interpolation),
        "truth": copies.truth(table),
        "consistency": copies.fidelity_to_lr(table),
        "compression": copies.compression(table),
    }


def _of_answers(cases, audited):
    """What the method answers to changed images."""
    surroundings, seams = behaviour.surroundings(audited.enlarge, cases)
    return {
        "determinism": behaviour.determinism(audited.enlarge, cases),
        "surroundings": surroundings,
        "seams": seams,
        "brightness": behaviour.brightness(audited.enlarge, cases),
        "batch": behaviour.batch(audited.network, cases),
    }
