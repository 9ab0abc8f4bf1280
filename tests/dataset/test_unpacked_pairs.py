"""Pairs that lie on the disk instead of in memory: the same patches, and little of them held."""

import tracemalloc

import numpy as np
import pytest

from srlib import Patches, make_pair, read_image, read_pairs, write_png
from srlib.dataset import DatasetError

COUNT, SIDE = 30, 160


@pytest.fixture
def dataset(tmp_path):
    """Pairs of noise of several sizes; those of one color are drawn again for their texture."""
    rng = np.random.default_rng(0)
    for i in range(COUNT):
        image = rng.integers(0, 256, (SIDE, SIDE + 2 * i, 3), np.uint8)
        pair = make_pair(image if i % 3 else image[:1, :1].repeat(SIDE, 0).repeat(SIDE, 1), 2)
        write_png(tmp_path / "train" / "HR" / f"{i}.png", pair.hr)
        write_png(tmp_path / "train" / "LR_x2" / f"{i}.png", pair.lr)
    return tmp_path


def patches(dataset, **where):
    pairs = read_pairs(dataset, "train", 2, **where)
    return Patches(pairs, patch_size=9, batch_size=6, least_texture=6, seed=3)


def files(dataset):
    """What changes when a file is written again, even with equal bytes."""
    paths = (dataset / "unpacked").rglob("*")
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}


def test_the_patches_are_the_same(dataset):
    of_memory, of_disk = patches(dataset), patches(dataset, in_memory=False)
    for step in range(20):
        for one, other in zip(of_memory.batch(step), of_disk.batch(step), strict=True):
            assert one.tobytes() == other.tobytes()
    assert of_disk.digest() == of_memory.digest()  # so a run goes on with either


def test_what_is_held_does_not_grow_with_the_dataset(dataset):
    def held(**where):
        """The most memory, in images, that reading, patches and their digest take."""
        tracemalloc.start()
        taken = patches(dataset, **where)
        for step in range(20):
            taken.batch(step)
        taken.digest()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak / (SIDE**2 * 3)

    assert held() > COUNT
    assert held(in_memory=False) < COUNT / 3  # here they are unpacked, one after the other
    assert held(in_memory=False) < COUNT / 6


def test_they_are_unpacked_once_and_again_when_an_image_changed(dataset):
    patches(dataset, in_memory=False)
    before = files(dataset)
    patches(dataset, in_memory=False)
    assert files(dataset) == before
    path = dataset / "train" / "LR_x2" / "7.png"
    write_png(path, 255 - read_image(path))
    assert patches(dataset, in_memory=False).digest() == patches(dataset).digest()


def test_pairs_that_do_not_fit_leave_no_half_of_it(dataset):
    path = dataset / "train" / "LR_x2" / "7.png"
    write_png(path, read_image(path)[:-1])
    with pytest.raises(DatasetError, match="which is not 2 times smaller"):
        patches(dataset, in_memory=False)
    assert not files(dataset)


def test_nobody_writes_into_the_dataset_by_mistake(dataset):
    pair = read_pairs(dataset, "train", 2, in_memory=False)[0]
    with pytest.raises(ValueError, match="read-only"):
        pair.hr[:] = 0
