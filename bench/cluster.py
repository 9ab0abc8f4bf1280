"""What `create_dataset` takes on a Dask cluster of processes on this machine: book/scale.md.

    python bench/cluster.py 25000

makes so many small images of dead leaves, then the dataset by one process and by two workers of a
cluster, one of which is killed midway, and says whether the files are the same. Memory is that of
the calling process, in which the scheduler runs as well, beyond what it had when the work began.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psutil
from distributed import Client, LocalCluster

from srlib import create_dataset, dead_leaves, write_png
from srlib.images import sha256

FEW = 20


def timed(call):
    """Seconds, and the most memory in MiB that this process had beyond what it began with."""
    own, peak, done = psutil.Process(), 0, threading.Event()
    begin = own.memory_info().rss

    def watch():
        nonlocal peak
        while not done.wait(0.05):
            peak = max(peak, own.memory_info().rss - begin)

    thread = threading.Thread(target=watch)
    thread.start()
    start = time.perf_counter()
    call()
    seconds = time.perf_counter() - start
    done.set()
    thread.join()
    return seconds, peak / 2**20


def by_one(root):
    """By a single process, after a few images with which all that is needed was loaded."""
    create_dataset(root / "few", root / "few-one", scale=2, workers=1)
    return timed(lambda: create_dataset(root / "in", root / "one", scale=2, workers=1))


def by_cluster(root, count):
    """By two workers, one of which is killed after a third of the images."""
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client:
        victim = client.submit(os.getpid, pure=False).result()
        executor = client.get_executor(pure=False)
        create_dataset(root / "few", root / "few-many", scale=2, executor=executor)

        def kill():
            while not (root / "many" / ".work" / "records" / f"{count // 3:06}.json").exists():
                time.sleep(0.2)
            os.kill(victim, signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()
        return timed(lambda: create_dataset(root / "in", root / "many", scale=2, executor=executor))


def alone(call, *arguments):
    """What a call returns in a fresh process, where nothing before it has taken memory."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(call, *arguments).result()


def fingerprints(folder):
    """The SHA-256 of every file, by name."""
    return {path.relative_to(folder): sha256(path) for path in folder.rglob("*.*")}


def main(count):
    """Measure and print a row of each kind."""
    root = Path(tempfile.mkdtemp(prefix="cluster-"))
    for seed in range(count):
        image = dead_leaves((48, 48), seed)
        for folder in ("in", "few")[: 2 if seed < FEW else 1]:
            write_png(root / folder / f"{seed:06}.png", image)
    seconds, memory = alone(by_one, root)
    print(f"one process: {seconds:.0f} s, {memory:.0f} MiB", flush=True)
    seconds, memory = alone(by_cluster, root, count)
    same = fingerprints(root / "one") == fingerprints(root / "many")
    print(f"two workers, one killed: {seconds:.0f} s, {memory:.0f} MiB, same files: {same}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
