"""A control over pictures: live in JupyterLab, over states computed beforehand on a page."""

import inspect
import io
import itertools
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number

import numpy as np
from PIL import Image

from srlib.display import markup
from srlib.display.contact_sheet import contact_sheet
from srlib.display.pictures import Picture

__all__ = ["explore", "is_live"]

MOST_STATES = 64  # that a page holds
IN_A_ROW = 6  # states that are shown where nothing moves


@dataclass(frozen=True)
class Control:
    """One argument of a function, and what it can be.

    Parameters
    ----------
    name
        The argument.
    values
        What it is on a page, in order.
    labels
        How each value is called.
    start
        The index of the first one shown.
    span
        ``(low, high, step)`` if a live control takes what lies between as well.
    """

    name: str
    values: list
    labels: list[str]
    start: int
    span: tuple | None = None

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")

    @property
    def kind(self) -> str:
        """How it is drawn: a range if its values are numbers, a toggle for yes and no."""
        if self.values == [False, True] and isinstance(self.values[0], bool):
            return "toggle"
        numbers = all(isinstance(value, Number) for value in self.values)
        return "range" if self.span or numbers else "choice"


def explore(
    function: Callable[..., Picture | Sequence[Picture]],
    /,
    *,
    caption: str | None = None,
    **controls: tuple | Sequence | Mapping,
):
    """Let a reader move the arguments of a function and see what it shows.

    In JupyterLab the controls are ipywidgets, and the function is called whenever one is moved.
    Elsewhere (papermill, and the page that is made of its notebook) it is called beforehand, for
    every combination of values, and the controls change between its pictures without a kernel.

    Parameters
    ----------
    function
        Returns a `Picture`, such as of `srlib.gallery`, `srlib.compare` or `srlib.chart`, or
        several, which stand one below the other. The defaults of its arguments are shown first.
    caption
        A text below.
    controls
        What each argument can be: a sequence of values; a mapping of labels to values; or, for
        numbers between which a live control may go, ``(low, high, step)``. Numbers become a range,
        ``[False, True]`` a toggle, all else a choice.

    Returns
    -------
    Picture or ipywidgets.Widget
        What a cell shows if this is its last line.

    Raises
    ------
    ValueError
        If a control has fewer than two values, a default is none of them, or there are more than
        64 combinations.
    TypeError
        If the function returns anything else than pictures.
    """
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is not parameter.empty
    }
    known = [_control(name, values, defaults) for name, values in controls.items()]
    if not known:
        raise ValueError(
            f"explore needs a control: an argument of {function.__name__}, with values"
        )
    if is_live():
        return _live(function, known, caption)
    return _computed(function, known, caption)


def is_live() -> bool:
    """Whether somebody sits before the notebook: JupyterLab has opened it, not papermill."""
    # Jupyter's server says so to the kernels that it starts for people; papermill is no server.
    return "JPY_SESSION_NAME" in os.environ


def _control(name, values, defaults):
    span = values if isinstance(values, tuple) and len(values) == 3 else None
    if span:
        values = _steps(name, *span)
    labels = list(values) if isinstance(values, Mapping) else [_label(value) for value in values]
    values = list(values.values()) if isinstance(values, Mapping) else list(values)
    if len(values) < 2:
        raise ValueError(f"{name} needs two values or more to choose among, not {values!r}")
    start = 0
    if name in defaults:
        try:
            start = values.index(defaults[name])
        except ValueError:
            raise ValueError(
                f"{name} is {defaults[name]!r} by default, which is none of {values}"
            ) from None
    return Control(name, values, labels, start, span)


def _steps(name, low, high, step):
    if not (step > 0 and high > low):
        raise ValueError(f"{name} must be (low, high, step) upwards, not {(low, high, step)}")
    count = math.floor((high - low) / step + 1e-9) + 1
    return [round(low + i * step, 10) for i in range(count)]


def _label(value):
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, Number) else str(value)


def _pictures(function, arguments):
    shown = function(**arguments)
    pictures = [shown] if isinstance(shown, Picture) else shown
    if not isinstance(pictures, Sequence) or not all(isinstance(p, Picture) for p in pictures):
        raise TypeError(
            f"{function.__name__} must return what srlib.gallery, srlib.compare or srlib.chart "
            f"made, one or several, not {type(shown).__name__}"
        )
    return pictures


def _computed(function, controls, caption):
    count = math.prod(len(control.values) for control in controls)
    if count > MOST_STATES:
        sizes = " × ".join(f"{len(control.values)} of {control.name}" for control in controls)
        raise ValueError(
            f"{sizes} make {count} states, but a page holds {MOST_STATES}: give fewer values"
        )
    names, states = [], []
    for indices in itertools.product(*(range(len(control.values)) for control in controls)):
        chosen = list(zip(controls, indices, strict=True))
        names.append(", ".join(f"{c.title} {c.labels[i]}" for c, i in chosen))
        states.append(_pictures(function, {c.name: c.values[i] for c, i in chosen}))
    start = 0
    for control in controls:
        start = start * len(control.values) + control.start
    html = markup.explorer(
        [(c.kind, c.title, c.labels, c.start) for c in controls],
        [(name, [picture.html for picture in pictures], "; ".join(p.text for p in pictures))
         for name, pictures in zip(names, states, strict=True)],
        start,
    )  # fmt: skip
    row = sorted({round(i) for i in np.linspace(0, count - 1, min(count, IN_A_ROW))})
    sheet = contact_sheet([_sheet(states[i]) for i in row], [names[i] for i in row], zoom=1)
    text = "; ".join(f"{names[i]}: {', '.join(p.text for p in states[i])}" for i in row)
    return Picture(markup.figure(html + markup.caption(caption)), sheet, text)


def _sheet(pictures):
    """Pictures as one, none wider than fits beside another."""
    images = [Image.open(io.BytesIO(picture.png)).convert("RGB") for picture in pictures]
    for image in images:
        image.thumbnail((780, 780))
    sheet = Image.new("RGB", (max(i.width for i in images), sum(i.height for i in images)), "white")
    top = 0
    for image in images:
        sheet.paste(image, (0, top))
        top += image.height
    return np.asarray(sheet)


def _live(function, controls, caption):
    import ipywidgets
    from IPython.display import display

    def show(**arguments):
        for picture in _pictures(function, arguments):
            display(picture)

    widgets = {control.name: _widget(ipywidgets, control) for control in controls}
    parts = [
        ipywidgets.HBox(list(widgets.values()), layout=ipywidgets.Layout(flex_flow="row wrap")),
        ipywidgets.interactive_output(show, widgets),
    ]
    if caption:
        parts.append(ipywidgets.HTML(markup.figure(markup.caption(caption))))
    return ipywidgets.VBox(parts)


def _widget(ipywidgets, control):
    # A function that takes a while is called when the reader lets go, not at every step of the way.
    common = {
        "description": control.title,
        "style": {"description_width": "initial"},
        "layout": ipywidgets.Layout(min_width="22rem"),
    }
    value = control.values[control.start]
    if control.span:
        low, high, step = control.span
        whole = all(isinstance(number, int) for number in control.span)
        slider = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
        fine = 1 if whole else step / 10
        return slider(
            min=low, max=high, step=fine, value=value, continuous_update=False, **common,
        )  # fmt: skip
    if control.kind == "toggle":
        return ipywidgets.Checkbox(value=value, **common)
    options = list(zip(control.labels, control.values, strict=True))
    if control.kind == "range":
        return ipywidgets.SelectionSlider(
            options=options, index=control.start, continuous_update=False, **common
        )
    return ipywidgets.Dropdown(options=options, index=control.start, **common)
