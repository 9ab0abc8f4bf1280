"""A claim says whether it held, to people and to programs, and stops nothing unless told to."""

from html.parser import HTMLParser

import numpy as np
import pytest

import srlib
from srlib.display import CLAIM_TYPE

SENTENCE = "Ten layers gain more than 0.8 dB < 1."


@pytest.fixture
def shown(monkeypatch):
    """What claims display, as a notebook would store it."""
    bundles = []
    monkeypatch.setattr(
        "srlib.display.claims.display", lambda c: bundles.append(c._repr_mimebundle_())
    )
    return bundles


class Words(HTMLParser):
    """The text of a piece of HTML, without what is hidden from screen readers."""

    def __init__(self, html):
        super().__init__()
        self.words, self.hidden = "", False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.hidden = dict(attributes).get("aria-hidden") == "true"

    def handle_endtag(self, tag):
        self.hidden = False

    def handle_data(self, data):
        self.words += "" if self.hidden else data


@pytest.mark.parametrize(
    ("holds", "tried", "held", "verdict"),
    [
        (True, True, True, "Held"),
        (np.bool_(True), 1 == 1, True, "Held"),
        (False, True, False, "Did not hold here"),
        (False, False, None, "Not tried"),
        (True, np.bool_(False), None, "Not tried"),
    ],
)
def test_a_claim_says_what_became_of_it(shown, holds, tried, held, verdict):
    assert srlib.claim(SENTENCE, holds, measured="+0.91 dB", if_=tried) is None
    (bundle,) = shown
    assert bundle[CLAIM_TYPE] == {"claim": SENTENCE, "held": held, "measured": "+0.91 dB"}
    heard = Words(bundle["text/html"]).words.strip()
    assert heard == bundle["text/plain"]
    assert heard.startswith(f"{verdict}: {SENTENCE} ")
    assert ("+0.91 dB" in heard) == (held is not None)


def test_a_claim_that_does_not_hold_says_what_that_may_mean(shown):
    srlib.claim(SENTENCE, False, measured="+0.1 dB")
    for reason in ("processor", "seed", "parameters"):
        assert reason in shown[0]["text/plain"]


@pytest.mark.parametrize("strict", [False, True])
def test_only_a_strict_run_stops(shown, monkeypatch, strict):
    monkeypatch.setenv("SRLIB_STRICT", "1" if strict else "0")
    srlib.claim(SENTENCE, True, measured="+0.91 dB")
    srlib.claim(SENTENCE, False, measured="too short", if_=False)
    if not strict:
        srlib.claim(SENTENCE, False, measured="+0.1 dB")
        return
    with pytest.raises(srlib.ClaimError, match=r"Did not hold here: Ten layers.*\+0\.1 dB"):
        srlib.claim(SENTENCE, False, measured="+0.1 dB")
    assert len(shown) == 3  # it is shown all the same


@pytest.mark.parametrize("holds", [None, "yes", 2, float("nan"), np.array([True, True])])
def test_what_is_neither_true_nor_false_is_refused(holds):
    with pytest.raises(ValueError, match="holds must be true or false, not"):
        srlib.claim(SENTENCE, holds, measured="1")


def test_a_claim_needs_words():
    with pytest.raises(ValueError, match="text must be words, not ' '"):
        srlib.claim(" ", True, measured="1")
    with pytest.raises(ValueError, match="measured must be words, not 1"):
        srlib.claim(SENTENCE, True, measured=1)
