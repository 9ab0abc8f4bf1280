"""From samples and metadata to the bytes of a file, in the format that its name says."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, PngImagePlugin, features

from srlib.images.atomic import atomic_path
from srlib.images.formats import ImageError
from srlib.images.metadata import Metadata
from srlib.images.pngs import write_png_bands
from srlib.images.samples import Kind, Samples, stacked
from srlib.images.tiffs import write_tiff

__all__ = ["OUTPUT_SUFFIXES", "check_format", "check_holds", "write_bands", "write_samples"]


class Format(NamedTuple):
    """What a file format can hold: its name in Pillow, its longest side, alpha, and 16 bits."""

    name: str
    longest: int
    alpha: bool
    deep: bool


FORMATS = {
    "PNG": Format("PNG", 2**31 - 1, True, True),
    "JPEG": Format("JPEG", 65_500, False, False),
    "WebP": Format("WEBP", 16_383, True, False),
    "TIFF": Format("TIFF", 2**31 - 1, True, True),
    "AVIF": Format("AVIF", 65_536, True, False),
}

OUTPUT_SUFFIXES = {
    ".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WebP", ".avif": "AVIF",
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG",
}  # fmt: skip

LONGEST_BLOCK = 65_533 - len("http://ns.adobe.com/xap/1.0/\0")  # of metadata in JPEG


def check_format(path: Path) -> str:
    """The format that a file of this name gets, or a ValueError that lists the suffixes."""
    if path.exists() and not path.is_file():  # a device or a pipe, whatever its name
        return "PNG"
    name = OUTPUT_SUFFIXES.get(path.suffix.lower())
    if name is None:
        raise ValueError(
            f"{path} must end in one of {', '.join(OUTPUT_SUFFIXES)}, the formats that are "
            "written: name another file"
        )
    if name == "AVIF" and not features.check("avif"):
        raise ValueError(f"{path}: this installation of Pillow writes no AVIF: name a .png file")
    return name


def check_holds(path: Path, samples: Samples, metadata: Metadata, size: tuple[int, int]) -> None:
    """Refuse a format that cannot hold a picture of `size` (height, width) with such samples.

    Raises
    ------
    ImageError
        That says what cannot be held and what the file can be called instead.
    """
    name = check_format(path)
    form = FORMATS[name]
    lacking = []
    if samples.alpha is not None and not form.alpha and (samples.alpha < samples.maximum).any():
        lacking.append(("transparency", lambda other: other.alpha))
    if samples.maximum > 255 and not form.deep:
        lacking.append(("samples of more than 8 bits", lambda other: other.deep))
    if max(size) > form.longest:
        what = f"{size[1]}×{size[0]} pixels (at most {form.longest} a side)"
        lacking.append((what, lambda other: max(size) <= other.longest))
    if name == "JPEG":
        blocks = {"EXIF": metadata.exif.tobytes(), "XMP": metadata.xmp or b""}
        lacking += [
            (f"{len(block):,} bytes of {kind}", lambda other: other.name != "JPEG")
            for kind, block in blocks.items()
            if len(block) > LONGEST_BLOCK
        ]
    if lacking:
        can = [s for s, n in OUTPUT_SUFFIXES.items() if all(f(FORMATS[n]) for _, f in lacking)]
        raise ImageError(
            f"{path}: {name} cannot hold {' or '.join(what for what, _ in lacking)}: name a file "
            f"that ends in {', '.join(can)}"
        )


def write_samples(
    path: Path, samples: Samples, metadata: Metadata, *, quality: int | None = None
) -> None:
    """Write a picture that is held whole; parameters as of `write_bands`."""
    size = samples.colour.shape[:2]
    write_bands(path, samples.kind, size, [stacked(samples)], metadata, quality=quality)


def write_bands(
    path: Path,
    kind: Kind,
    size: tuple[int, int],
    bands: Iterable[np.ndarray],
    metadata: Metadata,
    *,
    quality: int | None = None,
) -> None:
    """Write a picture in the format that its name says, whole or not at all.

    TIFF and PNG are written band by band, so that a picture need not fit into memory. The others
    are held whole.

    Parameters
    ----------
    path
        Where to; see `OUTPUT_SUFFIXES`. A device or a pipe gets a PNG.
    kind
        Of mode L or RGB; `check_holds` says what does not fit.
    size
        Height and width.
    bands
        The picture's rows from the top to the bottom, uint8 or uint16 (rows, W, C), with alpha as
        the last channel if there is any.
    metadata
        What the file shall say beside the pixels.
    quality
        1 to 100, of JPEG, WebP and AVIF; 95 if not given. The others lose nothing.
    """
    name = check_format(path)
    channels = len(kind.mode) + kind.alpha
    with atomic_path(path) as partial:
        if name == "TIFF":
            write_tiff(partial, kind, size, bands, metadata)
            return
        options = {"exif": metadata.exif.tobytes(), "icc_profile": kind.icc}
        if name == "PNG":
            options |= {"dpi": metadata.dpi, "pnginfo": _texts(metadata)}
            write_png_bands(partial, kind, size, bands, options)
            return
        options |= {"quality": quality or 95, "xmp": metadata.xmp or b""}
        # Colour at the resolution that it was enlarged to. WebP has no choice.
        options |= {"subsampling": "4:4:4"} if _in_colour(name, kind) else {}
        if name == "JPEG" and metadata.dpi:
            options["dpi"] = tuple(max(1, round(side)) for side in metadata.dpi)
        pixels = _whole(bands, (*size, channels))
        with_alpha = kind.alpha and FORMATS[name].alpha
        mode = kind.mode + "A" * with_alpha
        pixels = np.ascontiguousarray(pixels[..., : len(mode)])
        picture = Image.frombuffer(mode, size[::-1], pixels, "raw", mode, 0, 1)
        picture.save(partial, format=FORMATS[name].name, **options)


def _whole(bands, shape):
    """The picture in one piece; the bands are not kept beside it."""
    pixels, row = np.empty(shape, np.uint8), 0
    for band in bands:
        pixels[row : row + len(band)] = band
        row += len(band)
    return pixels


def _in_colour(name, kind):
    return name == "JPEG" or (name == "AVIF" and kind.mode == "RGB")


def _texts(metadata):
    texts = PngImagePlugin.PngInfo()
    if software := metadata.exif.get(305):
        texts.add_text("Software", str(software))
    if metadata.xmp:
        texts.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode("utf-8", "replace"))
    return texts
