"""Image files to arrays and back."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from srlib.images.atomic import atomic_path

__all__ = ["IMAGE_SUFFIXES", "SIXTEEN_BIT_MODES", "ImageError", "read_image", "write_png"]

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".mpo", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".gif", ".jp2"}
    | {".pgm", ".ppm"}
)

# Modes that hold 8-bit samples. "P" may carry transparency, which convert("RGBA") resolves.
EIGHT_BIT_MODES = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr",
                   "LAB", "HSV"}  # fmt: skip
SIXTEEN_BIT_MODES = {"I;16", "I;16L", "I;16B", "I;16N", "I"}


class ImageError(ValueError):
    """A file that cannot be used as a photograph; the message says which and why."""


def read_image(path: Path | str) -> np.ndarray:
    """Read one photograph.

    The pixels come as a viewer would show them: rotated as the EXIF orientation says, palettes and
    CMYK converted to RGB, gray repeated in three channels, transparency laid over white, 16 bits
    scaled to 8. The format is found from the content, whatever the file is called.

    Parameters
    ----------
    path
        An image file that Pillow can read.

    Returns
    -------
    numpy.ndarray
        uint8 (H, W, 3), RGB.

    Raises
    ------
    ImageError
        If the file is empty, truncated, no image, animated, of floating-point pixels, or larger
        than ``PIL.Image.MAX_IMAGE_PIXELS``.
    FileNotFoundError
        If there is no such file.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size == 0:
        raise ImageError(f"{path} is empty (0 bytes): copy or download it again")
    try:
        with warnings.catch_warnings():
            # What Pillow only warns of, _decode refuses.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                return _decode(picture, path)
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{path} is not an image that Pillow can read; expected one of "
            f"{', '.join(sorted(IMAGE_SUFFIXES))}"
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{path} is too large: {error}") from error
    except (OSError, SyntaxError, EOFError, ValueError) as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        raise ImageError(f"{path} is damaged or truncated: {error}") from error


def _decode(picture: Image.Image, path: Path) -> np.ndarray:
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and picture.width * picture.height > limit:
        raise ImageError(
            f"{path} has {picture.width}×{picture.height} pixels, more than the limit of "
            f"{limit:,}; if you trust it, raise PIL.Image.MAX_IMAGE_PIXELS"
        )
    # Phones write MPO: a JPEG followed by a depth map or gain map, which is not an animation.
    if getattr(picture, "is_animated", False) and picture.format != "MPO":
        raise ImageError(
            f"{path} is animated ({picture.n_frames} frames): save the frame you want as a PNG"
        )
    picture = ImageOps.exif_transpose(picture)
    if picture.mode in SIXTEEN_BIT_MODES:
        samples = np.asarray(picture).astype(np.float64)
        if samples.min() < 0 or samples.max() > 65535:
            raise ImageError(
                f"{path} has values from {samples.min():.0f} to {samples.max():.0f}, but 16 bits "
                "hold 0 to 65535: save it as 8-bit or 16-bit PNG"
            )
        gray = np.round(samples / 257).astype(np.uint8)
        return np.repeat(gray[..., np.newaxis], 3, axis=2)
    if picture.mode not in EIGHT_BIT_MODES:
        raise ImageError(
            f"{path} has pixel mode {picture.mode!r}, whose range is not known; "
            "save it as 8-bit or 16-bit PNG"
        )
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return np.array(picture.convert("RGB"))  # a copy, since Pillow's own array is read-only


def write_png(path: Path | str, image: np.ndarray) -> None:
    """Write a uint8 (H, W, 3) or (H, W) image as PNG, whole or not at all."""
    with atomic_path(path) as partial:
        Image.fromarray(image).save(partial, format="PNG")
