"""Draw the picture of the README: one crop, enlarged by three methods, with the PSNR of each."""

from pathlib import Path

import srlib

SCALE = 3
TARGET = Path(__file__).resolve().parents[1] / "book" / "_static" / "readme.png"


def main():
    """Write the picture."""
    cat = next(photo for photo in srlib.photos("course-test") if photo.name == "chelsea")
    lr, hr = srlib.make_pair(cat.image, SCALE)
    methods = {"nearest": "nearest", "bicubic": "bicubic", "SRCNN": srlib.load("srcnn", SCALE)}
    results = {name: srlib.upscale(lr, method, SCALE) for name, method in methods.items()}
    captions = [f"{name}, {srlib.psnr(hr, sr, scale=SCALE):.2f} dB" for name, sr in results.items()]
    eye = (slice(80, 176), slice(110, 206))
    picture = srlib.gallery(
        [hr[eye], *(sr[eye] for sr in results.values())],
        ["original", *captions],
        alt="The eye of a cat",
        zoom=2,
    )
    TARGET.write_bytes(picture.png)


if __name__ == "__main__":
    main()
