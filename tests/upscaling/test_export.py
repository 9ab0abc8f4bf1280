"""What is exported does elsewhere what the network does here."""

import io
import json

import keras
import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

import srlib
from srlib.cli import app
from srlib.networks import ForeignNetwork, portable, sight
from srlib.upscaling import predict

pytestmark = pytest.mark.usefixtures("no_photo_sets")

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")

CAT = data.chelsea()[40:111, 90:193]
NETWORKS = ["srcnn", "fsrcnn"]  # bicubic first; bicubic beside, PReLU, transposed convolution


def call(model, image):
    return keras.ops.convert_to_numpy(model(srlib.to_batch(image), training=False))[0]


@pytest.mark.parametrize(
    ("name", "scale"),
    [("srcnn", 2), ("srcnn", 3), ("srcnn", 4), ("fsrcnn", 2), ("rgb_residual", 2)],
)
def test_a_network_of_fixed_kernels_is_the_same_network(name, scale):
    keras.utils.set_random_seed(0)
    model = srlib.build(name, scale)
    rng = np.random.default_rng(0)
    for weight in model.weights:  # those that start as zeros, too
        weight.assign(weight + rng.normal(0, 0.01, weight.shape))
    network = portable(model)
    for shape in ((1, 1), (2, 7), (31, 18)):
        image = CAT[: shape[0], : shape[1]]
        expected = call(model, image)
        atol = 1e-5 * max(1, abs(expected).max())
        np.testing.assert_allclose(call(network, image), expected, atol=atol)


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx(tmp_path, name):
    model = srlib.load(name, 2)
    path = srlib.export(model, tmp_path / "net.onnx", facts={"sha256": "of the weights"})
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (lr,), (sr,) = session.get_inputs(), session.get_outputs()
    assert (lr.name, lr.shape, lr.type) == ("lr", ["N", "h", "w", 3], "tensor(float)")
    assert (sr.name, sr.shape) == ("sr", ["N", "H", "W", 3])
    for shape in ((1, 1), (2, 7), (64, 64), (71, 103)):  # of the one file
        image = CAT[: shape[0], : shape[1]]
        (found,) = session.run(None, {"lr": srlib.to_batch(image)})
        np.testing.assert_allclose(found[0], call(model, image), atol=1e-5)
    said = session.get_modelmeta().custom_metadata_map
    margin = list(sight(model).margin)
    assert said == {
        "name": f"{name}_x2",
        "scale": "2",
        "range": "1",
        "layout": "NHWC",
        "precision": "float32",
        "margin": json.dumps(margin),
        "period": "[1, 1]",
        "sha256": "of the weights",
    }
    # ONNX Runtime Web has these; a Resize by a cubic is slow there, and loops are not wanted.
    operations = {node.op_type for node in onnx.load(path).graph.node}
    assert not operations & {"Resize", "Loop", "If", "Scan", "Upsample"}
    network = srlib.load(path, 2)
    assert sight(network)[:2] == sight(model)[:2]
    found = srlib.upscale(CAT, network).astype(int)
    assert abs(found - srlib.upscale(CAT, model)).max() <= 1


@pytest.mark.parametrize(("precision", "worst"), [("float16", 0.1), ("int8", 12)])
def test_smaller_onnx(tmp_path, precision, worst):
    model = srlib.load("srcnn", 2)
    whole = srlib.export(model, tmp_path / "whole.onnx")
    path = srlib.export(model, tmp_path / "less.onnx", precision=precision, calibration=[CAT])
    assert path.stat().st_size < 0.75 * whole.stat().st_size
    network = ForeignNetwork(path)
    difference = 255 * abs(predict(network, CAT) - predict(model, CAT))
    assert 0 < difference.max() < worst


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_tflite(tmp_path, precision):
    model = srlib.load("fsrcnn", 2)
    path = tmp_path / "net.tflite"
    srlib.export(model, path, precision=precision, calibration=[CAT])
    network = srlib.load(path, 2)
    assert sight(network)[:2] == sight(model)[:2]
    difference = 255 * abs(predict(network, CAT) - predict(model, CAT))
    assert difference.max() < {"float32": 0.01, "int8": 12}[precision]


def test_a_served_model_takes_files_and_gives_files(tmp_path):
    import tensorflow as tf

    model = srlib.load("srcnn", 2)
    path = srlib.export(model, tmp_path / "srcnn" / "1")
    serve = tf.saved_model.load(path).signatures["serving_default"]
    files, expected = [], []
    for form in ("PNG", "JPEG"):
        file = io.BytesIO()
        Image.fromarray(CAT).save(file, form)
        files.append(file.getvalue())
        expected.append(srlib.upscale(np.asarray(Image.open(file)), model))
    out = serve(image_bytes=tf.constant(files))["png_bytes"].numpy()
    for png, sr in zip(out, expected, strict=True):
        assert png.startswith(b"\x89PNG")
        difference = np.asarray(Image.open(io.BytesIO(png))).astype(int) - sr
        assert abs(difference).max() <= 1
    assert (
        abs(srlib.upscale(CAT, srlib.load(path)).astype(int) - srlib.upscale(CAT, model)).max() <= 1
    )
    with pytest.raises(FileExistsError, match="may be replaced by overwrite"):
        srlib.export(model, path)
    srlib.export(model, path, overwrite=True)
    assert [p.name for p in path.parent.iterdir()] == ["1"]  # nothing is left beside it


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("net.pb", {}, r"must end in \.onnx or \.tflite"),
        ("net.onnx", {"precision": "int4"}, "float32, float16, int8, not 'int4'"),
        ("net", {"precision": "int8"}, "saved_model is written in float32"),
        ("net.onnx", {"precision": "int8"}, "needs calibration"),
        ("there.onnx", {}, "may be replaced by overwrite"),
        ("folder", {"overwrite": True}, "is no exported network"),
    ],
)
def test_what_is_refused(tmp_path, name, options, message):
    (tmp_path / "there.onnx").write_text("something")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "diary.txt").write_text("dear")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises((ValueError, FileExistsError), match=message):
        srlib.export(srlib.build("srcnn", 2), tmp_path / name, **options)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "there.onnx").read_text() == "something"


@pytest.mark.slow
def test_from_a_shell(tmp_path):
    out = tmp_path / "srcnn.onnx"

    def run(*arguments):
        result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    report = run("export", "srcnn", out, "--scale", 2, "--precision", "float16", "--json")
    assert report["bytes"] == out.stat().st_size
    assert abs(report["psnr"] - report["psnr_exported"]) < 0.005
    assert len(ForeignNetwork(out)._runtime.facts["sha256"]) == 64
    folder = tmp_path / "photographs"
    srlib.write_png(folder / "cat.png", CAT)
    table = run("evaluate", out, "srcnn", "--set", folder, "--json")["rows"]  # at the file's scale
    assert [row["scale"] for row in table] == [2, 2]
    assert abs(table[0]["psnr"] - table[1]["psnr"]) < 0.01
    (done,) = run("upscale", folder, "--model", out, "--out", tmp_path / "out", "--json")
    assert done["passes"] == [2]
