"""What is killed leaves nothing for long, and nothing that is being written is taken away."""

import os
import signal
import subprocess
import sys

import pytest

from srlib.images import atomic_folder, atomic_path
from srlib.images.leftovers import sweep

WRITER = """
import sys
from srlib.images import atomic_folder, atomic_path
with {context}(sys.argv[1]) as partial:
    print(partial, flush=True)
    sys.stdin.read()
"""


def writer(context, path):
    """A process that is in the midst of writing."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER.format(context=context), path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline()
    return process


@pytest.mark.skipif(os.name == "nt", reason="has no such locks")
@pytest.mark.parametrize("context", ["atomic_path", "atomic_folder"])
def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path, context):
    dead, living = (writer(context, tmp_path / name) for name in ("dead", "living"))
    with dead, living:
        assert len(list(tmp_path.glob(".partial-*"))) == 2
        dead.send_signal(signal.SIGKILL)
        dead.wait()
        sweep.cache_clear()  # as in another process
        with {"atomic_path": atomic_path, "atomic_folder": atomic_folder}[context](
            tmp_path / "mine"
        ):
            assert len(list(tmp_path.glob(".partial-*"))) == 2  # of the living one, and this
        sweep.cache_clear()
        sweep(tmp_path)
        living.stdin.close()
        assert living.wait() == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["living", "mine"]


def test_a_file_that_is_written_through_another_stays_locked(tmp_path):
    with atomic_path(tmp_path / "outer") as outer:
        with atomic_path(outer) as inner:
            inner.write_text("words")
        sweep.cache_clear()
        sweep(tmp_path)
        assert outer.read_text() == "words"
    assert (tmp_path / "outer").read_text() == "words"
