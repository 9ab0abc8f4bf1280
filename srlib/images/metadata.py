"""What a file says beside its pixels: EXIF, XMP and the resolution for print."""

import contextlib
import math
import re
import warnings
from pathlib import Path
from typing import NamedTuple

from PIL import ExifTags, Image, UnidentifiedImageError

from srlib.images.formats import open_picture, tell

__all__ = ["Metadata", "read_metadata", "software_of"]

Tag, IFD = ExifTags.Base, ExifTags.IFD

SUB_IFDS = (IFD.Exif, IFD.GPSInfo)

# Of how pixels are stored, which a file that is written anew says for itself; and where on the
# Earth they lie, by their number (GeoTIFF), which is no longer true of an enlargement.
OF_THE_PIXELS = {
    *range(254, 270), 273, 274, *range(277, 282), 284, *range(288, 294), 297, 301, 317, 320,
    *range(321, 351), *range(512, 533), 700, 34675, 33550, 33922, 34264, *range(34735, 34738),
}  # fmt: skip

# Programs that describe the shape of an array here; to read another shape by it would fail.
SHAPES = ('{"shape":', "ImageJ=")

XMP = 700

ORIENTATION = re.compile(rb'(tiff:Orientation(?:="|>))[2-8]')


class Metadata(NamedTuple):
    """What was read beside the pixels, for a file whose pixels are upright.

    Attributes
    ----------
    exif
        Tags and their values as `PIL.Image.Exif` has them, without those of how pixels are stored.
    xmp
        A packet of XMP, or None.
    dpi
        Pixels per inch, horizontally and vertically, or None.
    """

    exif: Image.Exif
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None

    def made_by(self, software: str, size: tuple[int, int]) -> "Metadata":
        """The same for a picture of other `size` (height, width) that `software` has made.

        Pixels per inch stay: what is larger in pixels is printed larger.
        """
        exif = _copy(self.exif)
        exif[Tag.Software] = software
        if IFD.Exif in exif:
            sides = zip((Tag.ExifImageHeight, Tag.ExifImageWidth), size, strict=True)
            exif[IFD.Exif] |= {tag: side for tag, side in sides if tag in exif[IFD.Exif]}
        if self.dpi and Tag.XResolution not in exif:
            # WebP and AVIF have no other place for it.
            exif[Tag.XResolution], exif[Tag.YResolution] = self.dpi
            exif[Tag.ResolutionUnit] = 2  # inches
        return self._replace(exif=exif)


def read_metadata(path: Path) -> Metadata:
    """What an image file, whose pixels have been read, says beside them.

    Orientation is left out, since pixels are read upright; so is the thumbnail. A tag that cannot
    be written again, because it is damaged, is left out and told on stderr. So are the pictures
    that phones append to a JPEG, and XMP that describes a gain map among them.
    """
    with warnings.catch_warnings(), contextlib.ExitStack() as stack:
        warnings.simplefilter("ignore")  # of metadata that is odd
        further = False
        try:
            picture = stack.enter_context(open_picture(path))
        except UnidentifiedImageError:  # a TIFF file that tifffile has read
            exif, info = Image.Exif(), {}
            exif.load_from_fp(stack.enter_context(open(path, "rb")))
        else:
            exif, info = _exif_of(picture, path), picture.info
            further = picture.format == "MPO" and picture.n_frames > 1
        turned, xmp = False, info.get("xmp")
        with contextlib.suppress(Exception):  # of values that are no such values
            turned = exif.get(Tag.Orientation) in (5, 6, 7, 8)
            xmp = xmp or exif.get(XMP)
        kept, lost = _kept(exif)
    if lost:
        tell(f"{path}: damaged EXIF tags were left out: {', '.join(map(str, lost))}")
    if isinstance(xmp, str):
        xmp = xmp.encode()
    if further:
        tell(f"{path}: only its first picture is kept; others, such as a gain map, are left out")
        xmp = None if b"GainMap" in (xmp or b"") else xmp  # which would announce it
    xmp = ORIENTATION.sub(rb"\g<1>1", xmp) if isinstance(xmp, bytes) and xmp else None
    dpi = _dpi(info.get("dpi") or _resolution(kept))
    if turned:
        dpi = dpi and dpi[::-1]
        across, down = kept.get(Tag.XResolution), kept.get(Tag.YResolution)
        if across is not None and down is not None:
            kept[Tag.XResolution], kept[Tag.YResolution] = down, across
    return Metadata(kept, xmp, dpi)


def software_of(path: Path) -> str:
    """The program that an image file says it was written by, or an empty text."""
    with contextlib.suppress(Exception), warnings.catch_warnings():  # it may be anything
        warnings.simplefilter("ignore")
        with open_picture(path) as picture:
            return str(picture.getexif().get(Tag.Software, ""))
    return ""


def _exif_of(picture, path):
    with contextlib.suppress(Exception):  # Pillow raises what it likes over a damaged block
        if picture.format == "PNG":
            picture.load()  # what lies behind the pixels, too
        exif = picture.getexif()
        # pillow-heif says None where there is none.
        if len(exif) or not (picture.info.get("exif") or b"").removeprefix(b"Exif\0\0"):
            return exif
    tell(f"{path}: its EXIF data is damaged and was left out")
    return Image.Exif()


def _resolution(exif):
    """Pixels per inch by the tags, as WebP and AVIF have it."""
    with contextlib.suppress(KeyError, TypeError, ValueError, ZeroDivisionError):
        inch = 2.54 if exif.get(Tag.ResolutionUnit) == 3 else 1  # in centimetres
        return float(exif[Tag.XResolution]) * inch, float(exif[Tag.YResolution]) * inch
    return None


def _dpi(dpi):
    """A resolution as two numbers, if that is what it is."""
    with contextlib.suppress(TypeError, ValueError, ZeroDivisionError):
        across, down = map(float, dpi)
        if all(math.isfinite(side) and 0 < side < 1e6 for side in (across, down)):
            return across, down
    return None


def _kept(exif):
    """The tags that can be written again, and the numbers of those that cannot."""
    kept, lost = Image.Exif(), []
    kept.endian = exif.endian  # notes of a maker may be in the byte order of the whole
    for tag in sorted(set(exif) - OF_THE_PIXELS):
        try:
            value = _bytes(_sub_ifd(exif, tag) if tag in SUB_IFDS else exif[tag])
        except Exception:  # Pillow raises what it likes over a damaged value
            lost.append(tag)
            continue
        if tag in SUB_IFDS:
            good = {t: v for t, v in value.items() if _writable(tag, {t: v})}
            lost += sorted(value.keys() - good.keys())
            if good:
                kept[tag] = good
        elif not _writable(tag, value):
            lost.append(tag)
        elif not (tag == Tag.ImageDescription and str(value).startswith(SHAPES)):
            kept[tag] = value
    return kept, lost


def _sub_ifd(exif, tag):
    values = dict(exif.get_ifd(tag))
    if IFD.Interop in values:
        values[IFD.Interop] = dict(exif.get_ifd(IFD.Interop))
    return values


def _bytes(value):
    """A value with texts as the file had them; Pillow would write ``?`` for what is not ASCII."""
    if isinstance(value, dict):
        return {tag: _bytes(inner) for tag, inner in value.items()}
    if isinstance(value, str) and not value.isascii():
        return value.encode("latin-1", "replace")
    return value


def _writable(tag, value):
    trial = Image.Exif()
    trial[tag] = value
    try:
        trial.tobytes()
    except Exception:  # struct.error, ValueError, TypeError and others, by the value
        return False
    return True


def _copy(exif):
    copy = Image.Exif()
    copy.endian = exif.endian
    for tag, value in exif.items():
        copy[tag] = dict(value) if isinstance(value, dict) else value
    return copy
