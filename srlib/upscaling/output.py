"""Where an enlarged image goes, and what it goes without."""

import contextlib
import warnings
from pathlib import Path

from PIL import Image

from srlib.images import check_writable, tell

__all__ = ["check_output", "tell_dropped"]


def check_output(out: Path, image: Path) -> None:
    """Refuse, before any work, a place where the enlarged image cannot or should not be written.

    Parameters
    ----------
    out
        The PNG file to write, or a device or a pipe, whatever its name.
    image
        The image file that is enlarged, which must exist.

    Raises
    ------
    ValueError
        If `out` is a folder, `image` itself, or of another format.
    OSError
        If no file can be made there.
    """
    if out.is_dir():
        raise ValueError(f"{out} is a folder: name a file, such as {out / image.stem}_sr.png")
    if not out.exists() or out.is_file():
        if out.suffix.lower() != ".png":
            raise ValueError(
                f"{out} must end in .png, the format that is written: name another file"
            )
        if out.exists() and out.samefile(image):
            raise ValueError(f"{out} is the image to be enlarged: name another file to write")
    check_writable(out)


def tell_dropped(image: Path) -> None:
    """Say on stderr what of an image file an enlargement of 8 bits without metadata lacks."""
    lacking = []
    with contextlib.suppress(Exception), warnings.catch_warnings():  # it has been read already
        warnings.simplefilter("ignore")
        with Image.open(image) as picture:
            if picture.has_transparency_data:
                lacking.append("transparency, which lies over white")
            if "16" in picture.mode or any("16" in str(tile.args) for tile in picture.tile):
                lacking.append("samples of more than 8 bits")
            if picture.info.get("exif"):
                lacking.append("EXIF data")
    if lacking:
        tell(f"{image}: the PNG is written without its {', its '.join(lacking)}")
