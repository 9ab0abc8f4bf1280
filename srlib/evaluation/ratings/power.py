"""How many pairs it takes to tell a preference from a toss of a coin."""

import numpy as np
from scipy import stats

__all__ = ["binomial_power", "pairs_needed"]


def binomial_power(
    pairs: int | np.ndarray, share: float, *, level: float = 0.05
) -> float | np.ndarray:
    """How often so many decided answers tell that two methods are not liked equally.

    By the exact two-sided binomial test: nothing is taken for normal.

    Parameters
    ----------
    pairs
        Answers that name a side, each of them independent of the others.
    share
        With which probability an answer names the better method, from 0 to 1.
    level
        How often a test may see a difference where there is none.

    Returns
    -------
    float or numpy.ndarray
        The probability that the test sees the difference.

    Raises
    ------
    ValueError
        If `share` is no probability, or `level` is not between 0 and 1.

    References
    ----------
    Clopper and Pearson, "The Use of Confidence or Fiducial Limits Illustrated in the Case of the
    Binomial", Biometrika 26, 1934.
    """
    _check(share, level)
    # The most answers for the less liked one with which the test still tells.
    most = stats.binom.ppf(level / 2, pairs, 0.5)
    most = most - (stats.binom.cdf(most, pairs, 0.5) > level / 2)
    told = stats.binom.cdf(most, pairs, share) + stats.binom.cdf(most, pairs, 1 - share)
    return told if np.ndim(pairs) else float(told)


def pairs_needed(share: float, *, power: float = 0.8, level: float = 0.05) -> int:
    """How many decided answers tell a preference from a toss of a coin, reliably.

    The power of an exact test goes up and down as pairs are added, because answers are whole
    numbers; this is the number from which on it never again falls below `power`.

    Parameters
    ----------
    share
        With which probability an answer names the better method; not a half.
    power
        How often the difference shall be seen.
    level
        As for `binomial_power`.

    Raises
    ------
    ValueError
        If `share` is a half, which no number of pairs tells from a half, or within a thousandth of
        it, or a value is no probability.
    """
    _check(share, level)
    if not 0 < power < 1:
        raise ValueError(f"power must be between 0 and 1, not {power!r}")
    apart = abs(share - 0.5)
    if apart < 0.001:
        raise ValueError(
            f"share must be at least 0.001 from a half, not {share!r}: no rating is so large"
        )
    wide = stats.norm.isf(level / 2) / 2 + stats.norm.ppf(power) * np.sqrt(share * (1 - share))
    about = (max(wide, 0.5) / apart) ** 2  # as if all were normal; the truth is near it
    around = int(50 + 10 * np.sqrt(about))
    pairs = np.arange(max(1, int(about) - around), int(about) + around)
    return int(
        pairs[binomial_power(pairs, share, level=level) < power].max(initial=pairs[0] - 1) + 1
    )


def _check(share, level):
    if not 0 <= share <= 1:
        raise ValueError(f"share must be a probability from 0 to 1, not {share!r}")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level!r}")
