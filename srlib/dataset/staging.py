"""The work behind `create_dataset`: each photograph once, wherever a kill or an error falls.

Worker processes import this module, and nothing of the networks, so that they start quickly. Each
photograph leaves two images and, last, a record in the staging folder. What has a record is not
done again; what has none is done as if for the first time. All files appear whole, by a rename.
"""

import hashlib
import itertools
import multiprocessing
import os
import queue
import signal
import sys
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from srlib.dataset.likeness import fingerprint, without_look
from srlib.dataset.records import DatasetError, check_same, read_sealed, write_sealed
from srlib.dataset.screening import Rules, crop
from srlib.images import ImageError, make_pair, printable, read_image, sha256, write_png
from srlib.photos import BUNDLED, FILELESS, photo_files, photos

__all__ = ["WORK", "Item", "check_whole", "identity", "list_items", "open_work",
           "prepare", "prepare_all", "publish"]  # fmt: skip

WORK = ".work"  # the staging folder inside a dataset that is being made
# Bytes of a pair's name; with ".png", what the narrowest file system, eCryptfs, holds.
LONGEST = 139
FEW = 16  # photographs for which it is not worth starting another process
# Photographs that are handed out at a time, enough for hundreds of workers: a scheduler keeps notes
# of each.
AHEAD = 1000


class Item(NamedTuple):
    """A photograph: the name of its file, the name of its pair, and where its pixels are."""

    file: str
    name: str
    source: Path | np.ndarray


def list_items(source: str | Path) -> list[Item]:
    """The photographs of a source by name, each with a name of its own for its pair."""
    if source in FILELESS or source in BUNDLED:
        return [Item(photo.name, photo.name, photo.image) for photo in photos(source)]
    items, taken = [], set()
    for path in sorted(photo_files(source), key=lambda path: path.name):
        file = printable(path.name)
        stem = name = _shortened(file.removesuffix(path.suffix), LONGEST)
        number = 1
        while _folded(name) in taken:  # a.jpg and a.png, or A.jpg where case does not count
            number += 1
            name = f"{_shortened(stem, LONGEST - len(f'-{number}'))}-{number}"
        taken.add(_folded(name))
        items.append(Item(file, name, path.absolute()))  # workers may have another folder
    return items


def _folded(name):
    """What names have in common that some file systems do not tell apart, by case or accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _shortened(name, longest):
    return name.encode()[:longest].decode(errors="ignore")


def identity(items: Sequence[Item]) -> str:
    """How many photographs, and a digest of their names and sizes (pixels, if in memory)."""
    digest = hashlib.sha256()
    for file, _, source in items:
        path = isinstance(source, Path)
        inside = source.stat().st_size if path else without_look(fingerprint(source))
        digest.update(f"{file}\n{inside}\n".encode())
    return f"{len(items)}, names and sizes {digest.hexdigest()[:16]}"


def open_work(out: Path, settings: dict) -> Path:
    """The staging folder of a dataset, new or of an interrupted call with equal settings."""
    work, marker = out / WORK, out / WORK / "settings.json"
    if not work.exists():
        if out.exists() and (others := [p.name for p in out.iterdir() if p.name[0] != "."]):
            raise DatasetError(
                f"{out} holds other files ({', '.join(sorted(others)[:3])}, …): "
                "choose a new or an empty folder. Nothing was changed"
            )
        work.mkdir(parents=True)
    if marker.exists():
        check_same(read_sealed(marker), settings, f"{out} holds an unfinished dataset")
    elif any(work.glob("records/*.json")):
        raise DatasetError(f"{marker} was removed: delete {out} to start anew. Nothing was changed")
    else:
        write_sealed(marker, settings)
    return work


def prepare(index: int, item: Item, work: Path, rules: Rules) -> dict:
    """Write the pair of one photograph into the staging folder and return its record.

    A photograph that cannot be used gives a record with the reason. An OSError means that the
    staging folder cannot be written, never that the photograph cannot be read.
    """
    record = {"file": item.file, "name": item.name}
    try:
        image = item.source if isinstance(item.source, np.ndarray) else read_image(item.source)
        hr, reason = crop(image, rules)
    except Exception as error:  # a decoder may raise anything, and one file must not stop the rest
        text = str(error) if isinstance(error, ImageError) else repr(error)
        hr, reason = None, f"unreadable: {text.replace(str(item.source), item.file)}"
    if hr is None:
        record["skipped"] = reason
    else:
        pair = make_pair(hr, rules.scale, rules.kernel)
        record |= fingerprint(image)
        for part, picture in zip(_parts(rules.scale), (pair.hr, pair.lr), strict=True):
            write_png(path := _staged(work, part, index), picture)
            record[part] = {"size": list(picture.shape[1::-1]), "sha256": sha256(path)}
    write_sealed(_staged(work, "records", index), record)
    return record


def prepare_all(
    items: Sequence[Item],
    work: Path,
    rules: Rules,
    workers: int | None,
    executor: Executor | None,
) -> list[dict]:
    """Prepare what has no record yet, with a progress bar; the records of all in their order."""
    records = {}
    for index in range(len(items)):
        if (path := _staged(work, "records", index)).exists():
            record = read_sealed(path)
            images = [part for part in _parts(rules.scale) if part in record]
            comparable = "skipped" in record or "look" in record  # not of an earlier version
            if comparable and all(_staged(work, part, index).exists() for part in images):
                records[index] = record
    todo = [index for index in range(len(items)) if index not in records]
    bar = tqdm(
        desc="photographs", total=len(items), initial=len(records), file=sys.stdout, mininterval=1
    )
    with bar, closing(_run(todo, items, work.absolute(), rules, workers, executor)) as results:
        for index, record in results:
            records[index] = record
            bar.update()
    return [records[index] for index in range(len(items))]


def _run(todo, items, work, rules, workers, executor) -> Iterator[tuple[int, dict]]:
    if workers is None:
        cores = getattr(os, "process_cpu_count", os.cpu_count)() or 1  # the former from 3.13
        workers = min(cores, max(1, len(todo) // FEW))
    if executor is None and workers == 1:
        for index in todo:
            yield index, prepare(index, items[index], work, rules)
        return
    # Fresh processes, since a fork of one that has loaded TensorFlow may hang.
    pool = executor or ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin_worker,
        initargs=(Image.MAX_IMAGE_PIXELS,),
    )
    futures, done, left = {}, queue.SimpleQueue(), iter(todo)

    def submit(count):
        for index in itertools.islice(left, count):
            future = pool.submit(prepare, index, items[index], work, rules)
            futures[future] = index
            future.add_done_callback(done.put)

    try:
        submit(AHEAD)
        while futures:
            future = done.get()
            yield futures.pop(future), future.result()
            submit(1)
    finally:  # nothing may go on writing after an error
        for future in futures:
            future.cancel()
        wait(futures)
        if executor is None:
            pool.shutdown()


def _begin_worker(max_image_pixels):
    Image.MAX_IMAGE_PIXELS = max_image_pixels
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends the workers
    # A killed parent cannot end its workers, and they would wait for work for ever.
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


def publish(out: Path, items: Sequence[Item], plan: dict) -> None:
    """Move the planned pairs from the staging folder to their places, and the manifest last."""
    index = {item.name: i for i, item in enumerate(items)}
    for split, rows in plan["pairs"].items():
        for part in _parts(plan["settings"]["scale"]):
            folder = out / split / part
            if rows:
                folder.mkdir(parents=True, exist_ok=True)
            for row in rows:
                staged = _staged(out / WORK, part, index[row["name"]])
                if staged.exists():  # else it was moved before a kill; the end is checked anyway
                    staged.replace(folder / f"{row['name']}.png")
    (out / WORK / "manifest.json").replace(out / "manifest.json")


def check_whole(out: Path, manifest: dict) -> None:
    """Raise a DatasetError if an image that the manifest lists is not there."""
    for split, rows in manifest["pairs"].items():
        for part in _parts(manifest["settings"]["scale"]):
            there = {path.name for path in (out / split / part).glob("*.png")}
            if gone := [f"{row['name']}.png" for row in rows if f"{row['name']}.png" not in there]:
                raise DatasetError(
                    f"{out / split / part / gone[0]} was removed: put it back, "
                    f"or delete {out} to make it anew"
                )


def _parts(scale):
    return "HR", f"LR_x{scale}"


def _staged(work, part, index):
    return work / part / f"{index:06}.{'json' if part == 'records' else 'png'}"
