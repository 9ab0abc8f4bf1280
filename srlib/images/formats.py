"""Which files are images, and how to say that one cannot be read or not wholly."""

import functools
import importlib.util
import logging
from pathlib import Path, PurePath

from PIL import Image

__all__ = [
    "HEIF_SUFFIXES",
    "IMAGE_SUFFIXES",
    "ImageError",
    "is_image_name",
    "one_line",
    "open_picture",
    "printable",
    "tell",
]

HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif"})
HAS_HEIF = importlib.util.find_spec("pillow_heif") is not None

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".avif", ".bmp", ".dib", ".gif"}
    | {".tif", ".tiff", ".jp2", ".j2k", ".jpx", ".pbm", ".pgm", ".ppm", ".pnm", ".tga", ".qoi"}
    | (HEIF_SUFFIXES if HAS_HEIF else frozenset())
)

# Their names in Pillow, in the order of how frequent they are. Other content is not looked at,
# whatever the file is called: EPS, for one, is a program, for which Pillow calls an interpreter.
PILLOW_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "DIB", "PPM", "WEBP", "TIFF", "AVIF", "JPEG2000",
                  "TGA", "QOI")  # fmt: skip

# Decoders report on metadata. A program that sets up logging gets that; else it would go to stderr.
for decoder in ("PIL", "tifffile"):
    logging.getLogger(decoder).addHandler(logging.NullHandler())


class ImageError(ValueError):
    """A file that cannot be used as a photograph; the message says which and why."""


def is_image_name(path: PurePath) -> bool:
    """Whether a file is an image by its name: neither hidden nor unfinished, of a known suffix."""
    return not path.name.startswith(".") and path.suffix.lower() in IMAGE_SUFFIXES


def printable(name: str) -> str:
    """A file name whose bytes may not be UTF-8 as text that a manifest or JSON can hold."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def one_line(error: Exception) -> str:
    """What an error says, in one line; its kind if it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


@functools.cache
def tell(message: str) -> None:
    """Say something in one line on stderr, once a session; it is the logger ``srlib`` that does."""
    logging.getLogger("srlib").warning(message)


def open_picture(path: Path) -> Image.Image:
    """Open an image file with Pillow; HEIC, too, where ``pillow-heif`` is installed.

    Raises
    ------
    ImageError
        If the file is HEIC and that is not installed.
    """
    with open(path, "rb") as file:
        head = file.read(12)
    names = PILLOW_FORMATS
    if head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"hev", b"mif", b"msf"):
        if HAS_HEIF:
            import pillow_heif

            pillow_heif.register_heif_opener()
            names = ("HEIF", *names)
        elif head[8:11] in (b"hei", b"hev"):  # the others may be AVIF, which Pillow reads by itself
            raise ImageError(
                f"{path} is HEIC, which Pillow reads only with another package: "
                "pip install pillow-heif, or save it as JPEG or PNG"
            )
    return Image.open(path, formats=names)
