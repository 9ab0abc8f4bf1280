"""Lessons as a reader runs them: by papermill, with these parameters or those."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import papermill
import pytest
import smoke_book
import yaml
from smoke_book import LESSONS, ROOT

SMOKE = ROOT / "notebooks" / "profiles" / "smoke.yaml"
PROFILES = sorted(ROOT.glob("notebooks/profiles/*.yaml"))

# A parameter of each lesson, and a value of a type that it cannot have.
WRONG_TYPES = {
    "01_what_is_super_resolution": {"scale": "abc"},
    "02_dataset_creation": {"scale": 2.5},
    "03_srcnn": {"steps": "abc"},
    "04_vdsr": {"steps": "abc"},
    "05_residual_networks": {"steps": "abc"},
    "06_losses_and_metrics": {"losses": "abc"},
    "07_perceptual_loss": {"steps": "abc"},
    "08_checkerboard_artifacts": {"steps": "abc"},
    "09_srgan": {"steps": "abc"},
    "10_gan_objectives": {"steps": "abc"},
    "11_perception_and_distortion": {"raters": "abc"},
    "12_real_photographs": {"steps": "abc"},
    "13_architecture_search": {"steps": "abc"},
    "14_audit_these_numbers": {"steps": "abc"},
    "15_upscale_your_photos": {"scale": "abc"},
}

EXAMPLE = {
    "parameters": "steps = 7  # optimiser updates\nname = 'dots'  # of the bar",
    "body": """\
import sys, time
from tqdm import tqdm
for _ in tqdm(range(steps), desc=name, mininterval=0):
    time.sleep(0.01)
import srlib
print("done", steps)
open("left-behind", "x").close()
""",
    "check": "assert steps < 100, f'{steps} steps are too many'",
    "claim": "srlib.claim('Few steps are <enough>.', steps > 8, measured=f'{steps} steps')",
}
SOLUTION = """\
## Exercises

What comes after seven?

<details>
<summary>Solution</summary>

```python
successor = steps + 1
assert successor < 50, f"{successor} is too far"
```

</details>
"""
TIME = "**Time:** an\nhour to read, minutes to run on two\nCPU cores."


class Images(HTMLParser):
    """The alternative texts of the images in a piece of HTML."""

    def __init__(self, html):
        super().__init__()
        self.texts = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.texts.append(dict(attributes).get("alt") or "")


def says_something(text):
    """Whether an alternative text is one, and not the name of a file."""
    return len(text) > 10 and " " in text and not re.search(r":/|\.(png|jpe?g|svg)\b", text)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_a_profile_sets_parameters_that_lessons_have(profile):
    values = yaml.safe_load(profile.read_text(encoding="utf-8"))
    assert values.keys() <= {lesson.stem for lesson in LESSONS}
    for name, parameters in values.items():
        known = papermill.inspect_notebook(str(ROOT / "notebooks" / f"{name}.ipynb"))
        assert parameters.keys() <= known.keys()
        for parameter, value in parameters.items():
            default = yaml.safe_load(known[parameter]["default"])
            assert type(value) is type(default), f"{name}: {parameter}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_the_smoke_profile_changes_what_decides_a_training(lesson):
    """`make book` runs the lessons as they are written; the tests run them as a reader may."""
    changed = yaml.safe_load(SMOKE.read_text(encoding="utf-8"))[lesson.stem]
    parameters = papermill.inspect_notebook(str(lesson))
    for parameter, known in parameters.items():
        if parameter == "seed" or parameter.endswith("steps"):
            assert changed[parameter] != yaml.safe_load(known["default"]), parameter


def test_every_lesson_is_given_a_wrong_type():
    assert WRONG_TYPES.keys() == {lesson.stem for lesson in LESSONS}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG_TYPES)
def test_a_parameter_of_a_wrong_type_stops_a_lesson_with_a_clear_message(name, tmp_path):
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        papermill.execute_notebook(
            str(ROOT / "notebooks" / f"{name}.ipynb"),
            None,
            parameters=WRONG_TYPES[name],
            kernel_name="python3",
            progress_bar=False,
            cwd=str(tmp_path),
        )
    ((parameter, value),) = WRONG_TYPES[name].items()
    assert caught.value.ename in ("TypeError", "ValueError")
    assert parameter in caught.value.evalue
    assert str(value) in caught.value.evalue


@pytest.fixture
def project(tmp_path):
    """A project of one small lesson."""
    (tmp_path / "tools").mkdir()
    for tool in ("lesson.py", "variants.py"):
        shutil.copy(ROOT / "tools" / tool, tmp_path / "tools")
    (tmp_path / "notebooks" / "profiles").mkdir(parents=True)
    new = nbformat.v4
    cells = [
        new.new_markdown_cell(f"# Example\n\n{TIME}"),
        *map(new.new_code_cell, EXAMPLE.values()),
        new.new_markdown_cell(SOLUTION),
    ]
    cells[1].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "notebooks" / "01_example.ipynb")
    return tmp_path


def run(project, *options, **parameters):
    profile = project / "notebooks" / "profiles" / "smoke.yaml"
    profile.write_text(yaml.safe_dump({"01_example": parameters}))
    command = ["tools/lesson.py", "notebooks/01_example.ipynb", "out/01_example.ipynb"]
    return subprocess.run(
        [sys.executable, *command, "--profile", "smoke", *options],
        cwd=project,
        capture_output=True,
        text=True,
    )


def test_a_run_leaves_a_notebook_that_tells_nothing_of_the_run(project):
    assert run(project, steps=9).returncode == 0
    out = project / "out" / "01_example.ipynb"
    notebook = nbformat.read(out, as_version=4)
    nbformat.validate(notebook)

    # The value stands where the reader expects it, with its comment, and in no cell of papermill's.
    title, *sources, exercises = [cell.source for cell in notebook.cells]
    assert exercises == SOLUTION
    assert sources == [
        "steps = 9  # optimiser updates\nname = 'dots'  # of the bar",
        EXAMPLE["body"],
        EXAMPLE["check"],
        EXAMPLE["claim"],
    ]
    # The time that it took, and on what, stands where the lesson promises minutes.
    ran = r"\d+ seconds to run when this page was made, on \d+ cores of .+\."
    assert re.fullmatch(rf"# Example\n\n\*\*Time:\*\* about 5 minutes to read, {ran}", title)
    # Of the progress bar, its last state; it is not marked as an error.
    (output,) = notebook.cells[2].outputs
    assert output.name == "stdout"
    assert re.fullmatch(r"dots: 100%.* 9/9 .*\ndone 9\n", output.text)
    # No times, no paths.
    assert "papermill" not in notebook.metadata
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    assert str(project) not in out.read_text()
    assert not list(project.rglob("left-behind"))

    record = json.loads(out.with_suffix(".json").read_text())
    assert record["reading_minutes"] == 5  # of few words, the least that is told
    assert record["seconds"] > 0
    assert record["peak_mib"] > 10
    assert record["failed"] is None
    assert record["claims"] == [
        {"claim": "Few steps are <enough>.", "held": True, "measured": "9 steps"}
    ]


def test_a_lesson_that_fails_has_a_page_that_says_where_and_why(project):
    result = run(project, steps=100)
    assert result.returncode == 0  # of the tool: the other lessons go on
    assert "AssertionError: 100 steps are too many" in result.stdout
    assert "01_example.ipynb FAILED at code cell 3" in result.stdout.splitlines()[-1]
    out = project / "out" / "01_example.ipynb"
    notebook = nbformat.read(out, as_version=4)
    nbformat.validate(notebook)
    note = notebook.cells[1].source
    assert "stopped at its code cell 3" in note
    assert "AssertionError: 100 steps are too many" in note
    assert [c.source for c in notebook.cells[2:] if c.cell_type == "code"] == [
        EXAMPLE["parameters"].replace("7", "100", 1),
        *list(EXAMPLE.values())[1:],
    ]
    assert str(project) not in out.read_text()
    assert json.loads(out.with_suffix(".json").read_text())["failed"] == {
        "cell": 3,
        "error": "AssertionError: 100 steps are too many",
    }
    assert out.with_suffix(".failed").exists()

    assert run(project, steps=9).returncode == 0
    assert not out.with_suffix(".failed").exists()


def test_solutions_run_after_the_lesson_and_leave_nothing_on_its_page(project):
    assert run(project, steps=9).returncode == 0
    out = project / "out" / "01_example.ipynb"
    pages = [nbformat.read(out, as_version=4)]
    assert run(project, "--solutions", steps=9).returncode == 0
    pages.append(nbformat.read(out, as_version=4))
    plain, solved = ([cell.source for cell in page.cells[1:]] for page in pages)
    assert solved == plain
    assert json.loads(out.with_suffix(".json").read_text())["failed"] is None

    assert run(project, steps=60).returncode == 0
    assert not out.with_suffix(".failed").exists()
    result = run(project, "--solutions", steps=60)
    assert "AssertionError: 61 is too far" in result.stdout
    assert out.with_suffix(".failed").exists()
    assert json.loads(out.with_suffix(".json").read_text())["failed"] == {
        "cell": 5,
        "error": "AssertionError: 61 is too far",
    }


def test_a_kernel_that_dies_is_a_lesson_that_failed(project):
    notebook = project / "notebooks" / "01_example.ipynb"
    text = notebook.read_text().replace("assert steps < 100", "import os; os._exit(9)  #")
    notebook.write_text(text)
    assert run(project).returncode == 0
    record = json.loads((project / "out" / "01_example.json").read_text())
    assert record["failed"]["cell"] == 3
    assert "the kernel died" in record["failed"]["error"]


def test_a_parameter_that_a_lesson_does_not_have_is_refused(project):
    result = run(project, stepz=3)
    assert result.returncode != 0
    assert "01_example.ipynb has no parameter stepz" in result.stderr
    assert "steps, name" in result.stderr


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def executed(request):
    """A lesson that papermill executed in the smoke profile."""
    path = smoke_book.built() / "notebooks" / request.param.name
    return nbformat.read(path, as_version=4)


def outputs(notebook):
    return [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]


@pytest.mark.slow
def test_every_cell_of_a_lesson_runs_without_a_warning(executed):
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code if cell.source.strip())
    assert [o for o in outputs(executed) if o.output_type == "error"] == []
    assert [o.text for o in outputs(executed) if o.get("name") == "stderr"] == []


@pytest.mark.slow
def test_every_picture_of_a_lesson_has_a_text_for_those_who_do_not_see_it(executed):
    pictures = [o.data for o in outputs(executed) if "data" in o and "image/png" in o.data]
    assert pictures
    for data in pictures:
        assert "text/html" in data, "show it by srlib.display, which asks for a text"
    pages = [o.data["text/html"] for o in outputs(executed) if "text/html" in o.get("data", {})]
    texts = [text for html in pages for text in Images(html).texts]
    assert [text for text in texts if not says_something(text)] == []


@pytest.mark.slow
def test_no_control_of_a_lesson_needs_a_kernel(executed):
    """Nor a script from another server, which the state of a widget would bring to the page."""
    assert "widgets" not in executed.metadata
    assert "application/vnd.jupyter.widget" not in json.dumps(outputs(executed))


@pytest.mark.slow
def test_no_output_of_a_lesson_tells_where_it_ran(executed):
    text = json.dumps(outputs(executed))
    for folder in (ROOT, Path(sys.prefix), Path(tempfile.gettempdir()) / "lesson-"):
        assert str(folder) not in text
