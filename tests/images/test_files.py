"""Files are whole or absent."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from srlib.images import atomic_path, check_writable, sha256, write_json


def test_a_finished_file_replaces_the_old_one(tmp_path):
    path = tmp_path / "new folder" / "a.txt"
    for text in ("old", "new"):
        with atomic_path(path) as partial:
            partial.write_text(text)
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_no_rubbish(tmp_path):
    path = tmp_path / "a.weights.h5"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(path) as partial:
        assert partial.name.endswith(".weights.h5")
        partial.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_those_of_a_new_file_or_of_the_old_one(tmp_path):
    path, before = tmp_path / "a.txt", os.umask(0o027)
    try:
        with atomic_path(path) as partial:
            partial.write_text("new")
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o604)
        with atomic_path(path) as partial:
            partial.write_text("newer")
        assert path.stat().st_mode & 0o777 == 0o604
    finally:
        os.umask(before)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to("disk/file.txt")  # as yet there is no such file
    for text in ("old", "new"):
        with atomic_path(link) as partial:
            partial.write_text(text)
        assert link.is_symlink()
        assert (tmp_path / "disk" / "file.txt").read_text() == text


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path):
    with atomic_path("/dev/null") as partial:
        partial.write_text("gone")
    assert Path("/dev/null").is_char_device()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        with atomic_path(pipe) as partial:
            partial.write_text("through the pipe")
        assert reader.stdout.read() == "through the pipe"
    assert pipe.is_fifo()


def test_an_error_names_the_path_that_was_asked_for(tmp_path):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "a.txt"  # a file is no folder
    with pytest.raises(OSError, match=r"'.*file/a\.txt'"), atomic_path(path):
        pass
    with pytest.raises(OSError, match=r"'.*file/a\.txt'"):
        check_writable(path)
    long = tmp_path / ("x" * 300 + ".txt")
    with pytest.raises(OSError, match=r"too long: '.*xxx\.txt'"), atomic_path(long):
        pass


def test_a_full_disk_is_told_with_the_path(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("only Linux has a device that is always full")
    path = tmp_path / "a.bin"
    told = pytest.raises(OSError, match=r"No space left on device: '.*a\.bin'")
    with told, atomic_path(path), open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")
    assert not any(tmp_path.iterdir())


def test_where_files_can_be_made(tmp_path):
    check_writable(tmp_path / "new" / "folder")
    check_writable(tmp_path)
    check_writable("/dev/null")
    assert not any(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_where_no_file_can_be_made():
    with pytest.raises(OSError, match=r"/proc/a\.png"):
        check_writable("/proc/a.png")


def test_sha256(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"super-resolution")
    assert sha256(path) == hashlib.sha256(b"super-resolution").hexdigest()


def test_json_keeps_letters(tmp_path):
    write_json(tmp_path / "a.json", {"scale": "×2"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "scale": "×2"\n}\n'
