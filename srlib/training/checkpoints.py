"""Checkpoints of a training run: whole or absent, checked when read, best and last."""

import json
from collections.abc import Callable
from pathlib import Path

import keras
import pandas as pd

from srlib.images import atomic_path, check_writable, sha256, write_json
from srlib.networks import save_weights

__all__ = ["CheckpointError", "Checkpoints"]


class CheckpointError(RuntimeError):
    """A run folder that cannot be resumed; the message says why and what to do."""


class Checkpoints:
    """The folder of one training run.

    ``step-N.weights.h5`` holds weights and optimiser state. ``last.json`` and ``best.json`` name
    such a file and its SHA-256; they change atomically, after the file they name is whole. So a
    kill at any moment leaves a folder that can be resumed. ``history.csv`` is for people.

    Parameters
    ----------
    folder
        Where to keep the run; made when the first checkpoint is saved.
    identity
        What must be the same when the run is resumed: recipe, network and photographs.
    score
        Of a row of the history: the best checkpoint is the one that has most of it. The PSNR by
        default. Where it is NaN, the last is the best.
    """

    def __init__(
        self,
        folder: Path | str,
        identity: dict,
        score: Callable[[dict], float] = lambda row: row["psnr"],
    ):
        self.folder = Path(folder)
        self.identity = identity
        self.score = score

    def restore(self, model: keras.Model) -> list[dict]:
        """Load the last checkpoint into a compiled model and return the history so far.

        An empty or absent folder is a run that has not begun: the model is left as it is.

        Raises
        ------
        CheckpointError
            If the folder holds a run of another identity, or files that were changed.
        OSError
            If nothing can be written there.
        """
        check_writable(self.folder)  # which training would find out hours later
        state = self._read("last")
        if state is None:
            return []
        if state["identity"] != self.identity:
            difference = _difference(state["identity"], self.identity)
            raise CheckpointError(
                f"{self.folder} holds another run ({difference}); use another folder, or the same "
                "settings to resume it"
            )
        path = self.folder / state["file"]
        if not path.exists() or sha256(path) != state["sha256"]:
            raise CheckpointError(
                f"{path} was removed, edited or truncated since it was saved: put the original "
                f"back, or delete {self.folder} to start anew"
            )
        model.load_weights(path)
        return state["history"]

    def save(self, model: keras.Model, history: list[dict], *, write: bool = True) -> None:
        """Save the model after the step of the last row of `history`, see `save_weights`."""
        row = history[-1]
        path = self.folder / f"step-{row['step']}.weights.h5"
        save_weights(model, path, write=write)
        if not write:
            return
        state = {
            "file": path.name,
            "sha256": sha256(path),
            "identity": self.identity,
            "history": history,
        }
        best = self._read("best")
        if best is None or not self.score(row) <= self.score(best["history"][-1]):
            write_json(self.folder / "best.json", state)
            best = state
        write_json(self.folder / "last.json", state)
        self.write_history(history)
        for old in self.folder.glob("step-*.weights.h5"):
            if old.name not in (state["file"], best["file"]):
                old.unlink()

    def write_history(self, history: list[dict]) -> None:
        """Write ``history.csv``."""
        with atomic_path(self.folder / "history.csv") as partial:
            pd.DataFrame(history).to_csv(partial, index=False)

    def last_file(self) -> Path | None:
        """The path of the last checkpoint, or None if there is none yet."""
        state = self._read("last")
        return self.folder / state["file"] if state else None

    def _read(self, which):
        path = self.folder / f"{which}.json"
        if not path.exists():
            return None
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            if not {"file", "sha256", "identity", "history"} <= state.keys():
                raise ValueError("a field is missing")
        except (ValueError, AttributeError) as error:
            raise CheckpointError(
                f"{path} was edited or truncated ({error}): put the original back, or delete "
                f"{self.folder} to start anew"
            ) from error
        return state


def _difference(theirs, ours):
    keys = [key for key in ours | theirs if ours.get(key) != theirs.get(key)]
    return ", ".join(f"{key} is {theirs.get(key)!r} there, {ours.get(key)!r} here" for key in keys)
