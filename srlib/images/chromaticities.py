"""The colour profile of a picture; one is made where a file describes its colours in another way.

Cameras that are set to Adobe RGB write that into EXIF and bring no profile. PNG can name a gamma
and the chromaticities of white, red, green and blue.
"""

import contextlib
import struct
from collections.abc import Sequence

import numpy as np
from PIL import ExifTags, Image

__all__ = ["profile_of"]

# x and y of white, red, green and blue.
SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
ADOBE_RGB = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
ADOBE_GAMMA = 2.19921875

SCREEN_GAMMA = 2.2  # what PNG files with colours of sRGB name, although its curve is another
SAME_GAMMA = 0.05  # share by which gammas may differ, as for libpng
SAME_PLACE = 0.005  # of chromaticities

D50 = np.array([0.9642, 1.0, 0.8249])  # the white of all profiles
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def profile_of(picture: Image.Image) -> bytes | None:
    """The profile that a picture brings or means, or None where that is sRGB or nothing is said."""
    if profile := picture.info.get("icc_profile"):
        return profile
    with contextlib.suppress(Exception):  # of EXIF that is damaged, of places that are none
        if picture.format == "PNG":
            described = _of_png(picture.info)
        else:
            described = (ADOBE_RGB, ADOBE_GAMMA) if _means_adobe_rgb(picture.getexif()) else None
        return described and _made(*described, gray=picture.mode[0] in "1LI")
    return None


def _means_adobe_rgb(exif):
    """By the standards of cameras (DCF), or by a number that many of them write instead."""
    index = exif.get_ifd(ExifTags.IFD.Interop).get(1, "")
    number = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
    return str(index).startswith("R03") or number == 2


def _of_png(info):
    if "srgb" in info:
        return None
    exponent = 1 / info.get("gamma", 1 / SCREEN_GAMMA)
    places = info.get("chromaticity", SRGB)
    usual = abs(exponent / SCREEN_GAMMA - 1) <= SAME_GAMMA
    if usual and np.allclose(places, SRGB, rtol=0, atol=SAME_PLACE):
        return None
    return places, exponent


def _made(places: Sequence[float], exponent: float, *, gray: bool) -> bytes:
    """A profile of version 2, of chromaticities and a gamma."""
    text = b"as the file described its colours\0"
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256))
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text\0\0\0\0no copyright\0",
        b"wtpt": _xyz(D50),
    }
    if gray:
        tags[b"kTRC"] = curve
    else:
        for name, column in zip((b"r", b"g", b"b"), _columns(places).T, strict=True):
            tags |= {name + b"XYZ": _xyz(column), name + b"TRC": curve}
    place, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">II", place + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(">I4xI4s", place + len(body), 0x02400000, b"mntr")
    header += (b"GRAY" if gray else b"RGB ") + b"XYZ " + bytes(12) + b"acsp" + bytes(28)
    header += _xyz(D50)[8:] + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + body


def _columns(places):
    """XYZ of red, green and blue under D50."""
    x, y = np.reshape(places, (4, 2)).T
    white, *primaries = np.column_stack([x / y, np.ones(4), (1 - x - y) / y])
    columns = np.transpose(primaries)
    columns = columns * np.linalg.solve(columns, white)
    return (
        np.linalg.inv(BRADFORD) @ np.diag(BRADFORD @ D50 / (BRADFORD @ white)) @ BRADFORD @ columns
    )


def _xyz(values):
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *np.round(values * 65536).astype(int))
