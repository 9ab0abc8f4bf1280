"""How sure a difference between two methods is, from their tables of `srlib.evaluate`."""

import pandas as pd
from scipy import stats

from srlib.evaluation.tables import join

__all__ = ["paired_difference"]

KEYS = ["set", "scale", "image"]


def paired_difference(a: pd.DataFrame, b: pd.DataFrame, metric: str = "psnr") -> pd.DataFrame:
    """By how much `a` is better than `b` on the same images, with a 95 % confidence interval.

    Student's paired t-interval: each image is compared with itself, so that it does not matter
    that some images are harder than others for both methods. It takes the images for random draws
    from all those one might have taken, and their differences for roughly normal.

    Parameters
    ----------
    a, b
        Tables of `evaluate`, a method each, of the same images under the same protocol.
    metric
        ``"psnr"`` (the differences are in dB) or ``"ssim"``.

    Returns
    -------
    pandas.DataFrame
        A row a set and scale: set, scale, n (the number of images), mean (of `a` minus `b`), low
        and high (the ends of the interval).

    Raises
    ------
    ValueError
        If the protocols differ, a table holds several methods or other images than the other one,
        a set has a single image, or a difference is no finite number.

    References
    ----------
    Student (W. S. Gosset), "The Probable Error of a Mean", Biometrika 6, 1908.
    """
    join(a, b)  # which refuses tables of different protocols
    for table in (a, b):
        if (repeated := table.duplicated(KEYS)).any():
            raise ValueError(
                f"image {table[repeated]['image'].iloc[0]!r} has several rows in a table; "
                "compare one method with one other"
            )
    first, second = (table.set_index(KEYS)[metric] for table in (a, b))
    if len(alone := first.index.symmetric_difference(second.index)):
        raise ValueError(
            f"image {alone[0][-1]!r} is in one of the tables only; "
            "evaluate both methods on the same images"
        )
    differences = first - second.reindex(first.index)
    if (bad := ~differences.abs().lt(float("inf"))).any():
        name = differences.index[bad][0]
        raise ValueError(
            f"image {name[-1]!r} has {metric} {first[name]} and {second[name]}, whose difference "
            "is no finite number; leave it out of both tables"
        )
    groups = differences.groupby(KEYS[:2], sort=False)
    result = groups.agg(n="size", mean="mean").reset_index()
    if (result["n"] < 2).any():
        raise ValueError("a set has a single image, which says nothing of how images differ")
    half = stats.t.ppf(0.975, result["n"] - 1) * groups.sem().to_numpy()
    result["low"], result["high"] = result["mean"] - half, result["mean"] + half
    result.attrs = dict(a.attrs)
    return result
