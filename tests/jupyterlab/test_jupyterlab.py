"""A lesson in the real JupyterLab: start the server, open, run all cells, move the slider."""

import json
import os
import re
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
import pytest
import yaml
from browser import served, visit
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from srlib import display

ROOT = Path(__file__).resolve().parents[2]
LESSON = ROOT / "notebooks" / "01_what_is_super_resolution.ipynb"
PROFILE = ROOT / "notebooks" / "profiles" / "smoke.yaml"

SMALL = """\
import numpy as np
from srlib import compare

image = np.arange(64 * 96 * 3, dtype=np.uint8).reshape(64, 96, 3)
compare(image, 255 - image, alt="a pattern and its negative", zoom=2)
"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Server:
    """A running JupyterLab."""

    url: str
    token: str
    folder: Path

    def tab(self, name):
        # A workspace of its own for each visit: it opens no other notebook.
        return f"{self.url}/lab/workspaces/{secrets.token_hex(4)}/tree/{name}?token={self.token}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder, state = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("state")
    # JupyterLab asks the network for news and updates unless its user says no, once.
    settings = state / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False})
    )
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
        "IPYTHONDIR": str(state / "ipython"),
        # The lesson finds srlib even where it is not installed.
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    token = secrets.token_hex(16)
    with served(
        lambda port: [
            *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--ServerApp.ip=127.0.0.1"),
            *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
            *(f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}"),
            *("--ServerApp.allow_root=True", "--LabApp.extension_manager=readonly"),
        ],
        environment,
    ) as url:
        yield Server(url, token, folder)


def small_notebook():
    return new_notebook(
        cells=[new_markdown_cell("# A slider"), new_code_cell(SMALL), new_code_cell("1 + 1")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )


def lesson():
    profile = yaml.safe_load(PROFILE.read_text(encoding="utf-8")) or {}
    notebook = load_notebook_node(str(LESSON))
    return parameterize_notebook(notebook, profile.get(LESSON.stem) or {})


def wait_for_kernel(page):
    """Wait until the status bar says that the kernel is ready."""
    page.get_by_text(re.compile(r"\| Idle$")).wait_for()


def run_all(page):
    """Run > Run All Cells, and wait until the kernel has done them."""
    wait_for_kernel(page)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(  # a cell whose source is folded has a prompt without a number
        """() => {
            const prompts = [...document.querySelectorAll(
                '.jp-CodeCell .jp-InputPrompt:not(.jp-Placeholder-prompt)')];
            return prompts.length && prompts.every(e => /\\d/.test(e.textContent));
        }"""
    )


def clip(page):
    """How many per cent of the slider's second image are cut off."""
    path = page.locator(".srlib-stage img + img").first.evaluate(
        "e => getComputedStyle(e).clipPath"
    )
    return float(re.fullmatch(r"inset\(0px 0px 0px ([\d.]+)%\)", path)[1])


def move(page):
    """Move the first slider by mouse, then by keys."""
    stage, active = page.locator(".srlib-stage").first, page.locator(".jp-Cell.jp-mod-active")
    slider = stage.locator("input")
    assert clip(page) == 50
    width = stage.bounding_box()["width"]
    stage.click(position={"x": width / 4, "y": 20})
    assert clip(page) == pytest.approx(25, abs=1)
    slider.focus()
    cell = active.inner_text()
    page.keyboard.press("Home")
    for key in ("ArrowRight", "ArrowUp", "PageUp"):
        page.keyboard.press(key)
    assert clip(page) == 12
    assert slider.get_attribute("aria-valuetext").startswith("12 % ")
    assert active.inner_text() == cell  # the keys moved the slider, not JupyterLab's cell cursor


def opened(browser, server, notebook, path):
    """A visit to a notebook, which is written to `path` first."""
    nbformat.write(notebook, path)
    seen = visit(browser)
    seen.page.goto(server.tab(path.name))
    return seen


@pytest.mark.parametrize("make", [small_notebook, lesson])
def test_all_cells_run_and_the_slider_moves(browser, server, make):
    path = server.folder / f"{make.__name__}.ipynb"
    seen = opened(browser, server, make(), path)
    page = seen.page
    run_all(page)
    move(page)
    with page.expect_response(lambda r: path.name in r.url and r.request.method == "PUT"):
        page.locator(".jp-NotebookPanel-toolbar [data-command='docmanager:save']").click()
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert [o for cell in code for o in cell.outputs if o.output_type == "error"] == []
    # Opened again, the outputs come from the file.
    page.goto(server.tab(path.name))
    move(page)
    assert seen.external(server.url) == []
    assert seen.problems == []
    page.context.close()


EXPLORED = """\
import numpy as np, srlib

def square(level=100, name="plain"):
    image = np.full((24, 30, 3), round(level), np.uint8)
    return srlib.gallery([image], [f"{name} {level:g}"], alt="a square")

srlib.explore(
    square, level=(0, 200, 50.0), name=["plain", "odd"], caption="Figure 5.3. " + 20 * "Squares. "
)
"""


def test_a_control_calls_the_function_for_any_value(browser, server):
    notebook = small_notebook()
    notebook.cells[1].source = EXPLORED
    seen = opened(browser, server, notebook, server.folder / "explored.ipynb")
    page = seen.page
    run_all(page)
    page.get_by_text("plain 100", exact=True).wait_for()
    caption = page.locator("figcaption").filter(has=page.get_by_text("Figure 5.3.", exact=True))
    assert caption.bounding_box()["height"] > 30  # its lines break
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("plain 105", exact=True).wait_for()  # which no page has
    page.get_by_role("combobox", name="name").select_option("odd")
    page.get_by_text("odd 105", exact=True).wait_for()
    assert seen.external(server.url) == []
    assert seen.problems == []
    page.context.close()


QUIZ = """\
import srlib

srlib.quiz(
    "How many pixels has an image of 3×4?", right={"12": "Three rows."}, wrong={"7": "Sides."}
)
"""


def choose(page):
    """Choose both answers of `QUIZ`, one by pointer, one by key."""
    quiz = page.locator("fieldset").filter(has_text="How many pixels has an image of 3×4?")
    right, wrong = quiz.get_by_text("Right. Three rows."), quiz.get_by_text("No. Sides.")
    quiz.locator("summary").filter(has_text="12").wait_for()
    assert not right.is_visible()
    assert not wrong.is_visible()
    quiz.locator("summary").filter(has_text="12").click()
    assert right.is_visible()
    quiz.locator("summary").filter(has_text="7").press("Enter")
    assert wrong.is_visible()
    return right


def test_a_quiz_answers_while_its_source_is_folded(browser, server):
    notebook = small_notebook()
    notebook.cells[1] = new_code_cell(QUIZ, metadata={"jupyter": {"source_hidden": True}})
    seen = opened(browser, server, notebook, server.folder / "asked.ipynb")
    run_all(seen.page)
    assert not choose(seen.page).is_visible()  # one answer is open at a time
    assert seen.page.get_by_text("import srlib").is_visible()  # the first line only
    assert not seen.page.get_by_text("right=").is_visible()
    assert seen.external(server.url) == []
    assert seen.problems == []
    seen.page.context.close()


def test_a_notebook_that_is_not_trusted_shows_both_images_and_asks(browser, server):
    """JupyterLab removes styles and handlers from what others computed."""
    notebook = small_notebook()
    image = np.zeros((30, 40, 3), np.uint8)
    picture = display.compare(image, image, alt="black")
    asked = display.quiz(
        "How many pixels has an image of 3×4?", right={"12": "Three rows."}, wrong={"7": "Sides."}
    )
    notebook.cells[1].outputs = [
        new_output("display_data", data=shown._repr_mimebundle_()) for shown in (picture, asked)
    ]
    page = opened(browser, server, notebook, server.folder / "foreign.ipynb").page
    page.get_by_alt_text("after: black").wait_for()
    assert page.get_by_alt_text("before: black").is_visible()
    choose(page)
    wait_for_kernel(page)  # a server that is told to end while it starts a kernel never does
    page.context.close()
