"""Two editions of the lessons from one source: ``python tools/editions.py _build/editions``.

``student/`` has the lessons without the solutions of their exercises, and an empty cell for each
answer. ``teacher/`` has each solution as cells that run, in its place. Quizzes and predictions keep
their answers in both, since a reader needs them to go on; so do the rubrics of open exercises.
"""

import re
import sys
from pathlib import Path

import nbformat
from lesson import CODE
from nbformat.v4 import new_code_cell, new_markdown_cell

from srlib.images import atomic_path

ROOT = Path(__file__).resolve().parents[1]

FOLDED = re.compile(
    r"\s*<details>\s*<summary>(Solution|The mend|Answer)</summary>(.*?)</details>\s*", re.DOTALL
)


def edition(notebook, *, teacher: bool):
    """A copy of a lesson with its solutions taken out, or as cells that run."""
    copy = nbformat.from_dict(notebook)
    copy.cells = [made for cell in notebook.cells for made in _cells(cell, teacher=teacher)]
    return copy


def _cells(cell, *, teacher):
    if cell.cell_type != "markdown" or not FOLDED.search(cell.source):
        return [cell]
    # What is split by a pattern with two groups comes as text, summary, solution, text, …
    text, *rest = FOLDED.split(cell.source)
    made = [_prose(text)]
    for summary, solution, after in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if teacher:
            made += _solution(summary, solution)
        elif summary == "Solution":  # a mend is made in the lesson's own cell
            made.append(new_code_cell("# Your answer", metadata={"tags": ["answer"]}))
        made.append(_prose(after))
    made = [new for new in made if new.source.strip()]
    for i, new in enumerate(made):
        new["id"] = f"{cell.id}-{i}"  # the same whenever the edition is written
    return made


def _solution(summary, text):
    """A folded solution as prose and code in turn."""
    prose = CODE.split(text)
    prose[0] = f"> **{summary}**\n\n{prose[0].strip()}"
    return [
        new_code_cell(part.rstrip(), metadata={"tags": ["solution"]}) if i % 2 else _prose(part)
        for i, part in enumerate(prose)
    ]


def _prose(text):
    return new_markdown_cell(text.strip())


def main(out: Path):
    """Write both editions of all lessons."""
    for lesson in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        notebook = nbformat.read(lesson, as_version=4)
        for name, teacher in (("student", False), ("teacher", True)):
            with atomic_path(out / name / lesson.name) as partial:
                nbformat.write(edition(notebook, teacher=teacher), partial)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    print(f"The lessons for students and for teachers are in {sys.argv[1]}")
