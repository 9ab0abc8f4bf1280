"""What every file of the repository must hold to, lessons above all."""

import ast
import os
import re
import subprocess
import tomllib
from importlib.metadata import version
from itertools import chain

import nbformat
import pytest
from packaging.requirements import Requirement
from smoke_book import LESSONS, ROOT, contents

import srlib

MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:work|home|root|Users)/\w")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def files():
    """The files that git has, or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return nbformat.read(request.param, as_version=4)


def markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_the_repository_stays_small(files):
    sizes = {path: path.stat().st_size for path in files}
    assert [p for p, size in sizes.items() if size > (15e6 if p.suffix == ".h5" else 5e6)] == []
    assert sum(sizes.values()) < 60e6


def test_no_file_knows_the_machine_it_was_written_on(files):
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in files
        if path.suffix not in (".h5", ".png", ".svg")
        for match in MACHINE_PATH.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_notebooks_are_stored_without_results(files):
    notebooks = [path for path in files if path.suffix == ".ipynb"]
    assert len(notebooks) > len(LESSONS) > 0
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert set(notebook.metadata) <= {"kernelspec", "language_info"}, path
        for cell in notebook.cells:
            if cell.cell_type == "code":
                stored = cell.outputs or cell.execution_count
                assert not stored, f"run: nbstripout {path.relative_to(ROOT)}"


def test_no_result_links_to_a_notebook(lesson):
    """Links in prose become links to pages; what code prints stays as it is."""
    code = [cell.source for cell in lesson.cells if cell.cell_type == "code"]
    assert [source for source in code if ".ipynb)" in source] == []


def test_one_cell_of_commented_literals_is_tagged_parameters(lesson):
    (cell,) = [c for c in lesson.cells if "parameters" in c.metadata.get("tags", [])]
    for statement in ast.parse(cell.source).body:
        assert isinstance(statement, ast.Assign), ast.unparse(statement)
        ast.literal_eval(statement.value)
    for line in cell.source.splitlines():
        assert "  # " in line, f"say what this parameter is: {line}"


def test_a_lesson_has_its_parts(lesson):
    text = markdown(lesson)
    headings = [(len(marks), title) for marks, title in HEADING.findall(text)]
    assert lesson.cells[0].source.startswith("# ")
    assert [title for level, title in headings if level == 1] == [headings[0][1]]
    sections = [title for level, title in headings if level == 2]
    assert sections[-4:] == ["Exercises", "Summary", "What's next", "References"]
    objectives = next(c.source for c in lesson.cells if "By the end you can" in c.source)
    assert 3 <= len(re.findall(r"^(?:[-*]|\d\.) ", objectives, re.MULTILINE)) <= 5
    assert "minutes to run on two CPU cores" in " ".join(text.split()), "say how long it takes"
    assert "<details" in text, "an exercise has a folded solution"


def test_cells_are_short(lesson):
    long = [c.source for c in lesson.cells if c.cell_type == "code" and c.source.count("\n") > 30]
    assert long == []


def test_no_two_files_of_tests_have_one_name(files):
    """Or pytest, to whom names are modules, would run one of them only."""
    names = [path.name for path in files if path.name.startswith("test_")]
    assert [name for name in names if names.count(name) > 1] == []


def test_links_of_the_readme_lead_somewhere():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https:)([^)#]+)\)", readme)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_lesson_is_in_the_table_of_contents_in_order():
    lessons = [document for document in contents() if document.startswith("notebooks/")]
    assert lessons == [f"notebooks/{path.stem}" for path in LESSONS]


def test_requirements_are_pinned_and_match_the_package():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    loose = [str(pin) for pin in pins if [s.operator for s in pin.specifier] != ["=="]]
    assert loose == []

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    del extras["peers"]  # which nobody is made to install
    wanted = chain(project["dependencies"], *extras.values())
    for requirement in map(Requirement, wanted):
        versions = [next(iter(p.specifier)).version for p in pins if p.name == requirement.name]
        assert versions, f"{requirement} is not in requirements.txt: compile it again"
        assert all(v in requirement.specifier for v in versions), f"{requirement}: {versions}"


def test_jupyter_book_is_the_one_with_sphinx():
    """An unpinned installation gets 2.x, which is another program."""
    assert version("jupyter-book").startswith("1.")


def test_the_entry_of_continuous_integration_can_be_run():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_protocol_page_quotes_the_published_rows():
    page = (ROOT / "book" / "protocol.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (\w+)[^|]*\| ×(\d) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", page, re.M
    )
    assert len(rows) == 9
    published = srlib.published().query("method == 'bicubic'").set_index(["set", "scale"])
    for name, scale, *numbers in rows:
        psnr, measured_psnr, ssim, measured_ssim = map(float, numbers)
        expected = published.loc[(name, int(scale))]
        assert (psnr, ssim) == (expected.psnr, expected.ssim)
        assert abs(measured_psnr - psnr) <= 0.0201
        assert abs(measured_ssim - ssim) <= 0.00121
