"""From the bytes of a file to upright samples, by what the file says of them.

Pillow decodes. Where it would keep less than the file says, or something else (more than 8 bits,
white stored as zero, one colour that is transparent), the samples are taken out of it another way.
"""

import contextlib
import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from srlib.images.chromaticities import profile_of
from srlib.images.formats import ImageError, open_picture
from srlib.images.samples import Samples, upright
from srlib.images.silence import silence
from srlib.images.tiffs import check_pages, read_tiff

__all__ = ["decode"]

GRAY = {"1", "L", "LA", "La"}
EIGHT_BIT_MODES = GRAY | {"P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"}

# By the raw mode of 16-bit samples of which Pillow keeps the upper byte: the one for the lower.
NATIVE, FOREIGN = ("L", "B") if sys.byteorder == "little" else ("B", "L")
LOWER_BYTE = {
    f"{mode};16{order}": f"{mode};16{other}"
    for mode in ("RGB", "RGBA", "RGBX", "CMYK")
    for order, other in (("L", "B"), ("B", "L"), ("N", FOREIGN))
}

GRAY_PNG_BITS = {"1": 1, "L;2": 2, "L;4": 4, "L": 8, "I;16B": 16}

# Tags of TIFF.
SUBFILE, BITS, PHOTOMETRIC, ORIENTATION, PLANAR, EXTRA, FORMAT = 254, 258, 262, 274, 284, 338, 339
TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# Programs write how a picture was made into it, in more text than Pillow reads; no note beside a
# picture is a reason not to read that. A file that is nothing but text still meets a limit.
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = 2**28  # bytes


def decode(path: Path, *, limited: bool = True) -> Samples:
    """Decode a file, upright. Decoders raise what they like; see `read_image`."""
    limit = pixel_limit() if limited else None
    try:
        with open_picture(path) as picture:
            _check_size(path, limit, *picture.size)
            _check_still(path, picture)
            if picture.format == "TIFF" and not _trusted(picture):
                return read_tiff(path, lambda *size: _check_size(path, limit, *size))
            # What libtiff prints of a damaged file, the error says.
            with silence() if picture.format == "TIFF" else contextlib.nullcontext():
                samples = _from_pillow(picture, path)
                return upright(samples, _orientation(picture))
    except UnidentifiedImageError:
        with open(path, "rb") as file:
            if file.read(4) not in TIFF_HEADS:
                raise
    return read_tiff(path, lambda *size: _check_size(path, limit, *size))


def pixel_limit() -> int | None:
    """How many pixels an image may have: Pillow's limit, or what ``SRLIB_MAX_PIXELS`` makes it."""
    if text := os.environ.get("SRLIB_MAX_PIXELS"):
        if not text.isdecimal() or int(text) < 1:
            raise ImageError(
                f"the environment variable SRLIB_MAX_PIXELS must be a number of pixels, such as "
                f"200000000, not {text!r}"
            )
        Image.MAX_IMAGE_PIXELS = int(text)
    return Image.MAX_IMAGE_PIXELS


def _check_size(path, limit, width, height):
    if limit is not None and width * height > limit:
        raise ImageError(
            f"{path} has {width}×{height} pixels, more than the limit of {limit:,}; if you trust "
            f"it, set the environment variable SRLIB_MAX_PIXELS={width * height}"
        )


def _check_still(path, picture):
    # Phones write MPO: a JPEG followed by a depth map or gain map, which is not an animation.
    if not getattr(picture, "is_animated", False) or picture.format == "MPO":
        return
    if picture.format == "TIFF":
        check_pages(path, _are_reduced(picture))
    else:
        raise ImageError(
            f"{path} is animated ({picture.n_frames} frames): save the one you want as a PNG"
        )


def _are_reduced(picture):
    """Of each page of a TIFF file, whether it says that it is another one made smaller."""
    reduced = []
    for page in range(picture.n_frames):
        picture.seek(page)
        reduced.append(bool(picture.tag_v2.get(SUBFILE, 0) & 1))
    picture.seek(0)
    return reduced


def _trusted(picture):
    """Whether Pillow takes the samples of a TIFF file as they are meant."""
    tags = picture.tag_v2
    plain = max(tags.get(BITS, (1,))) <= 8 and not tags.get(EXTRA)
    premultiplied = {f"RGBa;16{order}" for order in "LBN"}
    return (plain or tags.get(PLANAR, 1) == 1) and _rawmode(picture) not in premultiplied


def _from_pillow(picture, path):
    rawmode, icc = _rawmode(picture), profile_of(picture)
    if rawmode == "LA;16B":  # two samples of two bytes, which are four of one byte
        both = _pixels_as(path, "RGBA").astype(np.uint16)
        gray, alpha = (both[..., i] << 8 | both[..., i + 1] for i in (0, 2))
        return Samples("L", gray[..., np.newaxis], 65535, alpha, icc)
    if rawmode in LOWER_BYTE and picture.mode in ("RGB", "RGBA", "CMYK"):
        samples = np.asarray(picture).astype(np.uint16) << 8
        samples |= _pixels_as(path, LOWER_BYTE[rawmode])
        colour, alpha = samples, _alpha_of_key(picture, samples)
        if picture.mode == "RGBA":
            colour, alpha = samples[..., :3], samples[..., 3]
        return Samples(picture.mode.removesuffix("A"), colour, 65535, alpha, icc)
    if picture.mode[0] == "I":
        return _deep_gray(picture, path)._replace(icc=icc)
    if picture.mode not in EIGHT_BIT_MODES or _signed(picture):
        raise ImageError(
            f"{path} has pixel mode {picture.mode!r}{' of signed samples' * _signed(picture)}, "
            "whose range is not known; save it as 8-bit or 16-bit PNG"
        )
    return _eight_bits(picture, rawmode)._replace(icc=icc)


def _rawmode(picture):
    """How the samples lie in the file, in Pillow's words, or an empty text."""
    tiles = getattr(picture, "tile", [])
    args = tiles[0].args if tiles else ""
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _pixels_as(path, rawmode):
    """The file's pixels, read as if its samples lay in another way."""
    with open_picture(path) as picture:
        picture.tile = [
            tile._replace(
                args=(rawmode, *tile.args[1:]) if isinstance(tile.args, tuple) else rawmode
            )
            for tile in picture.tile
        ]
        if rawmode == "RGBA":
            picture._mode = "RGBA"
        return np.asarray(picture)


def _signed(picture):
    tags = getattr(picture, "tag_v2", {})
    return tags.get(FORMAT, (1,))[0] == 2 and max(tags.get(BITS, (1,))) <= 16


def _deep_gray(picture, path):
    samples = np.asarray(picture).astype(np.int64)
    maximum = 65535
    if tags := getattr(picture, "tag_v2", None):
        bits = tags.get(BITS, (16,))[0]
        maximum = 2 ** min(bits, 16) - 1
        if tags.get(PHOTOMETRIC) == 0:  # white is zero, which Pillow heeds up to 8 bits
            samples = 2**bits - 1 - samples
    if _signed(picture) or samples.min() < 0 or samples.max() > maximum:
        raise ImageError(
            f"{path} has values from {samples.min()} to {samples.max()}, but 16 bits "
            f"hold 0 to {maximum}: save it as 8-bit or 16-bit PNG"
        )
    return Samples("L", samples[..., np.newaxis], maximum, _alpha_of_key(picture, samples))


def _alpha_of_key(picture, samples):
    """Alpha of 16-bit samples of which one colour is transparent, as PNG has it."""
    key = picture.info.get("transparency")
    if key is None:
        return None
    same = samples == np.asarray(key)
    return np.where(same.all(axis=-1) if same.ndim == 3 else same, 0, 65535)


def _eight_bits(picture, rawmode):
    picture.load()
    gray, key = picture.mode in GRAY, picture.info.get("transparency")
    if picture.mode in ("La", "RGBa"):
        picture = picture.convert({"La": "LA", "RGBa": "RGBA"}[picture.mode])
    alpha = None
    if picture.format == "PNG" and gray and isinstance(key, int):
        # The key counts in the file's levels, of which Pillow has made 256.
        levels = 2 ** GRAY_PNG_BITS[rawmode] - 1
        picture = picture.convert("L")
        alpha = picture.point(
            [0 if 255 * (key & levels) // levels == v else 255 for v in range(256)]
        )
    elif picture.has_transparency_data:
        picture = picture.convert("LA" if gray and picture.mode != "1" else "RGBA")
        alpha = picture.getchannel("A")
    if picture.mode not in ("CMYK", "LAB"):
        picture = picture.convert("L" if gray else "RGB")
    colour = np.asarray(picture)
    colour = colour if colour.ndim == 3 else colour[..., np.newaxis]
    return Samples(picture.mode, colour, 255, None if alpha is None else np.asarray(alpha))


def _orientation(picture):
    """As EXIF counts it; whatever else is wrong with the EXIF does not matter."""
    with contextlib.suppress(Exception):
        return picture.getexif().get(ORIENTATION, 1)
    return 1
