"""What became of lessons and their claims: the records beside them, and the table in git."""

import csv
import json
from collections import defaultdict
from pathlib import Path

from variants import VARIANTS

from srlib.images import atomic_path

__all__ = ["CLAIMS", "TIMES", "in_words", "read_records", "read_rows", "tried", "write_rows"]

ROOT = Path(__file__).resolve().parents[1]

# Written by `make claims`: what each claim came to in each variant, and how long a lesson took.
CLAIMS = ROOT / "book" / "claims.csv"
TIMES = ROOT / "book" / "times.csv"


def read_records(out: Path) -> dict[str, dict]:
    """The records of the notebooks executed in a folder, by lesson; see `tools/lesson.py`."""
    return {
        file.stem: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(out.glob("*/*.json"))
        if (ROOT / file.parent.name / file.name).with_suffix(".ipynb").exists()
    }


def read_rows(file: Path) -> list[dict[str, str]]:
    """The rows of `CLAIMS` or `TIMES`; none where there is no file yet."""
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write_rows(file: Path, rows: list[dict]) -> None:
    """Write rows in the order of lessons, and of `VARIANTS` within each."""
    order = list(VARIANTS)
    rows = sorted(rows, key=lambda row: (row["lesson"], order.index(row["variant"])))
    with atomic_path(file) as partial, partial.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def in_words(held: bool | None) -> str:
    """What became of a claim as `CLAIMS` and the status page write it."""
    return {True: "held", False: "did not hold", None: "not tried"}[held]


def tried() -> dict[tuple[str, str], dict[str, int]]:
    """How often each (lesson, claim) of `CLAIMS` came to which of the words of `in_words`."""
    counts = defaultdict(lambda: defaultdict(int))
    for row in read_rows(CLAIMS):
        counts[row["lesson"], row["claim"]][row["held"]] += 1
    return counts
