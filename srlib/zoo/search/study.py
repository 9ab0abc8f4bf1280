"""The book of a search: which points are being tried, were tried, and what came of it.

It is an Optuna study, in a journal file or a database, that several processes on several machines
may work on. A trial that runs gives a sign of life now and then; one whose process was killed is
recognised by its silence, and its point is tried again.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pandas as pd

from srlib.images import check_writable, tell

try:
    import optuna
    from optuna.exceptions import UpdateFinishedTrialError
except ImportError as error:
    raise RuntimeError(
        f"searching needs Optuna ({error}): install it by pip install 'srlib[search]'"
    ) from error

__all__ = ["SAMPLERS", "Ledger", "results"]

POPULATION = 12
SAMPLERS = {
    "nsga2": lambda seed: optuna.samplers.NSGAIISampler(population_size=POPULATION, seed=seed),
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "every": lambda seed: optuna.samplers.RandomSampler(seed=seed),  # never asked: see `fill`
}

State = optuna.trial.TrialState


class Ledger:
    """A study, and the rules by which processes share its trials.

    Parameters
    ----------
    storage
        The path of a journal file, made if it is not there, or the URL of a database.
    name
        Of the study in it.
    settings
        What must be the same for all who work on it.
    patience
        Seconds of silence after which a trial counts as killed. Clocks must agree better than this.
    """

    def __init__(self, storage: str | Path, name: str, settings: dict, patience: float):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.study = optuna.create_study(
            storage=_opened(storage),
            study_name=name,
            directions=("maximize", "minimize"),
            load_if_exists=True,
        )
        self.patience = patience
        there = self.study.user_attrs.get("settings")
        if there is None:
            self.study.set_user_attr("settings", settings)
        elif there != settings:
            differ = [k for k in there | settings if there.get(k) != settings.get(k)]
            told = ", ".join(f"{k} is {there.get(k)} there, {settings.get(k)} here" for k in differ)
            raise ValueError(
                f"{storage} holds another search ({told}): use another storage or name, or the "
                "same settings to go on"
            )

    def claim(
        self, space: Mapping[str, Sequence], sampler: str, seed: int, trials: int
    ) -> Iterator[optuna.Trial]:
        """Trials to be done here, until `trials` are done by all processes together.

        Where others are still at work on the last ones it waits, and takes over what they leave.
        What is drawn depends on the seed and the number of trials before only, so that a search by
        one process that was killed goes on as if it had not been.
        """
        while True:
            self._take_up_killed()
            known = self.study.get_trials(deepcopy=False)
            if sum(map(_counts, known)) >= trials:
                if not any(trial.state == State.RUNNING for trial in known):
                    return
                time.sleep(min(1, self.patience / 4))
                continue
            # A sampler that begins anew with one seed would draw the same again.
            self.study.sampler = SAMPLERS[sampler](_derived(seed, len(known)))
            trial = self.study.ask()
            for option, values in space.items():
                trial.suggest_categorical(option, values)
            trial.set_user_attr("alive", time.time())
            if self._is_ours(trial, trials):
                yield trial
            else:
                self.record(trial, "dropped", None)

    def fill(self, points: Sequence[dict]) -> None:
        """Put points down to be tried next, each once."""
        for point in points:
            self.study.enqueue_trial(point, skip_if_exists=True)

    def measured(self, point: dict | None = None) -> list[optuna.trial.FrozenTrial]:
        """The trials that came to their end, of one point or of all."""
        trials = self.study.get_trials(deepcopy=False, states=(State.COMPLETE,))
        return [trial for trial in trials if point in (None, trial.params)]

    def results(self) -> pd.DataFrame:
        """What was found so far, see `results`."""
        return _table(self.study)

    @contextmanager
    def signs_of_life(self, trial: optuna.Trial) -> Iterator[None]:
        """Say now and then, while the block runs, that the trial is being worked on."""
        done = threading.Event()

        def beat():
            while not done.wait(self.patience / 4):
                with suppress(UpdateFinishedTrialError):  # `record` will say so
                    trial.set_user_attr("alive", time.time())

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def record(
        self, trial: optuna.Trial, outcome: str, values: Sequence[float] | None, **facts
    ) -> None:
        """Write down what came of a trial: ``values`` for a finished one, else None."""
        state = State.COMPLETE if values else State.PRUNED if outcome == "cut" else State.FAIL
        try:
            for name, value in (facts | {"outcome": outcome}).items():
                trial.set_user_attr(name, value)
            self.study.tell(trial, values, state)
        except UpdateFinishedTrialError:
            tell(
                f"trial {trial.number} was given up by another process after {self.patience:g} "
                "seconds of silence, and is done again: set a longer patience"
            )

    def _is_ours(self, trial, trials):
        """Whether no one else is at the same point, and the trial is not one too many."""
        before = [t for t in self.study.get_trials(deepcopy=False) if t.number < trial.number]
        same = any(t.state == State.RUNNING and t.params == trial.params for t in before)
        return not same and sum(map(_counts, before)) < trials

    def _take_up_killed(self):
        """Close the trials whose processes were killed and put their points down again."""
        trials = self.study.get_trials(deepcopy=False)
        for trial in trials:
            began = trial.datetime_start.timestamp() if trial.datetime_start else 0
            silent = time.time() - trial.user_attrs.get("alive", began)
            if trial.state == State.RUNNING and silent > self.patience:
                with suppress(ValueError, UpdateFinishedTrialError):  # another was quicker
                    self.study.tell(trial.number, state=State.FAIL)
        # Whoever closed a trial may have been killed itself before it put the point down again.
        trials = self.study.get_trials(deepcopy=False)
        again = {trial.user_attrs.get("instead_of") for trial in trials}
        for trial in trials:
            # Of a point that was put down, rather than drawn, all is known before it is tried.
            point = trial.system_attrs.get("fixed_params") or trial.params
            if _was_killed(trial) and point and trial.number not in again:
                kills = trial.user_attrs.get("kills", 0) + 1
                self.study.enqueue_trial(point, {"instead_of": trial.number, "kills": kills})


def results(storage: str | Path, name: str) -> pd.DataFrame:
    """What a study has found so far.

    Returns
    -------
    pandas.DataFrame
        A row a trial that counts, in the order they were begun: number, a column for each option of
        the space, outcome (``"trained"``, ``"taken over"`` from an equal point, ``"cut"``,
        ``"failed"``, ``"running"``), reason, psnr (dB; NaN if it was not trained to the end), macs,
        parameters, receptive_field, psnr_at (dB by step), seconds.
    """
    return _table(optuna.load_study(study_name=name, storage=_opened(storage)))


def _table(study):
    rows = []
    for trial in filter(_counts, study.get_trials(deepcopy=False)):
        row = {"number": trial.number, **trial.params} | NOTHING_YET
        attributes = {k: v for k, v in trial.user_attrs.items() if k not in HIDDEN}
        rows.append(row | attributes | {"psnr": trial.values[0] if trial.values else np.nan})
    return pd.DataFrame(rows)


NOTHING_YET = {
    "outcome": "running",
    "reason": "",
    **dict.fromkeys(("parameters", "macs", "receptive_field"), np.nan),
    "psnr_at": {},
    "seconds": 0.0,
}
HIDDEN = ("alive", "instead_of", "kills")


def _opened(storage):
    if "://" in str(storage):
        return optuna.storages.RDBStorage(str(storage))
    check_writable(storage)
    Path(storage).parent.mkdir(parents=True, exist_ok=True)
    backend = optuna.storages.journal.JournalFileBackend(str(storage))
    return optuna.storages.JournalStorage(backend)


def _was_killed(trial):
    return trial.state == State.FAIL and "outcome" not in trial.user_attrs


def _counts(trial):
    """Whether a trial is one of those that were asked for."""
    left = _was_killed(trial) or trial.user_attrs.get("outcome") == "dropped"
    return trial.state != State.WAITING and not left


def _derived(seed, number):
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
