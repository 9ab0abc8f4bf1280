"""Put the book's pages beside its executed lessons, where Jupyter Book can build both.

The folder is named on the command line: ``python tools/stage.py _build/smoke``.
"""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import srlib

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = {".ipynb", ".pyc"}  # notebooks come executed, from tools/lesson.py
PACKAGES = ["keras", "tensorflow", "numpy", "scipy", "scikit-image", "pillow", "matplotlib",
            "pandas", "papermill", "jupyter-book", "sphinx"]  # fmt: skip


def status_tables(out):
    """What each lesson took, and with which versions, as Markdown."""
    records = {
        file.stem: json.loads(file.read_text())
        for file in sorted(out.glob("*/*.json"))
        if (ROOT / file.relative_to(out)).with_suffix(".ipynb").exists()
    }
    rows = [
        f"| {name} | {record['seconds']:.0f} | {record['peak_mib'] / 1024:.1f} |"
        for name, record in records.items()
    ]
    lessons = [
        "## Lessons",
        "",
        f"Profile `{out.name}`.",
        "",
        "| notebook | seconds | memory, GiB |",
        "|---|--:|--:|",
        *rows,
    ]
    versions = [f"| {name} | {version(name)} |" for name in PACKAGES]
    packages = [
        "## Versions",
        "",
        "| package | version |",
        "|---|---|",
        f"| srlib | {srlib.__version__} |",
        f"| Python | {platform.python_version()} |",
        *versions,
    ]
    return "\n".join([*lessons, "", *packages, ""])


def main():
    """Fill the folder named on the command line."""
    out = Path(sys.argv[1])
    sources = [ROOT / "_config.yml", ROOT / "_toc.yml", *sorted((ROOT / "book").rglob("*"))]
    for source in sources:
        if source.is_dir() or source.suffix in SKIPPED:
            continue
        content = source.read_bytes()
        if source == ROOT / "book" / "status.md":
            content += b"\n" + status_tables(out).encode()
        target = out / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


if __name__ == "__main__":
    main()
