"""What share of an SRCNN training step the making of its batch takes. Must: 10 %; aim: 3 %.

Measured of pairs in memory, of pairs of 2.8 megapixels that are mapped from the disk, and of the
same while the disk's cache is emptied before every five batches: the worst that a dataset can do
which is much larger than the memory.
"""

import dataclasses
import os
import tempfile
import time
from pathlib import Path

import numpy as np

import srlib

STEPS = 100
LARGE = 24  # pairs on the disk


def seconds_of_a_step(pairs, recipe):
    """As `srlib.train` makes them."""
    longer = dataclasses.replace(recipe, steps=3 * STEPS, validate_every=STEPS)
    history = srlib.train(srlib.build("srcnn", 2), pairs, longer)
    return history.seconds.diff().min() / STEPS  # diff leaves out the first, which also traces


def seconds_to_make(patches, start):
    """Of batches alone, one after the other."""
    times = []
    for k in range(start, start + 5):
        began = time.perf_counter()
        patches.batch(k)
        times.append(time.perf_counter() - began)
    return times


def seconds_to_wait(patches, start, step):
    """For batches of a stream, between which a training would compute for `step` seconds."""
    batches, times = patches.stream(start, start + 5), []
    next(batches)
    for _ in range(4):
        time.sleep(step)
        began = time.perf_counter()
        next(batches)
        times.append(time.perf_counter() - began)
    return times


def write_large(photographs, folder):
    """A dataset of large images, each of many copies of a photograph."""
    for i in range(LARGE):
        image = np.tile(photographs[i % len(photographs)], (8, 8, 1))[:1356, :2040]
        pair = srlib.make_pair(image, 2)
        for part, picture in (("HR", pair.hr), ("LR_x2", pair.lr)):
            srlib.write_png(folder / "train" / part / f"{i:02}.png", picture)


def forget(folder):
    """Take the files of a folder out of the system's cache, in so far as nobody maps them."""
    for path in folder.rglob("*.rgb"):
        with open(path, "rb") as file:
            os.fsync(file)
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main() -> None:
    """Time steps, and batches alone."""
    photographs = [photo.image for photo in srlib.photos("course-train")]
    pairs = [srlib.make_pair(image, 2) for image in photographs]
    recipe = srlib.recipe_for("srcnn", 2).recipe
    step = seconds_of_a_step(pairs, recipe)
    print(f"a training step takes {1000 * step:.1f} ms")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_large(photographs, folder)

        def mapped():
            return srlib.read_pairs(folder, "train", 2, in_memory=False)

        def mapped_anew():
            forget(folder)
            return mapped()

        def wait(patches, start):
            return seconds_to_wait(patches, start, step)

        mapped()  # is unpacked
        hungry = dataclasses.replace(recipe, least_texture=6)
        for what, read, of_recipe, seconds in (
            ("making a batch from memory", lambda: pairs, recipe, seconds_to_make),
            ("making a batch from the disk, cached", mapped, recipe, seconds_to_make),
            ("waiting for the disk, nothing cached", mapped_anew, recipe, wait),
            ("the same, drawn for texture", mapped_anew, hungry, wait),
        ):
            times = [seconds(of_recipe.build_patches(read()), k) for k in range(0, 2 * STEPS, 5)]
            mean = np.mean(times)
            print(f"{what}: {1000 * mean:.2f} ms, {mean / step:.1%} of a step")
    print("must be under 10 %, aim 3 %")


if __name__ == "__main__":
    main()
