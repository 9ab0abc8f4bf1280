"""What is published with a version: what the archives hold, and that their sums are right."""

import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile

import nbformat
import pytest
from smoke_book import LESSONS, ROOT

import srlib

pytestmark = pytest.mark.slow

NAME = f"super-resolution-{srlib.__version__}"
LIBRARY = f"srlib-{srlib.__version__}"
WHEEL = f"{LIBRARY}-py3-none-any.whl"
PAGES = {"index.html": b"first", "book/a page.html": b"second", "_static/x.js": b"1" * 1000}
USE = "import srlib; print(srlib.__file__); print(srlib.load('srcnn', scale=2).count_params())"


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """A folder as `make pdf` leaves it, as far as the tool looks at it."""
    out = tmp_path_factory.mktemp("build")
    for name, content in PAGES.items():
        (out / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (out / "site" / name).write_bytes(content)
    (out / "super-resolution.pdf").write_bytes(b"%PDF-")
    return out


@pytest.fixture(scope="module")
def release(build, tmp_path_factory):
    out = tmp_path_factory.mktemp("published") / "release"
    out.mkdir()
    (out / "srlib-0.0.1.tar.gz").write_bytes(b"of an earlier version")
    command = [sys.executable, ROOT / "tools" / "release.py", build, out]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return out


def tracked(folder):
    command = ["git", "ls-files", "-z", folder]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.split("\0") if name}


def test_every_file_has_its_sum(release):
    lines = (release / "SHA256SUMS").read_text().splitlines()
    told = dict(reversed(line.split("  ")) for line in lines)
    archives = {f"{NAME}-site.zip", f"{NAME}-lessons.zip", f"{NAME}.pdf"}
    assert told.keys() == archives | {WHEEL, f"{LIBRARY}.tar.gz"}
    assert told.keys() | {"SHA256SUMS"} == {path.name for path in release.iterdir()}
    for name, told_sum in told.items():
        assert hashlib.sha256((release / name).read_bytes()).hexdigest() == told_sum, name


def test_the_site_is_whole(release):
    with zipfile.ZipFile(release / f"{NAME}-site.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            f"{NAME}-site/{name}": content for name, content in PAGES.items()
        }


def test_lessons_as_they_are_and_without_solutions(release):
    with zipfile.ZipFile(release / f"{NAME}-lessons.zip") as archive:
        held = {
            name.removeprefix(f"{NAME}-lessons/"): archive.read(name) for name in archive.namelist()
        }
    assert {"LICENSE", "requirements.txt", "notebooks/profiles/smoke.yaml"} <= held.keys()
    assert len([name for name in held if name.endswith(".ipynb")]) == 2 * len(LESSONS)
    for lesson in LESSONS:
        assert held[f"notebooks/{lesson.name}"] == lesson.read_bytes()
        student = held[f"student/{lesson.name}"].decode()
        nbformat.validate(nbformat.reads(student, as_version=4))
        assert "<summary>Solution" not in student


def test_the_library_is_whole_and_enlarges_from_where_it_is_unpacked(release, tmp_path):
    with zipfile.ZipFile(release / WHEEL) as wheel:
        wheel.extractall(tmp_path)
        held = {name for name in wheel.namelist() if name.startswith("srlib/")}
    assert held == tracked("srlib")
    with tarfile.open(release / f"{LIBRARY}.tar.gz") as archive:
        names = {name.removeprefix(f"{LIBRARY}/") for name in archive.getnames()}
    assert held | {"pyproject.toml", "README.md", "LICENSE"} <= names
    used = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert used.returncode == 0, used.stderr
    file, parameters = used.stdout.split()
    assert file == str(tmp_path / "srlib" / "__init__.py")
    assert int(parameters) == srlib.load("srcnn", scale=2).count_params()


def test_the_same_files_make_the_same_archives(release, build, tmp_path, monkeypatch):
    # Files that were copied have other times, and lie in another order on the disk.
    again = tmp_path / "build"
    for name in reversed(PAGES):
        (again / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(build / "site" / name, again / "site" / name)
    shutil.copy(build / "super-resolution.pdf", again)
    monkeypatch.syspath_prepend(ROOT / "tools")
    tool = importlib.import_module("release")
    monkeypatch.setattr(tool, "pack_library", lambda out: None)  # takes longer than all the rest
    monkeypatch.setattr(sys, "argv", ["release.py", str(again), str(tmp_path / "release")])
    tool.main()
    for name in (f"{NAME}-site.zip", f"{NAME}-lessons.zip"):
        assert (release / name).read_bytes() == (tmp_path / "release" / name).read_bytes(), name
