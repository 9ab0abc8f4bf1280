"""The pieces of HTML of which `srlib.display` builds its pictures."""

import base64
import functools
import json
import re
from collections.abc import Sequence
from html import escape
from importlib import resources

import numpy as np
from PIL import Image

from srlib.display.contact_sheet import png_bytes

__all__ = ["LETTERS", "caption", "chart", "divider", "explorer", "figure", "photo", "quiz"]

LETTERS = "ABCDEF"  # of the answers of a quiz

# An attribute instead of a script: it works wherever the HTML is put, any number of times, and
# knows its own slider without an id. "any" steps move smoothly by pointer and by 1 % by key.
MOVE = (
    "this.parentNode.style.setProperty('--srlib-split',this.value+'%');"
    "this.setAttribute('aria-valuetext',Math.round(this.value)+' % '+this.dataset.before)"
)


# Tells the value at which the slider over a chart stands, and marks its place.
READ = (
    "var stop=JSON.parse(this.dataset.stops)[this.value],mark=this.nextElementSibling;"
    "mark.style.left=stop[0]+'%';mark.style.top=(stop[1]||0)+'%';mark.hidden=false;"
    "mark.toggleAttribute('data-point',stop[1]!==null);this.setAttribute('aria-valuetext',stop[2]);"
    "this.closest('figure').querySelector('.srlib-value').textContent=stop[2]"
)

# Takes the slider to the stop that is nearest to the pointer.
POINT = (
    "var box=this.getBoundingClientRect(),x=(event.clientX-box.left)/box.width*100,"
    "y=(event.clientY-box.top)/box.height*100,least=1/0,best=0;"
    "JSON.parse(this.dataset.stops).forEach(function(stop,i){"
    "var far=stop[1]===null?Math.abs(stop[0]-x):Math.hypot(stop[0]-x,stop[1]-y);"
    "if(far<least){least=far;best=i}});this.value=best;this.oninput()"
)

# Finds the state that all controls together stand at, shows it, and says what is to be seen.
EXPLORE = (
    "var all=this.closest('.srlib-explore'),at=0;"
    "all.querySelectorAll(':scope>.srlib-controls [data-labels]').forEach(function(c){"
    "var labels=JSON.parse(c.dataset.labels),"
    "i=c.type==='checkbox'?+c.checked:c.type==='range'?+c.value:c.selectedIndex;"
    "at=at*labels.length+i;"
    "if(c.type==='range'){c.setAttribute('aria-valuetext',labels[i]);"
    "c.nextElementSibling.textContent=labels[i]}});"
    "all.querySelectorAll(':scope>.srlib-states>*').forEach(function(state,i){"
    "state.toggleAttribute('data-shown',i===at);"
    "if(i===at)all.querySelector(':scope>[role=status]').textContent=state.dataset.says})"
)


def figure(content: str) -> str:
    """A ``<figure>`` of HTML `content` that brings its style sheet along."""
    return f'<figure class="srlib-figure">{_style()}{content}</figure>'


@functools.cache
def _style() -> str:
    css = resources.files("srlib.display").joinpath("display.css").read_text(encoding="utf-8")
    return f"<style>{' '.join(re.sub(r'/[*].*?[*]/', '', css, flags=re.DOTALL).split())}</style>"


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


def chart(
    png: bytes,
    alt: str,
    width: int,
    readable: Sequence[tuple[tuple[float, float, float, float], str, list[tuple]]],
) -> str:
    """A chart of `width` CSS pixels, or as wide as the page, whose values can be read off.

    Parameters
    ----------
    png
        The chart as a file.
    alt
        The alternative text.
    width
        In CSS pixels.
    readable
        Of each axes its left, top, width and height in per cent of the chart, its title, and its
        stops: across and down in per cent of the axes (down None for a whole vertical) and a text.
    """
    style = "width:100%;height:auto;background:#fff;filter:none"
    image = f'<img class="dark-light" alt="{escape(alt)}" style="{style}" src="{data_uri(png)}">'
    sliders = "".join(
        '<div class="srlib-axes" style="'
        + ";".join(
            f"{side}:{part:.2f}%"
            for side, part in zip(("left", "top", "width", "height"), box, strict=True)
        )
        + f'"><input type="range" min="0" max="{len(stops) - 1}" value="0" autocomplete="off" '
        f'aria-label="Read values: {escape(title)}" aria-valuetext="{escape(stops[0][2])}" '
        f'data-stops="{escape(json.dumps(stops, ensure_ascii=False))}" '
        f'data-lm-suppress-shortcuts="true" oninput="{READ}" onfocus="this.oninput()" '
        f'onpointermove="{POINT}" onclick="{POINT}"><span hidden></span></div>'
        for box, title, stops in readable
    )
    hint = '<p class="srlib-value">Point at the chart to read its values.</p>' if readable else ""
    return f'<div class="srlib-chart" style="width:{width}px">{image}{sliders}</div>{hint}'


def explorer(
    controls: Sequence[tuple[str, str, list[str], int]],
    states: Sequence[tuple[str, list[str], str]],
    start: int,
) -> str:
    """Controls that change between pictures.

    Parameters
    ----------
    controls
        Of each its kind (``"range"``, ``"toggle"`` or ``"choice"``), title, the labels of its
        values, and the index of the one that it stands at.
    states
        Of each combination of values, the last control's changing fastest: its name, the HTML of
        its pictures, and what they show in words.
    start
        The index of the state that is seen first.
    """
    drawn = "".join(_control(*control) for control in controls)
    pictures = "".join(
        f'<div class="srlib-state" data-name="{escape(name)}" data-says="{escape(says)}"'
        f"{' data-shown' * (i == start)}>{''.join(html).replace(_style(), '')}</div>"
        for i, (name, html, says) in enumerate(states)
    )
    titles = escape(", ".join(title for _, title, _, _ in controls))
    return (
        f'<div class="srlib-explore" role="group" aria-label="Move {titles}">'
        f'<div class="srlib-controls">{drawn}</div><div class="srlib-states">{pictures}</div>'
        '<p class="srlib-says" role="status"></p></div>'
    )


def _control(kind: str, title: str, labels: list[str], start: int) -> str:
    """One control with its name, and a range with the value that it stands at."""
    means = (
        f'data-labels="{escape(json.dumps(labels, ensure_ascii=False))}" autocomplete="off" '
        f'data-lm-suppress-shortcuts="true" oninput="{EXPLORE}"'
    )
    name = f"<span>{escape(title)}</span>"
    if kind == "toggle":
        return f'<label><input type="checkbox" {means}{" checked" * start}>{name}</label>'
    if kind == "range":
        return (
            f'<label>{name}<input type="range" min="0" max="{len(labels) - 1}" value="{start}" '
            f'aria-valuetext="{escape(labels[start])}" {means}>'
            f'<span aria-hidden="true">{escape(labels[start])}</span></label>'
        )
    options = "".join(
        f"<option{' selected' * (i == start)}>{escape(label)}</option>"
        for i, label in enumerate(labels)
    )
    return f"<label>{name}<select {means}>{options}</select></label>"


def quiz(question: str, answers: Sequence[tuple[str, bool, str]], name: str) -> str:
    """A question, and of each answer a disclosure of what becomes of it.

    Parameters
    ----------
    question
        Plain text with code in backticks, like all others here.
    answers
        Of each its text, whether it is right, and why.
    name
        Names the group of which one is open at a time.
    """
    drawn = "".join(
        f'<details name="{escape(name)}"><summary><span>{letter}</span> '
        f"<span>{_with_code(answer)}</span></summary>"
        f"<p><strong>{'Right.' if right else 'No.'}</strong> {_with_code(why)}</p></details>"
        for letter, (answer, right, why) in zip(LETTERS, answers, strict=False)
    )
    # The data-lm attribute keeps JupyterLab from taking the enter and the space key for its own.
    return (
        '<fieldset class="srlib-quiz" data-lm-suppress-shortcuts="true">'
        f"<legend>{_with_code(question)}</legend>{drawn}{_style()}</fieldset>"
    )


def _with_code(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def caption(text: str | None) -> str:
    """A ``<figcaption>``, its "Figure 5.3." in bold, or nothing for None."""
    if text is None:
        return ""
    text = re.sub(r"^Figure \d+\.\d+\.", r"<strong>\g<0></strong>", escape(text))
    return f"<figcaption>{text}</figcaption>"


def data_uri(png: bytes) -> str:
    """A PNG file as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
