"""Measure methods on photo sets: one table, one protocol."""

import functools
import pickle
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from srlib.evaluation.metrics import (
    Protocol,
    checkerboard,
    color_shift,
    consistency,
    detail,
    flat_deviation,
    ms_ssim,
    psnr,
    ssim,
    weave,
)
from srlib.evaluation.naturalness import unnaturalness
from srlib.images import check_scale, interpolate, make_pair, tell, to_image
from srlib.losses.features import FEATURES
from srlib.photos import Photo, readers
from srlib.upscaling import check_method, predict

__all__ = ["METRICS", "evaluate", "join", "published", "summary"]


@dataclass(frozen=True)
class _Case:
    """One image of an evaluation; `sr` is as the method made it."""

    truth: np.ndarray
    hr: np.ndarray
    lr: np.ndarray
    sr: np.ndarray
    scale: int
    protocol: Protocol

    @functools.cached_property
    def image(self):
        """The SR image in 8 bits."""
        return self.sr if self.sr.dtype == np.uint8 else to_image(self.sr[np.newaxis])


def _feature_distance(name, case):
    return _features(name).distances(case.hr, [case.image])[0]


@functools.cache
def _features(name):
    return FEATURES[name](input_range=(0, 1))


# The names that `evaluate` takes.
METRICS = {
    "psnr": lambda case: psnr(case.truth, case.sr, scale=case.scale, protocol=case.protocol),
    "ssim": lambda case: ssim(case.truth, case.sr, scale=case.scale, protocol=case.protocol),
    "ms_ssim": lambda case: ms_ssim(case.truth, case.sr, scale=case.scale, protocol=case.protocol),
    "student_distance": functools.partial(_feature_distance, "student"),
    "vgg19_distance": functools.partial(_feature_distance, "vgg19"),
    "checkerboard": lambda case: checkerboard(case.image, scale=case.scale),
    "consistency": lambda case: consistency(case.lr, case.image, case.protocol.kernel),
    "color_shift": lambda case: color_shift(case.hr, case.image),
    "detail": lambda case: detail(case.image, scale=case.scale),
    "weave": lambda case: weave(case.hr, case.image),
    "flat_deviation": lambda case: flat_deviation(case.hr, case.image),
    "unnaturalness": lambda case: unnaturalness(case.image),
}


def evaluate(
    method: keras.Model | str,
    photo_set: str | Path | Sequence[Photo],
    scale: int,
    *,
    protocol: Protocol | None = None,
    ensemble: bool = False,
    metrics: Sequence[str] = ("psnr", "ssim"),
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Degrade every photograph, super-resolve it, and compare with the original.

    A photograph that cannot be read or measured is named on stderr, and the others are measured.

    Parameters
    ----------
    method
        A network, or ``"nearest"``, ``"bilinear"``, ``"bicubic"``, ``"lanczos"``.
    photo_set
        A photo set's name, a folder, or a list of `Photo`.
    scale
        The scale of the degradation and of the network.
    protocol
        How to degrade and to compare; the literature's by default.
    ensemble
        Whether to average a network's predictions of the eight turns and mirrorings, as in
        `srlib.upscale`. The method's name then ends in "+", as in the literature.
    metrics
        What to measure, of `METRICS`: ``"psnr"`` (dB), ``"ssim"`` and ``"ms_ssim"``;
        ``"student_distance"`` and ``"vgg19_distance"``, of the map ``block2_conv2``
        (`srlib.losses.features`); ``"checkerboard"``, ``"consistency"``, ``"color_shift"``,
        ``"detail"`` and ``"flat_deviation"`` (gray levels; `srlib.evaluation.metrics`);
        ``"weave"`` (a ratio); ``"unnaturalness"``, without a truth. The protocol's colour and crop
        concern the first three alone.
    executor
        What runs the work elsewhere, a photograph at a time: a
        `concurrent.futures.ProcessPoolExecutor`, or Dask's ``Client(…).get_executor()`` for several
        machines, which must see the files of the set under the same paths. The network is sent
        along with every photograph, and each process unpacks it once. It is not shut down.

    Returns
    -------
    pandas.DataFrame
        A row an image: method, set, scale, image, and a column a metric. ``attrs["protocol"]`` says
        how it was measured, ``attrs["left_out"]`` what was not, reason by image.

    Raises
    ------
    ValueError
        If a method, scale or metric is none there is, or no photograph can be measured.
    """
    if unknown := [metric for metric in metrics if metric not in METRICS]:
        raise ValueError(f"unknown metric {unknown[0]!r}; choose some of {', '.join(METRICS)}")
    protocol = protocol or Protocol()
    check_scale(scale)
    named = isinstance(photo_set, str | Path)
    set_name = Path(photo_set).name if named else "photographs"
    by_name = isinstance(method, str)
    method_name = check_method(method, ensemble=ensemble) if by_name else method.name
    labels = {"method": method_name + "+" * ensemble, "set": set_name, "scale": scale}
    if named:
        photographs = readers(photo_set).items()
    else:
        photographs = [(photo.name, functools.partial(Photo, *photo)) for photo in photo_set]
    how = scale, protocol, ensemble, tuple(metrics)
    rows, left_out = [], {}
    for name, scores in _in_order(executor, photographs, method, how):
        if isinstance(scores, ValueError):
            left_out[f"{set_name}/{name}"] = scores
        else:
            rows.append(labels | {"image": name} | scores)
    if not rows:
        raise next(iter(left_out.values()), ValueError("there are no photographs to evaluate on"))
    for image, error in left_out.items():
        tell(f"{image} is not measured: {error}")
    table = pd.DataFrame(rows)
    if exact := [row["image"] for row in rows if np.isinf(row.get("psnr", 0))]:
        tell(
            f"{set_name}: no pixel of {', '.join(exact[:3])} differs, so its PSNR is infinite, and "
            "the mean with it (inf in a table, null in JSON)"
        )
    table.attrs["protocol"] = protocol
    table.attrs["left_out"] = {image: str(error) for image, error in left_out.items()}
    return table


def _in_order(executor, photographs, method, how):
    """The name and the scores of each photograph, measured here or elsewhere."""
    if executor is None:
        for name, read in photographs:
            yield name, _scores(read, method, *how)
        return
    sent = method if isinstance(method, str) else pickle.dumps(method)
    futures = [executor.submit(_scores, read, sent, *how) for _, read in photographs]
    try:
        for (name, _), future in zip(photographs, futures, strict=True):
            yield name, future.result()
    finally:
        for future in futures:
            future.cancel()


def _scores(read, method, scale, protocol, ensemble, metrics):
    """A photograph's scores by metric, or the ValueError that says why it has none."""
    try:
        method = _unpacked(method) if isinstance(method, bytes) else method
        case = _case(read(), method, scale, protocol, ensemble=ensemble)
        return {metric: METRICS[metric](case) for metric in metrics}
    except ValueError as error:
        return error


@functools.lru_cache(maxsize=1)
def _unpacked(network):
    return pickle.loads(network)


def _case(photo, method, scale, protocol, *, ensemble):
    lr, hr = make_pair(photo.image, scale, protocol.lr_kernel)
    if isinstance(method, str):
        sr = interpolate(lr, scale, method)
    else:
        sr = predict(method, lr, scale, ensemble=ensemble)
    return _Case(photo.truth[: hr.shape[0], : hr.shape[1]], hr, lr, sr, scale, protocol)


def join(*tables: pd.DataFrame) -> pd.DataFrame:
    """Stack tables of `evaluate`, unless their protocols differ.

    Raises
    ------
    ValueError
        If a table has another protocol than the first, or none: their numbers do not compare.
    """
    protocols = [table.attrs.get("protocol") for table in tables]
    for protocol in protocols:
        if protocol is None or protocol != protocols[0]:
            raise ValueError(
                f"tables of different protocols do not compare: ({protocols[0]}) and ({protocol}); "
                "evaluate again under one protocol"
            )
    # pandas compares attrs by value and keeps them only if they are equal, which was just checked.
    joined = pd.concat(tables, ignore_index=True)
    joined.attrs["protocol"] = protocols[0]
    joined.attrs["left_out"] = dict(
        item for table in tables for item in table.attrs.get("left_out", {}).items()
    )
    return joined


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """The mean over the images: a row a method, set and scale, in the order of `table`."""
    keys = ["method", "set", "scale"]
    metrics = [column for column in table if column in METRICS]
    means = table.groupby(keys, sort=False)[metrics].mean().reset_index()
    means.attrs = dict(table.attrs)
    return means


def published() -> pd.DataFrame:
    """Rows of the literature, under the default `Protocol` with MATLAB's ``imresize``.

    ``edsr`` is EDSR-baseline, whose paper has no such rows: at ×2 they are from a later paper, at
    ×3 and ×4 they were measured by the author of torchSR on the weights of EDSR's authors.

    Returns
    -------
    pandas.DataFrame
        method, set, scale, psnr (dB), ssim, source.
    """
    return pd.read_csv(Path(__file__).with_name("published.csv"))
