"""What is best where two aims compete: the Pareto front and the hypervolume below it."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

__all__ = ["course_table", "flat", "front", "hypervolume"]


def course_table() -> pd.DataFrame:
    r"""Every network of the space ``"course"`` at ×2, trained briefly and measured: a benchmark.

    Made on two CPU cores in half an hour by ::

        srlib search --space course --sampler every --trials 36 --cut 0 \
            --storage course.journal --out srlib/zoo/search/course.csv

    Returns
    -------
    pandas.DataFrame
        What `flat` makes of the results, by the options of the space.
    """
    return pd.read_csv(Path(__file__).with_name("course.csv"))


def flat(table: pd.DataFrame) -> pd.DataFrame:
    """Results of a search as a plain table: psnr_at_75 and so on in place of psnr_at."""
    course = pd.DataFrame(list(table["psnr_at"]), index=table.index).add_prefix("psnr_at_")
    return table.drop(columns="psnr_at").join(course)


def front(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that no other beats: none has as much PSNR for fewer MACs, or more for as many.

    Parameters
    ----------
    table
        Columns psnr and macs; rows without a PSNR are on no front. Of equal rows the first counts.

    Returns
    -------
    pandas.DataFrame
        Those rows, by rising MACs.
    """
    ordered = table.dropna(subset=["psnr"]).sort_values(
        ["macs", "psnr"], ascending=[True, False], kind="stable"
    )
    return ordered[~ordered["psnr"].le(ordered["psnr"].cummax().shift())]


def hypervolume(psnr: ArrayLike, macs: ArrayLike, worst: tuple[float, float]) -> float:
    """How much of the plane of PSNR and log₁₀ MACs a set of networks beats.

    Parameters
    ----------
    psnr, macs
        Of each network.
    worst
        The PSNR and MACs of the corner that everything is measured from; networks that do not beat
        it in both count nothing.

    Returns
    -------
    float
        dB · decades: 1 for a single network that has 1 dB more than the corner at a tenth of the
        MACs.

    References
    ----------
    Zitzler and Thiele, "Multiobjective Evolutionary Algorithms: A Comparative Case Study and the
    Strength Pareto Approach", IEEE TEC 1999.
    """
    points = pd.DataFrame({"psnr": np.ravel(psnr), "macs": np.ravel(macs)})
    best = front(points[(points["psnr"] > worst[0]) & (points["macs"] < worst[1])])
    widths = np.log10(np.append(best["macs"].to_numpy()[1:], worst[1]) / best["macs"].to_numpy())
    return float(((best["psnr"] - worst[0]) * widths).sum())
