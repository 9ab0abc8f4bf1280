"""PNG files written band by band, of 8 or 16 bits."""

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from srlib.images.samples import Kind

__all__ = ["write_png_bands"]

COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}  # PNG's number, by channels


def write_png_bands(
    path: Path, kind: Kind, size: tuple[int, int], bands: Iterable[np.ndarray], options: dict
) -> None:
    """Write a PNG of which only a band is held; `options` are Pillow's, who writes what is around.

    Pillow itself writes colours of 8 bits alone, and only what it has whole.
    """
    (height, width), channels = size, len(kind.mode) + kind.alpha
    depth = 16 if kind.maximum > 255 else 8
    header = struct.pack(">IIBBBBB", width, height, depth, COLOURS[channels], 0, 0, 0)
    around = PngImagePlugin.getchunks(Image.new("L", (1, 1)), **options)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        PngImagePlugin.putchunk(file, b"IHDR", header)
        for name, content, _ in around:
            if name not in (b"IHDR", b"IDAT", b"IEND"):
                PngImagePlugin.putchunk(file, name, content)
        compressor = zlib.compressobj()
        above = np.zeros(width * channels * depth // 8, np.uint8)
        for band in bands:
            for row in band:
                row = np.frombuffer(row.astype(f">u{depth // 8}").tobytes(), np.uint8)
                # Each byte less the one above it, which is filter 2; the choice among all five
                # would make a photograph 3 % smaller.
                if packed := compressor.compress(b"\2" + (row - above).tobytes()):
                    PngImagePlugin.putchunk(file, b"IDAT", packed)
                above = row
        PngImagePlugin.putchunk(file, b"IDAT", compressor.flush())
        PngImagePlugin.putchunk(file, b"IEND", b"")
