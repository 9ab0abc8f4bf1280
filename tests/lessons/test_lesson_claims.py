"""What the lessons claim, held against the table that `make claims` writes."""

import ast
import csv

import nbformat
import papermill
import pytest
from smoke_book import LESSONS, ROOT

VARIANTS = {"seed-0", "seed-1", "seed-2", "avx2", "float32", "one-thread"}


def claims_in(lesson):
    """The texts of the claims of a lesson, as they stand in its code."""
    for cell in nbformat.read(lesson, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "srlib.claim":
                    assert isinstance(node.args[0], ast.Constant), "a claim is a literal text"
                    yield node.args[0].value


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_claims_something_and_nothing_twice(lesson):
    texts = list(claims_in(lesson))
    assert texts
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_wherever_a_claim_was_tried_it_held(lesson):
    """A run of a variant counts for all claims of the lesson as it stands, or for none."""
    with (ROOT / "book" / "claims.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["lesson"] == lesson.stem]
    texts = set(claims_in(lesson))
    for variant in {row["variant"] for row in rows}:
        assert variant in VARIANTS
        assert {row["claim"] for row in rows if row["variant"] == variant} == texts
    # Some need photographs that nobody has to have.
    assert {row["held"] for row in rows} <= {"held", "not tried"}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_has_a_seed(lesson):
    assert "seed" in papermill.inspect_notebook(str(lesson))
