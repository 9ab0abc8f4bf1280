"""The quizzes of the lessons: each is asked as its cell asks it, and every answer is chosen."""

import ast

import nbformat
import pytest
from browser import visit
from bs4 import BeautifulSoup
from smoke_book import LESSONS

import srlib


def quizzes(lesson):
    """The cells of a lesson that ask, each with its quiz, made from that cell alone."""
    for cell in nbformat.read(lesson, as_version=4).cells:
        if cell.cell_type == "code" and "srlib.quiz(" in cell.source:
            (statement,) = ast.parse(cell.source).body
            assert isinstance(statement, ast.Expr), "a quiz is all that its cell holds"
            yield cell, eval(ast.unparse(statement), {"srlib": srlib})


def html(quiz):
    return quiz._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_asks_two_to_four_times(lesson):
    asked = list(quizzes(lesson))
    assert 2 <= len(asked) <= 4
    assert len({quiz.question for _, quiz in asked}) == len(asked)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_the_source_that_tells_is_folded_in_jupyterlab_and_not_on_the_page(lesson):
    for cell, _ in quizzes(lesson):
        assert cell.metadata.jupyter.source_hidden
        assert cell.metadata.tags == ["remove-input"]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_answer_is_explained_and_one_is_right(lesson):
    for _, quiz in quizzes(lesson):
        told = [
            details.p.get_text()
            for details in BeautifulSoup(html(quiz), "html.parser").find_all("details")
        ]
        assert len(told) >= 2
        assert sum(text.startswith("Right. ") for text in told) == 1
        for text in told:
            verdict, explanation = text.split(" ", 1)
            assert verdict in ("Right.", "No.")
            assert len(explanation.split()) >= 4, explanation
            assert explanation.endswith(".")
        assert len(set(told)) == len(told)


def test_the_right_answer_is_not_known_by_its_length_or_place():
    asked = [quiz for lesson in LESSONS for _, quiz in quizzes(lesson)]
    longest = [max(quiz.answers, key=lambda answer: len(answer[0])) for quiz in asked]
    for picked in (longest, [quiz.answers[0] for quiz in asked]):
        assert sum(right for _, right, _ in picked) < len(asked) / 2


@pytest.mark.browser
def test_every_answer_of_a_lesson_can_be_chosen(browser, tmp_path):
    page = tmp_path / "quizzes.html"
    asked = [quiz for _, quiz in quizzes(LESSONS[0])]
    page.write_text(f"<!doctype html><meta charset=utf-8>{''.join(map(html, asked))}", "utf-8")
    seen = visit(browser)
    seen.page.goto(page.as_uri())
    groups = seen.page.locator(".srlib-quiz")
    assert groups.count() == len(asked)
    for group, quiz in zip(groups.all(), asked, strict=True):
        for details, (_, right, why) in zip(
            group.locator("details").all(), quiz.answers, strict=True
        ):
            details.locator("summary").click()
            shown = group.locator("p:visible").all_inner_texts()
            assert shown == [f"{'Right.' if right else 'No.'} {why}"]
    assert seen.problems == []
    seen.page.context.close()
