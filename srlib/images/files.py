"""Image files to arrays and back."""

import errno
import os
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from srlib.images.atomic import atomic_path
from srlib.images.decoding import decode
from srlib.images.formats import IMAGE_SUFFIXES, ImageError, one_line, tell
from srlib.images.profiles import to_srgb
from srlib.images.samples import Samples, pictures, quantised

__all__ = ["is_whole", "read_image", "read_photo", "read_samples", "write_png"]

# What decoders raise, and say, of a file that ends too soon or holds what cannot be.
DAMAGE = (EOFError, SyntaxError, IndexError, struct.error, zlib.error)
DAMAGE_WORDS = ("truncated", "broken", "corrupt", "damaged", "not enough", "incomplete",
                "too short", "could not create decoder", "failed to decode",
                "failed to read", "unexpected end")  # fmt: skip


def read_image(path: Path | str) -> np.ndarray:
    """Read one photograph.

    The pixels come as a viewer would show them: rotated as the EXIF orientation says, more than 8
    bits scaled to 8, then colours of any profile converted to sRGB, palettes and CMYK to RGB, gray
    repeated in three channels, transparency laid over white. Where there is no profile, EXIF may
    say that colours are Adobe RGB, and a PNG what its gamma and chromaticities are; the codes of
    video for colours (CICP), which AVIF and PNG can hold, are not looked at. The format is found
    from the content, whatever the file is called. A broken colour profile is ignored and told on
    stderr.

    Parameters
    ----------
    path
        An image file of the formats of `IMAGE_SUFFIXES`; HEIC where ``pillow-heif`` is installed.

    Returns
    -------
    numpy.ndarray
        uint8 (H, W, 3), RGB.

    Raises
    ------
    ImageError
        If the file is empty, damaged, no image, no regular file, animated, of samples whose range
        is not known, or larger than ``PIL.Image.MAX_IMAGE_PIXELS``, for which the environment
        variable ``SRLIB_MAX_PIXELS`` can stand.
    FileNotFoundError
        If there is no such file.
    """
    return read_photo(path)[0]


def read_photo(path: Path | str) -> tuple[np.ndarray, bool]:
    """What `read_image` returns, and whether the file is gray."""
    path = Path(path)
    with _errors_named(path):
        samples = decode(path)
        picture, alpha = pictures(samples)
        picture = to_srgb(picture, samples.icc, path)
        gray, picture = picture.mode == "L", picture.convert("RGB")
        if alpha is not None:
            picture.putalpha(alpha)
            white = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(white, picture).convert("RGB")
        return np.array(picture), gray  # a copy, since Pillow's own array is read-only


def read_samples(path: Path | str) -> Samples:
    """Read one photograph as its file has it: its depth, gray or colour, alpha, colour space.

    Upright, as `read_image` reads it. Palettes become RGB. Inks and CIELAB, on which no network
    works, become sRGB of 8 bits, and that is told on stderr.

    Parameters
    ----------
    path
        As for `read_image`.

    Returns
    -------
    Samples
        Of mode L or RGB, uint8 or, from more than 8 bits, uint16.

    Raises
    ------
    ImageError, FileNotFoundError
        As for `read_image`.
    """
    path = Path(path)
    with _errors_named(path):
        samples = decode(path)
        if samples.mode not in ("L", "RGB"):
            tell(f"{path}: its pixels are {samples.mode}, and were converted to sRGB of 8 bits")
            picture, alpha = pictures(samples)
            colour = np.asarray(to_srgb(picture, samples.icc, path))
            return Samples("RGB", colour, 255, None if alpha is None else np.asarray(alpha))
        return quantised(samples)


def is_whole(path: Path) -> bool:
    """Whether an image file of any size can be read to its end."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with _errors_named(path):
            decode(path, limited=False)
    except ImageError:
        return False
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    return True


@contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    """What goes wrong while a file is read names the file, in one line."""
    _check_regular(path)
    try:
        with warnings.catch_warnings():  # of metadata, and of what is checked here anyway
            warnings.simplefilter("ignore")
            yield
    except (ImageError, FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # a decoder may raise anything
        raise ImageError(f"{path} {_reason(error)}") from error


def _check_regular(path):
    """Refuse at once what would hang or give nothing when it is read."""
    try:
        status = path.stat()
    except ValueError as error:  # a zero byte
        raise ImageError(f"{str(path)!r} cannot be the name of a file: {error}") from error
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(
            f"{path} is a pipe, a socket or a device, not a regular file: save the image in a file"
        )
    if status.st_size == 0:
        raise ImageError(f"{path} is empty (0 bytes): copy or download it again")


def _reason(error):
    text = one_line(error)
    if isinstance(error, UnidentifiedImageError):
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        return f"is not an image that Pillow can read; expected one of {suffixes}"
    if isinstance(error, Image.DecompressionBombError):
        return (
            f"is too large: {text}; if you trust it, set the environment variable "
            "SRLIB_MAX_PIXELS to the pixels that it has"
        )
    if isinstance(error, MemoryError):
        return "does not fit into memory: make it smaller, or close other programs"
    if isinstance(error, DAMAGE) or any(word in text.lower() for word in DAMAGE_WORDS):
        return f"is damaged or truncated: {text}"
    return f"cannot be decoded: {text}"


def write_png(path: Path | str, image: np.ndarray) -> None:
    """Write a uint8 (H, W, 3) or (H, W) image as PNG, whole or not at all."""
    with atomic_path(path) as partial:
        Image.fromarray(image).save(partial, format="PNG")
