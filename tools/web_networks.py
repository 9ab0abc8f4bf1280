"""Make what the page that enlarges photographs loads: networks, their list, examples, the runtime.

python tools/web_networks.py _build/web .venv/web
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import srlib
from srlib.networks import sight

ROOT = Path(__file__).resolve().parents[1]

# What the reader chooses from, and what each is told to be.
NETWORKS = {
    ("tiny", 2): "For any photograph, twice as wide and high.",
    ("srcnn", 3): "Three times as wide and high, by the first network of the course.",
    ("tiny", 4): "Four times as wide and high: more than a network can know.",
    ("srgan", 4): "Invents texture that looks likely and was never there. Not for faces, plates or "
    "text, and it takes about a hundred times as long.",
}
INVENTS = {"srgan"}

# Photographs that no network has learned from, and the square of each that is shown, in pixels.
EXAMPLES = {
    "cat": ("course-test", "chelsea", (40, 90)),
    "stairs": ("course-scenes", "stairs", (0, 0)),
    "coffee": ("course-test", "coffee", (60, 140)),
}
SIDE = 256

RUNTIME = (
    "ort.wasm.bundle.min.mjs",
    "ort-wasm-simd-threaded.wasm",
    "ort.webgpu.bundle.min.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
)


def write_network(name, scale, about, out):
    """Export a network, and say what the page must know of it."""
    model = srlib.load(name, scale)
    file = srlib.export(model, out / f"{name}_x{scale}.onnx", overwrite=True)
    content = file.read_bytes()
    return {
        "name": name,
        "scale": scale,
        "file": file.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "margin": max(sight(model).margin),
        "about": about,
        "invents": name in INVENTS,
    }


def squares():
    """The example photographs: names and uint8 pixels."""
    for example, (photo_set, name, (top, left)) in EXAMPLES.items():
        image = next(photo.image for photo in srlib.photos(photo_set) if photo.name == name)
        yield example, image[top : top + SIDE, left : left + SIDE]


def still(image):
    """The picture for browsers that cannot run a network: bicubic beside network."""
    model, scale = srlib.load("tiny", 2), 2
    lr = image[48:208, 48:208]
    return np.hstack([srlib.interpolate(lr, scale, "bicubic"), srlib.upscale(lr, model)])


def main():
    """Fill the folder named first on the command line; the second is where the runtime lies."""
    out, installed = map(Path, sys.argv[1:])
    (out / "examples").mkdir(parents=True, exist_ok=True)
    networks = [write_network(*key, about, out) for key, about in NETWORKS.items()]
    for name, image in squares():
        Image.fromarray(image).save(out / "examples" / f"{name}.png")
        if name == "cat":
            Image.fromarray(still(image)).save(out / "still.png")
    dist = installed / "node_modules" / "onnxruntime-web" / "dist"
    if dist.is_dir():
        (out / "ort").mkdir(exist_ok=True)
        for file in RUNTIME:
            shutil.copy(dist / file, out / "ort")
    else:
        print(f"{installed} holds no runtime: the page 'Try it' will show a still picture")
    # Last, since make looks at this one; the page is not shown without a runtime.
    listed = {"networks": networks if dist.is_dir() else []}
    (out / "networks.json").write_text(json.dumps(listed, indent=1))


if __name__ == "__main__":
    main()
