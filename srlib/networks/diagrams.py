"""Diagrams of networks, drawn from their layers."""

from html import escape

import keras

from srlib.display import Picture, markup
from srlib.networks.costs import CONVOLUTIONS
from srlib.networks.drawing import ROUND, draw
from srlib.networks.outline import fold, steps

__all__ = ["architecture"]


def architecture(model: keras.Model, *, caption: str | None = None) -> Picture:
    """A diagram of a network: its layers from left to right, skips above, equal runs folded.

    The taller a box, the more pixels: one step of height for each doubling of the side. In a
    convolution stand the size of its kernel, its filters, and what follows pixel by pixel.

    Parameters
    ----------
    model
        A functional network that `srlib.networks.costs` understands, whose side paths do not fork.
    caption
        A text below.

    Returns
    -------
    Picture
        Its text names every layer in words.

    Raises
    ------
    ValueError
        If there is a layer that is not known, or a side path that forks.
    """
    path = steps(model)
    runs = fold(path)
    count = sum(isinstance(layer, CONVOLUTIONS) for layer in model.layers)
    alt = f"Diagram of {model.name}, {count} convolutions: {'; '.join(_words(path, runs))}."
    png, width = draw(runs)
    # In the element itself, since themes limit widths. A page that is too narrow scrolls it, hence
    # the tab stop and its name.
    style = f"width:{width}px;max-width:none;height:auto;background:#fff;filter:none"
    html = (
        f'<div class="srlib-scroll" tabindex="0" role="group" aria-label="{escape(model.name)}">'
        f'<img class="dark-light" alt="{escape(alt)}" style="{style}" '
        f'src="{markup.data_uri(png)}"></div>{markup.caption(caption)}'
    )
    return Picture(markup.figure(html), png, alt)


def _words(path, runs):
    """Each run in words."""
    at = 0
    for run in runs:
        words = ", ".join(
            _say(step, [_source(path, at, i, skip) for skip in step.skips])
            for i, step in enumerate(run.steps)
        )
        yield words if run.count == 1 else f"{run.count} times ({words})"
        at += len(run.steps) * run.count


def _say(step, sources=()):
    if step.kind in ROUND:
        return " ".join([step.kind, *(f"with {source}" for source in sources), *step.lines[1:]])
    if step.kind == "image":
        return " ".join([step.lines[0], "image", *step.lines[1:]])
    return " ".join([step.kind, *step.lines])


def _source(path, start, i, skip):
    # Only a run of several steps has a source before its start.
    source = "what came in" if 0 < i < skip.back else _say(path[start + i - skip.back])
    return " of ".join(filter(None, [" ".join(skip.lines), source]))
