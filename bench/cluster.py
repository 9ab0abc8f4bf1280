"""What `create_dataset` takes on a Dask cluster of processes on this machine: book/scale.md.

    python bench/cluster.py 2000

makes so many small images of dead leaves, then the dataset by one process and by two workers of a
cluster, one of which is killed midway, and says whether the files are the same.
"""

import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from distributed import Client, LocalCluster

from srlib import create_dataset, dead_leaves, write_png


def contents(folder):
    """The bytes of every file, by name."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}


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


def main(count):
    """Measure and print a row of each kind."""
    root = Path(tempfile.mkdtemp(prefix="cluster-"))
    for seed in range(count):
        write_png(root / "in" / f"{seed:06}.png", dead_leaves((48, 48), seed))
    seconds, memory = timed(lambda: create_dataset(root / "in", root / "one", scale=2, workers=1))
    print(f"one process: {seconds:.0f} s, {memory:.0f} MiB", flush=True)
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client:
        victim = client.submit(os.getpid, pure=False).result()

        def kill():
            while len(list(root.glob("many/*/records/*"))) < count // 3:
                time.sleep(0.2)
            os.kill(victim, signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()
        executor = client.get_executor(pure=False)
        seconds, memory = timed(
            lambda: create_dataset(root / "in", root / "many", scale=2, executor=executor)
        )
    same = contents(root / "one") == contents(root / "many")
    print(f"two workers, one killed: {seconds:.0f} s, {memory:.0f} MiB, same files: {same}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
