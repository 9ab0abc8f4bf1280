"""Pictures for a notebook and for the page made of it: a before/after slider and galleries.

Every function returns a `Picture`: HTML that needs no kernel, no script file and no network, and a
PNG for places that show no HTML. Photographs are embedded losslessly and shown one image pixel to
one CSS pixel, or to a square of `zoom`×`zoom`; the browser never smooths or shrinks them.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from numbers import Integral

import numpy as np

from srlib.display import markup
from srlib.display.contact_sheet import contact_sheet

__all__ = ["Picture", "checked_alt", "compare", "gallery"]


@dataclass(frozen=True)
class Picture:
    """What a cell shows: HTML, the same as a PNG, and as one line of text.

    Parameters
    ----------
    html
        A self-contained ``<figure>``.
    png
        The bytes of a PNG file, for viewers that show no HTML.
    text
        The alternative text.
    """

    html: str
    png: bytes
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        """The representations among which a Jupyter front end chooses."""
        return {
            "text/html": self.html,
            "image/png": base64.b64encode(self.png).decode(),
            "text/plain": self.text,
        }


def compare(
    before: np.ndarray,
    after: np.ndarray,
    *,
    alt: str,
    labels: Sequence[str] = ("before", "after"),
    caption: str | None = None,
    zoom: int = 1,
) -> Picture:
    """Two images under one slider, moved by mouse, finger or arrow keys.

    Parameters
    ----------
    before, after
        uint8 (H, W, 3) RGB or (H, W) gray, both of one size. `before` is seen to the left.
    alt
        What the images show, in words, for readers who do not see them.
    labels
        The names of the two images.
    caption
        A text below.
    zoom
        The side of the square of CSS pixels that shows one image pixel.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If an image is not as above, the sizes differ, there are not two labels, `alt` is blank or
        `zoom` is not a positive integer.
    """
    before, after = _checked(before, "before"), _checked(after, "after")
    if before.shape[:2] != after.shape[:2]:
        raise ValueError(
            f"before is {_size(before)} pixels but after is {_size(after)}: bring both to one size "
            "first, for example with srlib.interpolate(lr, scale, 'nearest')"
        )
    if isinstance(labels, str) or len(labels) != 2:
        raise ValueError(f"labels must be two texts, before and after, not {labels!r}")
    alt, zoom = checked_alt(alt), _zoom(zoom)
    left, right = (_text(label, "a label") for label in labels)
    html = (
        f'<div class="srlib-labels" style="width:{before.shape[1] * zoom}px">'
        f"<span>{escape(left)}</span> <span>{escape(right)}</span></div>"
        '<div class="srlib-scroll"><div class="srlib-stage">'
        f"{markup.photo(before, f'{left}: {alt}', zoom)}"
        f"{markup.photo(after, f'{right}: {alt}', zoom)}"
        f"{markup.divider(left, right)}</div></div>{markup.caption(caption)}"
    )
    sheet = contact_sheet([before, after], [left, right], zoom)
    return Picture(markup.figure(html), sheet, f"{left} | {right}: {alt}")


def gallery(
    images: Sequence[np.ndarray],
    captions: Sequence[str],
    *,
    alt: str | Sequence[str],
    caption: str | None = None,
    zoom: int = 1,
) -> Picture:
    """Images side by side, each with a caption; as many in a row as fit.

    Parameters
    ----------
    images
        uint8 (H, W, 3) RGB or (H, W) gray; the sizes may differ.
    captions
        A text for each image, such as the method and its PSNR.
    alt
        What the images show, in words: one text for all of them, or one for each.
    caption
        A text below all of them.
    zoom
        The side of the square of CSS pixels that shows one image pixel.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If there is no image, an image is not as above, there are not as many captions (or
        alternative texts) as images, a text is blank or `zoom` is not a positive integer.
    """
    images = [_checked(image, f"image {index}") for index, image in enumerate(images)]
    captions = [captions] if isinstance(captions, str) else list(captions)
    alts = [alt] * len(images) if isinstance(alt, str) else list(alt)
    if not images:
        raise ValueError("a gallery needs at least one image")
    for texts, name in ((captions, "captions"), (alts, "alternative texts")):
        if len(texts) != len(images):
            raise ValueError(f"{len(images)} images need as many {name}, not {len(texts)}")
    captions = [_text(each, "a caption") for each in captions]
    alts, zoom = [checked_alt(text) for text in alts], _zoom(zoom)
    figures = "".join(
        f'<figure style="width:{image.shape[1] * zoom}px">{markup.photo(image, text, zoom)}'
        f"{markup.caption(each)}</figure>"
        for image, each, text in zip(images, captions, alts, strict=True)
    )
    text = alt if isinstance(alt, str) else "; ".join(alts)
    # What scrolls must be within reach of the keyboard, hence the tab stop and its name.
    html = (
        f'<div class="srlib-scroll" tabindex="0" role="group" aria-label="{escape(text)}">'
        f'<div class="srlib-gallery">{figures}</div></div>{markup.caption(caption)}'
    )
    return Picture(
        markup.figure(html),
        contact_sheet(images, captions, zoom),
        f"{' | '.join(captions)}: {text}",
    )


def _checked(image: np.ndarray, name: str) -> np.ndarray:
    image = np.asarray(image)
    if image.dtype != np.uint8:
        raise ValueError(
            f"{name} has dtype {image.dtype}; expected uint8, which srlib.to_image makes of a batch"
        )
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or image.size == 0:
        raise ValueError(f"{name} has shape {image.shape}; expected (H, W, 3) or (H, W)")
    return np.ascontiguousarray(image)


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]}×{image.shape[0]}"


def _text(text: str, name: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{name} must be a text that is not blank, not {text!r}")
    return text


def checked_alt(alt: str) -> str:
    """Return an alternative text, or raise a ValueError if it is blank."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(
            f"alt must say in words what is to be seen, for readers who cannot see it, not {alt!r}"
        )
    return alt


def _zoom(zoom: int) -> int:
    if not isinstance(zoom, Integral) or isinstance(zoom, bool) or zoom < 1:
        raise ValueError(f"zoom must be a positive integer, not {zoom!r}")
    return int(zoom)
