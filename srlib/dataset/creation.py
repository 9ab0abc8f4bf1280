"""Photographs to aligned, split LR/HR pairs on disk."""

import errno
import importlib.metadata
import platform
import shutil
from collections.abc import Iterator
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from srlib.dataset.likeness import NEAR
from srlib.dataset.records import DatasetError, check_same, read_sealed, write_sealed
from srlib.dataset.screening import benchmark_hashes, check_rules, check_split, decide
from srlib.dataset.staging import (
    WORK,
    check_whole,
    identity,
    list_items,
    open_work,
    prepare_all,
    publish,
)
from srlib.dataset.summary import DatasetSummary
from srlib.images import printable
from srlib.photos import left_out

__all__ = ["DatasetError", "create_dataset"]


def create_dataset(
    source: str | Path,
    out: str | Path,
    *,
    scale: int,
    hr_size: int | None = None,
    split: tuple[float, float, float] = (0.8, 0.1, 0.1),
    seed: int = 0,
    workers: int | None = None,
    executor: Executor | None = None,
    kernel: str = "bicubic",
    min_size: int = 32,
    min_contrast: float = 4.0,
) -> DatasetSummary:
    """Make aligned LR/HR pairs from photographs, filtered and split.

    The pairs are plain PNG files, ``train/HR/NAME.png`` with ``train/LR_x4/NAME.png`` and likewise
    for ``valid`` and ``test``; ``manifest.json`` tells how they were made, with the SHA-256 of each
    file and what was skipped and why. Each LR image is made from the very HR image beside it.

    Left out are files that cannot be read, photographs that are too small or too flat, that repeat
    another photograph (equal pixels, or nearly equal perceptual hashes and thumbnails; the first by
    name is kept), and that repeat an image of Set5, Set14, BSD100 or Urban100. Mirror images and
    strong crops are not recognised as duplicates. A name of more than 139 bytes is cut.

    Killed at any moment and called again, it does what is left. The files depend on the photographs
    and the settings only, not on `workers`. A finished dataset is left as it is.

    Parameters
    ----------
    source
        A photo set or a folder of image files, see `srlib.photos`.
    out
        The folder to create. It must be new, empty, or an unfinished dataset of equal settings.
    scale
        Super-resolution factor, at least 2.
    hr_size
        Side of square HR images, a multiple of `scale`: one crop from the centre of each
        photograph, never resized, such as 288 for 72→288 at ×4. None keeps whole photographs, less
        the rows and columns at the bottom and right that do not fill a multiple of `scale`.
    split
        Shares of train, valid and test, either fractions that sum to 1 or counts. Counts for valid
        and test are met exactly, train takes what remains up to its count.
    seed
        Start of the random split.
    workers
        Processes; 1 is this one alone. None takes one for each core, fewer for few photographs. A
        script that starts processes must do so under ``if __name__ == "__main__":``.
    executor
        Where to work instead, such as a cluster's. It is not shut down. Its workers must see
        the same files.
    kernel
        How HR becomes LR: one of `srlib.KERNELS`, or the name of another degradation, such as
        ``"jpeg-70"`` or ``"mixed"``; see `srlib.degradation`.
    min_size
        Shorter side that a photograph must have, in pixels, where `hr_size` does not say it.
    min_contrast
        Standard deviation of luma (BT.601, 16 to 235) that an HR image must have.

    Returns
    -------
    DatasetSummary

    Raises
    ------
    ValueError
        If a setting is wrong, there is no such source, or nothing in it can be used.
    DatasetError
        If `out` holds other files or a dataset of other settings, or its records were edited.
    OSError
        If `out` cannot be written. What is there stays, and the call can be repeated.
    """
    rules = check_rules(scale, hr_size, kernel, min_size, min_contrast)
    split = check_split(split)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be an integer of at least 0, not {seed!r}")
    if workers is not None and not (isinstance(workers, int) and workers >= 1):
        raise ValueError(f"workers must be an integer of at least 1, or None, not {workers!r}")
    items, out = list_items(source), Path(out)
    benchmarks = benchmark_hashes()  # first, so that a damaged benchmark image costs no work
    settings = {"format": 1, "photographs": identity(items), **rules._asdict()}
    final = settings | {"near": NEAR, "split": split, "seed": int(seed)}
    with _explained(out):
        if not (out / "manifest.json").exists():
            work = open_work(out, settings)
            if (work / "manifest.json").exists():  # killed while the files were moved
                plan = read_sealed(work / "manifest.json")
                check_same(plan["settings"], final, f"{out} holds an unfinished dataset")
            else:
                records = prepare_all(items, work, rules, workers, executor)
                plan = {"source": printable(str(source)), "settings": final}
                plan |= {"versions": _versions(), "left_out": left_out(source)}
                plan |= decide(records, split, seed, benchmarks)
                _check_any(plan, work)
                write_sealed(work / "manifest.json", plan)
            publish(out, items, plan)
        return _finished(out, final)


@contextmanager
def _explained(out: Path) -> Iterator[None]:
    """Say what to do about a folder that cannot be written and about workers that died."""
    try:
        yield
    except BrokenProcessPool as error:
        raise DatasetError(
            "a worker process died. A script must call create_dataset under "
            "`if __name__ == '__main__':`, or with workers=1; if memory ran out, use fewer "
            "workers. What is done stays: call again to go on"
        ) from error
    except OSError as error:
        way = "make room, or choose a folder that you may write to"
        if error.errno == errno.ENAMETOOLONG:
            way = "choose a folder with a shorter path"
        raise OSError(
            error.errno or errno.EIO,
            f"the dataset {out} could not be finished ({error}). Nothing is lost: {way}, and call "
            "again to go on",
        ) from error


def _check_any(plan, work):
    if not any(plan["pairs"].values()):
        shutil.rmtree(work)  # nothing in it is worth another call
        reasons = [f"{file}: {why}" for file, why in plan["skipped"].items()]
        raise ValueError(
            f"none of the {len(reasons)} photographs in {plan['source']} can be used: "
            + "; ".join(reasons[:5])
        )


def _versions():
    names = ("srlib", "numpy", "pillow", "imagehash")
    versions = {name: importlib.metadata.version(name) for name in names}
    return {"python": platform.python_version(), **versions}


def _finished(out, settings):
    manifest = read_sealed(out / "manifest.json")
    check_same(manifest["settings"], settings, f"{out} holds a finished dataset")
    check_whole(out, manifest)
    if (out / WORK).exists():
        shutil.rmtree(out / WORK)
    pairs = {split: len(rows) for split, rows in manifest["pairs"].items()}
    told = [manifest[key] for key in ("skipped", "benchmarks", "note")]
    return DatasetSummary(out, pairs, *told, manifest.get("left_out", ""))
