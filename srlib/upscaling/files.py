"""One image file to a larger one that is what the first was."""

import math
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import keras

from srlib.images import check_holds, read_metadata, read_samples, tell, write_bands
from srlib.upscaling.factors import Target
from srlib.upscaling.memory import budget
from srlib.upscaling.output import check_output
from srlib.upscaling.photographs import Networks, enlarge, networks_of

__all__ = ["Upscaled", "made_by", "upscale_file", "write_enlarged"]


class Upscaled(NamedTuple):
    """What became of one image file.

    Attributes
    ----------
    source, out
        The image file, and the file of the enlarged image.
    status
        ``"written"``; of many files also ``"skipped"``, as the result was there, or ``"failed"``.
    size
        Height and width of what was written, in pixels, or None.
    passes
        The scales of the networks that were used, one after the other.
    seconds
        What it took.
    error
        Why it failed, in one line, or None.
    """

    source: Path
    out: Path
    status: str
    size: tuple[int, int] | None = None
    passes: tuple[int, ...] = ()
    seconds: float = 0.0
    error: str | None = None


def upscale_file(
    path: Path | str,
    out: Path | str,
    model: keras.Model | str | Networks,
    scale: float | None = None,
    *,
    width: int | None = None,
    height: int | None = None,
    megapixels: float | None = None,
    ensemble: bool = False,
    memory: int | None = None,
    quality: int | None = None,
    overwrite: bool = False,
) -> Upscaled:
    """Enlarge an image file, and write a file that is what the first was.

    Gray stays gray, 16 bits stay 16 bits and transparency stays, as do the colour profile, in whose
    colours the network works, EXIF, XMP and the pixels per inch. The picture is turned upright, and
    ``srlib`` named as the software. Palettes, inks (CMYK) and CIELAB become RGB.

    Parameters
    ----------
    path
        A file as for `srlib.read_image`.
    out
        The file to write: PNG, JPEG, WebP, TIFF or AVIF by its suffix.
    model
        A network, one of `srlib.INTERPOLATIONS`, or all networks of a name from
        `srlib.zoo.networks`.
    scale, width, height, megapixels
        How large the result is: times as wide and high, 2 or the like, or pixels a side, or 10⁶
        pixels in all. One of them; a network's own scale if none is given. Networks enlarge as
        often as need be, and antialiased bicubic interpolation makes the size exact, which is told
        on stderr.
    ensemble
        As for `srlib.upscale`.
    memory
        Bytes that the network's layers may take, beside a part of the result: PNG and TIFF are
        written as they are made, other formats hold the result whole. A third of what is free, and
        1 GiB at most, if not given.
    quality
        1 to 100, of JPEG, WebP and AVIF; 95 if not given.
    overwrite
        Whether a file that is there may be replaced.

    Returns
    -------
    Upscaled

    Raises
    ------
    ValueError
        If an argument is not as it should be; before any work.
    ImageError
        If the file cannot be read, or `out` is of a format that cannot hold what it has, such as
        alpha or 16 bits in JPEG; before any work.
    OSError
        If the file cannot be written; FileExistsError if it may not be replaced.
    """
    path, out = Path(path), Path(out)
    networks = networks_of(model, ensemble=ensemble)
    target = target_of(networks, scale, width, height, megapixels)
    check_quality(quality)
    budget(memory)
    if not path.exists():
        read_samples(path)  # says so
    check_output(out, path, overwrite=overwrite)
    how = {"ensemble": ensemble, "memory": memory, "quality": quality}
    return write_enlarged(path, out, networks, target, **how)


def target_of(networks, scale, width, height, megapixels) -> Target:
    """How large a result shall be; by the scale of the network if nothing is said."""
    if (scale, width, height, megapixels) == (None,) * 4 and len(networks.by_scale) == 1:
        (scale,) = networks.by_scale
    return Target(scale, width, height, megapixels)


def check_quality(quality: int | None) -> None:
    """Raise a ValueError if this is no quality."""
    if quality is not None and not 1 <= quality <= 100:
        raise ValueError(f"quality must be from 1 to 100, not {quality}")


def made_by(networks: Networks, target: Target, ensemble: bool) -> str:
    """What a result's software tag says after the version, such as ``"x2 by edsr"``.

    Results of one name that were made in another way are told by it.
    """
    return f"{target.label} by {networks.name}{'+' * ensemble}"


def write_enlarged(
    path: Path,
    out: Path,
    networks: Networks,
    target: Target,
    *,
    ensemble: bool = False,
    memory: int | None = None,
    quality: int | None = None,
) -> Upscaled:
    """What `upscale_file` does once its arguments are known to be good."""
    start = time.perf_counter()
    samples = read_samples(path)
    try:
        size = target.size(*samples.colour.shape[:2])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    software = f"srlib {version('srlib')}: {made_by(networks, target, ensemble)}"
    metadata = read_metadata(path).made_by(software, size)
    check_holds(out, samples, metadata, size)
    done = enlarge(samples, size, networks, ensemble=ensemble, memory=memory)
    _tell_passes(networks.name, done.passes, size, samples.colour.shape)
    write_bands(out, done.kind, size, done.bands, metadata, quality=quality)
    return Upscaled(path, out, "written", size, done.passes, time.perf_counter() - start)


def _tell_passes(name, passes, size, shape):
    """Say, once a session for each, what was done if that is more than one network's scale."""
    reached = math.prod(passes)
    exact = (shape[0] * reached, shape[1] * reached) == size
    if passes and not (exact and len(passes) == 1):
        steps = ", then ".join(f"×{scale}" for scale in passes)
        rest = "" if exact else ", then antialiased bicubic to the size that was asked for"
        tell(f"{name} enlarges {steps}{rest}")
