"""Which photographs show the same: equal pixels, or near hashes and a like look."""

import hashlib
from collections.abc import Iterable, Mapping

import imagehash
import numpy as np
from PIL import Image

__all__ = ["NEAR", "duplicates", "fingerprint", "without_look"]

# Two photographs are near duplicates if their perceptual hashes differ in at most so many of 256
# bits. Measured on 1,597 photographs of eight sets: JPEG of quality 30, a third of the size, gray,
# 20 % more contrast or 1 % cut off each side move a hash by 28 bits at most; the nearest two
# different photographs, of 1.27 million pairs, are 82 bits apart.
NEAR = 40
HASH_SIZE = 16  # 16² bits

# A perceptual hash sees little of an image that changes in one direction only: any two barcodes or
# ramps are near. So their thumbnails must look alike as well, which is to have this correlation.
# Measured on the 119 shipped benchmark images: changed as above or 30 % brighter, an image keeps
# 0.95 or more; the two most alike of the different ones have 0.89. Of clean ramps in
# steps of 5°, of four sizes, six of 10,224 pairs still count as one, all at most 15° apart.
ALIKE = 0.93
LOOK_SIZE = 12  # 12² gray levels, a hexadecimal digit each
FLAT = 8  # a thumbnail of fewer levels, of 256, shows nothing


def fingerprint(image: np.ndarray) -> dict[str, str]:
    """What tells an image from others, in hexadecimal.

    ``"pixels"`` is the SHA-256 of the pixels, ``"phash"`` a perceptual hash of 256 bits, and
    ``"look"`` a thumbnail of 12×12 gray levels, stretched to be 0 to 15.
    """
    picture = Image.fromarray(image)
    pixels = hashlib.sha256(f"{image.shape}".encode() + image.tobytes()).hexdigest()
    gray = picture.convert("L").resize((LOOK_SIZE, LOOK_SIZE), Image.Resampling.BOX)
    levels = np.asarray(gray, float) - np.min(gray)
    stretched = np.round(levels * (15 / levels.max() if levels.max() >= FLAT else 0))
    look = "".join(f"{int(level):x}" for level in stretched.ravel())
    return {"pixels": pixels, "phash": str(imagehash.phash(picture, HASH_SIZE)), "look": look}


def duplicates(
    records: Iterable[dict], benchmarks: Mapping[str, Mapping[str, str]]
) -> dict[int, str]:
    """Which photographs show the same as a benchmark image or as a photograph before them.

    Parameters
    ----------
    records
        By photograph its `fingerprint`, and its ``"file"`` to tell it by; of two duplicates the
        first is kept.
    benchmarks
        `fingerprint` by name, see `benchmark_hashes`.

    Returns
    -------
    dict
        Reason by index, since two photographs may have one name.
    """
    records = list(records)
    labels = [f"benchmark image {name}" for name in benchmarks]
    labels += [f"near duplicate of {record['file']}" for record in records]
    prints = [*benchmarks.values(), *records]
    # A column of four words for each image. Those that are kept move to the front, known of them.
    texts = "".join(image["phash"] for image in prints)
    words = np.frombuffer(bytes.fromhex(texts), np.uint64).reshape(-1, 4).T.copy()
    looks = np.array([_direction(image["look"]) for image in prints])
    known, first, reasons = len(benchmarks), {}, {}
    for i, record in enumerate(records, known):
        index = i - len(benchmarks)
        if twin := first.get(record["pixels"]):
            reasons[index] = f"exact duplicate of {twin}"
            continue
        differing = np.bitwise_count(words[:, :known] ^ words[:, [i]]).sum(0, dtype=np.uint16)
        near = np.flatnonzero(differing <= NEAR)
        near = near[looks[near] @ looks[i] >= ALIKE] if near.size else near
        if near.size:
            nearest = near[differing[near].argmin()]
            reasons[index] = (
                f"{labels[nearest]} ({differing[nearest]} of {HASH_SIZE**2} hash bits differ)"
            )
            continue
        words[:, known], looks[known], labels[known] = words[:, i], looks[i], labels[i]
        first[record["pixels"]] = record["file"]
        known += 1
    return reasons


def _direction(look):
    """A thumbnail as a vector whose product with another such is their correlation.

    Flat ones have a direction of their own, so that they are like each other and nothing else.
    """
    levels = np.array([int(digit, 16) for digit in look], np.float32)
    levels -= levels.mean()
    length = np.linalg.norm(levels)
    return levels / length if length else np.full(len(look), len(look) ** -0.5, np.float32)


def without_look(record: Mapping) -> dict:
    """A record as it is kept for good: the look is needed only until duplicates are found."""
    return {key: value for key, value in record.items() if key != "look"}
