"""Paired confidence intervals: by hand, against scipy, and what they must not depend on."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from srlib.evaluation import paired_difference
from srlib.evaluation.metrics import Protocol


def table(psnrs, method="a", photo_set="five", protocol=None):
    """What `evaluate` gives, with these PSNRs."""
    rows = pd.DataFrame(
        {
            "method": method,
            "set": photo_set,
            "scale": 2,
            "image": [f"photo {i}" for i in range(len(psnrs))],
            "psnr": psnrs,
            "ssim": np.asarray(psnrs) / 100,
        }
    )
    rows.attrs["protocol"] = protocol or Protocol()
    return rows


def test_an_interval_by_hand():
    """Differences 1, 2, 3: mean 2, deviation 1, and Student's t of two degrees is 4.303."""
    result = paired_difference(table([31, 25, 43]), table([30, 23, 40]))
    (row,) = result.to_dict("records")
    assert (row["set"], row["scale"], row["n"], row["mean"]) == ("five", 2, 3, 2)
    assert row["low"] == pytest.approx(2 - 4.302653 / 3**0.5, abs=1e-6)
    assert row["high"] == pytest.approx(2 + 4.302653 / 3**0.5, abs=1e-6)
    assert result.attrs["protocol"] == Protocol()


def test_every_set_has_its_own_row_in_the_order_of_the_table():
    a, b = (
        pd.concat([table(rows, photo_set=name) for name, rows in sets])
        for sets in (
            (("z", [30, 31]), ("y", [30, 32, 34])),
            (("z", [29, 30]), ("y", [30, 31, 32])),
        )
    )
    result = paired_difference(a, b)
    assert list(result["set"]) == ["z", "y"]
    assert list(result["n"]) == [2, 3]
    assert list(result["mean"]) == [1, 1]
    assert result["high"][0] == result["low"][0] == 1  # the same gain on both images
    assert result["high"][1] > 1 > result["low"][1]


def test_ssim_instead_of_psnr():
    (mean,) = paired_difference(table([31, 25]), table([30, 22]), "ssim")["mean"]
    assert mean == pytest.approx(0.02)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.floats(10, 60), st.floats(10, 60)), min_size=2, max_size=30),
    st.randoms(),
)
def test_as_scipy_in_any_order_of_the_images(psnrs, random):
    a, b = (table(column) for column in zip(*psnrs, strict=True))
    shuffled = b.iloc[random.sample(range(len(b)), len(b))]
    (row,) = paired_difference(a, shuffled).to_dict("records")
    assert row["low"] <= row["mean"] <= row["high"]
    differences = a["psnr"] - b["psnr"]
    assume(differences.std() > 1e-3)  # scipy warns of data that are nearly equal
    peer = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx(tuple(peer), rel=1e-6, abs=1e-6)


@settings(max_examples=30)
@given(st.lists(st.floats(10, 60), min_size=3, max_size=10))
def test_how_hard_the_images_are_does_not_matter(hardness):
    """The same gains on easy and on hard images give the same interval."""
    gains = np.linspace(0.1, 0.5, len(hardness))
    rows = [
        paired_difference(table(base + gains), table(base)).iloc[0]
        for base in (np.array(hardness), np.full(len(hardness), 30.0))
    ]
    for column in ("mean", "low", "high"):
        assert rows[0][column] == pytest.approx(rows[1][column], abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (table([30, 31]), table([30, 31], protocol=Protocol(color="rgb")), "different protocols"),
        (table([30, 31]), table([30, 31, 32]), "'photo 2' is in one of the tables only"),
        (table([30, 31]), table([30, 31], photo_set="other"), "is in one of the tables only"),
        (pd.concat([table([30, 31])] * 2), table([30, 31]), "'photo 0' has several rows"),
        (table([30]), table([31]), "a single image"),
        (table([30, np.inf]), table([31, np.inf]), "'photo 1' has psnr inf and inf"),
        (table([30, np.nan]), table([31, 32]), "'photo 1' has psnr nan and 32"),
    ],
)
def test_what_cannot_be_compared_is_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        paired_difference(a, b)
