"""What a blind rating asks: which pairs, on which sides, in which order."""

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["PHOTOGRAPH", "SPOILT", "rating_plan"]

PHOTOGRAPH = "HR"  # hidden among the methods, as a reference
SPOILT = "nearest"  # what nobody who looks takes for the photograph


def rating_plan(
    crops: Sequence[str], methods: Sequence[str], *, pairs: int = 20, seed: int = 0
) -> pd.DataFrame:
    """Pairs of pictures for a blind rating, sides and order drawn at random.

    A fifth are **hidden references**: a method beside the photograph itself. Three in twenty are
    **catch trials**, whose answer is known: in turn the photograph beside repeated pixels, and one
    picture on both sides. The others are pairs of methods. Every pair of methods is asked as often
    as every other, or once less, on crops that take turns.

    Parameters
    ----------
    crops
        What the crops are called.
    methods
        Two or more; ``"HR"`` and ``"nearest"`` are added here where they are needed.
    pairs
        How many in all, at least seven.
    seed
        Of what is drawn.

    Returns
    -------
    pandas.DataFrame
        A row a pair, in the order to ask: crop, left, right, expected (None but in catch trials).

    Raises
    ------
    ValueError
        If there is no crop, there are fewer than two methods or seven pairs, a name is there twice
        or is one of the two above.
    """
    for name, values, least in (("crops", crops, 1), ("methods", methods, 2)):
        if len(values) < least or len(set(values)) < len(values):
            raise ValueError(f"{name} must be {least} or more different names, not {values!r}")
    if taken := {PHOTOGRAPH, SPOILT} & {*methods}:
        raise ValueError(f"{taken.pop()!r} is added by the plan: leave it out of methods")
    if isinstance(pairs, bool) or not isinstance(pairs, int) or pairs < 7:
        raise ValueError(f"pairs must be a whole number of at least 7, not {pairs!r}")
    rng = np.random.default_rng(seed)
    references, catches = pairs // 5, pairs * 3 // 20
    of_methods = list(itertools.combinations(methods, 2))
    hidden = [(PHOTOGRAPH, method) for method in methods]
    used = Counter()  # each crop, and each crop with each pair
    rows = [
        *_in_turn(of_methods, pairs - references - catches, crops, used, rng),
        *_in_turn(hidden, references, crops, used, rng),
        *_in_turn([(PHOTOGRAPH, SPOILT)], -(-catches // 2), crops, used, rng),
        *_in_turn([(method, method) for method in methods], catches // 2, crops, used, rng),
    ]
    asked = [_row(*row, rng) for row in rng.permutation(np.array(rows, dtype=object))]
    return pd.DataFrame(asked, columns=["crop", "left", "right", "expected"], dtype=object)


def _in_turn(combinations, count, crops, used, rng):
    """`count` pairs, each combination in turn, each on a crop that was seen least."""
    for i in range(count):
        if i % len(combinations) == 0:
            turn = rng.permutation(len(combinations))
        pair = combinations[turn[i % len(combinations)]]
        crop = min(crops, key=lambda c: (used[c, pair], used[c], rng.random()))
        used[crop, pair] += 1
        used[crop] += 1
        yield crop, *pair


def _row(crop, one, other, rng):
    left, right = rng.permutation([one, other]).tolist()
    expected = None
    if one == other:
        expected = "cannot tell"
    elif other == SPOILT:
        expected = "left" if left == PHOTOGRAPH else "right"
    return crop, left, right, expected
