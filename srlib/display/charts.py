"""Charts of matplotlib, white in dark mode too, whose values can be read off."""

import io

import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from srlib.display import markup
from srlib.display.pictures import Picture, checked_alt

__all__ = ["chart", "use_style"]

MOST_STOPS = 48  # along one axis; more would be closer than a finger can point
MOST_CURVES = 8  # that are told one by one


def chart(figure: Figure, *, alt: str, caption: str | None = None) -> Picture:
    """A matplotlib figure, crisp on dense screens, white in dark mode too; the figure is closed.

    Where its axes hold lines, points or a few bars, their values are told below the chart as a
    reader points at it, or focuses it and moves along it by the arrow keys. A point is called by
    what annotates it, a line by its label, a bar by its label and by the tick where it stands.

    Parameters
    ----------
    figure
        What ``plt.subplots`` or ``plt.figure`` made.
    alt
        What the chart shows, in words: its axes and what is to be seen in it.
    caption
        A text below.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If `figure` is no matplotlib figure (such as its axes) or `alt` is blank.
    """
    if not isinstance(figure, Figure):
        raise ValueError(f"chart needs a matplotlib Figure, not {type(figure).__name__}")
    alt = checked_alt(alt)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=2 * figure.dpi, facecolor="white")
    readable = [
        (_box(axes), _title(axes), stops) for axes in figure.axes if (stops := _stops(axes))
    ]
    pyplot.close(figure)  # or the notebook would show it a second time
    width = round(figure.get_figwidth() * figure.dpi)
    html = markup.chart(file.getvalue(), alt, width, readable) + markup.caption(caption)
    return Picture(markup.figure(html), file.getvalue(), alt)


def use_style() -> None:
    """Set matplotlib's defaults to those of the course (``srlib/display/course.mplstyle``)."""
    pyplot.style.use("srlib.display.course")


def _box(axes: Axes) -> tuple[float, float, float, float]:
    """Left, top, width and height of the axes in per cent of the figure."""
    place = axes.get_position()
    return tuple(100 * part for part in (place.x0, 1 - place.y1, place.width, place.height))


def _title(axes):
    title = axes.get_title() or axes.get_title(loc="left")
    return ", ".join(filter(None, [title, axes.get_ylabel(), axes.get_xlabel()])) or "values"


def _stops(axes: Axes) -> list[tuple[float, float | None, str]]:
    """Where values can be read: across and down in per cent of the axes, and what stands there.

    Down is None where the stop is all that lies on one line from top to bottom.
    """
    lines = [
        (line.get_label(), *_data(line), line.get_linestyle() != "None")
        for line in axes.lines
        if line.get_transform().contains_branch(axes.transData) and _readable(*_data(line))
    ]
    stops = _bars(axes)
    if any(drawn for *_, drawn in lines):
        across = np.unique(np.concatenate([x for _, x, _, _ in lines]))
        if len(across) > MOST_STOPS:
            across = across[np.linspace(0, len(across) - 1, MOST_STOPS).round().astype(int)]
        stops += [(x, None, _on_one_line(axes, x, lines)) for x in across]
    else:
        stops += [
            (x, y, _point(axes, name, x, y))
            for name, across, heights, _ in lines
            for x, y in zip(across, heights, strict=True)
        ]
    return [stop for x, y, text in sorted(stops, key=lambda stop: stop[0])
            if text and (stop := _placed(axes, x, y, text))]  # fmt: skip


def _bars(axes):
    """The ends of bars, unless there are too many to be read one by one, as in a histogram."""
    bars = [
        (container, patch)
        for container in axes.containers
        if isinstance(container, BarContainer)
        for patch in container
    ]
    return [_bar(axes, *bar) for bar in bars] if len(bars) <= MOST_STOPS else []


def _bar(axes, container, patch):
    upright = container.orientation == "vertical"
    middle = patch.get_center()[0 if upright else 1]
    axis, values = (axes.xaxis, axes.yaxis) if upright else (axes.yaxis, axes.xaxis)
    ticks = axis.get_majorticklocs()
    tick = axis.get_majorticklabels()[np.abs(ticks - middle).argmin()].get_text()
    name = "" if container.get_label().startswith("_") else container.get_label()
    value = patch.get_height() if upright else patch.get_width()
    told = f"{', '.join(filter(None, [tick, name]))}: {_number(value)}"
    end = patch.get_corners().max(axis=0) if value >= 0 else patch.get_corners().min(axis=0)
    told = f"{told} {values.get_label_text()}".strip()
    return (middle, end[1], told) if upright else (end[0], middle, told)


def _data(line):
    """Numbers alone: categories and dates are left to the axis, which says them."""
    try:
        return np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    except (TypeError, ValueError):
        return np.empty(0), np.empty(0)


def _readable(x, y):
    return len(x) > 0 and len(x) == len(y) and bool((np.diff(x) >= 0).all())


def _on_one_line(axes, x, lines):
    """What all lines are at `x`; a line of mere points only where it has one."""
    values = {}
    for i, (name, across, heights, drawn) in enumerate(lines):
        if drawn and across[0] <= x <= across[-1]:
            value = np.interp(x, across, heights)
        elif not drawn and (at := np.isclose(across, x)).any():
            value = heights[at][0]
        else:
            continue
        if np.isfinite(value):
            values["" if name.startswith("_") else name, i] = value
    if not values:
        return None
    if len(values) > MOST_CURVES:
        low, high = min(values.values()), max(values.values())
        told = f"{len(values)} curves from {_number(low)} to {_number(high)}"
    else:
        told = "; ".join(f"{name} {_number(y)}".strip() for (name, _), y in values.items())
    return f"{axes.get_xlabel() or 'at'} {_number(x)}: {told}"


def _point(axes, name, x, y):
    named = [note.get_text() for note in axes.texts if getattr(note, "xy", None) == (x, y)]
    name = named[0] if named else "" if name.startswith("_") else name
    place = (
        f"{axes.get_xlabel() or 'across'} {_number(x)}, {axes.get_ylabel() or 'up'} {_number(y)}"
    )
    return f"{name}: {place}" if name else place


def _placed(axes, x, y, text):
    """A stop in per cent of the axes, or None if it lies outside of them."""
    height = axes.get_ylim()[0] if y is None else y
    across, up = axes.transAxes.inverted().transform(axes.transData.transform((x, height)))
    if not (np.isfinite([across, up]).all() and -1e-6 <= across <= 1 + 1e-6):
        return None
    return round(100 * across, 1), None if y is None else round(100 * (1 - up), 1), text


def _number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
