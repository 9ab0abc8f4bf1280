"""What share of an SRCNN training step the making of its batch takes. Must: 10 %; aim: 3 %."""

import dataclasses
import time

import srlib

STEPS = 100


def main() -> None:
    """Time steps as `srlib.train` makes them, and batches alone."""
    pairs = [srlib.make_pair(photo.image, 2) for photo in srlib.photos("course-train")]
    recipe = dataclasses.replace(
        srlib.recipe_for("srcnn", 2).recipe, steps=3 * STEPS, validate_every=STEPS
    )
    history = srlib.train(srlib.build("srcnn", 2), pairs, recipe)
    step = history.seconds.diff().min() / STEPS  # diff leaves out the first, which also traces

    patches = srlib.Patches(pairs, patch_size=recipe.patch_size, batch_size=recipe.batch_size)
    times = []
    for k in range(STEPS):
        start = time.perf_counter()
        patches.batch(k)
        times.append(time.perf_counter() - start)
    batch = sum(times) / STEPS
    print(f"a training step takes {1000 * step:.1f} ms, making its batch {1000 * batch:.2f} ms")
    print(f"input pipeline: {batch / step:.1%} of a step (must be under 10 %, aim 3 %)")


if __name__ == "__main__":
    main()
