"""The pieces of HTML of which `srlib.display` builds its pictures."""

import base64
import re
from html import escape
from importlib import resources

import numpy as np
from PIL import Image

from srlib.display.contact_sheet import png_bytes

__all__ = ["caption", "data_uri", "divider", "figure", "photo"]

# An attribute instead of a script: it works wherever the HTML is put, any number of times, and
# knows its own slider without an id. "any" steps move smoothly by pointer and by 1 % by key.
MOVE = (
    "this.parentNode.style.setProperty('--srlib-split',this.value+'%');"
    "this.setAttribute('aria-valuetext',Math.round(this.value)+' % '+this.dataset.before)"
)


def figure(content: str) -> str:
    """A ``<figure>`` of HTML `content` that brings its style sheet along."""
    css = resources.files("srlib.display").joinpath("display.css").read_text(encoding="utf-8")
    css = " ".join(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL).split())
    return f'<figure class="srlib-figure"><style>{css}</style>{content}</figure>'


def photo(image: np.ndarray, alt: str, zoom: int) -> str:
    """An ``<img>`` of exactly the pixels of `image`, each a square of `zoom`×`zoom` CSS pixels.

    Parameters
    ----------
    image
        uint8 (H, W, 3) or (H, W).
    alt
        The alternative text.
    zoom
        A positive integer.
    """
    height, width = image.shape[0] * zoom, image.shape[1] * zoom
    # In the element itself, because themes limit widths and in dark mode filter every image that is
    # not of class "dark-light".
    style = (
        f"width:{width}px;height:{height}px;max-width:none;image-rendering:pixelated;"
        "filter:none;background:none;border-radius:0;padding:0"
    )
    return (
        f'<img class="dark-light" alt="{escape(alt)}" width="{width}" height="{height}" '
        f'style="{style}" src="{data_uri(png_bytes(Image.fromarray(image)))}">'
    )


def divider(left: str, right: str) -> str:
    """The slider that lies over two photographs, and the line that shows where it stands."""
    left, right = escape(left), escape(right)
    # The data-lm attribute keeps JupyterLab from taking the arrow keys for its own cursor.
    return (
        '<input type="range" min="0" max="100" step="any" value="50" autocomplete="off" '
        f'aria-label="{left} on the left, {right} on the right" aria-valuetext="50 % {left}" '
        f'data-before="{left}" data-lm-suppress-shortcuts="true" oninput="{MOVE}">'
        '<span class="srlib-divider"></span>'
    )


def caption(text: str | None) -> str:
    """A ``<figcaption>``, or nothing for None."""
    return "" if text is None else f"<figcaption>{escape(text)}</figcaption>"


def data_uri(png: bytes) -> str:
    """A PNG file as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
