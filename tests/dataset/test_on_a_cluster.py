"""A cluster of processes does what one process does, whichever of them is killed."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

import srlib
from srlib import create_dataset, dead_leaves, write_png

distributed = pytest.importorskip("distributed")

pytestmark = [
    pytest.mark.usefixtures("no_photo_sets"),
    # Dask on this Python: sockets that it leaves to the collector when a worker is killed.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def client():
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
    )
    with cluster, distributed.Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    for seed in range(60):
        write_png(folder / f"{seed:03}.png", dead_leaves((40, 40), seed))
    return folder


def kill_a_worker(client, folder):
    """End a worker's process as soon as a tenth of the work is done."""
    pid = client.submit(os.getpid, pure=False).result()

    def watch():
        while len(list(folder.rglob("records/*.json"))) < 6:
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def contents(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path.read_bytes() for path in files}


@pytest.mark.slow
def test_a_dataset_is_the_same_though_a_worker_was_killed(client, folder, tmp_path):
    create_dataset(folder, tmp_path / "one", scale=2, workers=1)
    thread = kill_a_worker(client, tmp_path / "many")
    summary = create_dataset(
        folder, tmp_path / "many", scale=2, executor=client.get_executor(pure=False)
    )
    thread.join(timeout=1)
    assert not thread.is_alive()
    assert sum(summary.pairs.values()) > 50
    assert contents(tmp_path / "many") == contents(tmp_path / "one")


def test_an_evaluation_is_the_same(client, folder, tmp_path):
    for path in sorted(folder.iterdir())[:4]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "broken.png").write_bytes(b"no image")
    network = srlib.load("fsrcnn", 2)
    executor = client.get_executor()
    here = srlib.evaluate(network, tmp_path, 2)
    there = srlib.evaluate(network, tmp_path, 2, executor=executor)
    pd.testing.assert_frame_equal(there, here, rtol=1e-6)
    assert there.attrs["left_out"].keys() == here.attrs["left_out"].keys() != set()
    photographs = srlib.photos(folder)[:2]
    here = srlib.evaluate("bicubic", photographs, 2)
    pd.testing.assert_frame_equal(
        srlib.evaluate("bicubic", photographs, 2, executor=executor), here
    )


class Counting(ThreadPoolExecutor):
    """A thread that does the work, and the most that ever lay before it."""

    given = done = most = 0

    def submit(self, *work):
        self.given += 1
        self.most = max(self.most, self.given - self.done)
        return super().submit(self.work, *work)

    def work(self, call, *arguments):
        try:
            return call(*arguments)
        finally:
            self.done += 1


def test_no_more_is_handed_out_than_a_scheduler_can_hold(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("srlib.dataset.staging.AHEAD", 5)
    monkeypatch.setattr("srlib.evaluation.tables.AHEAD", 5)
    with Counting(1) as executor:
        summary = create_dataset(folder, tmp_path / "out", scale=2, executor=executor)
        assert executor.most == 5
    assert len(summary.skipped) + sum(summary.pairs.values()) == 60
    with Counting(1) as executor:
        table = srlib.evaluate("bicubic", srlib.photos(folder), 2, executor=executor)
        assert executor.most == 5
    assert list(table["image"]) == [path.stem for path in sorted(folder.iterdir())]
