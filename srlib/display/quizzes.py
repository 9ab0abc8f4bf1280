"""A question at which a reader decides before reading on, with an explanation for each answer."""

import hashlib
from dataclasses import dataclass

from srlib.display import markup

__all__ = ["Quiz", "quiz"]


@dataclass(frozen=True)
class Quiz:
    """A question with its answers, as a notebook, a page and a screen reader show it.

    Parameters
    ----------
    question
        What is asked.
    answers
        Each answer in the order in which they are shown, whether it is right, and why.
    """

    question: str
    answers: tuple[tuple[str, bool, str], ...]

    def __repr__(self) -> str:
        lettered = zip(markup.LETTERS, self.answers, strict=False)
        return "\n".join([self.question, *(f"{letter}. {text}" for letter, (text, *_) in lettered)])

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        """The representations among which a Jupyter front end chooses; the plain one only asks."""
        name = f"srlib-quiz-{_drawn(self.question, '')[:12]}"
        return {
            "text/html": markup.quiz(self.question, self.answers, name),
            "text/plain": repr(self),
        }


def quiz(question: str, *, right: dict[str, str], wrong: dict[str, str]) -> Quiz:
    """Ask a question whose answers tell, once chosen, whether and why they are right.

    Each answer is a disclosure that opens by pointer or key: HTML without a script, which works in
    JupyterLab, on a page and on paper, and where a front end strips styles. The order of the
    answers is drawn by a hash of their texts, so that it is the same in every run and tells nothing
    of which is right. (The source of the page tells it, of course, to whoever looks there.)

    Parameters
    ----------
    question
        Plain text; what stands in `backticks` is shown as code, here and in the answers.
    right
        The right answer, and why it is right.
    wrong
        Each of the other answers, and why it is not, one to five of them.

    Returns
    -------
    Quiz
        What a cell shows if this is its last line.

    Raises
    ------
    ValueError
        If a text is blank, there is not exactly one right answer, there are not one to five wrong
        ones, or an answer is both right and wrong.
    TypeError
        If `right` or `wrong` maps no answers to explanations.
    """
    for name, answers in (("right", right), ("wrong", wrong)):
        if not isinstance(answers, dict):
            raise TypeError(
                f"{name} must be a dict of answers and their explanations, not {answers!r}"
            )
    if len(right) != 1:
        raise ValueError(f"right must hold exactly one answer, not {len(right)}: {list(right)}")
    most = len(markup.LETTERS) - 1
    if not 1 <= len(wrong) <= most:
        raise ValueError(f"wrong must hold one to {most} answers, not {len(wrong)}: {list(wrong)}")
    if both := right.keys() & wrong.keys():
        raise ValueError(f"{both.pop()!r} is both right and wrong")
    for text in (question, *right, *right.values(), *wrong, *wrong.values()):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"a question, an answer and an explanation are words, not {text!r}")
    answers = [(text, text in right, why) for text, why in (right | wrong).items()]
    return Quiz(question, tuple(sorted(answers, key=lambda answer: _drawn(question, answer[0]))))


def _drawn(question, answer):
    """A number, as text, that looks drawn by lot and is the same in every run."""
    return hashlib.sha256(f"{question}\n{answer}".encode()).hexdigest()
