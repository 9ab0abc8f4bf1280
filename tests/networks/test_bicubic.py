"""One bicubic enlargement, by exact positions, wherever a pixel lies."""

import keras
import numpy as np
import pytest
from PIL import Image
from skimage import data

import srlib
from srlib.networks import Bicubic, sight
from srlib.upscaling import predict

CAT = srlib.to_batch(data.chelsea()[40:111, 90:193])


def by_pillow(batch, scale):
    """Pillow's enlargement of the one image of a batch, in floating point."""
    height, width = (side * scale for side in batch.shape[1:3])
    planes = (Image.fromarray(plane) for plane in np.moveaxis(batch[0], 2, 0))
    planes = [plane.resize((width, height), Image.Resampling.BICUBIC) for plane in planes]
    return np.stack(planes, axis=-1)


@pytest.mark.parametrize("scale", [2, 3, 4, 5])
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (2, 7), (3, 3), (5, 4), (71, 103)])
def test_it_is_pillows_to_the_border(scale, shape):
    image = CAT[:, : shape[0], : shape[1]]
    found = np.asarray(Bicubic(scale)(image))
    np.testing.assert_allclose(found[0], by_pillow(image, scale), rtol=0, atol=2e-6)


def test_every_image_and_channel_is_for_itself():
    images = np.random.default_rng(0).random((3, 6, 9, 4), np.float32)
    found = np.asarray(Bicubic(2)(images))
    for i in range(3):
        np.testing.assert_allclose(found[i], by_pillow(images[i : i + 1], 2), rtol=0, atol=2e-6)


def test_a_pixel_far_from_the_left_is_made_as_one_near_it():
    period, periods, scale = 8, 700, 3
    image = np.tile(CAT[:, :7, :period], (1, 1, periods, 1))
    inner = np.asarray(Bicubic(scale)(image))[:, :, period * scale : -period * scale]
    first = inner[:, :, : period * scale]
    np.testing.assert_allclose(inner, np.tile(first, (1, 1, periods - 2, 1)), rtol=0, atol=5e-7)


def test_keras_has_the_same_kernel_but_for_its_table():
    """1024 places between two pixels, among which are halves and quarters but no thirds."""
    for scale, atol in ((2, 2e-6), (3, 1e-3), (4, 2e-6)):
        keras_own = keras.layers.UpSampling2D(scale, interpolation="bicubic")
        np.testing.assert_allclose(Bicubic(scale)(CAT), keras_own(CAT), rtol=0, atol=atol)


def test_gradients_are_finite_where_the_last_block_reaches_beyond_the_image():
    import tensorflow as tf

    for side in range(1, 10):
        image = tf.constant(CAT[:, :side, :side])
        with tf.GradientTape() as tape:
            tape.watch(image)
            total = tf.reduce_sum(Bicubic(2)(image))
        # What all weights of an output pixel sum to is one, and there are 2² of them for each.
        np.testing.assert_allclose(
            tf.reduce_sum(tape.gradient(total, image)), 3 * 4 * side**2, 1e-5
        )


def test_a_network_in_bfloat16_computes_it_in_float32():
    layer = Bicubic(2, dtype="mixed_bfloat16")
    found = np.asarray(layer(CAT), np.float32)
    np.testing.assert_allclose(found[0], by_pillow(CAT, 2), rtol=0, atol=1 / 128)


def test_a_network_saved_with_keras_enlargement_is_read_and_used(tmp_path):
    lr = keras.Input((None, None, 3))
    enlarged = keras.layers.UpSampling2D(2, interpolation="bicubic", name="bicubic")(lr)
    sharper = keras.layers.Conv2D(3, 3, padding="same", name="sharpen")(enlarged)
    model = keras.Model(lr, sharper, name="earlier")
    model.save(tmp_path / "earlier.keras")
    again = srlib.load(tmp_path / "earlier.keras", 2)
    assert isinstance(again.get_layer("bicubic"), keras.layers.UpSampling2D)
    assert sight(again) == sight(model)
    np.testing.assert_array_equal(srlib.upscale(data.chelsea()[:9, :8], again).shape, (18, 16, 3))
    np.testing.assert_allclose(again(CAT), model(CAT), atol=1e-6)
    for height, width in ((29, 38), (31, 22), (22, 31), (29, 38)):
        image = CAT[:, :height, :width]
        np.testing.assert_allclose(predict(again, image[0]), model(image)[0], atol=1e-6)
