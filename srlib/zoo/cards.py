"""Trained weights that come with the library, each with a card that says where it is from."""

import functools
import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from srlib.dataset import BENCHMARKS
from srlib.evaluation import METRICS, evaluate, summary
from srlib.evaluation.metrics import Protocol
from srlib.images import atomic_path, sha256, write_json
from srlib.losses.features import has_weights
from srlib.networks import build, save_weights
from srlib.photos import present

__all__ = ["WEIGHTS", "available", "card", "read_json", "read_weights", "save", "verify"]

WEIGHTS = Path(__file__).parent / "weights"

HALF_MAY_COST = 0.005  # dB on course-test

MAY_DIFFER = {"psnr": 0.01, "ssim": 0.0002}  # dB, and of 1: from card to machine

VERSIONED = ("srlib", "keras", "numpy", "pillow", "scikit-image", "tensorflow")


def available(folder: Path | str = WEIGHTS) -> list[tuple[str, int]]:
    """The name and scale of every trained network."""
    return sorted((c["name"], c["scale"]) for c in map(read_json, Path(folder).glob("*.json")))


def card(name: str, scale: int, folder: Path | str = WEIGHTS) -> dict:
    """What is known about trained weights: data, recipe, command, versions, hash, scores.

    Raises
    ------
    ValueError
        If there are no such weights; the message lists those there are.
    """
    path = Path(folder) / f"{name}_x{scale}.json"
    if not path.exists():
        have = ", ".join(f"{n} ×{s}" for n, s in available(folder)) or "none"
        raise ValueError(f"there are no trained weights for {name!r} ×{scale}; there are: {have}")
    return read_json(path)


def read_weights(about: dict, path: Path) -> keras.Model:
    """The network that a card is about, with the weights of a file, which must be the card's.

    Its weights are float32, whatever the file holds.

    Raises
    ------
    ValueError
        If the file is missing or is not the one that the card describes.
    """
    if not path.exists() or (found := sha256(path)) != about["sha256"]:
        state = f"has SHA-256 {found}" if path.exists() else "is missing"
        raise ValueError(
            f"{path} {state}, but its card says {about['sha256']}: the file was changed; "
            "reinstall srlib, or train the network again by the command on the card"
        )
    model = build(about["architecture"], about["scale"], **about.get("options", {}))
    model.load_weights(path)
    return model


def save(
    model: keras.Model,
    name: str,
    scale: int,
    provenance: dict,
    folder: Path | str,
    metrics: Sequence[str] = ("psnr", "ssim"),
) -> dict:
    """Write a network's weights and its card, measured on every benchmark at hand.

    The file is in half precision, unless that costs 0.005 dB or more on ``course-test``; the
    card's ``weights_dtype`` says which, and its scores are those of the weights in the file.

    Parameters
    ----------
    model
        A trained network from ``build(architecture, scale, **options)``.
    name
        What the weights are called.
    scale
        The network's scale.
    provenance
        What the card shall tell about the training: architecture, options of `srlib.build` if there
        are any, photo_sets, recipe, command, ….
    folder
        Where to write ``<name>_x<scale>.weights.h5`` and ``….json``.
    metrics
        What to measure, as for `srlib.evaluate`; ``"vgg19_distance"`` only where VGG-19 is found.

    Returns
    -------
    dict
        The card.
    """
    make = functools.partial(
        build, provenance["architecture"], scale, **provenance.get("options", {})
    )
    path = Path(folder) / f"{name}_x{scale}.weights.h5"
    with atomic_path(path) as partial:
        weights_dtype = "float16"
        saved = _through_file(model, make, weights_dtype, partial)
        scores = measure(saved, scale, metrics=metrics)
        # Weights above 65,504, the most that float16 holds, make this NaN: not less than anything.
        (wanted,) = measure(model, scale, ["course-test"])
        if not wanted["psnr"] - scores[0]["psnr"] < HALF_MAY_COST:
            weights_dtype = "float32"
            saved = _through_file(model, make, weights_dtype, partial)
            scores = measure(saved, scale, metrics=metrics)
    card = {
        "name": name,
        "scale": scale,
        "parameters": model.count_params(),
        **provenance,
        "file": path.name,
        "weights_dtype": weights_dtype,
        "sha256": sha256(path),
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in VERSIONED},
        "protocol": Protocol().as_dict(),
        "scores": scores,
    }
    write_json(path.with_name(f"{name}_x{scale}.json"), card)
    return card


def _through_file(model, make, dtype, path):
    """Write weights as `dtype`, and return a network that has read them again."""
    # Keras writes a variable in the variable's dtype, and casts to the network's as it reads. The
    # file gets no optimiser, whose state is twice as large as the weights.
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        written = make()
    finally:
        keras.config.set_dtype_policy(before)
    with np.errstate(over="ignore"):
        written.set_weights(model.get_weights())
    save_weights(written, path)
    read = make()
    read.load_weights(path)
    return read


def measure(
    model: keras.Model,
    scale: int,
    photo_sets: Sequence[str] = ("course-test", *BENCHMARKS),
    *,
    metrics: Sequence[str] = ("psnr", "ssim"),
) -> list[dict]:
    """Mean scores on those of the sets that are bundled or in `data_root`.

    The distance of VGG-19's features is left out where its weights are not found.
    """
    metrics = [metric for metric in metrics if metric != "vgg19_distance" or has_weights("vgg19")]
    tables = [
        summary(evaluate(model, name, scale, metrics=metrics)) for name in present(photo_sets)
    ]
    scores = pd.concat(tables)[["set", *metrics]].round(dict.fromkeys(metrics, 4) | {"ssim": 5})
    return scores.to_dict("records")


def verify(
    name: str,
    scale: int,
    folder: Path | str = WEIGHTS,
    *,
    photo_sets: Sequence[str] = ("course-test", *BENCHMARKS),
) -> pd.DataFrame:
    """Measure trained weights again and compare with their card.

    Parameters
    ----------
    name, scale, folder
        As for `card`.
    photo_sets
        The sets to measure on, if they are on this machine and on the card.

    Returns
    -------
    pandas.DataFrame
        A row a photo set of the card: each metric of the card, the same with ``_now`` at its end
        (NaN where that was not measured), and ``agrees``: whether no two differ by more than other
        processors and library versions may cost, which is 0.01 dB of PSNR, 0.0002 of SSIM and a
        hundredth, or 0.02 gray levels, of any other metric (None if nothing was measured).
    """
    about = card(name, scale, folder)
    on_card = pd.DataFrame(about["scores"])
    metrics = [metric for metric in METRICS if metric in on_card]
    model = read_weights(about, Path(folder) / about["file"])
    now = pd.DataFrame(measure(model, scale, photo_sets, metrics=metrics))
    table = on_card.merge(now, on="set", how="left", suffixes=("", "_now"))
    measured = [metric for metric in metrics if metric in now]
    close = [
        (table[metric] - table[f"{metric}_now"]).abs()
        <= MAY_DIFFER.get(metric, np.maximum(0.01 * table[metric], 0.02))
        for metric in measured
    ]
    table["agrees"] = pd.concat(close, axis=1).all(axis=1).where(table.psnr_now.notna(), None)
    table.attrs["protocol"] = Protocol()
    return table


def read_json(path: Path) -> dict:
    """What a card says."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON ({error}): reinstall srlib") from error
