"""Fixtures that several test files use."""

import os
import sys
from pathlib import Path

import hypothesis
import pytest

sys.path.append(str(Path(__file__).parents[1] / "tools"))
from chromium import NAMES, find_chromium

# A machine may be slow, and no test asks how fast it is: `make bench` does.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where ``SRLIB_NO_SKIP`` is 1, as in ``.ci/run``, a test that is skipped has failed.

    Only the benchmark photographs and the weights of VGG-19 may be absent, unless ``SRLIB_DATA``
    and ``SRLIB_VGG`` say where they are.
    """
    report = yield
    if report.skipped and os.environ.get("SRLIB_NO_SKIP") == "1":
        reason = report.longrepr[2]
        photographs = "SRLIB_DATA" not in os.environ and "is not in" in reason
        vgg = "SRLIB_VGG" not in os.environ and "SRLIB_VGG is not set" in reason
        if not (photographs or vgg):
            report.outcome = "failed"
            report.longrepr = f"nothing may be skipped here, but this was. {reason}"
    return report


@pytest.fixture
def no_photo_sets(monkeypatch, tmp_path):
    """No benchmark photographs: what is screened or trained would be held against hundreds."""
    monkeypatch.setenv("SRLIB_DATA", str(tmp_path / "no-photo-sets"))


# One browser per test file, not per session: as long as Playwright's synchronous interface is in
# use, asyncio believes that the thread runs a loop, and asyncio.run fails in any other test.
@pytest.fixture(scope="module")
def browser():
    """The system's Chromium, without a window."""
    program = find_chromium()
    if program is None:
        pytest.skip(f"no Chromium: none of {', '.join(NAMES)} on PATH, and CHROMIUM not set")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program, headless=True, args=CHROMIUM_FLAGS, timeout=120_000
        )
        yield chromium
        chromium.close()
