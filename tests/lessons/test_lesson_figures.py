"""Figures and equations of the lessons: numbered in their order, and referred to by number."""

import ast
import re
from functools import cache

import nbformat
import pytest
from smoke_book import LESSONS, ROOT

SHOWN = {"architecture", "chart", "compare", "explore", "gallery"}
CAPTION = r"f?[\"']Figure (\d+\.\d+)\. [^ ]"
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)


@cache
def sources(lesson, kind):
    """What the cells of a kind hold, in their order."""
    cells = nbformat.read(lesson, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == kind]


def figures(lesson):
    return re.findall(CAPTION, "\n".join(sources(lesson, "code")))


def equations(lesson):
    return re.findall(r"\\tag\{(\d+\.\d+)\}", "\n".join(sources(lesson, "markdown")))


def shown(node):
    """The calls that show a picture by themselves, not those in a function that `explore` moves."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.Call) and ast.unparse(child.func).split(".")[-1] in SHOWN:
            yield child
        yield from shown(child)


@each_lesson
def test_figures_and_equations_are_numbered_in_their_order(lesson):
    for numbers in (figures(lesson), equations(lesson)):
        assert numbers == [f"{int(lesson.stem[:2])}.{i + 1}" for i in range(len(numbers))]


@each_lesson
def test_whatever_a_lesson_shows_has_a_number(lesson):
    pictures = [picture for code in sources(lesson, "code") for picture in shown(ast.parse(code))]
    assert pictures
    for picture in pictures:
        captions = [ast.unparse(k.value) for k in picture.keywords if k.arg == "caption"]
        assert captions and re.match(CAPTION, captions[0]), ast.unparse(picture)


@pytest.mark.parametrize(
    "page", [*LESSONS, *sorted((ROOT / "book").glob("*.md"))], ids=lambda path: path.stem
)
def test_a_reference_names_what_is_there_in_words_that_become_a_link(page):
    if page.suffix == ".md":
        text = page.read_text(encoding="utf-8")
    else:
        text = "\n\n".join(sources(page, "markdown") + sources(page, "code"))
    known = {number for lesson in LESSONS for number in figures(lesson)}
    assert set(re.findall(r"[Ff]igures?\s+(\d+\.\d+)", text)) <= known
    known = {number for lesson in LESSONS for number in equations(lesson)}
    assert set(re.findall(r"[Ee]quations?\s+\((\d+\.\d+)\)", text)) <= known
    # A link needs both words in one line, and a number of its own.
    assert not re.search(
        r"([Ff]igure\n|[Ff]igures +)\d+\.\d|([Ee]quation\n|[Ee]quations +)\(\d", text
    )
