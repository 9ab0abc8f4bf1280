"""An image in windows is the image in one piece, in bounded memory."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data
from tensorflow import errors as tf_errors

import srlib
from srlib.images import formats
from srlib.networks import Sight, sight
from srlib.networks.sight import SEEN
from srlib.upscaling import memory as budgets
from srlib.upscaling import predict, predict_bands
from srlib.upscaling.tiles import windows


def shaken(name, scale):
    """A network whose every weight, those of batch normalisation included, is random."""
    keras.utils.set_random_seed(0)
    model = srlib.build(name, scale)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    return model


def whole(model, image):
    """What a network makes of an image in one piece."""
    return keras.ops.convert_to_numpy(model(srlib.to_batch(image), training=False))[0]


@pytest.mark.parametrize(
    ("name", "scale"), [*((name, 2) for name in sorted(srlib.MODELS)), ("edsr", 3), ("vdsr", 4)]
)
def test_windows_change_nothing(name, scale):
    model = shaken(name, scale)
    seen = sight(model)
    (high, wide), (period, _) = seen.margin, seen.period
    image = np.tile(data.chelsea(), (2, 1, 1))[: 4 * high + 2 * period + 21, : wide + 9]
    expected = whole(model, image)
    found = predict(model, image, memory=1)  # as small as windows become
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * abs(expected).max())


def test_windows_change_nothing_across_both_sides():
    model = shaken("fsrcnn", 3)
    image = data.chelsea()[:151, :118]
    np.testing.assert_allclose(predict(model, image, memory=1), whole(model, image), atol=1e-5)


def short_of_memory(most, error):
    """A network ×2 that repeats pixels, and fails where a window has more than `most` of them."""
    sizes = []

    class Network:
        name = "short"
        input_shape = (None, None, None, 3)

        def compute_output_shape(self, shape):
            return (shape[0], 2 * shape[1], 2 * shape[2], 3)

        def __call__(self, batch):
            sizes.append(batch.shape[1] * batch.shape[2])
            if sizes[-1] > most:
                raise error
            return batch.repeat(2, 1).repeat(2, 2)

    network = Network()
    SEEN[network] = Sight((3, 3), (1, 1), 1000.0)
    return network, sizes


@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize(
    "error", [MemoryError(), tf_errors.ResourceExhaustedError(None, None, "OOM when allocating")]
)
def test_out_of_memory_halves_the_windows_and_goes_on(error, ensemble, caplog):
    formats.tell.cache_clear()
    network, sizes = short_of_memory(2000, error)
    image = data.chelsea()
    sr = predict(network, image, ensemble=ensemble, memory=10**9)
    np.testing.assert_allclose(sr, to_doubled(image), atol=1e-6)
    assert "short: out of memory; it goes on in windows that take" in caplog.text
    assert 1000 < sizes[-1] <= 2000


def test_memory_that_fails_in_the_middle_loses_no_band():
    network, sizes = short_of_memory(10**9, None)
    whole = type(network).__call__

    def fails_once(self, batch):
        if len(sizes) == 4:
            sizes.append(0)
            raise MemoryError
        return whole(self, batch)

    type(network).__call__ = fails_once
    image = data.chelsea()
    bands = list(predict_bands(network, image, memory=20 * 10**6))
    assert len(bands) > 3 and sizes[-1] < sizes[0]
    np.testing.assert_allclose(np.concatenate(bands), to_doubled(image), atol=1e-6)


def to_doubled(image):
    return srlib.to_batch(image)[0].repeat(2, 0).repeat(2, 1)


def test_too_little_memory_for_the_smallest_window():
    network, _ = short_of_memory(0, MemoryError())
    with pytest.raises(MemoryError, match="more memory than there is for a window of"):
        predict(network, data.chelsea())
    with pytest.raises(ValueError, match="memory must be more than 0 bytes"):
        predict(network, data.chelsea(), memory=0)


def test_a_third_of_what_is_free(monkeypatch, tmp_path):
    assert 0 < budgets.budget() <= budgets.MOST
    monkeypatch.setattr(budgets, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(budgets, "CGROUPS", tmp_path)
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable: 3000 kB\n")
    assert budgets.budget() == 1000 * 1024
    monkeypatch.setattr(budgets, "_groups", lambda: [tmp_path])  # a container with less
    (tmp_path / "memory.max").write_text("2000000\n")
    (tmp_path / "memory.current").write_text("500000\n")
    assert budgets.budget() == 500_000
    (tmp_path / "memory.max").write_text("max\n")
    assert budgets.budget() == 1000 * 1024
    assert budgets.budget(12345) == 12345


SIDES = st.integers(1, 400)
REACHES = st.tuples(st.integers(0, 30), st.sampled_from([1, 2, 8]))


@given(SIDES, SIDES, REACHES, REACHES, st.integers(1, 10**6))
def test_windows_cover_an_image_and_reach_far_enough(height, width, down, across, memory):
    seen = Sight((down[0], across[0]), (down[1], across[1]), 16.0)
    covered = np.zeros((height, width), int)
    shapes = set()
    for rows, columns in windows((height, width), seen, memory):
        shapes.add((rows.stop - rows.start, columns.stop - columns.start))
        covered[rows.kept(1), columns.kept(1)] += 1
        for span, side, (margin, period) in ((rows, height, down), (columns, width, across)):
            assert 0 <= span.start <= span.first < span.last <= span.stop <= side
            assert span.start == 0 or span.first - span.start >= margin
            assert span.stop == side or span.stop - span.last >= margin
            assert span.start % period == 0
    assert (covered == 1).all()
    assert len(shapes) == 1


def test_windows_are_as_large_as_memory_allows():
    seen = Sight((5, 5), (1, 1), 1000.0)
    for memory in (10**7, 10**8):
        areas = [
            (rows.stop - rows.start) * (columns.stop - columns.start)
            for rows, columns in windows((3000, 4000), seen, memory)
        ]
        assert memory / 2 < areas[0] * seen.pixel_bytes <= memory


@pytest.mark.parametrize(
    ("name", "scale", "margin"),
    [
        # Bicubic reaches two LR pixels before the pixel in which the 4 + 2 SR pixels end.
        ("srcnn", 2, 5),
        # One convolution, 16 blocks of two, one, the enlarging one, and one SR pixel.
        ("edsr", 2, 36),
        ("edsr", 3, 36),
    ],
)
def test_how_far_a_network_sees(name, scale, margin):
    assert sight(srlib.build(name, scale)).margin == (margin, margin)


def test_memory_stays_bounded():
    # In one piece, SRCNN takes five times as much for such an image.
    script = (
        "import numpy as np, resource, srlib\n"
        "from srlib.upscaling import predict\n"
        "model = srlib.build('srcnn', 2)\n"
        "predict(model, np.zeros((64, 64, 3), np.uint8))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "predict(model, np.zeros((1500, 2000, 3), np.uint8))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 1.2 * 2**30, done.stderr


@pytest.mark.parametrize("side", [1, 2])
@pytest.mark.parametrize("turned", [False, True])
def test_a_strip_narrower_than_the_network_sees_is_mirrored(side, turned):
    """A network that smooths must leave even gray even; zeros beyond the border would darken it."""
    lr = keras.Input((None, None, 3))
    mean = keras.layers.Conv2D(3, 7, padding="same", use_bias=False)
    model = keras.Model(lr, mean(keras.layers.UpSampling2D(2, interpolation="nearest")(lr)))
    mean.set_weights([np.eye(3).reshape(1, 1, 3, 3).repeat(7, 0).repeat(7, 1) / 49])
    strip = np.full((40, side, 3), 128, np.uint8)
    if turned:
        strip = strip.swapaxes(0, 1)
    sr = predict(model, strip)
    middle = sr[20:-20] if not turned else sr[:, 20:-20]
    np.testing.assert_allclose(middle, 128 / 255, atol=1e-5)


def test_a_network_of_one_size_gets_the_image_in_one_piece():
    lr = keras.Input((10, 12, 3))
    model = keras.Model(lr, keras.layers.Conv2D(3, 9, padding="same")(lr))
    image = data.chelsea()[:10, :12]
    np.testing.assert_allclose(predict(model, image, memory=1), whole(model, image), atol=1e-6)
    with pytest.raises(ValueError, match="incompatible"):
        predict(model, image[:9])


def test_a_network_of_unknown_reach_gets_the_image_in_one_piece():
    lr = keras.Input((None, None, 3))
    model = keras.Model(lr, keras.layers.UpSampling2D(2, interpolation="bilinear")(lr))
    image = data.chelsea()[:60, :50]
    np.testing.assert_allclose(predict(model, image, memory=1), whole(model, image), atol=1e-6)
