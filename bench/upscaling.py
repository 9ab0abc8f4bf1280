"""A photograph of twelve megapixels enlarged ×4, against ONNX Runtime on a crop of it.

    python bench/upscaling.py [NETWORK]

Ours reads and writes files and works in windows; ONNX Runtime runs the same network, exported, on
a crop that it holds whole. Both in one run, seconds for each megapixel of the result.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from networks import onnx_session
from PIL import Image

import srlib

SIZE = 3000, 4000
SCALE = 4
CROP = 384


def large_photograph():
    """The test photographs side by side, as often as it takes."""
    tiles = [np.tile(photo.image, (20, 20, 1)) for photo in srlib.photos("course-test")]
    height, width = SIZE[0] // 2, SIZE[1] // 2
    a, b, c, d = (tile[:height, :width] for tile in tiles)
    return np.vstack([np.hstack([a, b]), np.hstack([c, d])])


def main() -> None:
    """Measure and print the ratio."""
    name = sys.argv[1] if len(sys.argv) > 1 else "tiny"
    model = srlib.load(name, SCALE)
    onnxruntime.set_default_logger_severity(3)
    with tempfile.TemporaryDirectory() as folder:
        exported = srlib.export(model, Path(folder) / "network.onnx")
        image = large_photograph()
        run_onnx = onnx_session(exported, image[:CROP, :CROP])
        run_onnx()
        photograph = Path(folder) / "photograph.jpg"
        Image.fromarray(image).save(photograph, quality=95)
        start = time.perf_counter()
        srlib.upscale_file(photograph, Path(folder) / "larger.jpg", model)
        ours = (time.perf_counter() - start) / (image[..., 0].size * SCALE**2 / 1e6)
        runs = []
        for _ in range(5):
            start = time.perf_counter()
            run_onnx()
            runs.append(time.perf_counter() - start)
    theirs = float(np.median(runs)) / ((CROP * SCALE) ** 2 / 1e6)
    print(
        f"{name} ×{SCALE}: {ours:.2f} s a megapixel, files included; ONNX Runtime {theirs:.2f} s; "
        f"{theirs / ours:.2f} × as fast (must be 1, aim 1.2)"
    )


if __name__ == "__main__":
    main()
