"""Search for networks: each point is trained briefly, and weighed by its PSNR and its cost."""

import contextlib
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from srlib.dataset import Patches
from srlib.images import Pair, check_scale, make_pair, middle
from srlib.networks.models import build
from srlib.training import Recipe, train
from srlib.zoo.recipes.base import BUNDLED_AND_SYNTHETIC
from srlib.zoo.runs import training_photographs
from srlib.zoo.search.space import check_space, points, prospects
from srlib.zoo.search.study import SAMPLERS, Ledger

__all__ = ["BRIEF", "run_search", "search_pairs", "try_point"]

# What a point of a search is given to show itself: on two CPU cores it takes ten seconds or so.
BRIEF = Recipe(
    steps=300,
    batch_size=8,
    patch_size=24,
    optimizer="muon",
    loss="mae",
    least_texture=6,
    precision="auto",
    validate_every=75,
)
KILLS = 2  # of the processes that tried a point, after which it counts as failed
SIDE = 256  # HR pixels, of the middle of a photograph that is measured


def run_search(
    space: Mapping[str, Sequence],
    scale: int,
    *,
    trials: int,
    storage: str | Path,
    name: str = "search",
    recipe: Recipe = BRIEF,
    sampler: str = "nsga2",
    photo_sets: Sequence[str] = BUNDLED_AND_SYNTHETIC,
    cut: int = 3,
    largest: float | None = None,
    patience: float = 60,
) -> pd.DataFrame:
    """Try points of a space until `trials` are done; ``srlib search`` does this.

    Each network is trained by one recipe from one seed and measured on held-out photographs. The
    aims are two: a high PSNR, and few multiply–accumulates.

    Killed at any moment and called again, it goes on. Any number of processes, on any machines that
    see the storage, may make the same call at the same time: they share the trials, and each
    returns when all are done.

    Parameters
    ----------
    space
        Values for some options of ``srlib.build("searchable", …)``, such as one of `SPACES`.
    scale
        The super-resolution factor.
    trials
        How many in all, by all processes together. One that draws a point that was measured before
        takes its values over; it counts, but costs no time.
    storage
        The path of a journal file or the URL of a database, such as ``sqlite:///search.db``.
    name
        Of the search in the storage.
    recipe
        How each network is trained.
    sampler
        ``"nsga2"``, ``"random"``, or ``"every"``: each point once, in an order without a pattern.
    photo_sets
        What to train on. Every third photograph of the first set is held out, and its middle of 256
        pixels a side measured.
    cut
        A training ends early once this many networks of no more MACs, which have been trained to
        the end, were better at the same step; 0 ends none.
    largest
        10⁹ multiply–accumulates per output megapixel beyond which a point is not trained at all.
    patience
        Seconds of silence after which another process counts as killed, and its point is tried
        again; twice at most, since a network too large for the memory ends its process each time.

    Returns
    -------
    pandas.DataFrame
        What `results` returns.

    Raises
    ------
    ValueError
        If a setting is wrong, or the storage holds a search of other settings under this name.
    """
    space, recipe, scale = check_space(space), recipe.resolved(), check_scale(scale)
    _check(trials, cut, sampler)
    pairs, validation = search_pairs(photo_sets, scale, recipe)
    settings = {
        "space": {option: list(values) for option, values in space.items()},
        "scale": scale,
        "recipe": asdict(recipe),
        "photographs": Patches(pairs, patch_size=recipe.patch_size, batch_size=1).digest(),
    }
    ledger = Ledger(storage, name, settings, patience)
    if sampler == "every":
        every = np.random.default_rng(recipe.seed).permutation(points(space))[:trials]
        trials = len(every)
        ledger.fill(list(every))
    with tqdm(total=trials, desc="trials", file=sys.stdout) as bar:
        for trial in ledger.claim(space, sampler, recipe.seed, trials):
            with ledger.signs_of_life(trial):
                outcome, values, facts = _tried(
                    trial, scale, recipe, pairs, validation, ledger, cut=cut, largest=largest
                )
            if sampler == "every" and outcome == "taken over":
                outcome, values = "dropped", None
            ledger.record(trial, outcome, values, **facts)
            told = f"{values[0]:.2f} dB" if values else facts.get("reason", "")
            tqdm.write(f"{trial.number}: {_words(trial.params)}: {outcome}, {told}", sys.stdout)
            bar.update(len(ledger.results()) - bar.n)
    return ledger.results()


class _Cut(Exception):
    """A training was ended because its network is hopeless."""


def try_point(
    point: Mapping,
    scale: int,
    recipe: Recipe,
    pairs: Sequence[Pair],
    validation: Sequence[Pair],
    *,
    network: str = "searchable",
    on_validation=None,
) -> pd.DataFrame:
    """Train a point from the recipe's seed, without a word, and return what `train` does."""
    keras.utils.set_random_seed(recipe.seed)
    model = build(network, scale, **point)
    with contextlib.redirect_stdout(io.StringIO()):
        return train(model, pairs, recipe, validation=validation, on_validation=on_validation)


def search_pairs(
    photo_sets: Sequence[str], scale: int, recipe: Recipe
) -> tuple[list[Pair], list[Pair]]:
    """The pairs to train on, and the middles of those held out: every third of the first set."""
    photographs, _ = training_photographs(photo_sets, max(recipe.patch_size * scale, 64))
    first = photographs[0].file.split("/")[0]
    own = [photo for photo in photographs if photo.file.split("/")[0] == first][::3]
    apart = {photo.file for photo in own}
    if len(apart) == len(photographs):
        raise ValueError("a search needs two photographs at least, one of them to measure on")
    pairs = [make_pair(p.image, scale) for p in photographs if p.file not in apart]
    return pairs, [make_pair(middle(p.image, SIDE), scale) for p in own]


def _tried(trial, scale, recipe, pairs, validation, ledger, *, cut, largest):
    """What came of a point: outcome, values of the two aims or None, and the facts to keep."""
    point = dict(trial.params)
    if before := next(iter(ledger.measured(point)), None):
        facts = {k: v for k, v in before.user_attrs.items() if k in FACTS}
        return (
            "taken over",
            before.values,
            facts | {"seconds": 0.0, "reason": f"of {before.number}"},
        )
    if (kills := trial.user_attrs.get("kills", 0)) >= KILLS:
        reason = f"its process was killed {kills} times, perhaps for want of memory"
        return "failed", None, {"reason": reason}
    facts, rows = {}, []
    try:
        facts = prospects(point, scale)
        if largest and facts["macs"] > largest * 1e9:
            reason = f"{facts['macs'] / 1e9:.3g} GMACs per megapixel are more than {largest:g}"
            return "failed", None, facts | {"reason": reason}

        def watch(row):
            rows.append(row)
            if cut and row["step"] < recipe.steps and ledger.measured():
                _cut_if_hopeless(row, facts["macs"], ledger.results(), cut)

        try_point(point, scale, recipe, pairs, validation, on_validation=watch)
    except _Cut as reason:
        return "cut", None, facts | _course(rows) | {"reason": str(reason)}
    except Exception as error:  # whatever breaks one network must not end the search
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        return "failed", None, facts | _course(rows) | {"reason": reason}
    return "trained", (rows[-1]["psnr"], facts["macs"]), facts | _course(rows)


FACTS = ("parameters", "macs", "receptive_field", "psnr_at")


def _course(rows):
    """The PSNR by step, as JSON has it, and the time."""
    return {
        "psnr_at": {str(row["step"]): row["psnr"] for row in rows},
        "seconds": rows[-1]["seconds"] if rows else 0.0,
    }


def _cut_if_hopeless(row, macs, table, cut):
    """End a training that `cut` cheaper or equal ones were ahead of at this step."""
    done = table[table["outcome"].eq("trained") & table["macs"].le(macs)]
    ahead = [at for at in done["psnr_at"] if at[str(row["step"])] > row["psnr"]]
    if len(ahead) >= cut:
        raise _Cut(
            f"at step {row['step']} {len(ahead)} networks of no more MACs had more than its "
            f"{row['psnr']:.2f} dB"
        )


def _words(point):
    return ", ".join(f"{option} {value}" for option, value in point.items())


def _check(trials, cut, sampler):
    for name, value, least in (("trials", trials, 1), ("cut", cut, 0)):
        if type(value) is not int or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")
    if sampler not in SAMPLERS:
        raise ValueError(f"unknown sampler {sampler!r}; choose one of {', '.join(SAMPLERS)}")
