"""How the outline of a network is drawn."""

import io
from dataclasses import dataclass
from math import log2

from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch
from matplotlib.path import Path

from srlib.networks.outline import Run, Skip, Step

__all__ = ["COLORS", "ROUND", "draw"]

# Fill and edge of each kind of step: tints of the colours of the course's charts.
COLORS = {
    "convolution": ("#D3E7F5", "#0072B2"),
    "transposed convolution": ("#FBE3D3", "#D55E00"),
    "enlargement": ("#CFEDE2", "#009E73"),
    "pointwise": ("#F6E1ED", "#CC79A7"),
    "sum": ("#FFFFFF", "#222222"),
    "product": ("#FFFFFF", "#222222"),
    "concatenation": ("#FFFFFF", "#222222"),
    "image": ("#FFFFFF", "#888888"),
}
ROUND = ("sum", "product", "concatenation")
LEGEND = ("convolution", "transposed convolution", "enlargement", "concatenation")
LINE = "#444444"

# Sizes in CSS pixels: of boxes, sums and images, the gap between two steps, the height of the box
# with the fewest pixels and what each doubling adds, and how far a skip rises above what it passes.
BOX, CIRCLE, IMAGE, GAP = 44, 20, 36, 10
HEIGHT, DOUBLING, RISE = 80, 16, 14
MARGIN, LARGE, SMALL = 6, 12.5, 10.5


@dataclass(frozen=True)
class _Box:
    step: Step
    left: float
    width: int
    height: float

    @property
    def right(self):
        return self.left + self.width

    @property
    def top(self):
        return self.height / 2


@dataclass(frozen=True)
class _Arc:
    left: float
    right: float
    skip: Skip
    end: float


@dataclass(frozen=True)
class _Band:
    boxes: list[_Box]
    count: int
    arcs: list[_Arc]

    @property
    def bottom(self):
        return -max(box.top for box in self.boxes) - 8


def draw(runs: list[Run]) -> tuple[bytes, int]:
    """Boxes from left to right along y = 0, from which everything is reckoned, skips above them.

    Parameters
    ----------
    runs
        What `srlib.networks.outline.fold` returns.

    Returns
    -------
    tuple
        The bytes of a PNG with two pixels to a CSS pixel, and its width in CSS pixels.
    """
    boxes, bands, arcs = _lay_out(runs)
    figure = Figure(dpi=100, layout="none")  # whatever style is in use
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.plot([boxes[0].right, boxes[-1].left], [0, 0], color=LINE, linewidth=1.2, zorder=1)
    tops = [(box.left, box.right, box.top) for box in boxes]
    for band in bands:
        for arc in band.arcs:
            tops.append(_draw_arc(axes, arc, tops))
        tops.append(_draw_band(axes, band, tops))
    for arc in sorted(arcs, key=lambda arc: arc.right - arc.left):
        tops.append(_draw_arc(axes, arc, tops))
    for box in boxes:
        _draw_box(axes, box)
    bottom = min([-max(box.top for box in boxes), *(band.bottom - 22 for band in bands)]) - 20
    width = max(boxes[-1].right, _draw_legend(axes, boxes, bottom)) + MARGIN
    bottom -= 14
    top = max(top for *_, top in tops) + MARGIN
    axes.set(xlim=(0, width), ylim=(bottom, top))
    figure.set_size_inches(width / 100, (top - bottom) / 100)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=200, facecolor="white")
    return file.getvalue(), round(width)


def _lay_out(runs):
    """Where the boxes are, the bands around those that are repeated, and the skips elsewhere."""
    lowest = min(step.rate for run in runs for step in run.steps)
    boxes, bands, arcs, place = [], [], [], []
    x = MARGIN
    for run in runs:
        first, folded = len(boxes), run.count > 1
        x += GAP * folded
        inside = []
        for i, step in enumerate(run.steps):
            width = CIRCLE if step.kind in ROUND else IMAGE if step.kind == "image" else BOX
            height = CIRCLE if step.kind in ROUND else HEIGHT + DOUBLING * log2(step.rate / lowest)
            boxes.append(_Box(step, x, width, height))
            for j, skip in enumerate(step.skips):
                source = (
                    place[len(place) + i - skip.back] if skip.back > i else first + i - skip.back
                )
                left = boxes[source].right + GAP / 2
                if folded and source < first:
                    left = boxes[first].left - GAP / 2
                right = x + width / 2 + 8 * (j - (len(step.skips) - 1) / 2)
                inside.append(_Arc(left, right, skip, boxes[-1].top))
            x += width + GAP
        if folded:
            bands.append(_Band(boxes[first:], run.count, inside))
            x += GAP
        else:
            arcs += inside
        place += [first + i for i in range(len(run.steps))] * run.count
    return boxes, bands, arcs


def _draw_box(axes, box):
    fill, edge = COLORS[box.step.kind]
    x, lines = box.left + box.width / 2, box.step.lines
    if box.step.kind in ROUND:
        axes.add_patch(Circle((x, 0), CIRCLE / 2, facecolor=fill, edgecolor=edge, zorder=3))
        _write(axes, x, 0, lines[:1], [14])
        _write(axes, x, -CIRCLE / 2 - 7 - 6.5 * len(lines[1:]), lines[1:], [SMALL] * len(lines))
        return
    _draw_rounded(axes, box.left, -box.top, box.width, box.height, fill, edge)
    large = 2 if "convolution" in box.step.kind else 1 if box.step.kind == "image" else 0
    _write(axes, x, 0, lines, [LARGE] * large + [SMALL] * (len(lines) - large))


def _draw_arc(axes, arc, tops):
    """A skip over all that lies between its ends; returns its extent as an item of `tops`."""
    x0, x1 = arc.left, arc.right
    half = 11 if arc.skip.lines else 0
    y = max(top for left, right, top in tops if left < x1 and right > x0) + RISE + half
    r = 6
    corners = [(x0, 0), (x0, y - r), (x0, y), (x0 + r, y), (x1 - r, y), (x1, y), (x1, y - r)]
    codes = [Path.MOVETO, Path.LINETO, Path.CURVE3, Path.CURVE3] + [Path.LINETO] + [Path.CURVE3] * 2
    axes.add_patch(PathPatch(Path(corners, codes), fill=False, edgecolor=LINE, lw=1.2, zorder=1))
    axes.add_patch(Circle((x0, 0), 2.5, facecolor=LINE, zorder=2))
    axes.annotate(
        "", (x1, arc.end), (x1, y - r),
        arrowprops={"arrowstyle": "-|>", "color": LINE, "shrinkA": 0, "shrinkB": 0, "lw": 1.2},
    )  # fmt: skip
    if arc.skip.lines:
        text = " ".join(arc.skip.lines)
        width = 6.5 * len(text) + 14
        middle = (x0 + x1) / 2
        _draw_rounded(axes, middle - width / 2, y - half, width, 2 * half, *COLORS[arc.skip.kind])
        _write(axes, middle, y, [text], [SMALL])
    return x0, x1, y + half


def _draw_band(axes, band, tops):
    """The ground on which the boxes of a run stand, and how many times they come."""
    left, right = band.boxes[0].left - GAP, band.boxes[-1].right + GAP
    top = max(top for start, end, top in tops if start < right and end > left) + 8
    bottom = band.bottom
    _draw_rounded(axes, left, bottom, right - left, top - bottom, "#F3F3F3", "#BBBBBB", zorder=0)
    _write(axes, (left + right) / 2, bottom - 12, [f"×{band.count}"], [14])
    return left, right, top


def _draw_legend(axes, boxes, y):
    """The names of the kinds that do not bear theirs, and where that ends."""
    x = MARGIN
    for kind in dict.fromkeys(box.step.kind for box in boxes if box.step.kind in LEGEND):
        if kind in ROUND:
            axes.add_patch(Circle((x + 6, y), 7, facecolor="white", edgecolor=COLORS[kind][1]))
            _write(axes, x + 6, y, ["‖"], [10])
        else:
            _draw_rounded(axes, x, y - 5, 12, 10, *COLORS[kind])
        _write(axes, x + 18, y, [kind], [SMALL], align="left")
        x += 18 + 6 * len(kind) + 16
    return x


def _draw_rounded(axes, x, y, width, height, fill, edge, zorder=3):
    style = "round,pad=0,rounding_size=4"
    axes.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle=style, facecolor=fill, edgecolor=edge, zorder=zorder
        )
    )


def _write(axes, x, y, lines, sizes, align="center"):
    """Lines of text one below the other, their middle at (x, y); `sizes` in CSS pixels."""
    y += sum(sizes) * 1.25 / 2
    for line, size in zip(lines, sizes, strict=False):
        y -= size * 1.25 / 2
        axes.text(
            x, y, line, fontsize=size * 0.72, ha=align, va="center_baseline", zorder=4,
            color="#111111", fontfamily="DejaVu Sans",
        )  # fmt: skip
        y -= size * 1.25 / 2
