"""TIFF files whose samples Pillow does not read as they are meant, by tifffile."""

from pathlib import Path

import numpy as np
import tifffile

from srlib.images.formats import ImageError
from srlib.images.samples import Samples

__all__ = ["read_tiff"]

KINDS = {0: "L", 1: "L", 2: "RGB", 5: "CMYK"}  # modes of Pillow, by photometric interpretation


def read_tiff(path: Path, check_size) -> Samples:
    """Read the one page of a TIFF file as it describes itself, or raise an ImageError.

    `check_size` is called with width and height before memory is taken for the pixels.
    """
    with tifffile.TiffFile(path) as file:
        page, count = file.pages.first, len(file.pages)
        if count > 1:
            raise ImageError(f"{path} has {count} pages: save the one you want as a PNG")
        check_size(page.imagewidth, page.imagelength)
        meant = page.sampleformat == 1 and page.photometric in KINDS and page.bitspersample >= 1
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
        return _meant(page, samples)._replace(icc=icc, orientation=orientation)


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
    channels = len(KINDS[page.photometric])
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
            return Samples(colour, maximum, alpha)
    return Samples(colour, maximum)
