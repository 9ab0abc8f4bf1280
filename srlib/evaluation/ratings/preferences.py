"""From answers to pairs to a scale: Bradley and Terry's model with Davidson's ties."""

import numpy as np
import pandas as pd
from scipy import stats

from srlib.evaluation.ratings.files import ANSWERS

__all__ = ["bradley_terry", "catch_trials", "drawn_scores"]

MANY = 5  # readers from which on the interval is over readers


def bradley_terry(
    pairs: pd.DataFrame, *, prior: float = 1.0, runs: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """How much each method is liked, from answers to pairs, with 95 % intervals.

    Method i is preferred to j with odds ``exp(sᵢ − sⱼ)``, as Bradley and Terry have it, and "cannot
    tell" is ``ν exp((sᵢ − sⱼ) / 2)`` to ``exp(sᵢ − sⱼ)``, as Davidson added: the closer two methods
    are, the more often nobody can tell. Scores sᵢ and ν are those of the largest likelihood; only
    differences of scores mean anything, and their mean is 0. Catch trials do not count.

    Intervals are the middle 95 % of a bootstrap: over readers from five readers on, whose answers
    hang together, else over answers.

    Parameters
    ----------
    pairs
        `Ratings.pairs`.
    prior
        Imaginary answers of each method against an average one, a third won, a third lost, a third
        undecided. Without them a method that always won would be infinitely good. A small one,
        such as 1e-6, gives the largest likelihood, where there is one.
    runs
        Draws of the bootstrap.
    seed
        Of these draws.

    Returns
    -------
    pandas.DataFrame
        A row a method, the best first: method, score, low, high, answers (in which it was seen).
        Its ``attrs`` hold ``ties`` (ν) and ``over`` ("readers" or "answers").

    Raises
    ------
    ValueError
        If there is no answer to count, or `prior` or `runs` is not above 0.

    References
    ----------
    Bradley and Terry, "Rank Analysis of Incomplete Block Designs", Biometrika 39, 1952; Davidson,
    "On Extending the Bradley-Terry Model to Accommodate Ties in Paired Comparison Experiments",
    Journal of the American Statistical Association 65, 1970; Efron, "Bootstrap Methods", Annals of
    Statistics 7, 1979.
    """
    counted, methods, counts, over = _counted(pairs, prior, runs)
    scores, ties = _fit(counts(np.ones((1, len(counted)))), prior)
    drawn = drawn_scores(pairs, prior=prior, runs=runs, seed=seed)
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    seen = counted[["left", "right"]].stack().value_counts().reindex(methods)
    table = pd.DataFrame(
        {"method": methods, "score": scores[0], "low": low, "high": high, "answers": seen.array}
    ).sort_values("score", ascending=False, ignore_index=True)
    table.attrs = {"ties": float(ties[0]), "over": over}
    return table


def drawn_scores(
    pairs: pd.DataFrame, *, prior: float = 1.0, runs: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """The scores of each draw of `bradley_terry`'s bootstrap: a row a draw, a column a method."""
    counted, methods, counts, over = _counted(pairs, prior, runs)
    rng = np.random.default_rng(seed)
    unit = counted["rater"].to_numpy() if over == "readers" else np.arange(len(counted))
    _, which = np.unique(unit, return_inverse=True)
    units = which.max() + 1
    times = rng.multinomial(units, np.full(units, 1 / units), size=runs)
    scores, _ = _fit(counts(times[:, which].astype(float)), prior)
    return pd.DataFrame(scores, columns=methods)


def catch_trials(pairs: pd.DataFrame) -> pd.DataFrame:
    """Whether each reader looked: catch trials, and habits that say nothing of the pictures.

    Parameters
    ----------
    pairs
        `Ratings.pairs`.

    Returns
    -------
    pandas.DataFrame
        A row a reader: rater; trials and right (of those that catch); by_chance, how likely
        somebody who guesses among the three answers does as well; of all other answers, left, the
        share of those that name a side which name the left one, and undecided, the share of "cannot
        tell".
    """
    rows = []
    for rater, given in pairs.groupby("rater"):
        caught = given[given["expected"].notna()]
        right = int((caught["answer"] == caught["expected"]).sum())
        answers = given.loc[given["expected"].isna(), "answer"]
        named = answers[answers != "cannot tell"]
        rows.append(
            {
                "rater": rater,
                "trials": len(caught),
                "right": right,
                "by_chance": stats.binom.sf(right - 1, len(caught), 1 / len(ANSWERS)),
                "left": (named == "left").mean(),
                "undecided": (answers == "cannot tell").mean(),
            }
        )
    columns = ["rater", "trials", "right", "by_chance", "left", "undecided"]
    return pd.DataFrame(rows, columns=columns)


def _counted(pairs, prior, runs):
    """The answers that count, the methods, what counts weighted answers, and what is drawn."""
    for name, value in (("prior", prior), ("runs", runs)):
        if not value > 0:
            raise ValueError(f"{name} must be above 0, not {value!r}")
    counted = pairs[pairs["expected"].isna()]
    if counted.empty:
        raise ValueError("there is no answer to count: these are catch trials only, or nothing")
    methods = sorted({*counted["left"], *counted["right"]})
    at = {method: i for i, method in enumerate(methods)}
    left, right = (counted[side].map(at).to_numpy(int) for side in ("left", "right"))
    kind = np.array([ANSWERS.index(answer) for answer in counted["answer"]])
    winner, loser = np.where(kind == 1, right, left), np.where(kind == 1, left, right)
    m = len(methods)
    cell = (kind == 2) * m * m + winner * m + loser  # won games first, then ties
    ones = np.zeros((len(counted), 2 * m * m))
    ones[np.arange(len(counted)), cell] = 1

    def counts(weights):
        return (weights @ ones).reshape(-1, 2, m, m)

    over = "readers" if counted["rater"].nunique() >= MANY else "answers"
    return counted, methods, counts, over


def _fit(counts, prior):
    """Scores (runs, methods), of mean 0, and ν (runs,), by Newton's method for all runs at once."""
    # The average method comes last. Its score stays 0.
    wins, ties = (np.pad(c, ((0, 0), (0, 1), (0, 1))) for c in (counts[:, 0], counts[:, 1]))
    for table in (wins, ties):
        table[:, :-1, -1] = prior / 3
    wins[:, -1, :-1] = prior / 3
    ties = ties + ties.swapaxes(1, 2)
    asked = wins + wins.swapaxes(1, 2) + ties
    runs, m = len(asked), asked.shape[1]
    free = np.zeros((runs, m))  # the scores but the last, and the logarithm of ν
    for _ in range(200):
        scores = np.concatenate([free[:, :-1], np.zeros((runs, 1))], axis=1)
        ahead = np.exp((scores[:, :, None] - scores[:, None, :]) / 2)
        tie = np.exp(free[:, -1, None, None])
        undecided = tie / (ahead + 1 / ahead + tie)
        points = (ahead + tie / 2) / (ahead + 1 / ahead + tie)  # expected: a tie is half a win
        slope = np.zeros((runs, m))
        slope[:, :-1] = (wins + ties / 2 - asked * points).sum(2)[:, :-1]
        slope[:, -1] = (ties - asked * undecided).sum((1, 2)) / 2
        # The curvature of the log-likelihood, the covariance of points and ties.
        spread = asked * (points - undecided / 4 - points**2)
        bend = -spread
        bend[:, np.arange(m), np.arange(m)] += spread.sum(2)
        bend[:, :, -1] = bend[:, -1, :] = (asked * undecided * (0.5 - points)).sum(2)
        bend[:, -1, -1] = (asked * undecided * (1 - undecided)).sum((1, 2)) / 2
        step = np.linalg.solve(bend + 1e-12 * np.eye(m), slope[..., None])[..., 0]
        free += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    scores = free[:, :-1]
    return scores - scores.mean(axis=1, keepdims=True), np.exp(free[:, -1])
