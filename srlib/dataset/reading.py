"""Pairs of a created dataset, in memory or mapped from the disk."""

import hashlib
import math
import mmap
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.lib.array_utils import byte_bounds
from tqdm import tqdm

from srlib.dataset.records import DatasetError, read_sealed, write_sealed
from srlib.dataset.staging import WORK
from srlib.images import Pair, atomic_folder, check_scale, read_image

__all__ = ["read_ahead", "read_pairs"]

UNPACKED = "unpacked"  # the folder inside a dataset for images as they would lie in memory
PIXELS = "pixels.rgb"


def read_pairs(folder: str | Path, split: str, scale: int, *, in_memory: bool = True) -> list[Pair]:
    """The pairs of a created dataset, sorted by name.

    Parameters
    ----------
    folder
        What `create_dataset` made, or any folder laid out like it.
    split
        ``"train"``, ``"valid"`` or ``"test"``.
    scale
        Super-resolution factor; says which LR images to take.
    in_memory
        Whether to hold all images in memory. False is for those that do not fit: they are unpacked
        once, to plain pixels in the dataset's folder ``unpacked``, and mapped from there, so that
        only what is looked at is read. The arrays hold the same, but cannot be written to. The
        folder is made anew when an image has changed, and may be deleted.

    Raises
    ------
    ValueError
        If there is no such split or scale; the message lists what there is.
    DatasetError
        If the dataset is unfinished, an image lacks its partner, or a pair's sizes do not match.
    srlib.ImageError
        If an image cannot be read.
    OSError
        If there is no room to unpack.
    """
    folder, lr_name = Path(folder), f"LR_x{check_scale(scale)}"
    if (folder / WORK).exists() and not (folder / "manifest.json").exists():
        raise DatasetError(f"{folder} is unfinished: call create_dataset again to finish it")
    hr, lr = (
        {path.name: path for path in sorted((folder / split / part).glob("*.png"))}
        for part in ("HR", lr_name)
    )
    if not hr or not lr:
        there = sorted(str(path.relative_to(folder)) for path in folder.glob("*/LR_x*"))
        raise ValueError(
            f"{folder} holds no {split}/HR and {split}/{lr_name}; "
            f"it holds {', '.join(there) or 'no dataset'}"
        )
    if alone := sorted(hr.keys() ^ lr.keys()):
        path = hr.get(alone[0]) or lr[alone[0]]
        raise DatasetError(f"{path} has no partner in {lr_name if alone[0] in hr else 'HR'}")
    files = [(lr[name], path) for name, path in hr.items()]
    if in_memory:
        return list(_read(files, scale))
    return _mapped(files, scale, folder / UNPACKED / f"{split}_x{scale}")


def _read(files, scale) -> Iterator[Pair]:
    for lr, hr in files:
        pair = Pair(read_image(lr), read_image(hr))
        height, width = pair.lr.shape[:2]
        if pair.hr.shape[:2] != (height * scale, width * scale):
            raise DatasetError(
                f"{hr} has {pair.hr.shape[1]}×{pair.hr.shape[0]} pixels, but {lr} has "
                f"{width}×{height}, which is not {scale} times smaller: make the dataset anew"
            )
        yield pair


def _mapped(files, scale, unpacked) -> list[Pair]:
    """Pairs whose arrays lie in a file: LR and HR image by turns, one pair after the other."""
    state, index = _state(files), unpacked / "index.json"
    if not index.exists() or read_sealed(index)["state"] != state:
        with atomic_folder(unpacked) as new:
            write_sealed(new / index.name, {"state": state, "sizes": _unpack(files, scale, new)})
    pixels = np.asarray(np.memmap(unpacked / PIXELS, np.uint8, "r"))
    at, pairs = 0, []
    for height, width in read_sealed(index)["sizes"]:
        images = []
        for factor in (1, scale):
            shape = (height * factor, width * factor, 3)
            images.append(pixels[at : at + math.prod(shape)].reshape(shape))
            at += math.prod(shape)
        pairs.append(Pair(*images))
    return pairs


def read_ahead(part: np.ndarray) -> None:
    """Let the system read what lies under a part of a mapped image, without waiting for it.

    What is not read yet when it is looked at would be read then, together with much around it.
    """
    owner = whole = part
    while isinstance(owner, np.ndarray):
        owner, whole = owner.base, owner
    if isinstance(owner, mmap.mmap) and hasattr(owner, "madvise"):  # Windows has none
        begin = byte_bounds(whole)[0]
        first, end = (address - begin for address in byte_bounds(part))
        first -= first % mmap.PAGESIZE
        owner.madvise(mmap.MADV_WILLNEED, first, end - first)


def _unpack(files, scale, folder):
    """Write the pixels of all pairs, holding one at a time; heights and widths of the LR."""
    sizes = []
    with open(folder / PIXELS, "wb") as file:
        for pair in tqdm(_read(files, scale), "unpacking", len(files), file=sys.stdout):
            file.write(pair.lr.tobytes() + pair.hr.tobytes())
            sizes.append(pair.lr.shape[:2])
    return sizes


def _state(files):
    """A digest of the names, sizes and times of image files, which changes when they do."""
    digest = hashlib.sha256()
    for path in (path for pair in files for path in pair):
        stat = path.stat()
        digest.update(f"{path.name}\n{stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
