"""Make the pictures of the blind rating, so that nothing but their pixels tells them apart.

python tools/rating_pictures.py _build/rating

Every picture is a PNG of one number of bytes, called by a hash of them. `trials.json` says which
stand beside each other; what each is says `key.txt`, which the page loads when all is answered. It
is base64, which keeps a reader from seeing it by chance, and nobody from looking it up.
"""

import base64
import functools
import hashlib
import io
import json
import shutil
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

import srlib
from srlib.evaluation import PHOTOGRAPH, SPOILT

SCALE, SIDE, AROUND = 4, 160, 48  # AROUND: HR pixels beside a crop, which networks see as well
PAIRS, SEED = 20, 11
METHODS = ("bicubic", "edsr", "srresnet", "srgan", "edsr-srgan-half")
TOTAL = 3_000_000  # bytes of all pictures, at most

# Photographs that no network has learned from, and the upper left corner of each crop, in pixels.
CROPS = {
    "eye": ("course-test", "chelsea", (60, 100)),
    "whiskers": ("course-test", "chelsea", (140, 272)),
    "face": ("course-test", "astronaut", (48, 140)),
    "badge": ("course-test", "astronaut", (340, 116)),
    "cup": ("course-test", "coffee", (60, 340)),
    "saucer": ("course-test", "coffee", (192, 60)),
    "fields": ("course-scenes", "aerial", (160, 200)),
    "stairs": ("course-scenes", "stairs", (270, 20)),
}
SCORED = ("eye", "badge")  # the crops of which single pictures are judged


@functools.cache
def network(name):
    """A trained network, or halfway from EDSR to SRGAN by weights, since both have one form."""
    if name != "edsr-srgan-half":
        return srlib.load(name, SCALE)
    half, other = srlib.load("edsr", SCALE), srlib.load("srgan", SCALE)
    pairs = zip(half.get_weights(), other.get_weights(), strict=True)
    half.set_weights([(a + b) / 2 for a, b in pairs])
    return half


def picture(crop, method):
    """The pixels of a crop, uint8 (SIDE, SIDE, 3), by a method or as photographed."""
    photo_set, name, (top, left) = CROPS[crop]
    image = next(photo.image for photo in srlib.photos(photo_set) if photo.name == name)
    rows, columns = (slice(max(0, at - AROUND), at + SIDE + AROUND) for at in (top, left))
    lr, hr = srlib.make_pair(image[rows, columns], SCALE)
    if method != PHOTOGRAPH:
        classical = method in srlib.INTERPOLATIONS
        hr = srlib.upscale(lr, method if classical else network(method), SCALE)
    top, left = top - rows.start, left - columns.start
    return hr[top : top + SIDE, left : left + SIDE]


def png(pixels):
    """The bytes of a PNG file, as few as Pillow makes."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return file.getvalue()


def padded(content, size, seed):
    """A PNG of exactly `size` bytes: what is missing is a chunk that every viewer skips."""
    noise = np.random.default_rng(seed).bytes(size - len(content) - 12)
    body = b"paDd" + noise
    chunk = struct.pack(">I", len(noise)) + body + struct.pack(">I", zlib.crc32(body))
    end = content.rindex(b"\0\0\0\0IEND")
    return content[:end] + chunk + content[end:]


def named(content):
    """What a file is called: it tells nothing of what is seen."""
    return hashlib.sha256(content).hexdigest()[:16]


def planned():
    """The pairs, each (crop, method) twice, and the single pictures.

    A copy stands for the second picture of a pair of one and the same, lest its name give it away.
    """
    plan = srlib.rating_plan(list(CROPS), METHODS, pairs=PAIRS, seed=SEED)
    pairs = [
        ((row.crop, row.left, 0), (row.crop, row.right, int(row.left == row.right)))
        for row in plan.itertuples()
    ]
    return pairs, [(crop, method, 0) for crop in SCORED for method in (*METHODS, PHOTOGRAPH)]


def main():
    """Fill the folder named on the command line."""
    out = Path(sys.argv[1])
    shutil.rmtree(out, ignore_errors=True)  # lest pictures of an earlier plan remain
    (out / "pictures").mkdir(parents=True)
    pairs, singles = planned()
    files = {key: png(picture(*key[:2])) for key in {*sum(pairs, ()), *singles}}
    size = max(map(len, files.values())) + 64
    if len(files) * size > TOTAL:
        raise ValueError(f"{len(files)} pictures of {size} bytes are more than {TOTAL}")
    names = {}
    for seed, (key, content) in enumerate(sorted(files.items())):
        content = padded(content, size, seed)
        names[key] = named(content)
        (out / "pictures" / f"{names[key]}.png").write_bytes(content)
    key = json.dumps({name: key[:2] for key, name in sorted(names.items(), key=lambda n: n[1])})
    (out / "key.txt").write_bytes(base64.b64encode(key.encode()))
    trials = {
        "side": SIDE,
        "pairs": sorted(sorted(names[key] for key in pair) for pair in pairs),
        "singles": sorted(names[key] for key in singles),
    }
    (out / "trials.json").write_text(json.dumps(trials, indent=1) + "\n")
    assert SPOILT in {method for _, method, _ in names}


if __name__ == "__main__":
    main()
