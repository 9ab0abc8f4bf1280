"""Measure methods on photo sets: one table, one protocol."""

from collections.abc import Sequence
from pathlib import Path

import keras
import pandas as pd

from srlib.degradation import check_scale, interpolate, make_pair
from srlib.metrics import Protocol, psnr, ssim
from srlib.photos import Photo, photos
from srlib.upscaling import check_method, predict

__all__ = ["evaluate", "join", "published", "summary"]


def evaluate(
    method: keras.Model | str,
    photo_set: str | Path | Sequence[Photo],
    scale: int,
    *,
    protocol: Protocol | None = None,
    ensemble: bool = False,
) -> pd.DataFrame:
    """Degrade every photograph, super-resolve it, and compare with the original.

    Parameters
    ----------
    method
        A network, or ``"nearest"``, ``"bilinear"``, ``"bicubic"``, ``"lanczos"``.
    photo_set
        A photo set's name, a folder, or a list of `Photo`.
    scale
        The scale of the degradation and of the network.
    protocol
        How to compare; the literature's by default.
    ensemble
        Whether to average a network's predictions of the eight turns and mirrorings, as in
        `srlib.upscale`. The method's name then ends in "+", as in the literature.

    Returns
    -------
    pandas.DataFrame
        A row an image: method, set, scale, image, psnr (dB), ssim. ``attrs["protocol"]`` says how
        it was measured.
    """
    protocol = protocol or Protocol()
    check_scale(scale)
    named = isinstance(photo_set, str | Path)
    set_name = Path(photo_set).name if named else "photographs"
    interpolated = isinstance(method, str)
    method_name = check_method(method, ensemble=ensemble) if interpolated else method.name
    photographs = photos(photo_set) if named else photo_set
    if not photographs:
        raise ValueError("there are no photographs to evaluate on")
    rows = []
    for photo in photographs:
        lr, hr = make_pair(photo.image, scale, protocol.lr_kernel)
        if interpolated:
            sr = interpolate(lr, scale, method)
        else:
            sr = predict(method, lr, scale, ensemble=ensemble)
        truth = photo.truth[: hr.shape[0], : hr.shape[1]]
        rows.append(
            {
                "method": method_name + "+" * ensemble,
                "set": set_name,
                "scale": scale,
                "image": photo.name,
                "psnr": psnr(truth, sr, scale=scale, protocol=protocol),
                "ssim": ssim(truth, sr, scale=scale, protocol=protocol),
            }
        )
    table = pd.DataFrame(rows)
    table.attrs["protocol"] = protocol
    return table


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
    return joined


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """The mean over the images: a row a method, set and scale, in the order of `table`."""
    keys = ["method", "set", "scale"]
    means = table.groupby(keys, sort=False)[["psnr", "ssim"]].mean().reset_index()
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
