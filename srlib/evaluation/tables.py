"""Measure methods on photo sets: one table, one protocol."""

import functools
import itertools
import pickle
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from srlib.evaluation.cases import METRICS, scores_of
from srlib.evaluation.metrics import Protocol
from srlib.images import check_scale, tell
from srlib.photos import Photo, readers
from srlib.upscaling import check_method

__all__ = ["evaluate", "join", "published", "summary"]

AHEAD = 64  # photographs that are handed out at a time, each with the network


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
            yield name, scores_of(read, method, *how)
        return
    sent = method if isinstance(method, str) else pickle.dumps(method)
    futures, left = deque(), iter(photographs)
    try:
        while True:
            for name, read in itertools.islice(left, AHEAD - len(futures)):
                futures.append((name, executor.submit(scores_of, read, sent, *how)))
            if not futures:
                return
            name, future = futures.popleft()
            yield name, future.result()
    finally:
        for _, future in futures:
            future.cancel()


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
