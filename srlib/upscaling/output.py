"""Where an enlarged image goes."""

from pathlib import Path

from srlib.images import check_writable

__all__ = ["check_output"]


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
