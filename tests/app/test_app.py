"""The page for people who want no notebook: its widgets, and a real upload in a real browser."""

import os
from datetime import UTC, datetime

import ipywidgets
import numpy as np
import pytest
from browser import serious_violations, served, visit
from PIL import Image
from playwright.sync_api import TimeoutError  # noqa: A004
from skimage import data
from smoke_book import ROOT, make
from traitlets.utils.bunch import Bunch

import srlib
import srlib.zoo
from srlib.app import page

PHOTOGRAPH = data.chelsea()[60:160, 100:220]


class Widgets:
    """What stands on a page, by its name."""

    def __init__(self, box):
        parts = [part for child in box.children for part in getattr(child, "children", [child])]
        self.named = {w.description: w for w in parts if not isinstance(w, ipywidgets.HTML)}
        self.status, self.result = (w for w in parts if isinstance(w, ipywidgets.HTML))

    def __getitem__(self, name):
        return self.named[name]

    def choose(self, name, content, size=None):
        size = len(content) if size is None else size
        file = {"name": name, "type": "", "size": size, "content": memoryview(content)}
        self["Choose a photograph"].value = (Bunch(file, last_modified=datetime.now(UTC)),)


@pytest.fixture
def widgets(monkeypatch):
    """A page whose job is done when the button's click returns."""

    class AtOnce:
        def __init__(self, target, args, daemon):
            self.start = lambda: target(*args)

    monkeypatch.setattr("srlib.app.widgets.threading.Thread", AtOnce)
    return Widgets(page())


def png(tmp_path, image=PHOTOGRAPH):
    srlib.write_png(tmp_path / "cat.png", image)
    return (tmp_path / "cat.png").read_bytes()


def test_nothing_can_be_started_without_a_photograph(widgets):
    assert widgets["Enlarge"].disabled and widgets["Cancel"].disabled
    options = dict(map(reversed, widgets["Network"].options))
    assert "lesson" not in " ".join(options.values())
    assert options.keys() >= {"edsr", "srcnn", "tiny", "srgan", "bicubic"}


def test_a_file_too_large_is_refused(widgets, tmp_path):
    widgets.choose("cat.png", png(tmp_path), size=30_000_000)
    assert widgets["Enlarge"].disabled
    assert "cat.png has 30 MB, and this page takes at most 20" in widgets.status.value
    widgets.choose("cat.png", png(tmp_path))
    assert not widgets["Enlarge"].disabled
    widgets.choose("large.png", png(tmp_path, np.zeros((2000, 2000, 3), np.uint8)))
    widgets["Factor"].value = 4
    widgets["Enlarge"].click()
    assert "2000×2000 pixels, which ×4 makes 64 megapixels; this page" in widgets.status.value
    assert not widgets["Enlarge"].disabled


def test_a_bad_file_gets_the_message_of_the_library(widgets):
    widgets.choose("../b.png", b"no image")
    widgets["Enlarge"].click()
    assert "b.png is not an image that Pillow can read" in widgets.status.value
    assert "/b.png" not in widgets.status.value
    assert widgets.result.value == "" and not widgets["Enlarge"].disabled


@pytest.mark.parametrize(("network", "factor"), [("searched", 3), ("bicubic", 1.5)])
def test_a_photograph_becomes_larger(widgets, tmp_path, network, factor):
    widgets.choose("cat.png", png(tmp_path))
    widgets["Network"].value, widgets["Factor"].value = network, factor
    shares = []
    widgets["Progress"].observe(lambda change: shares.append(change.new), "value")
    widgets["Enlarge"].click()
    size = f"{120 * factor:g}×{100 * factor:g}"
    assert f"cat.png: 120×100 pixels became {size} by {network}" in widgets.status.value
    assert shares == sorted(shares) and shares[-1] == 1
    assert len(shares) > 1 or network == "bicubic"
    assert f'download="cat_x{factor:g}.png" href="data:image/png;base64,' in widgets.result.value
    assert 'type="range"' in widgets.result.value


def test_a_job_can_be_cancelled(widgets, tmp_path, monkeypatch):
    widgets.choose("cat.png", png(tmp_path))
    widgets["Network"].value = "tiny"

    def press(change):
        assert widgets["Enlarge"].disabled and not widgets["Cancel"].disabled
        if "being enlarged" in change.new:
            widgets["Cancel"].click()

    widgets.status.observe(press, "value")
    widgets["Enlarge"].click()
    assert "Cancelled. Nothing was kept." in widgets.status.value
    assert widgets.result.value == "" and not widgets["Enlarge"].disabled


@pytest.fixture
def url():
    """The page as `make app` serves it, but for the port and the browser that it opens."""
    line = make("-n", "app").stdout.strip().splitlines()[-1]
    assert "--Voila.ip=127.0.0.1" in line
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    start = lambda port: ["bash", "-c", f"exec env {line} --no-browser --port={port}"]  # noqa: E731
    with served(start, os.environ | {"PYTHONPATH": path}, cwd=ROOT) as url:
        yield url


@pytest.mark.browser
@pytest.mark.slow
def test_a_real_upload_by_keyboard(browser, url, tmp_path):
    png(tmp_path)
    seen = visit(browser, accept_downloads=True)
    tab = seen.page
    tab.goto(url)
    tab.get_by_text("It stays on the machine").wait_for()
    choose = tab.get_by_role("button", name="Choose a photograph")
    for _ in range(20):  # a button is seen a moment before it does anything
        try:
            with tab.expect_file_chooser(timeout=2000) as chooser:
                choose.press("Enter")
            break
        except TimeoutError:
            continue
    chooser.value.set_files(tmp_path / "cat.png")
    tab.get_by_text("cat.png,").wait_for()
    tab.keyboard.press("Tab")
    assert tab.get_by_label("Network").evaluate("e => e === document.activeElement")
    tab.get_by_label("Network").select_option(label=dict(_labels())["tiny"])
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.get_by_text("became 240×200 by tiny").wait_for()
    slider = tab.get_by_role("slider")
    slider.focus()
    tab.keyboard.press("Home")
    assert slider.input_value() == "0"
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download cat_x2.png").press("Enter")
    assert download.value.suggested_filename == "cat_x2.png"
    with Image.open(download.value.path()) as got:
        expected = srlib.upscale(PHOTOGRAPH, srlib.load("tiny", 2))
        assert abs(np.asarray(got).astype(int) - expected).max() <= 1
    assert serious_violations(tab) == []
    assert seen.external(url) == []
    assert seen.problems == []
    tab.context.close()


def _labels():
    for name, good_for in srlib.zoo.GOOD_FOR.items():
        yield name, f"{name}: {good_for}"
