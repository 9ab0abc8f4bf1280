"""What is best where two aims compete: the Pareto front and the hypervolume below it."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

__all__ = ["front", "hypervolume"]


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
