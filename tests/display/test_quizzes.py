"""A quiz asks without telling, and tells of each answer that is chosen whether and why."""

import re

import pytest
from browser import serious_violations
from bs4 import BeautifulSoup

import srlib

QUESTION = "Which of `3 < 4` & `4 < 3` holds?"
RIGHT = {"The first, `3 < 4`.": "Three is less than four."}
WRONG = {"The second.": "Four is <more> than three.", "Both.": "They contradict each other."}


def asked(question=QUESTION, right=RIGHT, wrong=WRONG):
    return srlib.quiz(question, right=right, wrong=wrong)


def html(quiz):
    return quiz._repr_mimebundle_()["text/html"]


def parsed(quiz):
    return BeautifulSoup(html(quiz), "html.parser")


def order(quiz):
    return [summary.get_text()[2:] for summary in parsed(quiz).find_all("summary")]


def test_every_answer_has_its_verdict_and_its_explanation():
    page = parsed(asked())
    assert page.legend.get_text() == "Which of 3 < 4 & 4 < 3 holds?"
    assert [code.get_text() for code in page.legend.find_all("code")] == ["3 < 4", "4 < 3"]
    told = {d.summary.get_text()[2:]: d.p.get_text() for d in page.find_all("details")}
    assert told == {
        "The first, 3 < 4.": "Right. Three is less than four.",
        "The second.": "No. Four is <more> than three.",
        "Both.": "No. They contradict each other.",
    }
    assert [s.get_text()[:2] for s in page.find_all("summary")] == ["A ", "B ", "C "]


def test_the_plain_text_asks_and_does_not_tell():
    text = asked()._repr_mimebundle_()["text/plain"]
    first, *answers = text.splitlines()
    assert first == QUESTION
    assert {answer[3:] for answer in answers} == RIGHT.keys() | WRONG.keys()
    assert [answer[:3] for answer in answers] == ["A. ", "B. ", "C. "]
    assert "Right" not in text
    assert not any(why in text for why in (RIGHT | WRONG).values())


def test_nothing_but_the_words_tells_which_answer_is_right():
    shapes = {
        tuple((tag.name, tuple(tag.attrs.items())) for tag in details.find_all(["summary", "p"]))
        + tuple(details.attrs.items())
        for details in parsed(asked(right={"The first.": "It is."})).find_all("details")
    }
    assert len(shapes) == 1
    # Were another one right, they would stand in the same order.
    others = asked(right={"Both.": "."}, wrong={"The second.": ".", "The first, `3 < 4`.": "."})
    assert order(others) == order(asked())
    at = [order(asked(f"{i}", RIGHT, WRONG)).index("The first, 3 < 4.") for i in range(60)]
    assert all(10 < at.count(place) < 30 for place in range(3))


def test_a_quiz_is_the_same_in_every_run_and_a_group_of_its_own():
    def name(quiz):
        (only,) = {details["name"] for details in parsed(quiz).find_all("details")}
        return only

    assert html(asked()) == html(asked())
    # Written down, because a hash of Python's own differs between runs.
    assert name(asked()) == "srlib-quiz-4cb1dc3d8425"
    assert name(asked("Another?")) != name(asked())


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"question": " "}, ValueError, "a question, an answer and an explanation are words"),
        ({"right": {"a": ""}}, ValueError, "are words, not ''"),
        ({"wrong": {3: "three"}}, ValueError, "are words, not 3"),
        ({"right": {}}, ValueError, "right must hold exactly one answer, not 0"),
        ({"right": {"a": "1", "b": "2"}}, ValueError, r"exactly one answer, not 2: \['a', 'b'\]"),
        ({"wrong": {}}, ValueError, "wrong must hold one to 5 answers, not 0"),
        ({"wrong": dict.fromkeys("abcdef", "x")}, ValueError, "one to 5 answers, not 6"),
        ({"wrong": RIGHT}, ValueError, "'The first, `3 < 4`.' is both right and wrong"),
        ({"right": "yes"}, TypeError, "right must be a dict of answers and .*, not 'yes'"),
        ({"wrong": ["no"]}, TypeError, r"wrong must be a dict of answers and .*, not \['no'\]"),
    ],
)
def test_what_is_no_quiz_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        asked(**given)


# In the browser


@pytest.mark.browser
def test_answers_are_chosen_by_pointer_and_key_and_one_at_a_time(show):
    page = show(asked(), asked("And which does not?"))
    first = page.get_by_role("group", name="Which of 3 < 4 & 4 < 3 holds?")
    told = first.locator("p")
    assert [p.is_visible() for p in told.all()] == [False] * 3
    first.get_by_text("The second.").click()
    assert first.get_by_text("No. Four is <more> than three.").is_visible()
    page.keyboard.press("Shift+Tab" if order(asked()).index("The second.") else "Tab")
    page.keyboard.press("Enter")
    assert not first.get_by_text("No. Four is <more> than three.").is_visible()
    assert [p.is_visible() for p in told.all()].count(True) == 1
    page.keyboard.press("Space")
    assert not any(p.is_visible() for p in page.locator(".srlib-quiz p").all())
    assert page.get_by_role("group", name="And which does not?").is_visible()


@pytest.mark.browser
def test_on_paper_every_answer_is_open(show):
    page = show(asked())
    page.emulate_media(media="print")
    assert all(p.is_visible() for p in page.locator(".srlib-quiz p").all())


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_quiz(show, theme):
    page = show(asked(), theme=theme, viewport={"width": 320, "height": 900})
    page.get_by_text("Both.").click()
    page.mouse.move(0, 0)
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    colour = re.compile(r"rgb\(206, 214, 221\)" if theme == "dark" else r"rgb\(0, 0, 0\)")
    for text in page.locator(".srlib-quiz legend, .srlib-quiz summary, .srlib-quiz p").all():
        assert colour.match(text.evaluate("e => getComputedStyle(e).color"))
