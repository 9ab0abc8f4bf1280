"""Files are whole or absent."""

import hashlib

import pytest

from srlib.images import atomic_path, sha256, write_json


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


def test_sha256(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"super-resolution")
    assert sha256(path) == hashlib.sha256(b"super-resolution").hexdigest()


def test_json_keeps_letters(tmp_path):
    write_json(tmp_path / "a.json", {"scale": "×2"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "scale": "×2"\n}\n'
