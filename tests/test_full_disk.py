"""A disk that is full, or a kill, at ten moments of each writing operation: nothing half-written.

A limit on the size of files stands for the full disk: it ends a write in the same way, at the byte
where it is set. Kills come between one file operation and the next.
"""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import srlib

resource = pytest.importorskip("resource")  # not on Windows

BEGIN = """
import resource, sys, numpy as np, srlib
from pathlib import Path
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

def limited(work, sizes):
    told = []
    for size in sizes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), hard))
        try:
            work()
        except OSError as error:
            told.append(str(error))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert not list(folder.rglob(".partial-*"))
    return told

folder = Path(sys.argv[1])
"""

COMMAND = """
from srlib.__main__ import main
image = srlib.photos("course-test")[0].image[:100, :120]
srlib.write_png(folder / "photographs" / "cat.png", image)

def command(*arguments):
    sys.argv = ["srlib", *map(str, arguments)]
    try:
        main()
    except SystemExit as stop:
        if stop.code:
            raise OSError(f"status {stop.code}") from None

def train():
    command("train", "srcnn", "--profile", "smoke", "--data", folder / "photographs",
            "--run", folder / "run", "--weights", folder / "weights")

def upscale():
    command("upscale", folder / "photographs" / "cat.png", folder / "sr.png", "--model", "bicubic",
            "--overwrite")

def dataset():
    command("dataset", "course-test", folder / "pairs", "--scale", 4, "--workers", 1)
"""

TRAIN_COMMAND = """
full = len(limited(train, [1, 9_000, 50_000]))  # at the first checkpoint
train()
weights = folder / "weights" / "srcnn_x2.weights.h5"
before = weights.read_bytes()
print(full + len(limited(train, np.linspace(1, len(before) - 1, 7))))
assert weights.read_bytes() == before
"""

UPSCALE_COMMAND = """
upscale()
before = (folder / "sr.png").read_bytes()
print(len(limited(upscale, np.linspace(1, len(before) - 1, 10))))
assert (folder / "sr.png").read_bytes() == before
"""

DATASET = """
def work():
    srlib.create_dataset("course-test", folder / "pairs", scale=4, workers=1, split=(1.0, 0, 0))

times = len(limited(work, np.linspace(1, 400_000, 10)))
for path in (folder / "pairs").rglob("*.png"):
    srlib.read_image(path)
work()
assert len(srlib.read_pairs(folder / "pairs", "train", 4)) == 4
print(f"\\n{times}")
"""

CHECKPOINT = """
import keras
from srlib.training.checkpoints import Checkpoints
model = srlib.build("srcnn", 2)
model.compile("adam", "mse")
model.optimizer.build(model.trainable_variables)
runs = Checkpoints(folder, {"run": 1})
history = [{"step": 1, "psnr": 30.0}]
runs.save(model, history)
size = runs.last_file().stat().st_size
model.set_weights([weight + 1 for weight in model.get_weights()])
told = limited(lambda: runs.save(model, [*history, {"step": 2, "psnr": 31.0}]),
               np.linspace(1, size - 1, 10))
assert all("step-2.weights.h5" in line for line in told), told
print(len(told))
assert runs.restore(model) == history
"""

WEIGHTS = """
from srlib.networks import save_weights
model = srlib.build("srcnn", 2)
path = folder / "a.weights.h5"

def work():
    save_weights(model, path)

work()
before = path.read_bytes()
print(len(limited(work, np.linspace(1, len(before) - 1, 10))))
assert path.read_bytes() == before
"""

UPSCALED = """
path = folder / "sr.png"
image = srlib.photos("course-test")[0].image

def work():
    srlib.write_png(path, srlib.upscale(image, "bicubic", 2))

work()
before = path.read_bytes()
print(len(limited(work, np.linspace(1, len(before) - 1, 10))))
assert path.read_bytes() == before
"""


@pytest.mark.parametrize(
    "script",
    [DATASET, CHECKPOINT, WEIGHTS, UPSCALED, COMMAND + TRAIN_COMMAND, COMMAND + UPSCALE_COMMAND],
    ids=["dataset", "checkpoint", "weights", "image", "train", "upscale"],
)
def test_a_disk_that_fills(tmp_path, script):
    done = python(BEGIN + script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert any(int(line) >= 9 for line in done.stdout.split() if line.isdecimal())  # times full
    assert "Traceback" not in done.stderr


def python(script, *arguments):
    environment = {name: value for name, value in os.environ.items() if name != "SRLIB_DATA"}
    environment["EAGER_IMPORT"] = "1"  # of lazy_loader: all rooms at once
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip


# A child for each kill, which has all that takes seconds to load from its parent.
KILLS = """
import os, signal
work = globals()[sys.argv[2]]
begun = 0

def kill_at(last):
    def look(event, arguments):
        global begun
        if event == "open":
            path, flags = arguments[0], arguments[2]
            writes = flags & (os.O_WRONLY | os.O_RDWR)
        else:
            path, writes = arguments[0] if arguments else "", event in CHANGES
        if writes and isinstance(path, (str, Path)) and str(path).startswith(str(folder)):
            begun += 1
            if begun == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(look)

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.link"}
killed = 0
for last in [*range(1, 13), 10**9]:
    child = os.fork()
    if not child:
        kill_at(last)
        try:
            work()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    killed += status == signal.SIGKILL
    assert status in (0, signal.SIGKILL), (last, status)
    for path in folder.rglob("[!.]*"):
        if path.suffix == ".png":
            srlib.read_image(path)
        elif path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".h5":
            h5py.File(path).close()
    if not status:
        break
print(killed)
"""


@pytest.mark.parametrize(
    ("work", "result", "operations"),
    [
        ("dataset", "pairs/manifest.json", 10),
        ("train", "weights/srcnn_x2.weights.h5", 10),
        ("upscale", "sr.png", 7),  # all that it has
    ],
)
def test_a_kill_between_two_file_operations(tmp_path, work, result, operations):
    """Killed at its first operation, the same command is begun anew, then killed at its second …"""
    done = python(BEGIN + COMMAND + "import h5py, json\n" + KILLS, tmp_path, work)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) >= operations
    assert (tmp_path / result).exists()


def test_a_kill(tmp_path):
    """Two files that are written over and over, each of which is always whole."""
    script = (
        "import sys, numpy as np, srlib\n"
        "from srlib.images import write_json\n"
        "image = np.random.default_rng(0).integers(0, 256, (500, 600, 3), np.uint8)\n"
        "while True:\n"
        "    srlib.write_png(sys.argv[1] + '/a.png', image)\n"
        "    print('written', flush=True)\n"
        "    write_json(sys.argv[1] + '/a.json', {'numbers': list(range(20_000))})\n"
    )
    expected = np.random.default_rng(0).integers(0, 256, (500, 600, 3), np.uint8)
    for moment in range(10):
        command = [sys.executable, "-c", script, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(0.03 * moment)
            process.send_signal(signal.SIGKILL)
        for path in tmp_path.glob("[!.]*"):
            if path.suffix == ".png":
                np.testing.assert_array_equal(srlib.read_image(path), expected)
            else:
                assert len(json.loads(path.read_text())["numbers"]) == 20_000
    assert srlib.photos(tmp_path)[0].name == "a"  # whatever partial files a kill has left
