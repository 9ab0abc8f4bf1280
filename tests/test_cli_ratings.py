"""`srlib ratings`: several readers' files in one table, from a shell."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import srlib
from srlib.cli import app
from srlib.evaluation import Ratings


@pytest.fixture
def files(tmp_path):
    """Two readers who look and prefer x, and one who always says left."""
    made = []
    for rater, seed in (("anne", 0), ("ben", 1), ("lefty", 2)):
        plan = srlib.rating_plan(["c", "d"], ["x", "y"], pairs=40, seed=seed)
        rng = np.random.default_rng(seed)
        likes = {"HR": 3, "x": 1, "y": 0, "nearest": -2}
        answers = [
            row.expected or max(("left", "right"), key=lambda s: likes[getattr(row, s)])
            for row in plan.itertuples()
        ]
        plan["answer"] = "left" if rater == "lefty" else answers
        scores = [(rater, "c", m, int(rng.integers(2 + likes[m], 4 + likes[m]))) for m in "xy"]
        ratings = Ratings(
            plan.assign(rater=rater),
            pd.DataFrame(scores, columns=["rater", "crop", "method", "score"]),
            frozenset({"ben"} & {rater}),
        )
        made.append(tmp_path / f"{rater}.json")
        srlib.write_ratings(made[-1], ratings)
    return [str(file) for file in made]


def run(*arguments):
    result = CliRunner().invoke(app, ["ratings", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_tables_for_people(files):
    out = run(*files)
    assert "SIMULATED: 1 of these readers" in out
    assert "Intervals of 95 % over answers" in out
    liked = [
        line.split()[0]
        for line in out.splitlines()
        if line.split()[:1] in ([m] for m in ("HR", "x", "y"))
    ]
    assert liked == ["HR", "x", "y", "x", "y"]


def test_json_for_programs_and_readers_who_do_not_look(files):
    found = json.loads(run(*files, "--json", "--least", "0.8"))
    counts = {row["rater"]: row["counts"] for row in found["readers"]}
    assert counts == {"anne": True, "ben": True, "lefty": False}
    assert [row["simulated"] for row in found["readers"]] == [False, True, False]
    assert [row["method"] for row in found["liked"]] == ["HR", "x", "y"]
    assert found["over"] == "answers"
    both = srlib.read_ratings(files[:2])
    assert found["liked"][0]["score"] == pytest.approx(srlib.bradley_terry(both.pairs)["score"][0])
    assert found["opinions"][0]["mos"] > found["opinions"][1]["mos"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--least", "2"], "--least must be a share from 0 to 1, not 2"),
        (["nowhere.json"], "nowhere.json"),
    ],
)
def test_mistakes_are_told_in_a_line(files, arguments, says):
    done = subprocess.run(
        [sys.executable, "-m", "srlib", "ratings", files[0], *arguments],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert says in done.stderr and "Traceback" not in done.stderr


def test_nobody_who_looks_is_left(files):
    with pytest.raises(ValueError, match="nobody is left"):
        run(files[2], "--least", "0.9")


def test_it_loads_no_network():
    script = (
        "import sys, srlib; srlib.pairs_needed(0.6); import srlib.cli.ratings; "
        "sys.exit('keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
