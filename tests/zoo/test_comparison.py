"""The comparison table: a row a method, and every figure from where it is said to be."""

import importlib
import json

import numpy as np
import pandas as pd
import pytest

import srlib
from srlib.photos import data_root
from srlib.zoo import comparison
from srlib.zoo.comparison import SETS


@pytest.fixture(scope="module")
def table():
    return comparison(2, ["srcnn"])


def test_a_row_a_method_bicubic_first(table):
    assert table["network"].tolist() == ["bicubic", "srcnn"]


def test_figures_that_can_be_counted_by_hand(table):
    srcnn = table.set_index("network").loc["srcnn"]
    assert srcnn["depth"] == 3
    assert srcnn["filters"] == "64–32–3"
    assert srcnn["parameters"] == 20_099
    # 9²·3·64 + 64·32 + 5²·32·3 = 20,000 weights, each used once for an SR pixel.
    assert srcnn["gmacs_per_megapixel"] == pytest.approx(20.0)


def test_scores_and_training_are_those_of_the_card(table):
    card = srlib.card("srcnn", 2)
    srcnn = table.set_index("network").loc["srcnn"]
    for score in card["scores"]:
        assert srcnn[f"psnr_{score['set']}"] == score["psnr"]
        assert srcnn[f"ssim_{score['set']}"] == score["ssim"]
    assert srcnn["training_hours"] * 3600 == pytest.approx(card["training_seconds"])
    assert srcnn["hardware"] == card["hardware"]


def test_every_method_is_timed(table):
    assert (table["seconds_per_megapixel"] > 0).all()
    untimed = comparison(2, ["srcnn"], timed=False)
    assert untimed["seconds_per_megapixel"].isna().all()
    same = table.columns.drop("seconds_per_megapixel")
    pd.testing.assert_frame_equal(table[same], untimed[same])


def test_others_figures_stand_beside_ours(table):
    rows = table.set_index("network")
    assert rows.loc["srcnn", "psnr_paper"] == 36.66
    assert rows.loc["bicubic", "psnr_paper"] == 33.66
    assert rows.loc["srcnn", ["psnr_reported", "ssim_reported", "hours_reported"]].tolist() == [
        36.113,
        0.9389,
        6,
    ]
    assert np.isnan(rows.loc["bicubic", "hours_reported"])


def test_what_is_not_known_is_missing(table):
    bicubic = table.set_index("network").loc["bicubic"]
    assert bicubic[["training_hours", "gmacs_per_megapixel", "hardware"]].isna().all()
    other_scale = comparison(3, ["srcnn"], timed=False)
    assert other_scale["psnr_reported"].isna().all()


def test_numbers_are_numbers_and_survive_json(table):
    texts = {"network", "filters", "hardware"}
    assert set(table.columns[[pd.api.types.is_numeric_dtype(t) for t in table.dtypes]]) == (
        set(table.columns) - texts
    )
    rows = json.loads(table.to_json(orient="records"))
    assert rows[0]["training_hours"] is None and rows[1]["depth"] == 3


def test_all_shipped_networks_of_a_scale_by_size():
    table = comparison(2, timed=False)
    shipped = {name for name, scale in srlib.available() if scale == 2}
    assert set(table["network"]) == {"bicubic"} | shipped
    assert table["parameters"].is_monotonic_increasing


@pytest.mark.benchmarks
@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("photo_set", ["Set5", "course-test"])
def test_the_scores_of_bicubic_are_what_it_scores(photo_set, scale):
    if photo_set != "course-test" and not (data_root() / photo_set).is_dir():
        pytest.skip(f"{photo_set} is not in {data_root()}")
    now = srlib.summary(srlib.evaluate("bicubic", photo_set, scale)).iloc[0]
    bicubic = comparison(scale, ["srcnn"], timed=False).iloc[0]
    assert bicubic[f"psnr_{photo_set}"] == pytest.approx(now["psnr"], abs=0.001)
    assert bicubic[f"ssim_{photo_set}"] == pytest.approx(now["ssim"], abs=0.0001)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_scores_of_bicubic_are_the_literatures(scale):
    bicubic = comparison(scale, ["srcnn"], timed=False).iloc[0]
    for row in srlib.published().query("method == 'bicubic' and scale == @scale").itertuples():
        if row.set in SETS:
            assert bicubic[f"psnr_{row.set}"] == pytest.approx(row.psnr, abs=0.02)
            assert bicubic[f"ssim_{row.set}"] == pytest.approx(row.ssim, abs=0.0012)


def test_no_such_network_and_no_such_scale():
    with pytest.raises(ValueError, match=r"'srgan' ×2; there are: .*srcnn ×2"):
        comparison(2, ["srgan"])
    with pytest.raises(ValueError, match=r"no trained networks ×7; there are: .*srcnn ×2"):
        comparison(7)


def test_the_listing_measures_time_when_asked(monkeypatch):
    module = importlib.import_module("srlib.zoo.listing")
    monkeypatch.setattr(module, "available", lambda: [("srcnn", 2), ("srcnn", 4)])
    assert "seconds" not in srlib.zoo.listing()
    table = srlib.zoo.listing(timed=True)
    assert table["seconds"].gt(0).all() and len(table) == 2
    assert list(table)[-1] == "good_for"
