"""Many files by other processes, and on other machines."""

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import srlib
import srlib.zoo
from srlib.upscaling import Networks

dask = pytest.importorskip("distributed")

RNG = np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path):
    for name in "abcdefgh":
        image = RNG.integers(0, 256, (20, 26, 3), np.uint8)
        srlib.write_png(tmp_path / "photos" / f"{name}.png", image)
    (tmp_path / "photos" / "broken.png").write_bytes(b"no image")
    return tmp_path / "photos"


def contents(folder):
    """What one sees in a folder: a process that is killed may leave a hidden part of a file."""
    seen = [path for path in folder.glob("*") if not path.name.startswith(".")]
    return {path.name: srlib.read_image(path).astype(int) for path in seen}


def assert_same(one, other):
    """To a gray level: in another process a convolution may add in another order."""
    assert one.keys() == other.keys()
    for name, image in one.items():
        assert abs(image - other[name]).max() <= 1, name
        assert (image != other[name]).mean() < 0.01, name


class Deadly:
    """The network of a scale; the first process that asks for it is killed."""

    def __init__(self, mark):
        self.mark = mark

    def __call__(self):
        if not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return srlib.zoo.networks("fsrcnn").by_scale[2]()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_a_cluster_that_loses_a_worker_loses_nothing(folder, tmp_path, monkeypatch):
    alone = srlib.upscale_many([folder], srlib.zoo.networks("fsrcnn"), 2, out=tmp_path / "alone")
    networks = Networks("fsrcnn", {2: Deadly(tmp_path / "killed")})
    monkeypatch.chdir(tmp_path)
    cluster = dask.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50,
        local_directory=tmp_path / "dask",
    )  # fmt: skip
    with cluster, dask.Client(cluster) as client:
        executor = client.get_executor()
        results = srlib.upscale_many(["photos"], networks, 2, out="out", executor=executor)
        again = srlib.upscale_many(["photos"], networks, 2, out="out", executor=executor)
    assert (tmp_path / "killed").exists()
    assert [r.source.name for r in results] == [r.source.name for r in alone]
    assert results[0].source == Path("photos/a.png") and results[0].out == Path("out/a_x2.png")
    assert [r.status for r in results] == [r.status for r in alone]
    assert [r.source.name for r in results if r.status == "failed"] == ["broken.png"]
    assert_same(contents(tmp_path / "out"), contents(tmp_path / "alone"))
    assert {r.status for r in again} == {"skipped", "failed"}


@pytest.mark.slow
def test_a_pool_of_processes_and_a_network_of_ones_own(folder, tmp_path):
    model = srlib.load("fsrcnn", 2)
    results = {}
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        for place, executor in (("here", None), ("there", pool)):
            results[place] = srlib.upscale_many(
                [folder], model, 2, out=tmp_path / place, executor=executor
            )
    assert [r.status for r in results["there"]] == [r.status for r in results["here"]]
    assert_same(contents(tmp_path / "there"), contents(tmp_path / "here"))


def test_an_executor_that_breaks_fails_what_it_has_not_done(folder, tmp_path):
    mark = tmp_path / "killed"
    networks = Networks("fsrcnn", {2: Deadly(mark)})
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        results = srlib.upscale_many([folder], networks, 2, out=tmp_path / "out", executor=pool)
    assert {r.status for r in results} == {"failed"}
    assert "terminated abruptly" in results[0].error
    assert contents(tmp_path / "out") == {}
