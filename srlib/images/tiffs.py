"""TIFF files whose samples Pillow does not read or write as they are meant."""

import shutil
import tempfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import tifffile
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from srlib.images.formats import ImageError
from srlib.images.metadata import Metadata
from srlib.images.samples import Kind, Samples, upright

__all__ = ["check_pages", "read_tiff", "write_tiff"]

KINDS = {0: "L", 1: "L", 2: "RGB", 5: "CMYK"}  # modes of Pillow, by photometric interpretation


def read_tiff(path: Path, check_size) -> Samples:
    """Read the one page of a TIFF file as it describes itself, upright, or raise an ImageError.

    `check_size` is called with width and height before memory is taken for the pixels.
    """
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        check_pages(path, [bool(page.is_reduced) for page in file.pages])
        check_size(page.imagewidth, page.imagelength)
        meant = page.sampleformat == 1 and page.photometric in KINDS and page.bitspersample >= 1
        meant = meant and page.samplesperpixel >= len(KINDS[page.photometric])
        if not meant or page.bitspersample > 16 or set(page.axes) not in ({*"YX"}, {*"YXS"}):
            raise ImageError(
                f"{path} holds TIFF pixels of a kind that is not supported ({_kind(page)}): "
                "save it as 8-bit or 16-bit PNG"
            )
        try:
            samples = page.asarray()
        except Exception as error:
            if "imagecodecs" not in str(error):
                raise
            raise ImageError(
                f"{path} holds TIFF pixels that need another package ({_kind(page)}): "
                "pip install imagecodecs, or save it as 8-bit or 16-bit PNG"
            ) from error
        icc = page.tags.valueof(34675)
        orientation = page.tags.valueof(274, 1)
        if page.axes == "SYX":
            samples = np.moveaxis(samples, 0, -1)
        samples = samples.reshape(*samples.shape[:2], -1)
        return upright(_meant(page, samples)._replace(icc=icc), orientation)


def check_pages(path: Path, reduced: Sequence[bool]) -> None:
    """Refuse a TIFF file of several pages, but for thumbnails and the like behind the first.

    `reduced` says of each page whether it is another one made smaller.
    """
    count = 1 + sum(not small for small in reduced[1:])
    if count > 1:
        raise ImageError(f"{path} has {count} pages: save the one you want as a PNG")


def _kind(page):
    names = [
        f"{page.bitspersample} bits",
        getattr(page.photometric, "name", page.photometric),
        getattr(page.planarconfig, "name", ""),
        getattr(page.compression, "name", page.compression),
    ]
    return ", ".join(str(name).lower() for name in names if name != "")


def _meant(page, samples):
    maximum = 2**page.bitspersample - 1
    mode = KINDS[page.photometric]
    channels = len(mode)
    colour, extra = samples[..., :channels], samples[..., channels:]
    if page.photometric == 0:  # white is zero
        colour = maximum - colour
    # A fourth sample of RGB that nothing is said of is alpha to most programs, and to Pillow.
    kinds = tuple(page.extrasamples) or (2,) * min(1, extra.shape[2])
    for at, kind in enumerate(kinds[: extra.shape[2]]):
        if kind in (1, 2):
            alpha = extra[..., at]
            if kind == 1:  # colours were multiplied by alpha
                whole = np.maximum(alpha, 1)[..., np.newaxis].astype(np.float64)
                colour = np.minimum(colour * (maximum / whole), maximum)
            return Samples(mode, colour, maximum, alpha)
    return Samples(mode, colour, maximum)


STRIP = 2**20  # bytes
MOST = 2**32 - 2**24  # bytes of all strips, which leaves room for tags


def write_tiff(
    path: Path, kind: Kind, size: tuple[int, int], bands: Iterable[np.ndarray], metadata: Metadata
) -> None:
    """Write uint8 or uint16 samples of mode L or RGB as a compressed TIFF file, band by band.

    Pillow writes no colours of 16 bits, and tifffile no EXIF. The directory of tags is Pillow's,
    which takes the strips to follow it, counted from its end; they are kept in a file until their
    lengths are known.

    Raises
    ------
    ImageError
        If they come to more than 4 GiB, which the format does not hold.
    """
    (height, width), channels = size, len(kind.mode) + kind.alpha
    itemsize = 1 if kind.maximum <= 255 else 2
    rows = max(1, STRIP // (width * channels * itemsize))
    with tempfile.TemporaryFile(dir=path.parent) as strips, open(path, "wb") as file:
        counts = tuple(strips.write(_packed(strip)) for strip in _strips(bands, rows))
        if sum(counts) > MOST:
            raise ImageError(f"{path}: TIFF cannot hold more than 4 GiB: name a .png file")
        tags = (
            dict(metadata.exif)
            | {
                256: width,
                257: height,
                258: (8 * itemsize,) * channels,
                259: 8,  # Deflate
                262: {"L": 1, "RGB": 2}[kind.mode],
                273: tuple(np.cumsum((0, *counts[:-1])).tolist()),
                277: channels,
                278: rows,
                279: counts,
                317: 2,  # each sample less the one to its left
            }
        )
        if kind.alpha:
            tags[338] = 2  # not multiplied into the colours
        if metadata.dpi:
            tags |= {282: metadata.dpi[0], 283: metadata.dpi[1], 296: 2}
        optional = {700: metadata.xmp, 34675: kind.icc}
        tags |= {tag: value for tag, value in optional.items() if value}
        directory = ImageFileDirectory_v2()
        for tag, value in tags.items():
            directory[tag] = value
        directory.save(file)
        strips.seek(0)
        shutil.copyfileobj(strips, file)


def _strips(bands, rows):
    """Rows that come in bands, in strips of `rows` each, the last of what is left."""
    rest = None
    for band in bands:
        rest = band if rest is None or not len(rest) else np.concatenate([rest, band])
        whole = len(rest) // rows * rows
        yield from (rest[start : start + rows] for start in range(0, whole, rows))
        rest = rest[whole:]
    if len(rest):
        yield rest


def _packed(pixels):
    difference = pixels.astype(f"<u{pixels.itemsize}")
    difference[:, 1:] -= pixels[:, :-1]
    return zlib.compress(difference.tobytes())
