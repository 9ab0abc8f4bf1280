"""The page: a photograph in, a network and a factor, and a larger photograph out.

It is the same in the lesson, in JupyterLab, and in a browser without either (`make app`).
"""

import base64
import tempfile
import threading
from html import escape
from pathlib import Path

import ipywidgets

from srlib.display import compare
from srlib.images import OUTPUT_SUFFIXES, one_line, read_image, read_samples, resize
from srlib.upscaling import INTERPOLATIONS, Networks, upscale_file
from srlib.zoo import GOOD_FOR, available, networks

__all__ = ["page"]

MOST_BYTES = 20_000_000  # of a file; all of it goes through one message
MOST_PIXELS = 48_000_000  # of a result, which goes back the same way
SEEN = 480, 320  # the part of the result that is shown, in pixels

FACTORS = (1.5, 2, 3, 4, 8)
FOR_LESSONS = ("lesson", "nothing")  # how the use of a network begins that is no use


def page() -> ipywidgets.VBox:
    """A page that enlarges photographs, one at a time; nothing leaves the machine it runs on.

    Returns
    -------
    ipywidgets.VBox
        To be shown by a cell of JupyterLab, or by Voilà.
    """
    return _Page().box


class _Cancelled(Exception):
    """Raised where the work is, when the reader has pressed the button."""


class _Page:
    """The widgets, and the one job that they may start."""

    def __init__(self):
        wide = {
            "style": {"description_width": "7rem"},
            "layout": ipywidgets.Layout(width="min(36rem, 95%)"),
        }
        self.upload = ipywidgets.FileUpload(
            accept="image/*",
            description="Choose a photograph",
            tooltip=f"A file of at most {MOST_BYTES // 10**6} MB",
            layout={"width": "16rem"},
        )
        self.network = ipywidgets.Dropdown(options=_choices(), description="Network", **wide)
        self.factor = ipywidgets.Dropdown(
            options=[(f"×{factor:g}", factor) for factor in FACTORS],
            value=2,
            description="Factor",
            **wide,
        )
        self.start = ipywidgets.Button(description="Enlarge", button_style="primary", disabled=True)
        self.cancel = ipywidgets.Button(description="Cancel", disabled=True)
        self.progress = ipywidgets.FloatProgress(max=1, description="Progress", **wide)
        self.status, self.result = ipywidgets.HTML(), ipywidgets.HTML()
        self.cancelled = threading.Event()
        self.upload.observe(self._chosen, "value")
        self.start.on_click(self._start)
        self.cancel.on_click(lambda _: self.cancelled.set())
        self._say("Choose a photograph. It stays on the machine that this page runs on.")
        buttons = ipywidgets.HBox([self.start, self.cancel])
        self.box = ipywidgets.VBox(
            [self.upload, self.network, self.factor, buttons, self.progress, self.status,
             self.result]
        )  # fmt: skip

    def _say(self, text):
        # A status is read out by a screen reader when it changes.
        self.status.value = f'<p role="status">{escape(text)}</p>'

    def _chosen(self, _):
        (file,) = self.upload.value[:1] or (None,)
        self.start.disabled = file is None or file.size > MOST_BYTES
        if file is None:
            return
        if file.size > MOST_BYTES:
            self._say(
                f"{file.name} has {file.size / 1e6:.0f} MB, and this page takes at most "
                f"{MOST_BYTES / 1e6:.0f}: the command “srlib upscale” has no such limit."
            )
        else:
            self._say(f"{file.name}, {file.size / 1e3:,.0f} kB.")

    def _start(self, _):
        (file,) = self.upload.value
        self.cancelled.clear()
        self._busy(True)
        self.result.value, self.progress.value = "", 0
        self._say(f"{file.name} is being enlarged …")
        job = file.name, bytes(file.content), self.network.value, self.factor.value
        threading.Thread(target=self._work, args=job, daemon=True).start()

    def _busy(self, busy):
        for widget in (self.start, self.upload, self.network, self.factor):
            widget.disabled = busy
        self.cancel.disabled = not busy

    def _work(self, name, content, network, factor):
        """The job, in a thread of its own, so that the page can still be pressed."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / Path(name.replace("\\", "/")).name
            try:
                source.write_bytes(content)
                out, said = self._enlarge(source, network, factor)
                shown = _shown(source, out, network)
                self.result.value = _link(out) + shown
                self._say(said)
            except _Cancelled:
                self._say("Cancelled. Nothing was kept.")
            except Exception as error:  # whatever it is, it is this file's, and the page goes on
                self._say(one_line(error).replace(f"{folder}/", ""))
            finally:
                self._busy(False)

    def _enlarge(self, source, network, factor):
        height, width = read_samples(source).colour.shape[:2]
        if height * width * factor**2 > MOST_PIXELS:
            raise ValueError(
                f"{source.name} has {width}×{height} pixels, which ×{factor:g} makes "
                f"{height * width * factor**2 / 1e6:.0f} megapixels; this page makes at most "
                f"{MOST_PIXELS / 1e6:.0f}: choose a smaller factor, or the command “srlib upscale”."
            )
        suffix = source.suffix if source.suffix.lower() in OUTPUT_SUFFIXES else ".png"
        out = source.with_name(f"{source.stem}_x{factor:g}{suffix}")
        by = network if network in INTERPOLATIONS else networks(network)
        if isinstance(by, Networks):
            by = by._replace(watch=self._watch)
        done = upscale_file(source, out, by, factor)
        self.progress.value = 1
        steps = ", then ".join(f"×{scale}" for scale in done.passes) or f"×{factor:g}"
        return out, (
            f"{source.name}: {width}×{height} pixels became {done.size[1]}×{done.size[0]} by "
            f"{network} ({steps}), in {done.seconds:.0f} seconds."
        )

    def _watch(self, share):
        if self.cancelled.is_set():
            raise _Cancelled
        self.progress.value = share


def _choices():
    """What one may choose, each called by what it is good for."""
    names = dict.fromkeys(name for name, _ in available())
    useful = [name for name in names if not GOOD_FOR[name].startswith(FOR_LESSONS)]
    useful.sort(key=lambda name: name != "edsr")
    return [(f"{name}: {GOOD_FOR[name]}", name) for name in useful] + [
        ("bicubic: no network, to compare with", "bicubic")
    ]


def _link(out):
    kind = out.suffix.lower().lstrip(".").replace("jpg", "jpeg").replace("tif", "tiff")
    content = base64.b64encode(out.read_bytes()).decode()
    return (
        f'<p><a style="text-decoration:underline" download="{escape(out.name)}" '
        f'href="data:image/{kind};base64,{content}">'
        f"Download {escape(out.name)} ({out.stat().st_size / 1e6:.1f} MB)</a></p>"
    )


def _shown(source, out, network):
    """The middle of the result beside that of bicubic interpolation, under a slider."""
    after = read_image(out)
    before = resize(read_image(source), after.shape[:2])
    middle = tuple(
        slice((side - most) // 2, (side + most) // 2)
        for side, most in zip(after.shape, map(min, after.shape, reversed(SEEN)), strict=False)
    )
    return compare(
        before[middle],
        after[middle],
        labels=("bicubic", network),
        alt=f"the middle of {out.name}",
        caption="The middle of the photograph, a pixel to a pixel.",
    ).html
