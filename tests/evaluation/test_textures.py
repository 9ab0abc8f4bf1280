"""A distance of distributions ranks textures as an eye does, wherever their pixels are."""

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

from srlib.evaluation import texture_distance
from srlib.images import interpolate, make_pair


def texture(name):
    return np.repeat(getattr(data, name)()[:256, :256, None], 3, 2)


def to_uint8(image):
    return np.round(np.clip(image, 0, 255)).astype(np.uint8)


def shuffled(image, side=32):
    """Its squares in another order: no pixel where it was, and the texture as it was."""
    count = image.shape[0] // side
    squares = image.reshape(count, side, count, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)
    squares = np.random.default_rng(0).permutation(squares)
    return squares.reshape(count, count, side, side, 3).swapaxes(1, 2).reshape(image.shape)


def test_images_of_grass_are_ranked():
    hr = texture("grass")
    wave = np.sin(2 * np.pi * np.arange(256) / 2.5)[:, None]
    noise = np.random.default_rng(0).normal(0, 1, hr.shape)
    distance = {
        label: texture_distance([hr], [image])
        for label, image in {
            "itself": hr,
            "shuffled": shuffled(hr),
            "a little blurred": to_uint8(ndimage.gaussian_filter(hr.astype(float), (1, 1, 0))),
            "blurred": to_uint8(ndimage.gaussian_filter(hr.astype(float), (2, 2, 0))),
            "noisy": to_uint8(hr + 25 * noise),
            "woven": to_uint8(hr + 20 * wave),
            "bicubic": interpolate(make_pair(hr, 4).lr, 4),
        }.items()
    }
    assert distance["itself"] == pytest.approx(0, abs=1e-6 * distance["blurred"])
    spoilt = {"a little blurred", "blurred", "noisy", "woven", "bicubic"}
    assert distance["shuffled"] < 0.5 * min(distance[label] for label in spoilt)
    assert distance["a little blurred"] < 0.5 * distance["blurred"]


def test_two_distributions_are_as_far_apart_from_either_side():
    one, other = texture("grass"), texture("gravel")
    there, back = texture_distance([one], [other]), texture_distance([other], [one])
    assert there == pytest.approx(back, rel=1e-6)
    both = texture_distance([one, other], [one, other])
    assert both < 1e-6 * there


def test_what_cannot_be_measured():
    image = texture("grass")
    with pytest.raises(ValueError, match="unknown features 'lpips'; choose one of student, vgg19"):
        texture_distance([image], [image], features="lpips")
    with pytest.raises(ValueError, match="at least one photograph and one SR image"):
        texture_distance([image], [])
