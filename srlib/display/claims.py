"""What an experiment shows, tried where it stands and said whether it held."""

import os
from dataclasses import dataclass
from html import escape

from IPython.display import display

__all__ = ["CLAIM_TYPE", "Claim", "ClaimError", "claim"]

# A line at the side, in the colour of the text: it needs no style sheet and no theme.
STYLE = "border-left:0.25rem solid;padding:0.1rem 0.8rem;margin:0.6rem 0"

CLAIM_TYPE = "application/vnd.srlib.claim+json"  # by which a program finds claims in a notebook


class ClaimError(AssertionError):
    """A claim that did not hold, where ``SRLIB_STRICT`` is 1; the message has the measurement."""


@dataclass(frozen=True)
class Claim:
    """A claim and what became of it, as a notebook, a page and a screen reader tell it.

    Parameters
    ----------
    text
        The claim, a sentence.
    held
        Whether it held here; None if it was not tried.
    measured
        What was measured, in words.
    """

    text: str
    held: bool | None
    measured: str

    @property
    def verdict(self) -> str:
        """One of "Held", "Did not hold here", "Not tried"."""
        return {True: "Held", False: "Did not hold here", None: "Not tried"}[self.held]

    @property
    def explanation(self) -> str:
        """What was measured, and what it means if the claim did not hold or was not tried."""
        if self.held is None:
            return "What this run was given is too little to tell."
        if self.held:
            return f"Measured: {self.measured}."
        return (
            f"Measured: {self.measured}. How a brief training ends depends on the processor, the "
            "seed and the parameters; read on with what was measured here."
        )

    def __repr__(self) -> str:
        return f"{self.verdict}: {self.text} {self.explanation}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        """The representations among which a Jupyter front end chooses, and one for programs."""
        mark = {True: "✓", False: "✗", None: "–"}[self.held]
        return {
            "text/html": (
                f'<p class="srlib-claim" style="{STYLE}">'
                f'<span aria-hidden="true">{mark}</span> <strong>{self.verdict}:</strong> '
                f"{escape(self.text)} <em>{escape(self.explanation)}</em></p>"
            ),
            "text/plain": repr(self),
            CLAIM_TYPE: {"claim": self.text, "held": self.held, "measured": self.measured},
        }


def claim(text: str, holds: bool, *, measured: str, if_: bool = True) -> None:
    """Say whether a finding held in this run; the lesson goes on either way.

    For what no machine, seed or number of steps may change, write ``assert``.

    Parameters
    ----------
    text
        What the experiment is claimed to show: a sentence, with the margin in it.
    holds
        Whether it did here.
    measured
        What was measured, in words and with units, such as ``f"{gain:+.2f} dB"``.
    if_
        Whether the run is long enough to tell, such as ``steps >= 200``.

    Raises
    ------
    ValueError
        If `text` or `measured` is blank, or `holds` or `if_` is neither true nor false.
    ClaimError
        If the claim does not hold and the environment variable ``SRLIB_STRICT`` is 1.
    """
    for name, value in (("text", text), ("measured", measured)):
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name} must be words, not {value!r}")
    holds, if_ = (_truth(name, value) for name, value in (("holds", holds), ("if_", if_)))
    tried = Claim(text, holds if if_ else None, measured)
    display(tried)
    if tried.held is False and os.environ.get("SRLIB_STRICT") == "1":
        raise ClaimError(repr(tried))


def _truth(name, value):
    """A bool of Python's or NumPy's as Python's."""
    if getattr(value, "shape", ()) == () and bool(value) == value:
        return bool(value)
    raise ValueError(f"{name} must be true or false, not {value!r}")
