"""One image, any size."""

import keras
import numpy as np
import pytest
from skimage import data

import srlib
from srlib.upscaling import predict


def test_a_path_and_its_pixels_give_the_same(tmp_path):
    image = data.chelsea()[:31, :40]
    srlib.write_png(tmp_path / "cat.png", image)
    model = srlib.build("srcnn", 2)
    sr = srlib.upscale(tmp_path / "cat.png", model)
    assert sr.shape == (62, 80, 3)
    assert sr.dtype == np.uint8
    np.testing.assert_array_equal(sr, srlib.upscale(image, model))


def test_an_interpolation():
    image = data.chelsea()[:31, :40]
    np.testing.assert_array_equal(
        srlib.upscale(image, "bicubic", 3), srlib.interpolate(image, 3, "bicubic")
    )


@pytest.mark.parametrize("bad", [np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.uint8)])
def test_what_is_no_image(bad):
    with pytest.raises(ValueError, match=r"an image is uint8 \(H, W, 3\), not"):
        srlib.upscale(bad, "bicubic", 2)


def test_a_scale_that_is_missing_or_not_the_networks():
    image = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(TypeError, match="scale must be an integer such as 2, 3 or 4, not None"):
        srlib.upscale(image, "bicubic")
    with pytest.raises(ValueError, match="srcnn_x2 enlarges ×2, but the scale is 4"):
        srlib.upscale(image, srlib.build("srcnn", 2), 4)


def test_an_unknown_method():
    with pytest.raises(ValueError, match="'magic'; choose one of nearest"):
        srlib.upscale(np.zeros((8, 8, 3), np.uint8), "magic", 2)


def test_a_network_is_asked_about_any_size_and_with_its_present_weights():
    model = srlib.build("srcnn", 2)
    for height, width in [(9, 12), (12, 9), (9, 12)]:
        image = data.chelsea()[:height, :width]
        expected = keras.ops.convert_to_numpy(model(srlib.to_batch(image)))[0]
        np.testing.assert_allclose(predict(model, image), expected, atol=1e-5)
    model.set_weights([weight * 0 for weight in model.get_weights()])
    assert not predict(model, image).any()


def test_what_was_predicted_may_be_changed():
    model = srlib.build("srcnn", 2)
    image = data.chelsea()[:9, :12]
    for memory in (None, 1):
        sr = predict(model, image, memory=memory)
        before = sr.copy()
        sr += 1
        np.testing.assert_array_equal(predict(model, image, memory=memory), before)


LR = data.chelsea()[100:113, 100:120]


def test_the_ensemble_of_a_network_that_treats_all_directions_alike():
    lr = keras.Input((None, None, 3))
    doubled = keras.Model(lr, keras.layers.UpSampling2D(2, interpolation="bilinear")(lr))
    np.testing.assert_allclose(predict(doubled, LR, ensemble=True), predict(doubled, LR), atol=1e-6)


def test_the_ensemble_is_the_mean_of_eight():
    model = srlib.build("srcnn", 2)
    eight = []
    for flips in [(), (0,), (1,), (0, 1)]:
        for axes in [(0, 1, 2), (1, 0, 2)]:
            turned = np.flip(LR, flips).transpose(axes)
            eight.append(np.flip(predict(model, turned).transpose(axes), flips))
    mean = np.mean(eight, axis=0)
    assert abs(mean - predict(model, LR)).max() > 0.01  # a random network prefers a direction
    ensemble = predict(model, LR, ensemble=True)
    assert ensemble.dtype == np.float32
    np.testing.assert_allclose(ensemble, mean, atol=1e-6)
    expected = srlib.to_image(ensemble[np.newaxis])
    np.testing.assert_array_equal(srlib.upscale(LR, model, ensemble=True), expected)


@pytest.mark.parametrize(
    "turn", [np.rot90, np.flipud, np.fliplr, lambda image: image.swapaxes(0, 1)]
)
def test_the_ensemble_of_a_turned_image_is_turned(turn):
    model = srlib.build("srcnn", 2)
    np.testing.assert_allclose(
        predict(model, turn(LR), ensemble=True), turn(predict(model, LR, ensemble=True)), atol=1e-6
    )


def test_an_interpolation_has_no_ensemble():
    with pytest.raises(ValueError, match="an ensemble needs a network, and 'bicubic' is an inter"):
        srlib.upscale(LR, "bicubic", 2, ensemble=True)
