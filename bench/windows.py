"""Every network in windows against the same network on the whole image, at awkward sizes.

    python bench/windows.py [NETWORK ...]

Both have the borders that `srlib.upscaling.predict` gives an image which is smaller than what a
network sees. The last number is the greatest difference in float32. Windows must change at most
one level of 255 in fewer than 1 in 100,000 values, and none by more.
"""

import sys

import numpy as np

import srlib
from srlib.upscaling import predict

SIZES = (1, 1), (7, 5000), (333, 517)
SMALL = 100 * 2**20  # bytes for a window, so that these images take many
LARGE = 2**36  # … and so that each is one window


def main() -> None:
    """Measure and print a row of each network and size."""
    photograph = np.tile(srlib.photos("course-test")[0].image, (2, 20, 1))
    for name, scale in srlib.available():
        if name not in (sys.argv[1:] or [name]):
            continue
        model = srlib.load(name, scale)
        for height, width in SIZES:
            image = photograph[:height, :width]
            whole = predict(model, image, memory=LARGE)
            parts = predict(model, image, memory=SMALL)
            levels = [srlib.to_image(sr[np.newaxis]).astype(int) for sr in (whole, parts)]
            apart = abs(levels[0] - levels[1])
            print(
                f"{name} ×{scale}, {height}×{width}: at most {apart.max()} levels apart, "
                f"{np.mean(apart > 0):.1e} of the values; {abs(whole - parts).max():.0e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
