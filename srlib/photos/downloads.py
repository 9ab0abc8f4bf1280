"""Fetching photo sets: resumed where it was cut off, checked, unpacked whole or not at all."""

import json
import shutil
from pathlib import Path

import pooch
import requests
import urllib3
from tqdm import tqdm

from srlib.images import is_image_name, sha256, write_json
from srlib.photos.archives import ArchiveError, unpack
from srlib.photos.sets import data_root
from srlib.photos.sources import SOURCES, Source

__all__ = ["DownloadError", "download"]

RECORD = ".downloads.json"  # in the data root: the SHA-256 of archives that came without one
CHUNK = 2**18  # bytes
TIMEOUT = 30  # seconds without a sign of life from the server


class DownloadError(OSError):
    """A photo set could not be fetched; the message says why and what else to do."""


def download(name: str, root: Path | str | None = None, progress: bool = True) -> Path:
    """Fetch a photo set, check it, and put its image files into one folder.

    A download that is cut off is continued by the next call. An archive of which nobody has
    published a hash is recorded with its SHA-256 in ``.downloads.json`` under `root`; later
    downloads of the set must match. A set that is already there is left alone.

    Parameters
    ----------
    name
        A key of `srlib.SOURCES`, such as ``"Set5"``.
    root
        Where the set's folder shall lie, by default `srlib.data_root`.
    progress
        Whether to show a progress bar.

    Returns
    -------
    Path
        The folder, with the image files of the set directly inside.

    Raises
    ------
    ValueError
        If there is no such set; the message lists the sets.
    DownloadError
        If the set cannot be fetched, or what was fetched is not what it should be. Nothing that
        was there before is lost.
    """
    if name not in SOURCES:
        raise ValueError(f"unknown photo set {name!r}; choose one of {', '.join(SOURCES)}")
    source = SOURCES[name]
    root = data_root() if root is None else Path(root)
    folder = root / name
    if _is_there(source, folder):
        return folder
    if source.by_hand:
        raise DownloadError(f"{source} cannot be downloaded: {source.hand(folder)}")
    record = _read_record(root / RECORD)
    work = root / f".{name}.download"  # holds what is worth continuing with
    try:
        archive, url = _fetch(source, work, source.digest or record.get(name), progress)
        try:
            unpack(archive, folder, source.files, source.images)
        except ArchiveError as error:
            archive.unlink()
            raise DownloadError(
                f"what {url} gave for {source} was deleted, because it {error}: "
                f"{source.hand(folder)}"
            ) from error
        if source.digest is None and name not in record:
            write_json(root / RECORD, {**record, name: f"sha256:{sha256(archive)}"})
        shutil.rmtree(work)
    finally:
        if work.exists() and not any(work.iterdir()):
            work.rmdir()
    return folder


def _is_there(source, folder):
    if not folder.exists():
        return False
    files = list(folder.iterdir())
    found = sum(map(is_image_name, files))
    if files and found < source.images:
        raise DownloadError(
            f"{folder} holds {found} image files, but {source.name} has {source.images}; "
            "nothing was changed: move that folder away, then download again"
        )
    return bool(files)


def _read_record(path):
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise DownloadError(
            f"{path} is damaged ({error}): it holds the hashes of earlier downloads; delete it to "
            "download without comparing"
        ) from error


def _fetch(source: Source, work: Path, known: str | None, progress: bool) -> tuple[Path, str]:
    """The archive of a set, of the right hash, and the address that it came from."""
    partial = work / "partial"

    def resume(url, output, _):
        _resume(source, url, partial, progress)
        partial.replace(output)
        partial.with_suffix(".json").unlink()

    failures = []
    for url in source.urls:
        # pooch keeps a finished archive, compares its hash, and deletes one that differs.
        keeper = pooch.create(work, "", registry={"archive": known}, urls={"archive": url})
        try:
            return Path(keeper.fetch("archive", downloader=resume)), url
        except requests.RequestException as error:
            answer = getattr(error.response, "status_code", type(error).__name__)
            failures.append(f"{url} ({answer})")
        except ValueError as error:
            hint = "" if source.digest else f" {work.with_name(RECORD)} holds an earlier hash."
            raise DownloadError(
                f"{source} from {url} is not the expected file. {error}{hint}"
            ) from error
    raise DownloadError(
        f"{source} could not be downloaded from {' or '.join(failures)}: try again later, "
        f"or {source.hand(work.with_name(source.name))}"
    )


def _resume(source: Source, url: str, partial: Path, progress: bool) -> None:
    """Download into `partial`, after the bytes that it holds if they are of the same file.

    pooch and requests can only begin at the first byte, which puts a set of 3.5 GB out of reach of
    an unsteady line.
    """
    note = _read_note(partial.with_suffix(".json"))
    start = partial.stat().st_size if partial.exists() and note["url"] == url else 0
    if start and start == note["size"]:
        return
    # A server that compresses an archive once more on the way hides how many bytes it has.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        span = response.headers.get("Content-Range", "")
        fits = span.startswith(f"bytes {start}-") and _note(url, response) == note
        if start and not fits and response.status_code in (206, 416):
            partial.unlink()  # the file on the server is another one by now
            _resume(source, url, partial, progress)
            return
        response.raise_for_status()
        note = _note(url, response)
        _check_size(source, url, note["size"])
        with (
            open(partial, "ab" if response.status_code == 206 else "wb") as file,
            tqdm(desc=source.name, total=note["size"], initial=file.tell(), unit="B",
                 unit_scale=True, disable=not progress) as bar,
        ):  # fmt: skip
            write_json(partial.with_suffix(".json"), note)
            try:
                for chunk in response.raw.stream(CHUNK, decode_content=False):
                    bar.update(file.write(chunk))
            except urllib3.exceptions.HTTPError as error:
                raise DownloadError(
                    f"the connection broke after {file.tell():,} bytes of {source}: download it "
                    "again, and it goes on from there"
                ) from error
    _check_size(source, url, partial.stat().st_size)


def _read_note(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {"url": None}


def _note(url, response):
    """What tells one version of a file on a server from another."""
    _, _, total = response.headers.get("Content-Range", "").rpartition("/")
    size = total or response.headers.get("Content-Length", "")
    version = response.headers.get("ETag") or response.headers.get("Last-Modified")
    return {"url": url, "size": int(size) if size.isdigit() else None, "version": version}


def _check_size(source, url, size):
    if None not in (size, source.size) and size != source.size:
        raise DownloadError(
            f"{url} gives {size:,} bytes, but the archive of {source.name} has {source.size:,}: "
            "it was cut off or replaced; try again later"
        )
