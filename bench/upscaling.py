"""A photograph of twelve megapixels enlarged ×4, against ONNX Runtime on a crop of it.

    python bench/upscaling.py [NETWORK]

ONNX Runtime runs the same network, exported, on a crop that it holds whole. Beside that stands what
we need for the whole photograph, which is read from a file, worked on in windows and written to a
file: that must not be slower although it does more. Two more rows compare like with like, both on
the crop: the network alone, and with a JPEG file read before and written after it. All in one run,
in seconds for each megapixel of the result.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from networks import onnx_session, seconds_in_turn
from PIL import Image

import srlib
from srlib.upscaling import predict

SIZE = 3000, 4000
SCALE = 4
CROP = 384


def large_photograph():
    """The test photographs side by side, as often as it takes."""
    tiles = [np.tile(photo.image, (20, 20, 1)) for photo in srlib.photos("course-test")]
    height, width = SIZE[0] // 2, SIZE[1] // 2
    a, b, c, d = (tile[:height, :width] for tile in tiles)
    return np.vstack([np.hstack([a, b]), np.hstack([c, d])])


def on_a_crop(model, crop, folder):
    """Median seconds a megapixel of both programs, each alone and with files."""
    run_onnx = onnx_session(srlib.export(model, folder / "network.onnx"), crop)
    source, out = folder / "crop.jpg", folder / "out.jpg"
    Image.fromarray(crop).save(source, quality=95)

    def onnx_with_files():
        srlib.to_batch(np.asarray(Image.open(source)))
        sr = np.round(np.clip(run_onnx(), 0, 1) * 255).astype(np.uint8)
        Image.fromarray(sr).save(out, quality=95, subsampling="4:4:4")

    actions = {
        "ours": lambda: predict(model, crop),
        "onnx": run_onnx,
        "ours with files": lambda: srlib.upscale_file(source, out, model, overwrite=True),
        "onnx with files": onnx_with_files,
    }
    return seconds_in_turn(actions).median() / (crop[..., 0].size * SCALE**2 / 1e6)


def main() -> None:
    """Measure and print the ratios."""
    name = sys.argv[1] if len(sys.argv) > 1 else "tiny"
    model = srlib.load(name, SCALE)
    onnxruntime.set_default_logger_severity(3)
    image = large_photograph()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        crop = on_a_crop(model, image[:CROP, :CROP], folder)
        Image.fromarray(image).save(folder / "photograph.jpg", quality=95)
        start = time.perf_counter()
        srlib.upscale_file(folder / "photograph.jpg", folder / "larger.jpg", model)
        crop["whole"] = (time.perf_counter() - start) / (image[..., 0].size * SCALE**2 / 1e6)
    for what, ours, theirs, goal in (
        ("the photograph, with files, against the crop", "whole", "onnx", " (must be 1, aim 1.2)"),
        ("the crop, network alone", "ours", "onnx", ""),
        ("the crop, with files", "ours with files", "onnx with files", ""),
    ):
        print(
            f"{name} ×{SCALE}, {what}: {crop[ours]:.3f} s a megapixel, ONNX Runtime "
            f"{crop[theirs]:.3f} s; {crop[theirs] / crop[ours]:.2f} × as fast{goal}"
        )


if __name__ == "__main__":
    main()
