"""Whether what a measure says of methods is what people say of them."""

import numpy as np
import pandas as pd
from scipy import stats

from srlib.evaluation.ratings.preferences import bradley_terry, drawn_scores

__all__ = ["agreement"]


def agreement(
    measures: pd.DataFrame, pairs: pd.DataFrame, *, runs: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Rank correlation of measures with the scores of a rating, with 95 % intervals.

    Spearman's, over the methods that both have. Each draw of the bootstrap of `bradley_terry` gives
    scores, and each of these a correlation: the interval says what other readers, or other answers,
    might have made of it. It says nothing of other methods and other photographs. Few methods have
    few orders: of four, one order in 24 is right by chance.

    Parameters
    ----------
    measures
        A row a method (the index), a column a measure. Of a measure of which less is better, such
        as a distance, good agreement is near −1.
    pairs
        `Ratings.pairs`.
    runs, seed
        As for `bradley_terry`.

    Returns
    -------
    pandas.DataFrame
        A row a measure: measure, rho, low, high, methods (how many were compared).

    Raises
    ------
    ValueError
        If fewer than four methods are in both, or a measure of one of them is no number.
    """
    liked = bradley_terry(pairs, runs=1).set_index("method")["score"]
    methods = [method for method in measures.index if method in liked.index]
    if len(methods) < 4:
        raise ValueError(
            f"a rank correlation needs four methods or more that are measured and rated, not "
            f"{len(methods)}: measured are {', '.join(map(str, measures.index))}, rated "
            f"{', '.join(liked.index)}"
        )
    measures = measures.loc[methods]
    if (bad := measures.columns[measures.isna().any()]).size:
        raise ValueError(f"measure {bad[0]!r} is no number for one of {', '.join(methods)}")
    drawn = stats.rankdata(drawn_scores(pairs, runs=runs, seed=seed)[methods], axis=1)
    rows = []
    for name, values in measures.items():
        ranks = stats.rankdata(values)
        rho = np.corrcoef(ranks, stats.rankdata(liked[methods]))[0, 1]
        its = [np.corrcoef(ranks, row)[0, 1] for row in drawn]
        low, high = np.nanpercentile(its, [2.5, 97.5])
        rows.append((name, rho, low, high, len(methods)))
    return pd.DataFrame(rows, columns=["measure", "rho", "low", "high", "methods"])
