"""The course's comparison table: every shipped network under one protocol, in one call."""

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from srlib.evaluation import published
from srlib.images import check_scale
from srlib.networks import costs
from srlib.upscaling import upscale
from srlib.zoo.cards import available, card
from srlib.zoo.loading import load

__all__ = ["SETS", "comparison", "seconds_per_megapixel"]

SETS = ("Set5", "Set14", "BSD100", "course-test")

SIDE = 240  # of the image that is timed, in SR pixels: divides by 2, 3 and 4
ROUNDS = 3


def comparison(
    scale: int = 2, networks: Sequence[str] | None = None, *, timed: bool = True
) -> pd.DataFrame:
    """Bicubic and trained networks side by side: what they cost, reach and are reported to reach.

    Scores and training times are those of the cards, which `srlib.verify` measures again.

    Parameters
    ----------
    scale
        The super-resolution factor.
    networks
        Names of `srlib.available` at this scale; all of them if None.
    timed
        Whether to measure seconds per megapixel here, which runs every network a few times.

    Returns
    -------
    pandas.DataFrame
        A row a method, bicubic first and then by parameters; NaN where nothing is known.

        - network: the name;
        - depth, filters, parameters, receptive_field (LR pixels): from `srlib.networks.costs`;
        - gmacs_per_megapixel: 10⁹ multiply–accumulates for 10⁶ SR pixels;
        - psnr_<set> (dB) and ssim_<set>: means over each of `SETS`, under the default `Protocol`;
        - training_hours and hardware: of the shipped weights;
        - seconds_per_megapixel: of 10⁶ SR pixels by `srlib.upscale`, the median of three runs on
          a random image of 240×240 SR pixels, all methods in turn;
        - psnr_paper, ssim_paper: the paper's Set5, from `published`;
        - psnr_reported, ssim_reported, hours_reported: from JoshVEvans's project, which states no
          protocol. They do not compare with any other column.

    Raises
    ------
    ValueError
        If a network is not there, or none is at this scale; the message lists those there are.
    """
    check_scale(scale)
    chosen = networks if networks is not None else [n for n, s in available() if s == scale]
    if not chosen:
        have = ", ".join(f"{n} ×{s}" for n, s in available())
        raise ValueError(f"there are no trained networks ×{scale}; there are: {have}")
    cards = [card(name, scale) for name in chosen]
    methods = {name: load(name, scale) for name in chosen}
    rows = [*(_row(c, methods[c["name"]]) for c in cards), _bicubic(scale)]
    table = pd.DataFrame(rows).sort_values("parameters", ignore_index=True)
    seconds = seconds_per_megapixel({"bicubic": "bicubic"} | methods, scale) if timed else {}
    table["seconds_per_megapixel"] = table["network"].map(seconds).astype(float)
    return table.merge(_papers(scale), "left", "network").merge(_reported(scale), "left", "network")


def _bicubic(scale):
    measured = pd.read_csv(Path(__file__).with_name("bicubic.csv"))
    return {
        "network": "bicubic",
        "depth": 0,
        "parameters": 0,
        "receptive_field": 4,  # the kernel's
        **_columns(measured[measured["scale"] == scale].to_dict("records")),
    }


def _row(card, model):
    cost = costs(model)
    return {
        "network": card["name"],
        "depth": cost.depth,
        "filters": cost.filters,
        "parameters": cost.parameters,
        "gmacs_per_megapixel": cost.macs / 1e9,
        "receptive_field": cost.receptive_field,
        **_columns(card["scores"]),
        "training_hours": card["training_seconds"] / 3600,
        "hardware": card["hardware"],
    }


def _columns(scores):
    """A column for each score of a card, NaN for the sets that it lacks."""
    of = {score["set"]: score for score in scores}
    return {f"{m}_{s}": of.get(s, {}).get(m, np.nan) for s in SETS for m in ("psnr", "ssim")}


def seconds_per_megapixel(methods: Mapping[str, keras.Model | str], scale: int) -> dict[str, float]:
    """Median time of each method for 10⁶ SR pixels; in turn, so that all meet the same load."""
    image = np.random.default_rng(0).integers(0, 256, (SIDE // scale, SIDE // scale, 3), np.uint8)
    megapixels = (SIDE // scale * scale) ** 2 / 1e6
    times = {name: [] for name in methods}
    for _ in range(ROUNDS):
        for name, method in methods.items():
            start = time.perf_counter()
            upscale(image, method, scale)
            times[name].append((time.perf_counter() - start) / megapixels)
    return {name: statistics.median(measured) for name, measured in times.items()}


def _papers(scale):
    rows = published()
    rows = rows[(rows["set"] == "Set5") & (rows["scale"] == scale)]
    names = {"method": "network", "psnr": "psnr_paper", "ssim": "ssim_paper"}
    return rows.rename(columns=names)[list(names.values())]


def _reported(scale):
    table = pd.read_csv(Path(__file__).with_name("reported.csv"))
    table = table[table["scale"] == scale].drop(columns=["scale", "source"])
    return table.rename(columns={n: f"{n}_reported" for n in ("psnr", "ssim", "hours")})
