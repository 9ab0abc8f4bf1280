"""Files of answers, one a reader, and many of them as tables."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from srlib.images import write_json

__all__ = ["ANSWERS", "Ratings", "read_ratings", "write_ratings"]

FORMAT, VERSION = "srlib-ratings", 1
ANSWERS = ("left", "right", "cannot tell")
PAIR = ("crop", "left", "right", "expected", "answer")
SCORE = ("crop", "method", "score")


class Ratings(NamedTuple):
    """The answers of one reader or of many.

    Parameters
    ----------
    pairs
        A row an answer: rater, crop, left and right (the methods, as shown), expected (of a catch
        trial, what whoever looks will say; None of others) and answer, one of `ANSWERS`.
    scores
        A row a picture: rater, crop, method, score from 1 (bad) to 5 (excellent).
    simulated
        The raters who are no people.
    """

    pairs: pd.DataFrame
    scores: pd.DataFrame
    simulated: frozenset[str] = frozenset()


def read_ratings(files: Iterable[Path | str]) -> Ratings:
    """Put the files of several readers together.

    A file is JSON, and what the rating page and `write_ratings` make::

        {"format": "srlib-ratings", "version": 1, "rater": "3f9a01c2", "simulated": false,
         "pairs": [{"crop": "cat", "left": "edsr", "right": "HR", "expected": null,
                    "answer": "right"}],
         "scores": [{"crop": "cat", "method": "edsr", "score": 3}]}

    Raises
    ------
    ValueError
        If there is no file, one is no such file, or two are of one reader. The message names the
        file, and what is wrong with it.
    OSError
        If a file cannot be read.
    """
    pairs, scores, simulated, seen = [], [], set(), {}
    for path in files:
        content = _content(path)
        rater = content["rater"]
        if rater in seen:
            raise ValueError(
                f"{path} and {seen[rater]} are both of rater {rater!r}, whose answers would count "
                "twice: leave one of them out"
            )
        seen[rater] = path
        pairs += [{"rater": rater} | {key: row[key] for key in PAIR} for row in content["pairs"]]
        scores += [{"rater": rater} | {key: row[key] for key in SCORE} for row in content["scores"]]
        simulated |= {rater} if content["simulated"] else set()
    if not seen:
        raise ValueError("there is no file of ratings: name one or more")
    return Ratings(
        pd.DataFrame(pairs, columns=["rater", *PAIR], dtype=object),
        pd.DataFrame(scores, columns=["rater", *SCORE]).astype({"score": int}),
        frozenset(simulated),
    )


def write_ratings(path: Path | str, ratings: Ratings) -> None:
    """Write the answers of one reader as a file, atomically.

    Raises
    ------
    ValueError
        If the answers are of several readers or of none, or one of them is none that there is.
    """
    raters = {*ratings.pairs["rater"], *ratings.scores["rater"]}
    if len(raters) != 1:
        names = ", ".join(sorted(raters)) or "nobody"
        raise ValueError(f"a file holds the answers of one reader, not those of {names}")
    (rater,) = raters
    table = ratings.pairs.astype(object).where(ratings.pairs.notna(), None)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "rater": rater,
        "simulated": rater in ratings.simulated,
        "pairs": table[list(PAIR)].to_dict("records"),
        "scores": ratings.scores[list(SCORE)].to_dict("records"),
    }
    _check(content, path)
    write_json(path, content)


def _content(path):
    try:
        content = json.loads(Path(path).read_bytes())
    except ValueError as error:  # of its letters as well as of its brackets
        raise ValueError(f"{path} is no JSON file: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(
            f'{path} is no file of ratings, which says "format": "{FORMAT}"; export one on the '
            "rating page"
        )
    if content.get("version") != VERSION:
        raise ValueError(
            f"{path} has version {content.get('version')!r}, and this srlib reads {VERSION}: "
            "update srlib, or export the answers anew"
        )
    _check(content, path)
    return content


def _check(content, path):
    """Raise a ValueError that says what of a file is not as it must be."""
    if not isinstance(content.get("rater"), str) or not content["rater"]:
        raise ValueError(f"{path}: rater must be a text, not {content.get('rater')!r}")
    if not isinstance(content.get("simulated"), bool):
        raise ValueError(f"{path}: simulated must be true or false")
    for name, keys in (("pairs", PAIR), ("scores", SCORE)):
        rows = content.get(name)
        if not isinstance(rows, list):
            raise ValueError(f"{path}: {name} must be a list, not {rows!r}")
        for number, row in enumerate(rows, 1):
            at = f"{path}: number {number} of {name}"
            if not isinstance(row, dict) or (missing := [key for key in keys if key not in row]):
                lacks = ", ".join(missing) if isinstance(row, dict) else "everything"
                raise ValueError(f"{at} lacks {lacks}")
            _check_row(row, at)


def _check_row(row, at):
    for key in {"crop", "left", "right", "method"} & row.keys():
        if not isinstance(row[key], str) or not row[key]:
            raise ValueError(f"{at}: {key} must be a text, not {row[key]!r}")
    if "score" in row and (isinstance(row["score"], bool) or row["score"] not in range(1, 6)):
        raise ValueError(f"{at}: score must be a whole number from 1 to 5, not {row['score']!r}")
    if "answer" in row:
        for key, allowed in (("answer", ANSWERS), ("expected", (*ANSWERS, None))):
            if row[key] not in allowed:
                raise ValueError(f"{at}: {key} must be one of {allowed}, not {row[key]!r}")
        if row["left"] == row["right"] and row["expected"] is None:
            raise ValueError(
                f"{at}: {row['left']!r} is on both sides, which only a catch trial has"
            )
