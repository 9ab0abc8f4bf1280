"""Feature networks: weights from everywhere, ranges that are checked, and the student."""

import functools
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

import srlib
from srlib.images import to_batch
from srlib.losses.features import FEATURES, MAPS, student, vgg16, vgg19, vgg54
from srlib.losses.features.frozen import check_range, poison

IMAGENET = os.environ.get("SRLIB_VGG")
BATCH = to_batch(data.astronaut()[:32, :48])
# Of the first blocks, from Simonyan and Zisserman's table 1.
CHANNELS = {"block1_conv1": 64, "block1_conv2": 64, "block2_conv1": 128, "block2_conv2": 128}
every_vgg = pytest.mark.parametrize(("name", "make"), [("vgg16", vgg16), ("vgg19", vgg19)])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Random weights of both networks, as the ``.npz`` and as the ``.h5`` that Keras downloads."""
    folder = tmp_path_factory.mktemp("vgg")
    for name, application in (
        ("vgg16", keras.applications.VGG16),
        ("vgg19", keras.applications.VGG19),
    ):
        keras.utils.set_random_seed(0)
        network = application(include_top=False, weights=None)
        convolutions = [layer for layer in network.layers if layer.weights][:8]
        arrays = {}
        for layer in convolutions:
            arrays[f"{layer.name}.kernel"], arrays[f"{layer.name}.bias"] = layer.get_weights()
        np.savez(folder / f"{name}.npz", **arrays)
        network.save_weights(folder / f"{name}.weights.h5")
    return folder


@pytest.fixture(autouse=True)
def no_weights_elsewhere(monkeypatch, tmp_path):
    """Neither the environment nor Keras's cache knows weights, unless a test says so."""
    monkeypatch.delenv("SRLIB_VGG", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def imagenet():
    if not IMAGENET:
        pytest.skip("SRLIB_VGG is not set")
    return IMAGENET


# The input


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 255), (-1, 1)])
def test_every_range_shows_the_network_the_same(files, low, high):
    """What the first convolution sees is Keras's own preprocessing, in whatever range it is."""
    features = vgg19(input_range=(low, high), layers=["block1_conv1"], weights=files / "vgg19.npz")
    (found,) = features(low + (high - low) * BATCH)
    expected = keras.applications.vgg19.preprocess_input(255 * BATCH.copy())
    convolution = features.network.get_layer("block1_conv1")
    np.testing.assert_allclose(found, convolution(expected), atol=1e-3)


@pytest.mark.parametrize(
    ("input_range", "batch"),
    [
        ((0, 1), 255 * BATCH),
        ((0, 1), 2 * BATCH - 1),
        ((-1, 1), 255 * BATCH),
        ((0, 255), BATCH),
        ((0, 255), 2 * BATCH - 1),
    ],
)
def test_a_batch_of_another_range_is_refused(input_range, batch):
    """The commonest bug of perceptual losses: all five run, and none means anything."""
    features = student(input_range=input_range)
    with pytest.raises(ValueError, match=r"expect images in \[.*but this batch has values from"):
        features(batch)
    assert np.isnan(poison(np.ones(2, np.float32), batch, input_range)).all()


@given(st.floats(-0.25, 1.25), st.floats(-0.25, 1.25))
@settings(max_examples=20)
def test_an_sr_image_may_overshoot(a, b):
    batch = np.full((1, 2, 2, 3), a, np.float32)
    batch[0, 0, 0, 0] = b
    batch = np.clip(batch, -0.25, 1.25)
    check_range(batch, (0, 1))
    assert poison(np.ones(1, np.float32), batch, (0, 1)) == 1


def test_a_black_image_is_in_every_range():
    for input_range in ((0, 1), (0, 255), (-1, 1)):
        check_range(np.zeros((1, 2, 2, 3), np.float32), input_range)


# The networks


@every_vgg
def test_maps_are_those_of_the_paper(name, make, files):
    features = make(input_range=(0, 1), layers=list(CHANNELS), weights=files / f"{name}.npz")
    sizes = {"1": (32, 48), "2": (16, 24)}
    for layer, found in zip(features.layers, features(BATCH), strict=True):
        assert found.shape == (1, *sizes[layer[5]], CHANNELS[layer])
    assert features.network.trainable_weights == []
    assert features.network.layers[-1].name == "block2_conv2"  # nothing deeper is computed


def test_average_pooling(files):
    """By hand: the mean of four, where max pooling takes one."""
    makes = {"input_range": (0, 1), "layers": ["block1_conv2", "block1_pool"]}
    path = files / "vgg19.npz"
    before, after = vgg19(pooling="average", weights=path, **makes)(BATCH)
    expected = np.asarray(before).reshape(1, 16, 2, 24, 2, 64).mean(axis=(2, 4))
    np.testing.assert_allclose(after, expected, atol=1e-3)
    before, after = vgg19(weights=path, **makes)(BATCH)
    expected = np.asarray(before).reshape(1, 16, 2, 24, 2, 64).max(axis=(2, 4))
    np.testing.assert_array_equal(after, expected)


def test_one_map_is_one_map_while_a_model_is_built():
    """Keras unpacks a list of one of a batch, and not of what stands for a batch."""
    image = keras.Input((None, None, 3))
    (maps,) = student(input_range=(0, 1), layers=["block2_conv2"]).maps(image)
    built = keras.Model(image, maps)(BATCH)
    (expected,) = student(input_range=(0, 1), layers=["block2_conv2"])(BATCH)
    np.testing.assert_allclose(built, expected, atol=1e-5)


def test_vgg54_is_the_last_convolution_before_its_activation(files):
    path = files / "vgg19.weights.h5"
    (before,) = vgg54(input_range=(0, 1), weights=path)(BATCH)
    (after,) = vgg19(input_range=(0, 1), layers=["block5_conv4"], weights=path)(BATCH)
    assert before.shape == (1, 2, 3, 512)
    assert np.min(before) < 0 == np.min(after)
    np.testing.assert_allclose(np.maximum(before, 0), after, atol=1e-5)


def test_vgg54_is_a_content_layer_where_the_weights_reach_it(files, monkeypatch):
    recipe = srlib.Recipe(loss="mae", features="vgg54", perceptual_weight=1e-3)
    monkeypatch.setenv("SRLIB_VGG", str(files / "vgg19.weights.h5"))
    loss = recipe.build_loss()
    assert float(loss(BATCH, BATCH)[0]) == 0
    gray = np.full_like(BATCH, 0.5)
    assert float(loss(BATCH, gray)[0]) > np.abs(BATCH - gray).mean()
    monkeypatch.setenv("SRLIB_VGG", str(files / "vgg19.npz"))  # ends with the third block
    with pytest.raises(ValueError, match=r"vgg19\.npz lacks block4_conv1") as raised:
        recipe.build_loss()
    for way in ("which block5_conv4 needs", "block3_conv4: choose", "weights='download'"):
        assert way in str(raised.value)


def test_layers_come_in_the_order_asked_for(files):
    features = vgg19(
        input_range=(0, 1), layers=["block2_conv1", "block1_conv1"], weights=files / "vgg19.npz"
    )
    assert [m.shape[-1] for m in features(BATCH)] == [128, 64]


def test_bfloat16_is_close():
    exact = student(input_range=(0, 1))(BATCH)[0]
    rough = student(input_range=(0, 1), precision="bfloat16")(BATCH)[0]
    error = np.abs(np.asarray(exact) - np.asarray(keras.ops.cast(rough, "float32")))
    assert error.mean() < 0.02 * np.asarray(exact).mean()


def test_real_weights(imagenet):
    """ImageNet's first filters: most of them look for edges and sum to nearly nothing."""
    features = vgg19(input_range=(0, 1), weights=imagenet, layers=["block1_conv1", "block3_conv4"])
    kernel = features.network.get_layer("block1_conv1").get_weights()[0]
    assert kernel.shape == (3, 3, 3, 64)
    assert np.median(np.abs(kernel.sum(axis=(0, 1, 2)))) < 0.2 * np.median(
        np.abs(kernel).sum(axis=(0, 1, 2))
    )
    assert features(BATCH)[1].shape == (1, 8, 12, 256)


# Where the weights come from


def test_a_path_the_environment_and_the_cache_give_the_same(files, monkeypatch, tmp_path):
    make = {"input_range": (0, 1), "layers": ["block2_conv2"]}
    by_path = vgg19(weights=files / "vgg19.npz", **make)(BATCH)[0]
    by_file_of_keras = vgg19(weights=files / "vgg19.weights.h5", **make)(BATCH)[0]
    np.testing.assert_array_equal(by_file_of_keras, by_path)
    monkeypatch.setenv("SRLIB_VGG", str(files / "vgg19.npz"))
    np.testing.assert_array_equal(vgg19(**make)(BATCH)[0], by_path)
    monkeypatch.delenv("SRLIB_VGG")
    cache = tmp_path / "keras" / "models"
    cache.mkdir(parents=True)
    network = keras.applications.VGG19(include_top=False, weights=None)
    network.load_weights(files / "vgg19.weights.h5")
    # Keras's own download is in its older format, which is told by the file, not by its name.
    legacy = cache / "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
    write_legacy(network, legacy)
    np.testing.assert_array_equal(vgg19(**make)(BATCH)[0], by_path)


def write_legacy(network, path):
    """The format of the files that Keras downloads: a group a layer, in order."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        for layer in network.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{v.name}".encode() for v in layer.weights]
            group.attrs["weight_names"] = names
            for name, value in zip(names, layer.get_weights(), strict=True):
                group[name.decode()] = value


def test_without_weights_every_way_to_them_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        vgg19(input_range=(0, 1))
    for way in ("weights='the/path", "SRLIB_VGG", str(tmp_path), "weights='download'", "student"):
        assert way in str(raised.value)


def test_download_is_kerass_own(tmp_path):
    """From a server on loopback that holds a file of the wrong hash: Keras refuses it."""
    (tmp_path / "vgg19.h5").write_bytes(b"not these")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    code = (
        "import sys, keras; from srlib.losses.features import vgg19;"
        "module = sys.modules[keras.applications.VGG19.__module__];"
        f"module.WEIGHTS_PATH_NO_TOP = 'http://127.0.0.1:{server.server_port}/vgg19.h5';"
        "vgg19(input_range=(0, 1), weights='download')"
    )
    # In a process of its own, because Keras looks for its cache once, when it is imported.
    environment = os.environ | {"KERAS_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    server.shutdown()
    server.server_close()
    assert done.returncode != 0
    assert "hash" in done.stderr.splitlines()[-1]
    assert [path.name for path in (tmp_path / "cache" / "models").iterdir()]


@pytest.mark.parametrize(
    ("make", "options", "error", "message"),
    [
        (
            vgg19,
            {"weights": "nowhere.npz"},
            FileNotFoundError,
            "there is no file nowhere.npz, which weights= or SRLIB_VGG",
        ),
        (vgg16, {"weights": "vgg19.npz"}, ValueError, "holds the weights of vgg19, not of vgg16"),
        (vgg19, {"weights": "vgg16.npz"}, ValueError, "holds the weights of vgg16, not of vgg19"),
        (vgg16, {"weights": "vgg19.weights.h5"}, ValueError, "not hold the weights of vgg16"),
        (
            vgg19,
            {"weights": "vgg19.npz", "layers": ["block4_conv1"]},
            ValueError,
            r"lacks block4_conv1.kernel, .*, which block4_conv1 needs; it holds block1_conv1",
        ),
        (vgg19, {"layers": ["relu2_2"]}, ValueError, "vgg19's block1_conv1, .*'relu2_2'"),
        (vgg19, {"layers": "block1_conv1"}, ValueError, "must be a list .* not 'block1_conv1'"),
        (vgg19, {"pooling": "mean"}, ValueError, "'mean'; choose one of max, average"),
        (vgg19, {"input_range": (0, 2)}, ValueError, r"one of \(0, 1\), .* not \(0, 2\)"),
        (vgg19, {"precision": "float16"}, ValueError, "'float16'; choose one of float32, bfloat16"),
        (vgg19, {"input_range": 255}, ValueError, "input_range must be one of .* not 255"),
        (student, {"weights": "mine.weights.h5"}, FileNotFoundError, "mine.weights.h5, student"),
        (student, {"layers": ["block4_conv1"]}, ValueError, "student's block1_conv2"),
    ],
)
def test_bad_input(make, options, error, message, files, monkeypatch):
    monkeypatch.chdir(files)
    with pytest.raises(error, match=message):
        make(**{"input_range": (0, 1)} | options)


def test_the_range_must_be_given():
    for make in FEATURES.values():
        with pytest.raises(TypeError, match="input_range"):
            make()


# The student


def test_the_student_does_not_learn():
    assert student(input_range=(0, 1)).network.trainable_weights == []


def test_the_student_offers_the_maps_of_vgg19(files):
    ours = student(input_range=(0, 1), layers=list(MAPS))
    theirs = vgg19(input_range=(0, 1), layers=list(MAPS), weights=files / "vgg19.npz")
    for a, b in zip(ours(BATCH), theirs(BATCH), strict=True):
        assert a.shape == b.shape


def test_the_student_needs_no_download_and_is_small():
    module = sys.modules["srlib.losses.features.student"]
    weights = Path(module.__file__).with_name("student.weights.h5")
    assert weights.stat().st_size < 1e6
    code = (
        "import numpy as np; from srlib.losses.features import student;"
        "black, white = np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 255, np.uint8);"
        "print(student(input_range=(0, 1)).distances(black, [white])[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) > 0


def test_a_distance_is_zero_for_equal_images_only():
    image = data.astronaut()[:40, :40]
    other = image.copy()
    other[20, 20] ^= 64
    same, different = student(input_range=(-1, 1)).distances(image, [image, other])
    assert same == 0
    assert different > 0


def test_distances_are_those_of_the_maps_in_every_range():
    image, other = data.astronaut()[:40, :48], data.coffee()[:40, :48]
    features = student(input_range=(0, 1), layers=list(MAPS))
    a, b = ([np.asarray(m) for m in features(to_batch(i))] for i in (image, other))
    expected = sum(np.mean((x - y) ** 2) for x, y in zip(a, b, strict=True))
    for input_range in ((0, 1), (0, 255), (-1, 1)):
        ours = student(input_range=input_range, layers=list(MAPS))
        assert ours.distances(image, [other]) == [pytest.approx(expected, rel=1e-3)]
    dark = np.ones((16, 16, 3), np.uint8)  # in 0 to 255, though it might be in 0 to 1
    assert student(input_range=(0, 255)).distances(dark, [dark]) == [0]
