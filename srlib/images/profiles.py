"""Colours as they are meant: from the profile that a file brings to sRGB."""

import functools
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from srlib.images.formats import one_line, tell

__all__ = ["to_srgb"]

MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # Pillow's, by colour space of a profile

# sRGB comes in many wordings, some of which differ by rounding. Who stays this near is left alone.
SAME = 2  # levels of 255


def to_srgb(picture: Image.Image, profile: bytes | None, path: Path) -> Image.Image:
    """A picture of mode L, RGB, CMYK or LAB in sRGB: L if it was that, else RGB.

    A profile that is broken or made for other pixels is ignored, and that is told. What is meant as
    sRGB keeps its values. Pixels of 16 bits come here as 8, by which 99 % of ProPhoto RGB's colours
    move by less than two levels, and the darkest by up to eight.
    """
    if profile and picture.mode != "LAB":  # LAB says by itself what it means
        try:
            return _converted(picture, profile)
        except Exception as error:  # of Little CMS, of Pillow, or of a profile's structure
            tell(f"{path}: its colour profile is broken and was ignored ({one_line(error)})")
    return picture if picture.mode == "L" else picture.convert("RGB")


def _converted(picture, profile):
    mode, transform = _transform(profile)
    gray = picture.mode == "L"
    if mode != picture.mode and not (gray and mode == "RGB"):
        raise ValueError(f"it is for {mode}, but the pixels are {picture.mode}")
    if transform is None:
        return picture
    converted = transform.apply(picture.convert(mode))
    return converted.getchannel("G") if gray else converted  # neutral: three equal channels


@functools.lru_cache(8)  # a folder's photographs have one profile, as a rule
def _transform(profile):
    """The mode that a profile is for, and the transform to sRGB, None where that changes nothing.

    Relative colorimetric with black point compensation, as photographs are usually shown.
    """
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    space = source.profile.xcolor_space.strip()
    if space not in MODES:
        raise ValueError(f"its colour space is {space}")
    mode = MODES[space]
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if mode == "CMYK":
        return mode, transform
    levels = np.linspace(0, 255, 18).astype(np.uint8)  # in every combination
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(18, -1, 3)
    probe = Image.fromarray(cube).convert(mode)
    moved = np.asarray(transform.apply(probe), int) - np.asarray(probe.convert("RGB"))
    return mode, None if abs(moved).max() <= SAME else transform
