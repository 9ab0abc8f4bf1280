"""Random aligned patches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srlib.dataset import Patches
from srlib.images import Pair, make_pair


def pair(height=20, width=26, scale=2, seed=0):
    """A pair in which every HR pixel of a block equals its LR pixel, so alignment shows exactly."""
    lr = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Pair(lr, lr.repeat(scale, axis=0).repeat(scale, axis=1))


@given(st.integers(2, 4), st.integers(1, 12), st.integers(0, 99), st.integers(0, 99))
def test_lr_and_hr_stay_aligned(scale, patch_size, seed, step):
    patches = Patches([pair(scale=scale)], patch_size=patch_size, batch_size=3, seed=seed)
    lr, hr = patches.batch(step)
    assert lr.shape == (3, patch_size, patch_size, 3)
    np.testing.assert_array_equal(hr, lr.repeat(scale, axis=1).repeat(scale, axis=2))


def test_values_are_the_images_over_255():
    lr, _ = Patches([pair()], patch_size=4, batch_size=2).batch(0)
    assert lr.dtype == np.float32
    levels = lr * 255
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-4)
    assert lr.min() >= 0 and lr.max() <= 1


def test_all_eight_symmetries_occur():
    square = pair(5, 5)
    patches = Patches([square], patch_size=5, batch_size=400)
    seen = {(patch * 255).round().astype(np.uint8).tobytes() for patch in patches.batch(0)[0]}
    turned = [np.rot90(square.lr, k) for k in range(4)]
    assert seen == {image.tobytes() for t in turned for image in (t, t[:, ::-1])}


@pytest.mark.parametrize("symmetries", [1, 4])
def test_a_subclass_says_how_patches_are_turned(symmetries):
    class Turned(Patches):
        pass

    Turned.symmetries = symmetries
    square = pair(5, 5)
    lr, hr = Turned([square], patch_size=5, batch_size=200).batch(0)
    seen = {(patch * 255).round().astype(np.uint8).tobytes() for patch in lr}
    assert seen == {np.rot90(square.lr, k).tobytes() for k in range(symmetries)}
    np.testing.assert_array_equal(hr, lr.repeat(2, axis=1).repeat(2, axis=2))


def test_every_position_is_reached_and_large_images_more_often():
    small, large = pair(4, 4, seed=1), pair(8, 8, seed=2)
    lr, _ = Patches([small, large], patch_size=4, batch_size=2000).batch(0)
    of_small = {np.rot90(small.lr, k)[:, ::m].tobytes() for k in range(4) for m in (1, -1)}
    patches = [(patch * 255).round().astype(np.uint8).tobytes() for patch in lr]
    share = np.mean([patch in of_small for patch in patches])
    assert share == pytest.approx(1 / 26, abs=0.02)  # 1 position against 25
    assert len(set(patches)) == 26 * 8


def test_a_batch_depends_on_seed_and_step_alone():
    pairs = [pair(seed=s) for s in range(3)]
    one = Patches(pairs, patch_size=6, batch_size=4, seed=7)
    other = Patches(pairs, patch_size=6, batch_size=4, seed=7)
    other.batch(0)
    np.testing.assert_array_equal(one.batch(5)[0], other.batch(5)[0])
    assert not np.array_equal(one.batch(5)[0], one.batch(6)[0])
    different = Patches(pairs, patch_size=6, batch_size=4, seed=8)
    assert not np.array_equal(one.batch(5)[0], different.batch(5)[0])


def test_a_stream_can_start_anywhere():
    patches = Patches([pair()], patch_size=4, batch_size=2)
    steps = [lr for lr, _ in patches.stream(3, 6)]
    assert len(steps) == 3
    np.testing.assert_array_equal(steps[1], patches.batch(4)[0])


def test_an_image_smaller_than_the_patch():
    with pytest.raises(ValueError, match="pair 1 has 9×5 pixels, too few for patches of 8×8"):
        Patches([pair(), pair(5, 9)], patch_size=8, batch_size=2)


@pytest.mark.parametrize("size", ["8", 0, 2.0])
def test_a_size_that_is_none(size):
    with pytest.raises(ValueError, match=f"patch_size must be a whole number.*not {size!r}"):
        Patches([pair()], patch_size=size, batch_size=2)


def test_no_pairs():
    with pytest.raises(ValueError, match="no pairs"):
        Patches([], patch_size=8, batch_size=2)


def test_pairs_of_different_scales():
    with pytest.raises(ValueError, match=r"pair 1 has LR .*the first pair says 2"):
        Patches([pair(scale=2), pair(scale=3)], patch_size=4, batch_size=2)


def test_lr_that_does_not_belong_to_hr():
    image = np.zeros((16, 16, 3), np.uint8)
    broken = Pair(make_pair(image, 2).lr, image[:15])
    with pytest.raises(ValueError, match="pair 0 has LR"):
        Patches([broken], patch_size=4, batch_size=2)


def test_patches_without_texture_are_drawn_again():
    """One image is flat, the other is noise: its half of the positions is all that is used."""
    flat = Pair(np.full((20, 26, 3), 90, np.uint8), np.full((40, 52, 3), 90, np.uint8))
    settings = {"patch_size": 6, "batch_size": 50}
    lr, hr = Patches([pair(), flat], least_texture=10, **settings).batch(0)
    assert (lr.std(axis=(1, 2, 3)) * 255 > 10).all()
    np.testing.assert_array_equal(hr, lr.repeat(2, axis=1).repeat(2, axis=2))
    everything, _ = Patches([pair(), flat], **settings).batch(0)
    assert 10 < (everything.std(axis=(1, 2, 3)) < 1e-6).sum() < 40


def test_photographs_without_any_texture_still_give_patches():
    flat = Pair(np.full((9, 9, 3), 90, np.uint8), np.full((18, 18, 3), 90, np.uint8))
    lr, _ = Patches([flat], patch_size=6, batch_size=2, least_texture=10).batch(0)
    assert lr.shape == (2, 6, 6, 3)
