"""Learning rates: the plateau rule and the range test."""

import math

import keras
import numpy as np
import pytest
from skimage import data

import srlib
from srlib.training import plateau


def validations(*psnr):
    return [{"psnr": value, "loss": 1.0} for value in psnr]


@pytest.mark.parametrize(
    ("psnr", "rate"),
    [
        ([30], 8),
        ([30, 31, 32, 33], 8),
        ([30, 29, 29], 8),
        ([30, 29, 29, 30], 4),  # equal is not better
        ([30, 29, 29, 31, 30, 30], 8),
        ([30, 29, 29, 29, 29, 29, 29], 2),
    ],
)
def test_three_validations_without_a_new_best_halve_the_rate(psnr, rate):
    assert plateau(8, validations(*psnr)) == rate


def test_without_validation_the_loss_decides():
    history = [{"psnr": math.nan, "loss": loss} for loss in (3, 4, 4, 4)]
    assert plateau(8, history) == 4
    assert plateau(8, [*history[:3], {"psnr": math.nan, "loss": 2}]) == 8


@pytest.fixture(scope="module")
def pairs():
    return [srlib.make_pair(data.astronaut()[:96, 100:196], 2)]


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    return srlib.build("srcnn", 2)


RECIPE = srlib.Recipe(steps=40, batch_size=2, patch_size=8, optimizer="sgd")


def test_the_rate_grows_evenly_until_the_loss_bursts(model, pairs):
    before = model.get_weights()
    table = srlib.range_test(model, pairs, RECIPE, lowest=1e-3, highest=1e6)
    ratios = table.learning_rate.to_numpy()[1:] / table.learning_rate.to_numpy()[:-1]
    np.testing.assert_allclose(ratios, (1e6 / 1e-3) ** (1 / 39), rtol=1e-6)
    assert table.learning_rate[0] == pytest.approx(1e-3)
    # Plain gradient descent bursts long before a rate of a million, and the test ends there.
    assert len(table) < 40
    means = table.loss.ewm(span=20).mean()
    assert not means.iloc[-1] <= 4 * means.iloc[:-1].min()
    for old, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)


def test_losses_are_those_of_single_batches(model, pairs):
    """At rates that change nothing, the loss of a step is the network's on that batch."""
    table = srlib.range_test(model, pairs, RECIPE, lowest=1e-12, highest=1e-11)
    assert len(table) == 40
    patches = srlib.Patches(pairs, patch_size=8, batch_size=2)
    for step in (0, 7, 39):
        lr, hr = patches.batch(step)
        assert table.loss[step] == pytest.approx(np.mean((model(lr) - hr) ** 2), rel=1e-3)


@pytest.mark.parametrize(("lowest", "highest"), [(0, 1), (1, 1), (2, 1)])
def test_rates_that_do_not_grow(model, pairs, lowest, highest):
    with pytest.raises(ValueError, match=f"0 < lowest < highest, not {lowest} and {highest}"):
        srlib.range_test(model, pairs, RECIPE, lowest=lowest, highest=highest)
