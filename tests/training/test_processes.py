"""Two processes that train one network over the loopback, against one with the whole batch."""

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from srlib.training import join_processes

PROGRAM = """
import json, os, signal, sys
from pathlib import Path
folder, index, addresses, kill_at = json.loads(sys.argv[1])
from srlib.training import join_processes
if addresses:
    join_processes(addresses, index)
import keras
import srlib
from skimage import data

keras.utils.set_random_seed(0)
model = srlib.build("searchable", 2, blocks=1, filters=8)
pairs = [srlib.make_pair(data.astronaut()[:96, 100:196], 2)]
recipe = srlib.Recipe(steps=6, batch_size=4, patch_size=16, loss="mae", validate_every=2)

def watch(row):
    if row["step"] == kill_at and index == 1:
        os.kill(os.getpid(), signal.SIGKILL)

history = srlib.train(
    model, pairs, recipe, validation=pairs, folder=folder, on_validation=watch
)
print(json.dumps([history.to_dict("list"), [w.tolist() for w in model.get_weights()]]))
"""


def start(folder, index=0, addresses=(), kill_at=None):
    arguments = json.dumps([str(folder), index, list(addresses), kill_at])
    environment = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, arguments], env=os.environ | environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def free_addresses(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    return addresses


def ended(process):
    out, error = process.communicate(timeout=240)
    assert process.returncode == 0, error
    return json.loads(out.splitlines()[-1])


def both(folder, **options):
    addresses = free_addresses(2)
    return [start(folder, index, addresses, **options) for index in range(2)]


@pytest.mark.slow
def test_two_processes_train_as_one_does_also_after_a_kill(tmp_path):
    pytest.importorskip("jax")
    history, weights = ended(start(tmp_path / "one"))

    # The second is killed after four steps of six; the first cannot go on alone.
    first, second = both(tmp_path / "two", kill_at=4)
    assert second.wait(timeout=240) == -signal.SIGKILL
    first.kill()
    for process in (first, second):
        process.communicate()
    steps = json.loads((tmp_path / "two" / "last.json").read_text())["history"]
    assert [row["step"] for row in steps] in ([2], [2, 4])

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(ended, both(tmp_path / "two")))
    for together, its_weights in results:
        assert together["step"] == history["step"] == [2, 4, 6]
        np.testing.assert_allclose(together["loss"], history["loss"], atol=1e-4)
        np.testing.assert_allclose(together["psnr"], history["psnr"], atol=1e-2)
        for ours, theirs in zip(its_weights, weights, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_tensorflow_trains_in_one_process():
    with pytest.raises(ValueError, match="with JAX only, not tensorflow: set KERAS_BACKEND=jax"):
        join_processes(["127.0.0.1:1", "127.0.0.1:2"], 0)
