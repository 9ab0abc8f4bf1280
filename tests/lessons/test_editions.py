"""Lessons without solutions for students, and with solutions that run for teachers."""

import re
import subprocess
import sys

import nbformat
import papermill
import pytest
from smoke_book import LESSONS, ROOT

TOOL = ROOT / "tools" / "editions.py"

EXERCISE = """\
## Exercises

**1. Twice.** What is twice seven?

<details>
<summary>Solution</summary>

Add it to itself.

```python
twice = 7 + 7
assert twice == 14
```

Or double it.

</details>

**2. Open.** And what for?

<details>
<summary>Rubric</summary>

| good |
|---|

</details>
"""


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    out = tmp_path_factory.mktemp("editions")
    subprocess.run([sys.executable, TOOL, out], check=True, capture_output=True)
    return out


def text(notebook, kind="markdown"):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == kind)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_students_get_everything_but_the_solutions(lesson, editions):
    whole = nbformat.read(lesson, as_version=4)
    student = nbformat.read(editions / "student" / lesson.name, as_version=4)
    nbformat.validate(student)
    folded = re.findall(r"<summary>(.*?)</summary>", text(whole))
    left = re.findall(r"<summary>(.*?)</summary>", text(student))
    hidden = ("Solution", "The mend", "Answer")
    assert "Solution" in folded
    assert left == [summary for summary in folded if summary not in hidden]
    answers = [cell for cell in student.cells if "answer" in cell.metadata.get("tags", [])]
    assert len(answers) == folded.count("Solution")
    # All code stays as it is, quizzes with their sources folded among it.
    code = [cell for cell in whole.cells if cell.cell_type == "code"]
    assert [c for c in student.cells if c.cell_type == "code" and c not in answers] == code


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_teachers_get_the_solutions_as_cells(lesson, editions):
    whole = nbformat.read(lesson, as_version=4)
    teacher = nbformat.read(editions / "teacher" / lesson.name, as_version=4)
    nbformat.validate(teacher)
    folded = "".join(re.findall(r"<details>.*?</details>", text(whole), re.DOTALL))
    solutions = [c.source for c in teacher.cells if "solution" in c.metadata.get("tags", [])]
    assert solutions == re.findall(r"```python\n(.*?)\n?```", folded, re.DOTALL)
    assert "<summary>Solution" not in text(teacher)


def test_a_teachers_lesson_runs_and_reads_in_order(tmp_path):
    from editions import edition

    cells = [nbformat.v4.new_markdown_cell(EXERCISE), nbformat.v4.new_code_cell("later = 1")]
    lesson = nbformat.v4.new_notebook(cells=cells)
    teacher = edition(lesson, teacher=True)
    kinds = [(cell.cell_type, cell.source.split("\n")[0]) for cell in teacher.cells]
    assert kinds == [
        ("markdown", "## Exercises"),
        ("markdown", "> **Solution**"),
        ("code", "twice = 7 + 7"),
        ("markdown", "Or double it."),
        ("markdown", "**2. Open.** And what for?"),
        ("code", "later = 1"),
    ]
    nbformat.write(teacher, tmp_path / "teacher.ipynb")
    papermill.execute_notebook(
        str(tmp_path / "teacher.ipynb"), None, kernel_name="python3", progress_bar=False
    )
    student = edition(lesson, teacher=False)
    answer, rubric, _ = student.cells[1:]
    assert (answer.cell_type, answer.source) == ("code", "# Your answer")
    assert rubric.source.endswith(EXERCISE.strip().split("what for?")[1])
    assert cells[0].source == EXERCISE  # the source is left as it is
