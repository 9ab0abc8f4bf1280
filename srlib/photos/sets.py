"""Photo sets by name: bundled, synthetic, downloaded, or any folder of yours."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
import pywt
import skimage

from srlib.images import (
    HEIF_SUFFIXES,
    IMAGE_SUFFIXES,
    downscale,
    is_image_name,
    modcrop,
    read_photo,
    tell,
)
from srlib.photos.sources import SOURCES
from srlib.photos.synthetic import dead_leaves, twill

__all__ = ["BUNDLED", "FILELESS", "Photo", "data_root", "left_out", "photo_files", "photo_sets",
           "photos", "present", "readers"]  # fmt: skip

SKIMAGE = Path(skimage.__file__).parent / "data"
MATPLOTLIB = Path(matplotlib.get_data_path()) / "sample_data"

# Images that scikit-image and matplotlib carry anyway. The two sets share no scene. Their JPEGs
# are halved when they are read, which hides most of the compression artifacts.
BUNDLED = {
    "course-train": (
        SKIMAGE / "brick.png",
        SKIMAGE / "coins.png",
        MATPLOTLIB / "grace_hopper.jpg",
        SKIMAGE / "grass.png",
        SKIMAGE / "gravel.png",
        SKIMAGE / "ihc.png",
        SKIMAGE / "motorcycle_left.png",
        SKIMAGE / "retina.jpg",
        SKIMAGE / "rocket.jpg",
    ),
    "course-test": (
        SKIMAGE / "astronaut.png",
        SKIMAGE / "camera.png",
        SKIMAGE / "chelsea.png",
        SKIMAGE / "coffee.png",
    ),
}

HALVED = {path for path in BUNDLED["course-train"] if path.suffix == ".jpg"}

# Photographs that Pillow does not read: who has a folder of them shall know why it looks empty.
UNREAD_SUFFIXES = HEIF_SUFFIXES - IMAGE_SUFFIXES | {
    *(".arw", ".cr2", ".cr3", ".dng", ".exr", ".hdr", ".jxl", ".nef", ".orf", ".psd", ".raf"),
    *(".rw2", ".svg"),
}

DEAD_LEAVES = 24  # images of 256×256 in the set "dead-leaves"


class Photo(NamedTuple):
    """A photograph: its name, its uint8 RGB pixels (H, W, 3), whether it is gray, and its file.

    The name is that of the file without its suffix, or with it where two files would have one
    name; the file's name is empty where there is no file.
    """

    name: str
    image: np.ndarray
    gray: bool = False
    file: str = ""

    @property
    def truth(self) -> np.ndarray:
        """What a metric compares with: (H, W, 3), or (H, W) for a gray file."""
        return self.image[..., 0] if self.gray else self.image


def _leaves(seed):
    return Photo(f"leaves-{seed:02}", dead_leaves((256, 256), seed))


def _gray(name, read):
    return Photo(name, np.repeat(read()[..., np.newaxis], 3, axis=-1).astype(np.uint8), gray=True)


# Sets without files, each a dictionary of what makes its photographs. The scenes are of the kinds
# that "course-test" lacks: trees and fields from the air, a printed page, architecture, fabric.
FILELESS = {
    "dead-leaves": {f"leaves-{seed:02}": partial(_leaves, seed) for seed in range(DEAD_LEAVES)},
    "course-scenes": {
        "aerial": partial(_gray, "aerial", pywt.data.aero),
        "page": partial(_gray, "page", skimage.data.page),
        "stairs": partial(_gray, "stairs", pywt.data.ascent),
        "twill": lambda: Photo("twill", twill()),
    },
}


def data_root() -> Path:
    """Where photo sets lie: the environment variable ``SRLIB_DATA``, or ``data`` here."""
    # A shell leaves a tilde alone in quotes, and a container's settings have no shell.
    return Path(os.environ.get("SRLIB_DATA") or "data").expanduser()


def photo_sets() -> list[str]:
    """The names of all photo sets: bundled, synthetic, downloadable, and folders in `data_root`."""
    folders = {path.name for path in data_root().glob("[!.]*") if path.is_dir()}
    return [*BUNDLED, *FILELESS, *SOURCES, *sorted(folders - SOURCES.keys())]


def present(names: Iterable[str]) -> list[str]:
    """Those of the sets that come with the library or lie in `data_root`."""
    own = BUNDLED.keys() | FILELESS.keys()
    return [name for name in names if name in own or (data_root() / name).is_dir()]


def photos(source: str | Path) -> list[Photo]:
    """The photographs of a set or a folder, sorted by name.

    What else a folder holds is left out, see `left_out`, and that is told on stderr.

    Parameters
    ----------
    source
        ``"course-train"``, ``"course-test"`` or ``"course-scenes"`` (bundled), ``"dead-leaves"``
        (synthetic), a set in `data_root` such as ``"Set5"``, or the path of a folder of image
        files.

    Returns
    -------
    list of Photo

    Raises
    ------
    ValueError
        If there is no such set or folder; the message lists the sets.
    FileNotFoundError
        If the set is known but not on this machine; the message says how to get it.
    srlib.ImageError
        If a file is no usable image.
    """
    return [read() for read in readers(source).values()]


def readers(source: str | Path) -> dict[str, Callable[[], Photo]]:
    """The names of the photographs of a set or a folder, each with what reads it.

    For whoever needs one at a time, or goes on after an image that cannot be read. Raises as
    `photos` does, but for the `srlib.ImageError`, which the reader of an image raises.
    """
    if source in FILELESS:
        return dict(FILELESS[source])
    files = photo_files(source)
    if others := left_out(source):
        tell(f"{files[0].parent}: left out: {others}")
    stems = Counter(path.stem for path in files)
    names = [path.stem if stems[path.stem] == 1 else path.name for path in files]
    return {name: partial(_read, path, name) for name, path in zip(names, files, strict=True)}


def photo_files(source: str | Path) -> list[Path]:
    """The image files of a set or of a folder, sorted by name, as they lie on the disk.

    Hidden files, to which unfinished ones belong, are none. Raises as `photos` does. A set without
    files, such as ``"dead-leaves"``, is a ValueError, as is a folder without any image file.
    """
    if source in BUNDLED:
        return list(BUNDLED[source])
    folder = _folder(str(source))
    files = sorted(path for path in folder.iterdir() if is_image_name(path) and path.is_file())
    if not files:
        others = left_out(source)
        raise ValueError(
            f"{folder} holds no image files{f' (left out: {others})' if others else ''}; expected "
            f"names ending in {', '.join(sorted(IMAGE_SUFFIXES))}"
        )
    return files


def left_out(source: str | Path) -> str:
    """What a folder holds and `photos` does not read, such as ``"12 .heic, 1 subfolder"``.

    These are subfolders, photographs in formats that cannot be read here, and links that lead
    nowhere. Hidden files, and files that are no photographs, are not worth a word.
    """
    if source in BUNDLED or source in FILELESS:
        return ""
    kinds = Counter()
    for path in _folder(str(source)).iterdir():
        suffix = path.suffix.lower()
        if path.name.startswith("."):
            continue
        if path.is_dir():
            kinds["~subfolder"] += 1
        elif suffix in UNREAD_SUFFIXES:
            kinds[suffix] += 1
        elif suffix in IMAGE_SUFFIXES and not path.is_file():
            kinds[f"{suffix} that is no file"] += 1
    # The tilde is sorted to the end.
    parts = [f"{count:,} {kind}" for kind, count in sorted(kinds.items())]
    return ", ".join(parts).replace("~", "") + "s" * (kinds["~subfolder"] > 1)


def _folder(source: str) -> Path:
    if source in FILELESS:
        raise ValueError(f'"{source}" is made when it is needed and has no files: use photos()')
    # Only a bare name is looked up among the sets: "." and "../x" are folders.
    if Path(source).name == source not in ("", "..") and (data_root() / source).is_dir():
        return data_root() / source
    if source in SOURCES:
        raise FileNotFoundError(SOURCES[source].how_to_get(data_root() / source))
    if source and (folder := Path(source).expanduser()).is_dir():
        return folder
    raise ValueError(
        f"there is no photo set or folder {source!r}; choose one of {', '.join(photo_sets())}, "
        "or the path of a folder of images"
    )


def _read(path, name):
    image, gray = read_photo(path)
    photo = Photo(name, image, gray, path.name)
    return photo._replace(image=downscale(modcrop(image, 2), 2)) if path in HALVED else photo
