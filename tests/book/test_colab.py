"""The copies of the notebooks that Colab opens."""

import subprocess
import sys
import tomllib

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from packaging.requirements import Requirement
from smoke_book import LESSONS, ROOT
from traitlets.config import Config

REPOSITORY, COMMIT = "https://github.com/example/book", "0123456789abcdef"


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    out = tmp_path_factory.mktemp("colab")
    address = ["--repository", REPOSITORY, "--commit", COMMIT]
    subprocess.run([sys.executable, ROOT / "tools" / "colab.py", out, *address], check=True)
    return out


@pytest.mark.parametrize("file", [*LESSONS, ROOT / "book/welcome.ipynb"], ids=lambda f: f.stem)
def test_a_copy_is_the_notebook_behind_one_more_cell(copies, file):
    copy = nbformat.read(copies / file.relative_to(ROOT), as_version=4)
    nbformat.validate(copy)
    whole = nbformat.read(file, as_version=4)
    assert copy.metadata == whole.metadata
    assert copy.cells[1:] == whole.cells
    assert f"git+{REPOSITORY}@{COMMIT}" in copy.cells[0].source


@pytest.fixture
def first_cell(copies, capsys):
    """Runs the first cell of a copy; returns what it gave to `%pip`, and what it printed."""

    def run():
        # Without a history, which would be a file in the home of whoever runs the tests.
        shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
        installed = []
        shell.register_magic_function(installed.append, magic_name="pip")
        copy = nbformat.read(copies / "notebooks" / LESSONS[0].name, as_version=4)
        shell.run_cell(copy.cells[0].source).raise_error()
        return installed, capsys.readouterr().out

    return run


def test_the_first_cell_does_nothing_where_the_library_is(first_cell):
    assert first_cell() == ([], "")


def test_the_first_cell_installs_the_library_where_it_is_missing_and_says_so(
    first_cell, monkeypatch
):
    monkeypatch.setitem(sys.modules, "srlib", None)  # as if there were none
    (line,), said = first_cell()
    assert "srlib is missing here" in said
    requirement = Requirement(line.split('"')[1])
    assert (requirement.name, requirement.url) == ("srlib", f"git+{REPOSITORY}@{COMMIT}")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert requirement.extras <= set(project["optional-dependencies"])
