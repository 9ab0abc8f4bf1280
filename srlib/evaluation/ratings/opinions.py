"""Mean opinion scores on the scale from 1 (bad) to 5 (excellent)."""

import numpy as np
import pandas as pd
from scipy import stats

__all__ = ["mean_opinion"]


def mean_opinion(scores: pd.DataFrame) -> pd.DataFrame:
    """The mean opinion score (MOS) of each method, with a 95 % confidence interval.

    Answers of one reader resemble each other, so the interval takes readers for the random draws:
    Student's t over the mean of each reader. Of a single reader's scores it is over the pictures,
    and tells nothing of other readers. It may reach beyond the scale.

    Parameters
    ----------
    scores
        `Ratings.scores`: rater, crop, method, score.

    Returns
    -------
    pandas.DataFrame
        A row a method, the best first: method, mos, low, high (NaN where a single number says
        nothing of its spread), scores and raters (how many).

    Raises
    ------
    ValueError
        If there is no score.

    References
    ----------
    ITU-T Recommendation P.800, "Methods for subjective determination of transmission quality",
    1996; Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative
    Adversarial Network", CVPR 2017, for super-resolution.
    """
    if scores.empty:
        raise ValueError("there is no score to average: these files hold answers to pairs only")
    rows = []
    for method, given in scores.groupby("method"):
        by_rater = given.groupby("rater")["score"].mean()
        draws = by_rater if len(by_rater) > 1 else given["score"]
        half = np.nan
        if len(draws) > 1:
            half = stats.t.ppf(0.975, len(draws) - 1) * draws.sem()
        mos = by_rater.mean()
        rows.append((method, mos, mos - half, mos + half, len(given), len(by_rater)))
    table = pd.DataFrame(rows, columns=["method", "mos", "low", "high", "scores", "raters"])
    return table.sort_values("mos", ascending=False, ignore_index=True)
