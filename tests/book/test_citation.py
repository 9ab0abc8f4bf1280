"""The page that says how the course is cited: what ``CITATION.cff`` says, and nothing else."""

import pytest
import yaml
from bs4 import BeautifulSoup
from citation import citations
from pybtex.database import parse_string
from smoke_book import ROOT

import srlib

CFF = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
WORK = yaml.safe_load(CFF)
PEOPLE = """\
title: Two
authors:
  - {family-names: Doe, given-names: Jo}
  - {name: The Roes}
  - {family-names: Poe, given-names: Al}
version: "2"
date-released: 2031-01-02
"""


def entry(text):
    """The only entry of the only block for BibTeX, and its key."""
    _, block = text.split("```bibtex\n")
    ((key, found),) = parse_string(block.split("```")[0], "bibtex").entries.items()
    return key, found


def test_it_says_what_the_file_says_and_invents_nothing():
    text = citations(CFF, "")
    line = text.splitlines()[0]
    year = str(WORK["date-released"].year)
    for word in (WORK["authors"][0]["name"], WORK["title"], f"Version {WORK['version']}", year):
        assert word in line
    key, found = entry(text)
    assert (key, found.type) == ("srlib", "software")
    assert dict(found.fields) == {
        "title": f"{{{WORK['title']}}}",
        "year": year,
        "version": WORK["version"],
    }
    assert [str(person) for person in found.persons["author"]] == ["{The srlib authors}"]
    assert "http" not in text and "doi" not in text.lower()


def test_the_address_is_the_repositorys():
    text = citations(CFF, "https://example.org/book")
    assert text.splitlines()[0].endswith("`https://example.org/book`")
    assert entry(text)[1].fields["url"] == "https://example.org/book"


def test_people_and_groups_in_their_order():
    text = citations(PEOPLE, "")
    assert text.startswith("> Doe, Jo, The Roes, & Poe, Al (2031). *Two* (Version 2)")
    people = entry(text)[1].persons["author"]
    assert [str(person) for person in people] == ["Doe, Jo", "{The Roes}", "Poe, Al"]


def test_the_file_names_the_version_of_the_library():
    assert WORK["version"] == srlib.__version__


@pytest.mark.slow
def test_the_page_has_it(site):
    page = BeautifulSoup((site / "book" / "cite.html").read_text(), "html.parser").find("article")
    assert page.find("blockquote").text.strip().startswith(WORK["authors"][0]["name"])
    said = " ".join(page.find("blockquote").text.split())
    assert WORK["title"] in said and f"Version {WORK['version']}" in said
    assert entry(f"```bibtex\n{page.find('pre').text}```")[0] == "srlib"
