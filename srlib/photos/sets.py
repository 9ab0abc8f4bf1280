"""Photo sets by name: bundled, synthetic, downloaded, or any folder of yours."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
import skimage

from srlib.images import IMAGE_SUFFIXES, downscale, modcrop, read_photo
from srlib.photos.sources import SOURCES
from srlib.photos.synthetic import dead_leaves

__all__ = ["BUNDLED", "Photo", "data_root", "photo_files", "photo_sets", "photos", "present"]

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

DEAD_LEAVES = 24  # images of 256×256 in the set "dead-leaves"


class Photo(NamedTuple):
    """A photograph: its name, its uint8 RGB pixels (H, W, 3), and whether its file is gray."""

    name: str
    image: np.ndarray
    gray: bool = False

    @property
    def truth(self) -> np.ndarray:
        """What a metric compares with: (H, W, 3), or (H, W) for a gray file."""
        return self.image[..., 0] if self.gray else self.image


def data_root() -> Path:
    """Where photo sets lie: the environment variable ``SRLIB_DATA``, or ``data`` here."""
    return Path(os.environ.get("SRLIB_DATA") or "data")


def photo_sets() -> list[str]:
    """The names of all photo sets: bundled, synthetic, downloadable, and folders in `data_root`."""
    folders = {path.name for path in data_root().glob("[!.]*") if path.is_dir()}
    return [*BUNDLED, "dead-leaves", *SOURCES, *sorted(folders - SOURCES.keys())]


def present(names: Iterable[str]) -> list[str]:
    """Those of the sets that are bundled or lie in `data_root`."""
    return [name for name in names if name in BUNDLED or (data_root() / name).is_dir()]


def photos(source: str | Path) -> list[Photo]:
    """The photographs of a set or a folder, sorted by name.

    Parameters
    ----------
    source
        ``"course-train"`` or ``"course-test"`` (bundled), ``"dead-leaves"`` (synthetic), a set in
        `data_root` such as ``"Set5"``, or the path of a folder of image files.

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
    if source == "dead-leaves":
        return [
            Photo(f"leaves-{seed:02}", dead_leaves((256, 256), seed)) for seed in range(DEAD_LEAVES)
        ]
    if source in BUNDLED:
        return [_read(path) for path in BUNDLED[source]]
    return [_read(path) for path in photo_files(source)]


def photo_files(source: str | Path) -> list[Path]:
    """The image files of a set or of a folder, sorted by name, as they lie on the disk.

    Raises as `photos` does. ``"dead-leaves"`` has no files and is a ValueError, as is a folder
    without any image file.
    """
    if source in BUNDLED:
        return list(BUNDLED[source])
    folder = _folder(str(source))
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
    )
    if not files:
        raise ValueError(
            f"{folder} holds no image files; expected names ending in "
            f"{', '.join(sorted(IMAGE_SUFFIXES))}"
        )
    return files


def _folder(source: str) -> Path:
    if source == "dead-leaves":
        raise ValueError('"dead-leaves" is made when it is needed and has no files: use photos()')
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


def _read(path):
    image, gray = read_photo(path)
    photo = Photo(path.stem, image, gray)
    return photo._replace(image=downscale(modcrop(image, 2), 2)) if path in HALVED else photo
