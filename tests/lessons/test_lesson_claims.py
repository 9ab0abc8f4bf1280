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
def test_every_claim_was_tried_in_every_variant_and_held(lesson):
    with (ROOT / "book" / "claims.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["lesson"] == lesson.stem]
    texts = set(claims_in(lesson))
    tried = {(row["claim"], row["variant"]): row["held"] for row in rows}
    assert tried == {(text, variant): "held" for text in texts for variant in VARIANTS}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_has_a_seed(lesson):
    assert "seed" in papermill.inspect_notebook(str(lesson))
