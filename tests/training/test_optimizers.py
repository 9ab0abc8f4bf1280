"""Muon for convolutions."""

import keras
import numpy as np
import pytest

from srlib.training import OPTIMIZERS, ClippedSGD, ConvMuon


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(16, 5), keras.layers.Conv2D(3, 3)]
    return keras.Sequential([keras.Input((12, 12, 3)), *layers])


def changes(model, optimizer, target):
    """How one step changes each weight."""
    model.compile(optimizer, "mse", jit_compile=False)
    before = [w.copy() for w in model.get_weights()]
    # Smooth images, whose gradient lies almost wholly in one direction.
    model.train_on_batch(np.ones((2, 12, 12, 3), np.float32) * [0.2, 0.5, 0.9], target)
    return [b - a for a, b in zip(before, model.get_weights(), strict=True)]


def test_the_update_of_a_kernel_is_spread_over_all_directions_it_has(network):
    rng = np.random.default_rng(0)
    target = rng.normal(size=(2, 6, 6, 3)).astype(np.float32)
    kernel = changes(network, ConvMuon(1e-3), target)[0].reshape(-1, 16)
    values = np.linalg.svd(kernel, compute_uv=False)
    # Moonlight's scale: learning rate · 0.2 · √75, each singular value within Newton–Schulz's band.
    assert values[0] == pytest.approx(1e-3 * 0.2 * np.sqrt(75), rel=0.4)


def test_biases_and_the_last_layer_are_left_to_adam(network):
    """Adam's first step changes every weight by the learning rate."""
    target = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype(np.float32)
    _, bias, last_kernel, last_bias = changes(network, ConvMuon(1e-3), target)
    for change in (bias, last_kernel, last_bias):
        np.testing.assert_allclose(np.abs(change), 1e-3, rtol=0.05)


def test_a_depthwise_kernel_is_left_to_adam():
    """It is no matrix: its channels share nothing."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.DepthwiseConv2D(3), keras.layers.Conv2D(3, 5)]
    model = keras.Sequential([keras.Input((12, 12, 3)), *layers])
    target = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype(np.float32)
    kernel = changes(model, ConvMuon(1e-3), target)[0]
    np.testing.assert_allclose(np.abs(kernel), 1e-3, rtol=0.05)


def test_kernels_of_one_shape_are_updated_as_each_would_be_alone():
    """Two steps, the second with momentum; two shapes in turn, and a bias between them."""
    rng = np.random.default_rng(0)
    shapes = [(3, 3, 4, 8), (8,), (3, 3, 8, 8), (3, 3, 4, 8), (3, 3, 8, 8), (3, 3, 4, 8)]
    starts, *gradients = [[rng.normal(size=s).astype(np.float32) for s in shapes] for _ in range(3)]

    def updated(indices):
        weights = [keras.Variable(starts[i]) for i in indices]
        optimizer = ConvMuon(1e-2)
        optimizer.build(weights)
        for step in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(step[i]) for i in indices])
        return [keras.ops.convert_to_numpy(w) for w in weights]

    together = updated(range(len(shapes)))
    alone = [updated([i])[0] for i in range(len(shapes))]
    for one, other, start in zip(together, alone, starts, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
        assert not np.allclose(one, start, atol=1e-3)


def test_it_survives_saving(network, tmp_path):
    changes(network, ConvMuon(2e-3), np.zeros((2, 6, 6, 3), np.float32))
    network.save(tmp_path / "m.keras")
    optimizer = keras.saving.load_model(tmp_path / "m.keras").optimizer
    assert isinstance(optimizer, ConvMuon)
    assert optimizer.weight_decay is None
    assert float(optimizer.learning_rate) == pytest.approx(2e-3)


def test_gradients_are_clipped_to_theta_over_the_rate():
    """By hand, VDSR section 3.2: θ = 0.01 and γ = 0.1 bound a gradient to ±0.1."""
    weight = keras.Variable([1.0, 1.0, 1.0])
    optimizer = ClippedSGD(0.1, theta=0.01, momentum=0.9)
    optimizer.build([weight])
    optimizer.apply([keras.ops.convert_to_tensor([5.0, -0.05, -3.0])])
    np.testing.assert_allclose(weight, [0.99, 1.005, 1.01], rtol=1e-6)
    # The step before is made again to nine tenths: -0.009 - 0.01.
    optimizer.apply([keras.ops.convert_to_tensor([5.0, 0.0, 0.0])])
    np.testing.assert_allclose(weight, [0.971, 1.0095, 1.019], rtol=1e-6)
    # A tenth of the rate widens the bound tenfold: ±1.
    slow = ClippedSGD(0.01, theta=0.01, momentum=0.0)
    slow.build([weight])
    weight.assign([1.0, 1.0, 1.0])
    slow.apply([keras.ops.convert_to_tensor([5.0, -0.05, -3.0])])
    np.testing.assert_allclose(weight, [0.99, 1.0005, 1.01], rtol=1e-6)


def test_clipping_survives_saving():
    config = keras.saving.serialize_keras_object(ClippedSGD(0.1, theta=0.02))
    assert keras.saving.deserialize_keras_object(config).theta == 0.02


def test_every_name_makes_an_optimizer():
    for make in OPTIMIZERS.values():
        assert isinstance(make(1e-3), keras.Optimizer)
