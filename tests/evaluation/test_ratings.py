"""Ratings: closed forms, what must not matter, files that are none, readers who do not look."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import srlib
from srlib.evaluation import PHOTOGRAPH, SPOILT, agreement, binomial_power, catch_trials
from srlib.evaluation.ratings import Ratings

NEARLY_NONE = 1e-7  # imaginary answers


def answers(*rows, rater="a"):
    """Pairs from (left, right, answer), or with what a catch trial expects as well."""
    table = [
        {"rater": rater, "crop": f"c{i}", "left": row[0], "right": row[1], "answer": row[2]}
        | {"expected": row[3] if len(row) > 3 else None}
        for i, row in enumerate(rows)
    ]
    return pd.DataFrame(table, columns=["rater", "crop", "left", "right", "expected", "answer"])


def counted(wins, losses, ties, a="x", b="y"):
    told = [(a, b, "left")] * wins + [(a, b, "right")] * losses + [(a, b, "cannot tell")] * ties
    return answers(*told)


def scores(table):
    return table.set_index("method")["score"]


@pytest.mark.parametrize(("wins", "losses", "ties"), [(30, 10, 0), (12, 4, 9), (5, 5, 2)])
def test_two_methods_have_a_closed_form(wins, losses, ties):
    """As many parameters as kinds of answers: the model gives back their shares."""
    found = srlib.bradley_terry(counted(wins, losses, ties), prior=NEARLY_NONE, runs=5)
    by_method = scores(found)
    assert by_method["x"] - by_method["y"] == pytest.approx(np.log(wins / losses), abs=1e-4)
    assert found.attrs["ties"] == pytest.approx(ties / np.sqrt(wins * losses), abs=1e-4)
    assert by_method.sum() == pytest.approx(0, abs=1e-9)


def test_three_methods_whose_shares_fit_the_model_exactly():
    """Odds 2 : 1, 3 : 1 and 6 : 1 are of strengths 6, 3 and 1 without a remainder."""
    table = pd.concat(
        [counted(20, 10, 0, "x", "y"), counted(30, 10, 0, "y", "z"), counted(60, 10, 0, "x", "z")]
    )
    by_method = scores(srlib.bradley_terry(table, prior=NEARLY_NONE, runs=2))
    assert by_method["x"] - by_method["y"] == pytest.approx(np.log(2), abs=1e-4)
    assert by_method["y"] - by_method["z"] == pytest.approx(np.log(3), abs=1e-4)


def test_a_method_that_always_won_is_good_but_not_infinitely():
    found = srlib.bradley_terry(counted(10, 0, 0), runs=50)
    by_method = scores(found)
    assert 1 < by_method["x"] - by_method["y"] < 10
    assert list(found["method"]) == ["x", "y"]
    assert np.isfinite(found[["score", "low", "high"]]).all(axis=None)


told = st.lists(
    st.tuples(
        st.sampled_from(["xy", "yz", "zx", "xw", "wz"]),
        st.sampled_from(["left", "right", "cannot tell"]),
    ),
    min_size=3,
    max_size=25,
)
OTHER = {"left": "right", "right": "left", "cannot tell": "cannot tell"}


@settings(max_examples=15, deadline=None)
@given(told, st.randoms(use_true_random=False))
def test_sides_order_and_names_of_methods_do_not_matter(rows, random):
    plain = answers(*[(*pair, answer) for pair, answer in rows])
    turned = [
        (*pair[::-1], OTHER[answer]) if random.random() < 0.5 else (*pair, answer)
        for pair, answer in random.sample(rows, len(rows))
    ]
    expected = scores(srlib.bradley_terry(plain, runs=1))
    assert scores(srlib.bradley_terry(answers(*turned), runs=1)).to_dict() == pytest.approx(
        expected.to_dict(), abs=1e-6
    )
    other = dict(zip("wxyz", "badc", strict=True))
    renamed = plain.replace({"left": other, "right": other})
    assert scores(srlib.bradley_terry(renamed, runs=1)).to_dict() == pytest.approx(
        {other[name]: score for name, score in expected.items()}, abs=1e-6
    )


@settings(max_examples=10, deadline=None)
@given(told)
def test_no_small_change_is_likelier(rows):
    """What is found is a largest likelihood, that of the imaginary answers included."""
    found = srlib.bradley_terry(answers(*[(*pair, answer) for pair, answer in rows]), runs=1)
    by_method, ties = scores(found), found.attrs["ties"]

    def likelihood(scores, ties):
        def of(difference, answer):
            odds = {"left": difference / 2, "right": -difference / 2, "cannot tell": np.log(ties)}
            return odds[answer] - np.log(sum(map(np.exp, odds.values())))

        real = sum(of(scores[pair[0]] - scores[pair[1]], answer) for pair, answer in rows)
        imaginary = sum(of(score - average, a) / 3 for score in scores for a in OTHER)
        return real + imaginary

    # The scores are moved to a mean of 0; against the imaginary method they have one of their own.
    average = min(
        np.linspace(-2, 2, 4001), key=lambda a: abs(_slope(by_method.to_numpy() - a, ties))
    )
    best = likelihood(by_method, ties)
    for name, step in itertools.product(by_method.index, (0.1, -0.1)):
        assert likelihood(by_method + step * (by_method.index == name), ties) < best + 1e-6
    assert max(likelihood(by_method, ties * 1.1), likelihood(by_method, ties / 1.1)) < best + 1e-6


def _slope(differences, ties):
    """Of the likelihood of the imaginary answers, as all scores move together."""
    ahead = np.exp(differences / 2)
    return np.sum(0.5 - (ahead + ties / 2) / (ahead + 1 / ahead + ties))


def simulated(truth, readers, each, seed):
    """Readers who answer by the model itself, without ties."""
    rng = np.random.default_rng(seed)
    tables = []
    for reader in range(readers):
        rows = []
        for _ in range(each):
            a, b = rng.choice(list(truth), 2, replace=False)
            first = rng.random() < 1 / (1 + np.exp(truth[b] - truth[a]))
            rows.append((a, b, "left" if first else "right"))
        tables.append(answers(*rows, rater=f"r{reader}"))
    return pd.concat(tables, ignore_index=True)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    truth = {"a": 0.9, "b": 0.1, "c": -0.2, "d": -0.8}
    held = []
    for seed in range(20):
        found = srlib.bradley_terry(simulated(truth, 12, 15, seed), runs=200, seed=seed)
        assert found.attrs["over"] == "readers"
        right = found["method"].map(truth)
        held += list((found["low"] <= right) & (right <= found["high"]))
    assert 0.84 < np.mean(held) <= 1


def test_intervals_of_few_readers_are_over_answers_and_narrow_with_more():
    truth = {"a": 0.5, "b": 0.0, "c": -0.5}
    few, many = (srlib.bradley_terry(simulated(truth, 2, n, 0), runs=300) for n in (20, 320))
    assert few.attrs["over"] == "answers"
    wide, narrow = ((t["high"] - t["low"]).mean() for t in (few, many))
    assert narrow < wide / 2.5  # four times as narrow, nearly, by sixteen times as many


def test_catch_trials_do_not_count_and_tell_who_did_not_look():
    looked = [(PHOTOGRAPH, SPOILT, "left", "left"), ("x", "x", "cannot tell", "cannot tell")]
    asleep = [(SPOILT, PHOTOGRAPH, "left", "right"), ("x", "x", "left", "cannot tell")]
    table = pd.concat(
        [
            answers(("x", "y", "right"), ("x", "y", "cannot tell"), *looked, rater="a"),
            answers(("x", "y", "left"), ("x", "y", "left"), *asleep, rater="b"),
        ]
    )
    a, b = catch_trials(table).to_dict("records")
    assert (a["right"], a["trials"], a["left"], a["undecided"]) == (2, 2, 0, 0.5)
    assert (b["right"], b["trials"], b["left"], b["undecided"]) == (0, 2, 1, 0)
    assert (a["by_chance"], b["by_chance"]) == (pytest.approx(1 / 9), 1)
    found = srlib.bradley_terry(table, runs=1)
    assert set(found["method"]) == {"x", "y"} and list(found["answers"]) == [4, 4]
    with pytest.raises(ValueError, match="catch trials only"):
        srlib.bradley_terry(answers(*looked))


def test_a_mean_opinion_by_hand():
    """Two readers whose means are 3 and 4: 3.5, and Student's t of one degree is 12.706."""
    table = pd.DataFrame(
        [("a", "c", "x", 2), ("a", "d", "x", 4), ("b", "c", "x", 4), ("b", "c", "y", 5)],
        columns=["rater", "crop", "method", "score"],
    )
    y, x = srlib.mean_opinion(table).to_dict("records")
    assert (x["method"], x["mos"], x["scores"], x["raters"]) == ("x", 3.5, 3, 2)
    assert x["high"] - x["mos"] == pytest.approx(12.7062 * 0.5, abs=1e-3)
    assert y["mos"] == 5 and np.isnan(y["low"])
    alone = srlib.mean_opinion(table[table["rater"] == "a"])
    assert alone["high"][0] - 3 == pytest.approx(12.7062 * 1, abs=1e-3)
    with pytest.raises(ValueError, match="no score"):
        srlib.mean_opinion(table[:0])


def test_how_many_pairs_by_hand():
    """If all say the same, six are needed: 2 / 2⁶ is the first below 0.05."""
    assert srlib.pairs_needed(1.0) == 6
    assert binomial_power(5, 1.0) == 0
    # Of six, only 0 and 6 tell: 0.9⁶ + 0.1⁶.
    assert binomial_power(6, 0.9) == pytest.approx(0.9**6 + 0.1**6)


@pytest.mark.parametrize("share", [0.55, 0.6, 0.75, 0.9])
def test_so_many_pairs_suffice_and_one_less_does_not(share):
    needed = srlib.pairs_needed(share, power=0.9)
    assert needed == srlib.pairs_needed(1 - share, power=0.9)
    more = np.arange(needed, needed + 200)
    by_test = [
        sum(
            stats.binom.pmf(k, n, share)
            for k in range(n + 1)
            if stats.binomtest(k, n).pvalue <= 0.05
        )
        for n in (needed - 1, needed)
        if needed < 60
    ]
    assert (binomial_power(more, share) >= 0.9).all()
    assert binomial_power(needed - 1, share) < 0.9
    if by_test:
        assert by_test == pytest.approx(list(binomial_power(np.array([needed - 1, needed]), share)))


def test_a_test_sees_what_is_not_there_at_most_as_often_as_it_says():
    assert (binomial_power(np.arange(1, 300), 0.5) <= 0.05).all()
    with pytest.raises(ValueError, match="from a half"):
        srlib.pairs_needed(0.5)
    with pytest.raises(ValueError, match=r"share must be a probability from 0 to 1, not 1.2"):
        srlib.pairs_needed(1.2)


def test_agreement_of_measures_with_a_rating():
    truth = {"a": 2.0, "b": 1.0, "c": 0.0, "d": -1.0, "e": -2.0}
    table = simulated(truth, 6, 150, 1)
    measures = pd.DataFrame(
        {
            "same": truth,
            "turned": {k: -v for k, v in truth.items()},
            "other": dict(zip("abcde", (1, 4, 2, 5, 3), strict=True)),
        }
    ).rename_axis("method")
    measures.loc["never rated"] = 0.0
    found = agreement(measures, table, runs=100).set_index("measure")
    assert found.loc["same", "rho"] == pytest.approx(1)
    assert found.loc["turned", "rho"] == pytest.approx(-1)
    # By hand: 1 − 6 Σd² / (n (n² − 1)), of ranks 5 4 3 2 1 and 1 4 2 5 3.
    assert found.loc["other", "rho"] == pytest.approx(1 - 6 * (16 + 0 + 1 + 9 + 4) / 120)
    assert (found["low"] <= found["rho"]).all() and (found["methods"] == 5).all()
    with pytest.raises(ValueError, match="four methods or more"):
        agreement(measures.loc[["a", "b", "c"]], table)


@settings(max_examples=20, deadline=None)
@given(st.integers(7, 60), st.integers(2, 6), st.integers(1, 9), st.integers(0, 99))
def test_a_plan_is_balanced_and_hides_what_it_must(pairs, methods, crops, seed):
    plan = srlib.rating_plan(
        [f"c{i}" for i in range(crops)], [f"m{i}" for i in range(methods)], pairs=pairs, seed=seed
    )
    assert len(plan) == pairs
    caught = plan[plan["expected"].notna()]
    assert len(caught) == pairs * 3 // 20
    for row in caught.itertuples():
        if row.expected == "cannot tell":
            assert row.left == row.right
        else:
            assert getattr(row, row.expected) == PHOTOGRAPH
            assert {row.left, row.right} == {PHOTOGRAPH, SPOILT}
    rest = plan[plan["expected"].isna()]
    combos = rest.apply(lambda row: frozenset((row["left"], row["right"])), axis=1).value_counts()
    with_photograph = [PHOTOGRAPH in combo for combo in combos.index]
    assert combos[with_photograph].sum() == pairs // 5
    assert all(len(combo) == 2 for combo in combos.index)
    of_methods = combos[np.logical_not(with_photograph)]
    if len(of_methods) == methods * (methods - 1) // 2:
        assert np.ptp(of_methods) <= 1


def test_sides_and_order_are_drawn():
    plans = [srlib.rating_plan(["c", "d"], ["x", "y"], pairs=40, seed=s) for s in (0, 1, 0)]
    pd.testing.assert_frame_equal(plans[0], plans[2])
    assert not plans[0].equals(plans[1])
    rest = plans[0].query("left in ['x', 'y'] and right in ['x', 'y'] and left != right")
    assert 0.2 < (rest["left"] == "x").mean() < 0.8


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"crops": []}, "crops must be 1 or more"),
        ({"methods": ["x"]}, "methods must be 2 or more different names"),
        ({"methods": ["x", "x"]}, "different"),
        ({"methods": ["x", "HR"]}, "'HR' is added by the plan"),
        ({"pairs": 6}, "at least 7, not 6"),
    ],
)
def test_what_cannot_be_planned(changes, says):
    with pytest.raises(ValueError, match=says):
        srlib.rating_plan(**{"crops": ["c"], "methods": ["x", "y"]} | changes)


def ratings(rater="a"):
    table = answers(("x", "y", "left"), ("x", "x", "cannot tell", "cannot tell"), rater=rater)
    given = pd.DataFrame([(rater, "c", "x", 4)], columns=["rater", "crop", "method", "score"])
    return Ratings(table, given, frozenset({"a"} & {rater}))


def test_files_are_put_together(tmp_path):
    files = [tmp_path / f"{rater}.json" for rater in "ab"]
    for file in files:
        srlib.write_ratings(file, ratings(file.stem))
    found = srlib.read_ratings(files)
    assert found.simulated == {"a"}
    for which in ("pairs", "scores"):
        expected = pd.concat([getattr(ratings(rater), which) for rater in "ab"])
        pd.testing.assert_frame_equal(
            getattr(found, which).fillna("none"),
            expected.fillna("none").reset_index(drop=True),
            check_dtype=False,
        )
    with pytest.raises(ValueError, match="answers of one reader, not those of a, b"):
        srlib.write_ratings(tmp_path / "c.json", found)
    with pytest.raises(ValueError, match="twice: leave one"):
        srlib.read_ratings([files[0], files[0]])
    with pytest.raises(ValueError, match="no file of ratings: name one"):
        srlib.read_ratings([])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.update(format="other"), "is no file of ratings"),
        (lambda c: c.update(version=9), "has version 9, and this srlib reads 1"),
        (lambda c: c.update(rater=""), "rater must be a text"),
        (lambda c: c.update(simulated="no"), "simulated must be true or false"),
        (lambda c: c.update(pairs={}), "pairs must be a list"),
        (lambda c: c["pairs"][0].pop("left"), "number 1 of pairs lacks left"),
        (lambda c: c["pairs"].append(3), "number 3 of pairs lacks everything"),
        (lambda c: c["pairs"][0].update(answer="up"), "answer must be one of .* not 'up'"),
        (lambda c: c["pairs"][0].update(answer=["up"]), "answer must be one of"),
        (lambda c: c["pairs"][0].update(expected="up"), "expected must be one of"),
        (lambda c: c["pairs"][1].update(expected=None), "on both sides"),
        (lambda c: c["scores"][0].update(score=6), "from 1 to 5, not 6"),
        (lambda c: c["scores"][0].update(score=[6]), "from 1 to 5"),
        (lambda c: c["scores"][0].update(method=7), "method must be a text, not 7"),
    ],
)
def test_a_file_that_is_none_is_refused_by_what_is_wrong(tmp_path, change, says):
    file = tmp_path / "a.json"
    srlib.write_ratings(file, ratings())
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=says) as caught:
        srlib.read_ratings([file])
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"null"])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    file = tmp_path / "a.json"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.json is no (JSON )?file"):
        srlib.read_ratings([file])


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    methods = ("x", "y", PHOTOGRAPH, SPOILT)
    return {
        crop: {method: rng.integers(0, 256, (24, 32, 3), np.uint8) for method in methods}
        for crop in "cd"
    }


def test_in_jupyterlab_a_rating_is_answered_by_buttons(pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    file = tmp_path / "mine.json"
    box = srlib.rate(pictures, file, pairs=8, scored=3, seed=5)
    said, shown, buttons = box.children
    plan = srlib.rating_plan(list(pictures), ["x", "y"], pairs=8, seed=5)
    for i in range(8):
        assert said.value.startswith(f"{i + 1} of 11. ")
        # Nothing of what is shown says by whom it is.
        assert shown.value.count("<img") == 2
        assert not any(f'"{word}"' in shown.value for word in ("x", "y", PHOTOGRAPH, SPOILT))
        assert [b.description for b in buttons.children] == ["left", "right", "cannot tell"]
        buttons.children[i % 3].click()
        assert len(srlib.read_ratings([file]).pairs) == i + 1  # on the disk already
    for _ in range(3):
        buttons.children[3].click()
    assert said.value.startswith("Done")
    found = srlib.read_ratings([file])
    expected = [("left", "right", "cannot tell")[i % 3] for i in range(8)]
    assert list(found.pairs["answer"]) == expected
    pd.testing.assert_frame_equal(found.pairs[list(plan)], plan)
    assert list(found.scores["score"]) == [4, 4, 4]
    assert not set(found.scores["method"]) & {SPOILT}
    with pytest.raises(FileExistsError, match="holds answers already"):
        srlib.rate(pictures, file)


def test_on_a_page_the_first_pair_is_shown(pictures, tmp_path, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    picture = srlib.rate(pictures, tmp_path / "mine.json", pairs=8)
    assert picture.html.count("<img") == 2
    assert not list(tmp_path.iterdir())


def test_pictures_that_would_tell_are_refused(pictures, tmp_path):
    file = tmp_path / "mine.json"
    pictures["d"]["y"] = pictures["d"]["y"][:-1]
    with pytest.raises(ValueError, match="a size would tell them apart"):
        srlib.rate(pictures, file)
    del pictures["d"]["y"]
    with pytest.raises(ValueError, match="each needs the same methods, HR and nearest among them"):
        srlib.rate(pictures, file)
