"""The book in the smoke profile: built once for all tests, by the command that publishes it."""

import fcntl
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "_build" / "smoke"
LESSONS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))


def contents(toc=None):
    """The documents of the table of contents, in reading order."""
    if toc is None:
        toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
        return [toc["root"], *(doc for part in toc["parts"] for doc in contents(part["chapters"]))]
    return [doc for entry in toc for doc in [entry["file"], *contents(entry.get("sections", []))]]


def make(*arguments, folder=ROOT):
    """Run make with the environment that runs the tests, whatever make has started them."""
    ready = f"{sys.prefix}/.ready"
    return subprocess.run(
        ["make", f"VENV={sys.prefix}", "-o", ready, "PROFILE=smoke", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@cache
def _build():
    # Tests run in several processes: the first to come builds, and the others find it built.
    OUT.mkdir(parents=True, exist_ok=True)
    with (OUT / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make("book")


def built():
    """The folder with the executed lessons and the site, or what went wrong."""
    result = _build()
    assert result.returncode == 0, result.stdout
    return OUT
