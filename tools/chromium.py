"""Where the system's browser is: that of ``CHROMIUM``, or the first of some names on the PATH."""

import os
import shutil

__all__ = ["NAMES", "find_chromium"]

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium():
    """The path of the browser, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
