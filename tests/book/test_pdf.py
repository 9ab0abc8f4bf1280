"""The book on paper: some pages of the site, printed by the tool that prints them all."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache

import pytest
import smoke_book
import yaml
from bs4 import BeautifulSoup
from pypdf import PdfReader

pytestmark = [pytest.mark.slow, pytest.mark.browser]

LESSON = "notebooks/09_srgan"
PAGES = ["book/set-up", LESSON, "book/rating", "book/cite", "book/bibliography"]
TOOLS = smoke_book.ROOT / "tools"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, browser, site):
    """A folder of a book of a few pages, and its PDF, where there is a browser."""
    out = tmp_path_factory.mktemp("paper")
    (out / "site").symlink_to(site)
    shutil.copy(smoke_book.ROOT / "_config.yml", out)
    root, *others = [{"file": page} for page in PAGES]
    toc = {"root": root["file"], "parts": [{"caption": "A part", "chapters": others}]}
    (out / "_toc.yml").write_text(yaml.safe_dump(toc))
    subprocess.run([sys.executable, TOOLS / "pdf.py", out], check=True)
    return out


@pytest.fixture(scope="module")
def printed(folder):
    return PdfReader(folder / "super-resolution.pdf")


@pytest.fixture(scope="module")
def sheets(printed):
    """The letters on each sheet; where a line or a word ends is for the eye."""
    return [letters(page.extract_text()) for page in printed.pages]


@pytest.fixture(scope="module")
def source(folder):
    """What was printed."""
    from pdf import book

    return BeautifulSoup(book(folder)[0], "html.parser")


def letters(text):
    return "".join(text.split()).removeprefix("#")


@cache
def article(site, document):
    page = BeautifulSoup((site / f"{document}.html").read_text(encoding="utf-8"), "html.parser")
    for link in page.select("a.headerlink"):
        link.decompose()
    return page.find("article")


def titles(site, names):
    """The words of the headings of these kinds, in the order of the book."""
    return [letters(h.text) for page in PAGES for h in article(site, page).select(names)]


def entries(outline):
    """An outline, flat."""
    for entry in outline:
        yield from entries(entry) if isinstance(entry, list) else [entry]


def test_every_heading_is_printed_and_every_sheet_numbered(site, sheets):
    everything = "".join(sheets)
    headings = titles(site, "h1, h2, h3, h4")
    assert len(headings) > 20
    assert [title for title in headings if title not in everything] == []
    assert [n for n, sheet in enumerate(sheets, 1) if not sheet.endswith(str(n))] == []


def test_contents_and_outline_lead_to_the_sheets(site, printed, sheets):
    outline = list(entries(printed.outline))
    named = [letters(entry.title) for entry in outline]
    answers = letters("Answers to the questions")
    assert [name for name in named if name != answers] == titles(site, "h1, h2")
    contents, end = "", printed.get_destination_page_number(outline[0])
    for sheet in sheets[1:end]:
        contents += sheet
    for entry, name in zip(outline, named, strict=True):
        number = printed.get_destination_page_number(entry)
        assert name in sheets[number], entry.title
        assert f"{name}{number + 1}" in contents, entry.title


def test_what_moves_on_the_site_lies_still(site, source, sheets):
    everything, lesson = "".join(sheets), article(site, LESSON)
    pairs = source.select(".srlib-pair")
    assert len(pairs) == len(lesson.select(".srlib-stage")) > 0
    for pair, stage in zip(pairs, lesson.select(".srlib-stage"), strict=True):
        assert [i["src"] for i in pair.select("img")] == [i["src"] for i in stage.select("img")]
        for label in stage.find_previous(class_="srlib-labels").find_all("span"):
            assert letters(label.text) in everything
    for printed, states in zip(
        source.select(".srlib-states"), lesson.select(".srlib-states"), strict=True
    ):
        kept = [state["data-name"] for state in printed.select(".srlib-state")]
        every = [state["data-name"] for state in states.select(".srlib-state")]
        assert (kept[0], kept[-1], len(kept)) == (every[0], every[-1], min(6, len(every)))
    assert source.select("input, select, button, script") == []
    assert everything.count(letters("Paper cannot do this")) == 1  # the blind rating


def test_answers_stand_at_the_end_of_the_lesson(site, sheets):
    everything, quizzes = "".join(sheets), article(site, LESSON).select(".srlib-quiz")
    assert quizzes
    questions, answers = everything.rsplit(letters("Answers to the questions"), 1)
    for quiz in quizzes:
        assert letters(quiz.legend.text) in questions
        assert letters(quiz.legend.text) in answers
        for answer in quiz.select("details p"):
            assert letters(answer.text) in answers
            assert letters(answer.text) not in questions


def test_links_say_where_they_lead(source, sheets):
    everything = "".join(sheets)
    assert "papermill(https://papermill.readthedocs.io)" in everything
    elsewhere = [link for link in source.select("article a[data-page]") if link.text]
    assert elsewhere
    for link in elsewhere:
        assert re.search(rf"{re.escape(letters(link.text))}\(p\.\d+\)", everything), link
    names = {element["id"] for element in source.find_all(id=True)}
    inside = [link["href"] for link in source.select("a[href^='#']")]
    assert [name for name in inside if name[1:] not in names] == []
    # A page that is not printed is no link.
    assert source.select("a[href$='.html']") == []


def test_nothing_is_asked_of_a_server_and_formulas_need_no_script(source):
    loaded = [tag.get("src") or tag["href"] for tag in source.select("img, link")]
    assert loaded
    assert [a[:80] for a in loaded if not a.startswith(("data:", "file:"))] == []
    assert len(source.select("article math")) > 5
    assert "\\(" not in source.get_text()


def test_without_a_browser_it_says_what_to_do(folder):
    environment = {name: value for name, value in os.environ.items() if name != "CHROMIUM"}
    result = subprocess.run(
        [sys.executable, TOOLS / "pdf.py", folder],
        env=environment | {"PATH": str(folder)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert "CHROMIUM=/path/to/chromium make pdf" in result.stderr
