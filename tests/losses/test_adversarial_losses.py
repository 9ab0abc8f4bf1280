"""Objectives of both players: the papers' formulas by hand, and where their gradients point."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from srlib.losses import (
    OBJECTIVES,
    gradient_penalty,
    gradients,
    objective,
    zero_centred_penalty,
)
from srlib.networks.models import srgan_discriminator

REAL = np.array([[1.0], [-0.5], [0.25]], np.float32)
FAKE = np.array([[-0.75], [0.5], [0.0]], np.float32)

every_objective = pytest.mark.parametrize("name", OBJECTIVES)
logits = st.lists(st.floats(-30, 30, width=32), min_size=3, max_size=3).map(
    lambda values: np.array(values, np.float32)[:, None]
)


def sigma(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def log_loss(real, fake, real_label=1.0):
    """−y log D(x) − (1 − y) log(1 − D(x)) of photographs, and −log(1 − D(x)) of the others."""
    of_real = real_label * np.log(real) + (1 - real_label) * np.log(1 - real)
    return -of_real.mean() - np.log(1 - fake).mean()


def both(name, real, fake, **options):
    game = objective(name, **options)
    return float(game.discriminator_loss(real, fake)), float(game.generator_loss(real, fake))


def slopes_of(loss, real, fake):
    real, fake = tf.constant(real), tf.constant(fake)
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        value = loss(real, fake)
    return [
        np.zeros(x.shape) if slope is None else slope.numpy()
        for slope, x in zip(tape.gradient(value, [real, fake]), (real, fake), strict=True)
    ]


def by_hand():
    """Both losses of each objective, from the formulas as the papers write them."""
    real, fake = REAL.astype(np.float64), FAKE.astype(np.float64)
    d_real, d_fake = sigma(real), sigma(fake)
    r_real, r_fake = sigma(real - fake.mean()), sigma(fake - real.mean())
    return {
        "minimax": (log_loss(d_real, d_fake), np.log(1 - d_fake).mean()),
        "non-saturating": (log_loss(d_real, d_fake), -np.log(d_fake).mean()),
        "least squares": (
            0.5 * ((real - 1) ** 2).mean() + 0.5 * (fake**2).mean(),
            0.5 * ((fake - 1) ** 2).mean(),
        ),
        "wasserstein": (-real.mean() + fake.mean(), -fake.mean()),
        # max(0, 1 − x) of 1, −0.5 and 0.25, and max(0, 1 + x) of −0.75, 0.5 and 0.
        "hinge": ((0 + 1.5 + 0.75) / 3 + (0.25 + 1.5 + 1) / 3, 0.25 / 3),
        "relativistic average": (log_loss(r_real, r_fake), log_loss(r_fake, r_real)),
    }


@every_objective
def test_both_losses_by_hand(name):
    assert both(name, REAL, FAKE) == pytest.approx(by_hand()[name], rel=1e-5)


@every_objective
def test_an_undecided_discriminator(name):
    """Of logits that are all 0."""
    ln2 = np.log(2)
    expected = {
        "minimax": (2 * ln2, -ln2),
        "non-saturating": (2 * ln2, ln2),
        "least squares": (0.5, 0.5),
        "wasserstein": (0, 0),
        "hinge": (2, 0),
        "relativistic average": (2 * ln2, 2 * ln2),
    }
    assert both(name, 0 * REAL, 0 * FAKE) == pytest.approx(expected[name], rel=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("minimax", log_loss(sigma(REAL), sigma(FAKE), 0.9)),
        ("non-saturating", log_loss(sigma(REAL), sigma(FAKE), 0.9)),
        ("least squares", 0.5 * ((REAL - 0.9) ** 2).mean() + 0.5 * (FAKE**2).mean()),
        (
            "relativistic average",
            log_loss(sigma(REAL - FAKE.mean()), sigma(FAKE - REAL.mean()), 0.9),
        ),
    ],
)
def test_smoothing_is_of_the_photographs_and_of_the_discriminator_only(name, expected):
    smooth = both(name, REAL, FAKE, label_smoothing=0.1)
    assert smooth[0] == pytest.approx(expected, rel=1e-5)
    assert smooth[1] == both(name, REAL, FAKE)[1]


@every_objective
def test_the_players_pull_in_opposite_directions(name):
    """The discriminator lifts every photograph and lowers every fake; the generator lifts fakes."""
    game = objective(name)
    # Between 0 and 1, where the hinge is not flat and least squares are not yet at their aim.
    real, fake = np.abs(REAL) - 0.1, np.abs(FAKE) + 0.1
    real_slope, fake_slope = slopes_of(game.discriminator_loss, real, fake)
    assert (real_slope < 0).all()
    assert (fake_slope > 0).all()
    real_slope, fake_slope = slopes_of(game.generator_loss, real, fake)
    assert (fake_slope < 0).all()
    assert (real_slope > 0).all() if name == "relativistic average" else (real_slope == 0).all()


def test_least_squares_pull_fakes_to_0_and_photographs_to_1():
    loss = objective("least squares").discriminator_loss
    real_slope, fake_slope = slopes_of(loss, REAL, FAKE)
    np.testing.assert_allclose(real_slope, (REAL - 1) / 3, rtol=1e-6)
    np.testing.assert_allclose(fake_slope, FAKE / 3, rtol=1e-6)


@every_objective
@pytest.mark.parametrize("player", ["discriminator_loss", "generator_loss"])
def test_gradients_are_those_of_finite_differences(name, player):
    loss = getattr(objective(name), player)
    real, fake = REAL - 0.01, FAKE
    for which, slope in enumerate(slopes_of(loss, real, fake)):
        for i in range(3):
            values = []
            for change in (-0.01, 0.01):
                moved = [real.copy(), fake.copy()]
                moved[which][i] += change
                values.append(float(loss(*moved)))
            assert (values[1] - values[0]) / 0.02 == pytest.approx(slope[i, 0], abs=2e-3)


def test_only_minimax_stops_teaching_the_generator_when_the_discriminator_is_sure():
    sure = np.full((2, 1), -20, np.float32)
    for name in OBJECTIVES:
        _, slope = slopes_of(objective(name).generator_loss, -sure, sure)
        assert (np.abs(slope) < 1e-6).all() == (name == "minimax"), name


def test_a_smoothed_discriminator_is_content_below_certainty():
    """Where it says 0.9 of a photograph, there is nothing left to gain."""
    loss = objective("minimax", label_smoothing=0.1).discriminator_loss
    content = np.full((2, 1), np.log(9), np.float32)
    assert np.abs(slopes_of(loss, content, FAKE)[0]).max() < 1e-6
    assert (slopes_of(loss, content + 1, FAKE)[0] > 0).all()


@given(logits, logits, st.floats(-5, 5, width=32))
def test_only_differences_count(real, fake, shift):
    moved = real + shift, fake + shift
    discriminator = [both("wasserstein", *batches)[0] for batches in ((real, fake), moved)]
    assert discriminator[0] == pytest.approx(discriminator[1], abs=1e-3)
    players = [both("relativistic average", *batches) for batches in ((real, fake), moved)]
    assert players[0] == pytest.approx(players[1], abs=1e-3)


@given(logits, logits)
def test_what_one_player_gains_the_other_loses(real, fake):
    discriminator, generator = both("wasserstein", real, fake)
    assert discriminator + generator == pytest.approx(-real.mean(), abs=1e-3)
    discriminator, generator = both("minimax", real, fake)
    alone = np.logaddexp(0, -real.astype(np.float64)).mean()
    assert discriminator + generator == pytest.approx(alone, abs=1e-3)


@given(logits, logits)
def test_the_relativistic_generator_is_the_discriminator_with_the_batches_exchanged(real, fake):
    assert both("relativistic average", real, fake) == pytest.approx(
        both("relativistic average", fake, real)[::-1], rel=1e-5, abs=1e-6
    )


@every_objective
@given(logits, logits, st.permutations(range(3)))
def test_the_order_of_a_batch_does_not_matter(name, real, fake, order):
    assert both(name, real[order], fake) == pytest.approx(both(name, real, fake), abs=1e-3)


@every_objective
def test_extreme_logits_stay_finite(name):
    large = np.full((2, 1), 1e4, np.float32)
    game = objective(name)
    for real, fake in ((large, -large), (-large, large)):
        for loss in (game.discriminator_loss, game.generator_loss):
            assert np.isfinite(float(loss(real, fake)))
            assert all(np.isfinite(slope).all() for slope in slopes_of(loss, real, fake))


@every_objective
def test_losses_are_float32(name):
    for loss in (objective(name).discriminator_loss, objective(name).generator_loss):
        value = loss(ops.cast(REAL, "bfloat16"), ops.cast(FAKE, "bfloat16"))
        assert keras.backend.standardize_dtype(value.dtype) == "float32"


def test_what_the_discriminator_says():
    for name in ("minimax", "non-saturating"):
        for said, expected in zip(objective(name).output(REAL, FAKE), (REAL, FAKE), strict=True):
            np.testing.assert_allclose(said, sigma(expected), rtol=1e-5)
    for name in ("least squares", "wasserstein", "hinge"):
        np.testing.assert_array_equal(objective(name).output(REAL, FAKE), (REAL, FAKE))
    real, fake = objective("relativistic average").output(REAL, FAKE)
    np.testing.assert_allclose(real, sigma(REAL - FAKE.mean()), rtol=1e-5)
    np.testing.assert_allclose(fake, sigma(FAKE - REAL.mean()), rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "smoothing", "message"),
    [
        ("gan", 0, "unknown objective 'gan'; choose one of minimax, non-saturating, least"),
        ("minimax", 0.5, "label_smoothing must be from 0 to below 0.5, not 0.5"),
        ("minimax", -0.1, "label_smoothing must be from 0 to below 0.5, not -0.1"),
        ("wasserstein", 0.1, "wasserstein has no labels .* not 0.1; choose one of minimax"),
        ("hinge", 0.1, "hinge has no labels to smooth"),
    ],
)
def test_objectives_that_cannot_be(name, smoothing, message):
    with pytest.raises(ValueError, match=message):
        objective(name, smoothing)


# The gradient penalty


def linear(weight):
    """A discriminator whose slope is its kernel, everywhere."""
    image = keras.Input((2, 2, 3))
    flat = keras.layers.Flatten()(image)
    model = keras.Model(image, keras.layers.Dense(1, use_bias=False, name="dense")(flat))
    model.get_layer("dense").set_weights([np.reshape(weight, (12, 1))])
    return model


def test_the_penalty_of_a_linear_discriminator_by_hand():
    """A slope of 12 threes has the norm √108; its penalty's own slope follows by the chain rule."""
    model = linear([3.0] * 12)
    rng = np.random.default_rng(0)
    real, fake = rng.random((2, 5, 2, 2, 3), np.float32)
    mix = rng.random((5, 1, 1, 1), np.float32)
    norm = np.sqrt(108)
    (penalty,), (slope,) = gradients(
        lambda: (gradient_penalty(model, tf.constant(real), tf.constant(fake), mix),),
        model.trainable_variables,
        model.variables,
    )
    assert float(penalty) == pytest.approx((norm - 1) ** 2, rel=1e-5)
    np.testing.assert_allclose(slope, 2 * (norm - 1) * 3 / norm, rtol=1e-5)


def test_the_penalty_is_taken_between_photograph_and_fake():
    """Of D(x) = Σx², whose slope at x is 2x."""
    image = keras.Input((2, 2, 3))
    model = keras.Model(image, keras.layers.Dot(1)([keras.layers.Flatten()(image)] * 2))
    real, fake = np.full((1, 2, 2, 3), 1, np.float32), np.full((1, 2, 2, 3), 5, np.float32)
    mix = np.full((1, 1, 1, 1), 0.25, np.float32)
    penalty = gradient_penalty(model, tf.constant(real), tf.constant(fake), mix)
    assert float(penalty) == pytest.approx((2 * 4 * np.sqrt(12) - 1) ** 2, rel=1e-5)


def test_no_slope_is_penalised_but_breaks_nothing():
    model = linear([0.0] * 12)
    images = tf.zeros((1, 2, 2, 3))
    (penalty,), (slope,) = gradients(
        lambda: (gradient_penalty(model, images, images, np.zeros((1, 1, 1, 1), np.float32)),),
        model.trainable_variables,
        model.variables,
    )
    assert float(penalty) == pytest.approx(1, abs=1e-4)
    assert np.isfinite(slope).all()


def test_the_zero_centred_penalty_by_hand():
    """Of a linear discriminator; and of D(x) = Σx², at two photographs, of each place's logits."""
    images = tf.constant(np.random.default_rng(0).random((5, 2, 2, 3), np.float32))
    model = linear([3.0] * 12)
    (penalty,), (slope,) = gradients(
        lambda: (zero_centred_penalty(model, images),),
        model.trainable_variables,
        model.variables,
    )
    assert float(penalty) == pytest.approx(108, rel=1e-5)
    np.testing.assert_allclose(slope, 2 * 3, rtol=1e-5)
    image = keras.Input((None, None, 3))
    squares = keras.layers.Multiply()([image, image])
    place = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones", name="sum")
    model = keras.Model(image, place(squares))
    photographs = np.stack([np.full((2, 2, 3), value, np.float32) for value in (1, 3)])
    penalty = zero_centred_penalty(model, tf.constant(photographs))
    assert float(penalty) == pytest.approx(12 * (2**2 + 6**2) / 2, rel=1e-5)


@pytest.mark.parametrize(
    "penalty",
    [
        lambda model, x: gradient_penalty(model, x, x, np.zeros((1, 1, 1, 1), np.float32)),
        zero_centred_penalty,
    ],
)
def test_a_discriminator_that_mixes_its_batch_has_no_slope_of_one_image(penalty):
    model = srgan_discriminator(filters=1)
    with pytest.raises(ValueError, match=r"has batch normalisation, .* normalisation='none'"):
        penalty(model, tf.zeros((1, 16, 16, 3)))


def test_a_backend_without_gradients_here_is_named(monkeypatch):
    images = tf.zeros((1, 2, 2, 3))
    model = linear([1.0] * 12)
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(NotImplementedError, match=r"not of torch: .*KERAS_BACKEND=tensorflow"):
        gradient_penalty(model, images, images, np.zeros((1, 1, 1, 1), np.float32))
