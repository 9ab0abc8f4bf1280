"""How much faster `create_dataset` is with two workers than with one. Must: 1.6; aim: 1.9.

500 photographs of 481×321 pixels, ×2. Run it when the machine has nothing else to do.
"""

import contextlib
import io
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import srlib

PHOTOGRAPHS = 500
ROUNDS = 3


def write_photographs(folder: Path) -> None:
    """Write JPEG files with blobs of all sizes and the grain of a camera."""
    folder.mkdir()
    for seed in range(PHOTOGRAPHS):
        rng = np.random.default_rng(seed)
        image = rng.normal(0, 4, (321, 481, 3))
        for blobs in (3, 9, 27, 81):
            layer = rng.integers(0, 256, (blobs, blobs, 3), np.uint8)
            image += np.asarray(Image.fromarray(layer).resize((481, 321))) / 4
        picture = Image.fromarray(image.clip(0, 255).astype(np.uint8))
        picture.save(folder / f"{seed:03}.jpg", quality=90)


def seconds(source: Path, workers: int) -> float:
    """The time to make a dataset anew."""
    with tempfile.TemporaryDirectory() as out, contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        summary = srlib.create_dataset(source, out, scale=2, workers=workers)
        elapsed = time.perf_counter() - start
    assert sum(summary.pairs.values()) == PHOTOGRAPHS, summary
    return elapsed


def main() -> None:
    """Time one and two workers in turn, so that both meet the same disturbances."""
    ratios = []
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "photographs"
        write_photographs(source)
        for _ in range(ROUNDS):
            one, two = seconds(source, 1), seconds(source, 2)
            ratios.append(one / two)
            print(f"one worker {one:.1f} s, two workers {two:.1f} s: {one / two:.2f} × as fast")
    ratio = statistics.median(ratios)
    print(f"two workers: {ratio:.2f} × as fast (must be 1.6, aim 1.9), median of {ROUNDS}")


if __name__ == "__main__":
    main()
