"""References to figures and equations, as links of the built site."""

import re

import pytest
from bs4 import BeautifulSoup
from smoke_book import LESSONS

pytestmark = pytest.mark.slow
NUMBER = re.compile(r"Figure \d+\.\d+|[Ee]quation \(\d+\.\d+\)")


@pytest.fixture(scope="module")
def pages(site):
    """The first lesson and the third, which refers to it."""
    names = [f"{LESSONS[i].stem}.html" for i in (0, 2)]
    texts = {name: (site / "notebooks" / name).read_text(encoding="utf-8") for name in names}
    return {name: BeautifulSoup(text, "html.parser") for name, text in texts.items()}


def test_references_lead_to_what_they_name(pages):
    first, third = pages
    led = {first: 0, third: 0}
    for link in pages[third].find("article").find_all("a", string=NUMBER):
        address, anchor = link["href"].split("#")
        target = pages[address or third].find(id=anchor)
        kind, number = re.fullmatch(r"(\w+) \(?([\d.]+)\)?", link.get_text()).groups()
        if kind == "Figure":
            assert target.find_all("figcaption")[-1].strong.get_text() == f"Figure {number}."
        else:
            assert target.math and target.find(class_="eqno").get_text() == f"({number})"
        led[address or third] += 1
    assert led[first] >= 2
    assert led[third] >= 10


def test_no_reference_in_the_text_is_left_without_a_link(pages):
    for page in pages.values():
        found = page.find("article").find_all(string=NUMBER)
        loose = [text for text in found if not text.find_parent(["a", "figcaption", "pre"])]
        assert loose == []
