"""What readers of a blind rating said, put together."""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

import srlib
from srlib.cli.common import Json, app
from srlib.evaluation import catch_trials
from srlib.images import printable


@app.command()
def ratings(
    files: Annotated[list[Path], typer.Argument(help="Files of answers, one a reader.")],
    least: Annotated[
        float, typer.Option(help="Leave out readers with a smaller share of catch trials right.")
    ] = 0.0,
    as_json: Json = False,
) -> None:
    """Put the answers of several readers together: which method is liked, and how sure that is."""
    if not 0 <= least <= 1:
        raise ValueError(f"--least must be a share from 0 to 1, not {least!r}")
    answers = srlib.read_ratings(files)
    readers = catch_trials(answers.pairs).assign(
        simulated=lambda table: table["rater"].isin(answers.simulated)
    )
    # Whoever had no catch trial failed none.
    readers["counts"] = readers["right"] >= least * readers["trials"]
    out = set(readers.loc[~readers["counts"], "rater"])
    if out and out == set(readers["rater"]):
        raise ValueError(
            f"no reader has a share of {least:g} of the catch trials right: nobody is left"
        )
    pairs, scores = (table[~table["rater"].isin(out)] for table in answers[:2])
    tables = {"readers": readers, "liked": srlib.bradley_terry(pairs)}
    if len(scores):
        tables["opinions"] = srlib.mean_opinion(scores)
    print(_as_json(tables) if as_json else _as_text(tables, len(answers.simulated)))


def _clean(table):
    return table.map(lambda value: printable(value) if isinstance(value, str) else value)


def _as_json(tables):
    found = {name: json.loads(_clean(t).to_json(orient="records")) for name, t in tables.items()}
    return json.dumps(found | tables["liked"].attrs)


def _as_text(tables, simulated):
    liked = tables["liked"]
    notes = {
        "readers": "counts: whether a reader's answers are in the tables below.",
        "liked": f"Bradley and Terry's scores with ties (ν = {liked.attrs['ties']:.2f}); a "
        f"difference of 1 is preferred 2.7 to 1.\nIntervals of 95 % over {liked.attrs['over']}.",
        "opinions": "Mean opinion scores from 1 (bad) to 5 (excellent), with intervals of 95 %.",
    }
    parts = [f"{_lines(table)}\n\n{notes[name]}" for name, table in tables.items()]
    if simulated:
        parts.append(f"SIMULATED: {simulated} of these readers are no people.")
    return "\n\n\n".join(parts)


def _lines(table: pd.DataFrame) -> str:
    return _clean(table.round(2)).to_string(index=False, na_rep="–")
