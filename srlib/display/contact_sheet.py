"""Images side by side in one PNG: what `srlib.display` shows where HTML is not shown."""

import io
import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageText

__all__ = ["contact_sheet", "png_bytes"]

MAX_WIDTH = 1600  # pixels after which a new row begins
GAP = 12
MIN_TILE = 128  # a caption is never set narrower, however small its image


def png_bytes(picture: Image.Image) -> bytes:
    """The picture as the bytes of a PNG file."""
    file = io.BytesIO()
    picture.save(file, format="PNG", optimize=True)
    return file.getvalue()


def contact_sheet(images: Sequence[np.ndarray], captions: Sequence[str], zoom: int) -> bytes:
    """Images in rows on white, each above its caption.

    Parameters
    ----------
    images
        uint8 (H, W, 3) or (H, W).
    captions
        A text for each.
    zoom
        The side of the square of pixels that shows one image pixel.

    Returns
    -------
    bytes
        A PNG file.
    """
    tiles = [_tile(*pair, zoom) for pair in zip(images, captions, strict=True)]
    places, x, y, row_height = [], GAP, GAP, 0
    for tile in tiles:
        if x > GAP and x + tile.width + GAP > MAX_WIDTH:
            x, y, row_height = GAP, y + row_height + GAP, 0
        places.append((x, y))
        x, row_height = x + tile.width + GAP, max(row_height, tile.height)
    width = max(x + tile.width for (x, _), tile in zip(places, tiles, strict=True))
    sheet = Image.new("RGB", (width + GAP, y + row_height + GAP), "white")
    for tile, place in zip(tiles, places, strict=True):
        sheet.paste(tile, place)
    return png_bytes(sheet)


def _tile(image: np.ndarray, caption: str, zoom: int) -> Image.Image:
    photo = Image.fromarray(image).convert("RGB")
    photo = photo.resize((photo.width * zoom, photo.height * zoom), Image.Resampling.NEAREST)
    # Pillow's own font lacks signs such as × and →; matplotlib always brings this one.
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    font = ImageFont.truetype(path, 14)
    text = ImageText.Text(caption, font)
    longest_word = max(math.ceil(font.getlength(word)) for word in caption.split())
    width = max(photo.width, MIN_TILE, longest_word)
    text.wrap(width)
    # Below the photograph, so that photographs side by side begin on one line.
    top = photo.height + 4
    tile = Image.new("RGB", (width, top + round(text.get_bbox()[3])), "white")
    tile.paste(photo, (0, 0))
    ImageDraw.Draw(tile).text((0, top), text, fill="black")
    return tile
