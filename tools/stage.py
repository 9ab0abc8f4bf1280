"""Put the book's pages beside its executed lessons, where Jupyter Book can build both.

The folder is named on the command line: ``python tools/stage.py _build/smoke``.
"""

import argparse
import platform
import re
import shutil
from importlib.metadata import version
from pathlib import Path

import nbformat
from citation import citations
from publishing import at_home
from records import in_words, read_records, tried
from variants import VARIANTS, machine

import srlib
from srlib.images import atomic_path

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = {".csv", ".ipynb", ".pyc"}  # notebooks come executed, from tools/lesson.py
PACKAGES = ["keras", "tensorflow", "numpy", "scipy", "scikit-image", "pillow", "matplotlib",
            "pandas", "papermill", "jupyter-book", "sphinx"]  # fmt: skip
# What two of the pages load, which tools have made.
MADE = {
    "rating": ROOT / "_build" / "rating",  # tools/rating_pictures.py
    "try": ROOT / "_build" / "web",  # tools/web_networks.py
}

# What the welcome page says in place of minutes, behind links to the lessons that are meant.
MINUTES = re.compile(r"minutes\s+to\s+read\s+and\s+to\s+run")


def long(minutes):
    """A time as one writes it."""
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0))


def with_minutes(text, records):
    """A text that tells how long the lessons take to which it links before each `MINUTES`."""
    *parts, rest = MINUTES.split(text)
    told = ""
    for part in parts:
        lessons = [records[name] for name in re.findall(r"notebooks/(\w+)\.ipynb", part)]
        reading = sum(lesson["reading_minutes"] for lesson in lessons)
        running = max(1, round(sum(lesson["seconds"] for lesson in lessons) / 60))
        told += f"{part}{long(reading)} to read, {long(running)} to run"
    return told + rest


def tell_minutes(out):
    """Fill this build's minutes into the executed pages of the book, from their sources."""
    records = read_records(out)
    for file in (ROOT / "book").glob("*.ipynb"):
        page = out / "book" / file.name
        source, executed = (nbformat.read(path, as_version=4) for path in (file, page))
        texts = {cell.id: cell.source for cell in source.cells if cell.cell_type == "markdown"}
        for cell in executed.cells:
            if cell.id in texts:
                cell.source = with_minutes(texts[cell.id], records)
        with atomic_path(page) as partial:
            nbformat.write(executed, partial)


def lesson_table(records):
    """What each notebook took, and what became of its claims."""
    yield from ("| notebook | seconds | memory, GiB | claims that held |", "|---|--:|--:|--:|")
    for name, record in records.items():
        held = [claim["held"] for claim in record["claims"]]
        claims = f"{held.count(True)} of {len(held)}" if held else "–"
        failed = f" **failed at code cell {record['failed']['cell']}**" if record["failed"] else ""
        yield (
            f"| {name}{failed} | {record['seconds']:.0f} | {record['peak_mib'] / 1024:.1f} "
            f"| {claims} |"
        )


def claim_table(records):
    """Every claim: what became of it here, and in how many variants of `make claims` it held."""
    counts = tried()
    yield from ("| lesson | claim | here | elsewhere |", "|---|---|---|---|")
    for name, record in records.items():
        for claim in record["claims"]:
            held, broken = (counts[name, claim["claim"]][in_words(b)] for b in (True, False))
            elsewhere = f"{held} of {held + broken}" if held + broken else "–"
            here = in_words(claim["held"])
            here = f"**{here}**: {claim['measured']}" if claim["held"] is False else here
            cells = [name[:2], claim["claim"], here, elsewhere]
            yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def version_table():
    """The versions of the packages that matter to the results."""
    yield from ("| package | version |", "|---|---|", f"| srlib | {srlib.__version__} |")
    yield f"| Python | {platform.python_version()} |"
    yield from (f"| {name} | {version(name)} |" for name in PACKAGES)


def status_tables(out):
    """What this build took and found, as Markdown."""
    records = read_records(out)
    variants = "; ".join(variant.label for variant in VARIANTS.values())
    return "\n".join(
        [
            "## Lessons",
            "",
            f"Profile `{out.name}`, {machine()}.",
            "",
            *lesson_table(records),
            "",
            "## Claims",
            "",
            f"*Here* is this build; *elsewhere* are the variants of `make claims`: {variants}.",
            "",
            *claim_table(records),
            "",
            "## Versions",
            "",
            *version_table(),
            "",
        ]
    )


def main():
    """Fill the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--repository", default="", help="address, if there shall be buttons")
    parser.add_argument("--branch", default="main")
    arguments = parser.parse_args()
    out = arguments.out
    sources = [ROOT / "_config.yml", ROOT / "_toc.yml", *sorted((ROOT / "book").rglob("*"))]
    for source in sources:
        if source.is_dir() or source.suffix in SKIPPED:
            continue
        content = source.read_bytes()
        if source == ROOT / "book" / "status.md":
            content += b"\n" + status_tables(out).encode()
        if source == ROOT / "book" / "cite.md":
            cff = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
            content += citations(cff, arguments.repository).encode()
        if source == ROOT / "_config.yml" and arguments.repository:
            content = at_home(content, arguments.repository, arguments.branch).encode()
        target = out / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    tell_minutes(out)
    for page, made in MADE.items():
        shutil.copytree(made, out / "book" / "_static" / page, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
