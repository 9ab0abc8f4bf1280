"""Networks of other programs: what they take is found out, and they do what ours do."""

import json
import sys

import keras
import numpy as np
import pytest
from skimage import data

import srlib
from srlib.networks import ForeignNetwork, sight
from srlib.upscaling import predict

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
helper, numpy_helper = onnx.helper, onnx.numpy_helper

CAT = data.chelsea()[40:111, 90:193]


def write_onnx(path, *, planar=True, given=1, made=1, size=(None, None), facts=None, gain=1.0):
    """A network made by hand: every pixel four times, mixed with the mean of the 3×3 around it.

    That would be the same in every range; that 0.02 of the range is the darkest is not.
    """
    sides = [side or letter for side, letter in zip(size, "hw", strict=True)]
    shape = ["n", 3, *sides] if planar else ["n", *sides, 3]
    kernel = np.zeros((12, 3, 3, 3), np.float32)
    for channel in range(3):
        kernel[channel::3, channel] = 0.4 / 9
        kernel[channel::3, channel, 1, 1] += 0.6
    kernel *= gain * made / given
    least, most = np.float32(0.02 * made), np.float32(made)
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["y"], pads=[1, 1, 1, 1]),
        helper.make_node("Clip", ["y", "least", "most"], ["z"]),
        helper.make_node("DepthToSpace", ["z"], ["sr"], blocksize=2, mode="DCR"),
    ]
    ends = ("x", "sr")
    if not planar:
        nodes.insert(0, helper.make_node("Transpose", ["image"], ["x"], perm=[0, 3, 1, 2]))
        nodes.append(helper.make_node("Transpose", ["sr"], ["out"], perm=[0, 2, 3, 1]))
        ends = ("image", "out")
    graph = helper.make_graph(
        nodes,
        "by_hand",
        [helper.make_tensor_value_info(ends[0], onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(ends[1], onnx.TensorProto.FLOAT, [None] * 4)],
        [
            numpy_helper.from_array(array, name)
            for name, array in (("kernel", kernel), ("least", least), ("most", most))
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    helper.set_model_props(model, facts or {})
    onnx.save(model, path)
    return path


def by_hand(image):
    """What the network of `write_onnx` makes of an image, in [0, 1]."""
    x = np.pad(image / 255, ((1, 1), (1, 1), (0, 0)))
    height, width = image.shape[:2]
    mean = sum(x[i : i + height, j : j + width] for i in range(3) for j in range(3)) / 9
    return (0.6 * image / 255 + 0.4 * mean).clip(0.02, 1).repeat(2, 0).repeat(2, 1)


@pytest.mark.parametrize("planar", [True, False])
@pytest.mark.parametrize(("given", "made"), [(1, 1), (255, 255), (255, 1), (1, 255)])
def test_layout_scale_and_range_are_found_out(tmp_path, planar, given, made):
    path = write_onnx(tmp_path / "net.onnx", planar=planar, given=given, made=made)
    network = srlib.load(path)
    found = network.habits
    assert (found.planar, found.given, found.made) == (planar, given, made)
    assert (network.name, network.scale) == ("net", 2)
    assert sight(network).margin == (1, 1) and sight(network).period == (1, 1)
    np.testing.assert_allclose(predict(network, CAT), by_hand(CAT), atol=1e-5)
    # In windows as small as they become, the same.
    np.testing.assert_allclose(predict(network, CAT, memory=1), by_hand(CAT), atol=1e-5)


@pytest.mark.parametrize("shape", [(71, 103), (30, 103), (7, 9)])
def test_a_network_of_one_size_is_given_windows_of_it(tmp_path, shape):
    network = ForeignNetwork(write_onnx(tmp_path / "net.onnx", size=(40, 48), given=255, made=255))
    image = CAT[: shape[0], : shape[1]]
    sr = predict(network, image)
    assert sr.shape == (2 * shape[0], 2 * shape[1], 3)
    # Where the image was mirrored to fill a window, its border does not see zeros.
    inner = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose(sr[inner], by_hand(image)[inner], atol=1e-5)


def test_what_it_says_of_itself_is_believed(tmp_path):
    facts = {"margin": json.dumps([5, 7]), "period": json.dumps([2, 1]), "range": "1"}
    network = ForeignNetwork(write_onnx(tmp_path / "net.onnx", facts=facts))
    assert sight(network)[:2] == ((5, 7), (2, 1))


def test_every_verb_takes_it(tmp_path):
    path = write_onnx(tmp_path / "net.onnx", given=255, made=255)
    network = srlib.load(path, 2)
    photograph = [srlib.photos("course-test")[0]]
    (psnr,) = srlib.evaluate(network, photograph, 2).psnr
    assert psnr > 25
    sr = srlib.upscale(CAT, network)
    np.testing.assert_array_equal(sr, np.round(by_hand(CAT).clip(0, 1) * 255))
    srlib.write_png(tmp_path / "cat.png", CAT)
    srlib.upscale_file(tmp_path / "cat.png", tmp_path / "larger.png", network)
    np.testing.assert_array_equal(srlib.read_image(tmp_path / "larger.png"), sr)
    findings = srlib.audit(network, photograph, 2).set_index("check").fault
    assert not findings[["size", "range", "color order", "seams"]].any()
    turned = srlib.upscale(CAT, network, ensemble=True)
    assert abs(turned.astype(int) - sr).max() <= 1  # it treats all directions alike


def test_errors_say_what_is_wrong(tmp_path, monkeypatch):
    path = write_onnx(tmp_path / "net.onnx")
    with pytest.raises(ValueError, match="enlarges ×2, but the scale is 3"):
        srlib.load(path, 3)
    with pytest.raises(FileNotFoundError, match=r"no file .*absent\.onnx"):
        srlib.load(tmp_path / "absent.onnx")
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(ValueError, match="no network that ONNX Runtime runs"):
        srlib.load(tmp_path / "text.onnx")
    dark = write_onnx(tmp_path / "dark.onnx", gain=0.05)
    with pytest.raises(ValueError, match=r"cannot be told from a photograph .*metadata_props"):
        srlib.load(dark)
    model = onnx.load(path)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1
    del model.graph.node[:], model.graph.initializer[:], model.graph.output[:]
    model.graph.node.append(helper.make_node("Identity", ["x"], ["sr"]))
    model.graph.output.append(helper.make_tensor_value_info("sr", 1, [None] * 4))
    onnx.save(model, tmp_path / "luma.onnx")
    with pytest.raises(ValueError, match="three channels, red, green and blue"):
        srlib.load(tmp_path / "luma.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(RuntimeError, match=r'pip install "srlib\[export\]"'):
        srlib.load(path)


def test_networks_of_keras_in_files(tmp_path):
    model = srlib.load("srcnn", 2)
    model.save(tmp_path / "mine.keras")
    expected = srlib.upscale(CAT, model)
    np.testing.assert_array_equal(srlib.upscale(CAT, srlib.load(tmp_path / "mine.keras")), expected)
    from srlib.zoo.cards import WEIGHTS

    weights = WEIGHTS / "srcnn_x2.weights.h5"
    np.testing.assert_array_equal(srlib.upscale(CAT, srlib.load(weights)), expected)
    alone = tmp_path / "alone.weights.h5"
    alone.write_bytes(weights.read_bytes())
    with pytest.raises(ValueError, match=r"alone\.json, their card, is not beside it"):
        srlib.load(alone)
    (tmp_path / "text.keras").write_text("no network")
    with pytest.raises(ValueError, match="no network that Keras reads"):
        srlib.load(tmp_path / "text.keras")
    keras.Sequential([keras.Input((8,)), keras.layers.Dense(2)]).save(tmp_path / "dense.keras")
    with pytest.raises(ValueError, match=r"maps \(None, 8\) to \(None, 2\)"):
        srlib.load(tmp_path / "dense.keras")
    with pytest.raises(ValueError, match="give the scale of 'srcnn'"):
        srlib.load("srcnn")
