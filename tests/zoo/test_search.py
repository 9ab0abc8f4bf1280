"""Searching: a study that loses nothing, whatever is killed, and what is made of its results."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data
from typer.testing import CliRunner

import srlib
from srlib.cli import app
from srlib.zoo.search import (
    SPACES,
    course_table,
    front,
    hypervolume,
    points,
    results,
    run_search,
    running,
)
from srlib.zoo.search.space import check_space, prospects, read_space

TINY = srlib.Recipe(
    steps=2, batch_size=1, patch_size=16, optimizer="muon", loss="mae", validate_every=1
)
SPACE = {"blocks": [1, 2], "filters": [4, 6], "depthwise": [False, True]}


@pytest.fixture
def folder(tmp_path, no_photo_sets):
    """Two photographs: one to train on, one to measure."""
    srlib.write_png(tmp_path / "photographs" / "cat.png", data.chelsea()[100:180, 150:230])
    srlib.write_png(tmp_path / "photographs" / "astronaut.png", data.astronaut()[:80, 200:280])
    return tmp_path / "photographs"


def search(folder, **changes):
    settings = {"trials": 3, "storage": folder.parent / "search.journal", "recipe": TINY}
    return run_search(SPACE, 2, **settings | {"photo_sets": [str(folder)]} | changes)


# Spaces


def test_points_of_a_space_by_hand():
    assert points({"blocks": [1, 2], "head": ["direct"]}) == [
        {"blocks": 1, "head": "direct"},
        {"blocks": 2, "head": "direct"},
    ]
    assert len(points(SPACES["course"])) == 36


@pytest.mark.parametrize("name", SPACES)
def test_every_value_of_a_space_can_be_built(name):
    for option, values in check_space(SPACES[name]).items():
        for value in values:
            assert prospects({"blocks": 1, "filters": 8, option: value}, 2)["macs"] > 0


def test_what_is_known_of_a_point_before_it_is_trained():
    found = prospects({"blocks": 2, "filters": 16, "kernel": 5}, 2)
    weights = 9 * 3 * 16 + 4 * 25 * 16 * 16 + 9 * 16 * 12
    assert found["macs"] == weights / 4 * 1e6
    assert found["parameters"] == weights + 5 * 16 + 12 + 2 * 16  # biases, and slopes of PReLU
    assert found["receptive_field"] == 3 + 4 * 4 + 2


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"width": [1]}, "unknown option 'width'; choose some of blocks, filters"),
        ({"blocks": 3}, "blocks must have a list of values, not 3"),
        ({"head": "direct"}, "head must have a list of values, not 'direct'"),
        ({"blocks": []}, "blocks must have a list of values"),
        ({"blocks": [2, 2]}, "blocks has a value twice"),
        ({}, "a space has values for some of blocks"),
    ],
)
def test_a_space_that_cannot_be(space, message):
    with pytest.raises(ValueError, match=message):
        check_space(space)


def test_a_space_from_a_file(tmp_path):
    file = tmp_path / "space.json"
    file.write_text(json.dumps({"blocks": [1, 3]}))
    assert read_space(str(file)) == {"blocks": (1, 3)}
    file.write_text("[1]")
    with pytest.raises(ValueError, match=r"space\.json holds no search space: a space has values"):
        read_space(str(file))
    with pytest.raises(ValueError, match=r"no space 'all': choose one of course, wide, or name"):
        read_space("all")


# Fronts


def test_the_table_of_the_course_holds_every_point_and_its_true_cost():
    table = course_table()
    options = list(SPACES["course"])
    assert len(table) == len(points(SPACES["course"])) == len(table.drop_duplicates(options))
    assert (table["outcome"] == "trained").all()
    for _, row in table[::5].iterrows():
        assert prospects({option: row[option] for option in options}, 2)["macs"] == row["macs"]


def test_a_front_by_hand():
    table = pd.DataFrame({"psnr": [30, 31, 31, 29, np.nan, 33], "macs": [10, 20, 30, 40, 1, 1000]})
    assert front(table).index.tolist() == [0, 1, 5]


def test_a_hypervolume_by_hand():
    # From (28 dB, 1000): 2 dB over two decades, and 1 dB more over the last of them.
    assert hypervolume([30, 31], [10, 100], (28, 1000)) == pytest.approx(2 * 2 + 1)
    assert hypervolume([27, 40], [10, 2000], (28, 1000)) == 0
    assert hypervolume([], [], (28, 1000)) == 0


networks = st.lists(
    st.tuples(st.floats(20, 40), st.floats(1, 1e6)).map(list), min_size=1, max_size=12
)


@given(networks, st.tuples(st.floats(20, 40), st.floats(1, 1e6)))
def test_another_network_never_makes_a_hypervolume_smaller(found, another):
    worst = (25, 1e5)
    before = hypervolume(*zip(*found, strict=True), worst)
    after = hypervolume(*zip(*found, another, strict=True), worst)
    assert after >= before - 1e-9
    best = front(pd.DataFrame(found, columns=["psnr", "macs"]))
    assert hypervolume(best["psnr"], best["macs"], worst) == pytest.approx(before)
    assert best["psnr"].is_monotonic_increasing and best["macs"].is_monotonic_increasing


# Searching


def test_a_search_and_going_on_with_it(folder):
    table = search(folder, sampler="every")
    assert table["outcome"].tolist() == ["trained"] * 3
    for _, row in table.iterrows():
        point = {name: row[name] for name in SPACE}
        assert prospects(point, 2)["macs"] == row["macs"]
        assert row["psnr_at"]["2"] == row["psnr"] > 20
    # More trials are those that were not done, and the same are none.
    more = search(folder, sampler="every", trials=4)
    pd.testing.assert_frame_equal(more.iloc[:3], table)
    pd.testing.assert_frame_equal(search(folder, sampler="every", trials=4), more)
    assert len(more.drop_duplicates(list(SPACE))) == 4


def test_a_database_holds_a_search_as_well(folder):
    storage = f"sqlite:///{folder.parent}/search.db"
    table = search(folder, storage=storage, trials=1, sampler="random")
    assert len(table) == 1
    pd.testing.assert_frame_equal(results(storage, "search"), table)


def test_what_a_search_draws_does_not_depend_on_where_it_was_stopped(folder, monkeypatch):
    monkeypatch.setattr(running, "try_point", fake)
    whole = search(folder, trials=30, storage=folder.parent / "whole")
    for trials in (7, 20, 30):
        parts = search(folder, trials=trials, storage=folder.parent / "parts")
    columns = ["number", *SPACE, "psnr"]
    pd.testing.assert_frame_equal(parts[columns], whole[columns])
    # Eight points only: each is trained once, and its values are taken over when it comes again.
    trained = whole[whole["outcome"] == "trained"]
    assert len(trained) == len(trained.drop_duplicates(list(SPACE)))
    again = whole[whole["outcome"] == "taken over"]
    assert len(trained) + len(again) == 30
    assert again["reason"].str.fullmatch(r"of \d+").all()


def fake(point, *_, on_validation, **__):
    """A training whose PSNR is that of a formula."""
    for step in (1, 2):
        psnr = 28 + step * (point["blocks"] + point["filters"] / 10 - 2 * point["depthwise"])
        on_validation({"step": step, "psnr": psnr, "seconds": 1.0})


def test_a_hopeless_network_is_cut_short(folder, monkeypatch):
    monkeypatch.setattr(running, "try_point", fake)
    table = search(folder, trials=8, cut=1, sampler="every")
    cut = table[table["outcome"] == "cut"]
    assert len(cut) and cut["psnr"].isna().all()
    assert cut["reason"].str.contains(r"at step 1 \d+ networks of no more MACs had").any()
    # Nothing that belongs to the front is lost: what is cut is beaten.
    done = table[table["outcome"] == "trained"]
    for _, row in cut.iterrows():
        cheaper = done[done["macs"] <= row["macs"]]
        ahead = [at["1"] > row["psnr_at"]["1"] for at in cheaper["psnr_at"]]
        assert any(ahead)


def test_a_network_that_breaks_is_recorded_and_stops_nothing(folder, monkeypatch):
    def breaks(point, *others, **more):
        if point["filters"] == 6:
            raise MemoryError("no room for 6 filters")
        return fake(point, *others, **more)

    monkeypatch.setattr(running, "try_point", breaks)
    table = search(folder, trials=8, sampler="every", largest=0.25)
    large = table["reason"].str.contains("GMACs per megapixel are more than 0.25")
    broken = table["reason"] == "MemoryError: no room for 6 filters"
    assert large.any() and broken.any() and len(table) == 8
    assert (table["outcome"] == "failed").equals(large | broken)
    assert table.loc[large, "macs"].gt(0.25e9).all()


def test_a_network_that_ends_its_process_twice_has_failed(folder, monkeypatch):
    """As the kernel does with what takes all memory: nothing can be caught then."""

    def killed(point, *others, **more):
        if point["blocks"] == 2:
            raise SystemExit
        return fake(point, *others, **more)

    monkeypatch.setattr(running, "try_point", killed)
    for _ in range(30):
        try:
            table = search(folder, trials=8, sampler="every", patience=0.05)
            break
        except SystemExit:
            time.sleep(0.06)
    assert table["outcome"].value_counts().to_dict() == {"trained": 4, "failed": 4}
    failed = table[table["outcome"] == "failed"]
    assert (failed["blocks"] == 2).all()
    assert failed["reason"].str.startswith("its process was killed 2 times").all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trials": 0}, "trials must be a whole number of at least 1, not 0"),
        ({"cut": -1}, "cut must be a whole number of at least 0, not -1"),
        ({"sampler": "grid"}, "unknown sampler 'grid'; choose one of nsga2, random, every"),
        ({"recipe": replace(TINY, seed=5)}, "holds another search .recipe is .* there"),
    ],
)
def test_a_search_that_cannot_be(folder, monkeypatch, changes, message):
    monkeypatch.setattr(running, "try_point", fake)
    search(folder, trials=1)
    with pytest.raises(ValueError, match=message):
        search(folder, **changes)


@pytest.mark.slow
def test_killed_processes_and_others_lose_no_trial_and_do_none_twice(folder):
    """One is killed in the middle of a training; then two go on, side by side."""
    storage = folder.parent / "search.journal"
    space = {"blocks": [1, 2], "filters": [4, 6]}
    program = (
        "import srlib\nfrom srlib.zoo.search import run_search\n"
        "recipe = srlib.Recipe(steps=6, batch_size=1, patch_size=16, loss='mae')\n"
        f"run_search({space}, 2, trials=4, storage={str(storage)!r}, recipe=recipe, cut=0,"
        f" sampler='every', photo_sets=[{str(folder)!r}], patience=3)\n"
    )

    def start():
        return subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    first = start()
    while True:
        assert first.poll() is None, first.communicate()
        time.sleep(0.1)
        if storage.exists() and storage.read_text().endswith("\n"):
            outcomes = results(storage, "search").get("outcome", ())
            if {"trained", "running"} <= set(outcomes):
                break
    first.send_signal(signal.SIGKILL)
    first.communicate()
    before = results(storage, "search")
    others = [start(), start()]
    for process in others:
        _, error = process.communicate(timeout=300)
        assert process.returncode == 0, error
    table = results(storage, "search")
    assert table["outcome"].tolist() == ["trained"] * 4
    assert len(table.drop_duplicates(list(space))) == 4
    done = before[before["outcome"] == "trained"]
    pd.testing.assert_frame_equal(table[: len(done)], done, check_dtype=False)


def test_from_a_shell(folder, tmp_path):
    space = tmp_path / "space.json"
    space.write_text(json.dumps({"blocks": [1], "filters": [4, 6]}))
    command = ["search", "--space", space, "--storage", tmp_path / "a.journal", "--data", folder]
    command += ["--trials", 2, "--sampler", "every", "--steps", 2]
    shown = CliRunner().invoke(app, list(map(str, command)))
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("2 trials: 2 trained. The front:\n")
    assert "100%" in shown.stderr and "filters 6: trained" in shown.stderr
    again = CliRunner().invoke(
        app, [*map(str, command), "--json", "--out", str(tmp_path / "a.csv")]
    )
    assert pd.read_csv(tmp_path / "a.csv").columns[-2:].tolist() == ["psnr_at_1", "psnr_at_2"]
    assert [row["outcome"] for row in json.loads(again.stdout)] == ["trained"] * 2
