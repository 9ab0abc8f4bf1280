"""A disk that is full, or a kill, at ten moments of each writing operation: nothing half-written.

A limit on the size of files stands for the full disk: it ends a write in the same way, at the byte
where it is set.
"""

import json
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
    [DATASET, CHECKPOINT, WEIGHTS, UPSCALED],
    ids=["dataset", "train", "weights", "upscale"],
)
def test_a_disk_that_fills(tmp_path, script):
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + script, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) >= 9  # times that the disk was full


def test_a_kill(tmp_path):
    """Two files that are written over and over, each of which is always whole."""
    script = (
        "import sys, numpy as np, srlib\n"
        "from srlib.images import write_json\n"
        "image = np.random.default_rng(0).integers(0, 256, (500, 600, 3), np.uint8)\n"
        "print('begun', flush=True)\n"
        "while True:\n"
        "    srlib.write_png(sys.argv[1] + '/a.png', image)\n"
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
