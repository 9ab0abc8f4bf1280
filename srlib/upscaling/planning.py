"""Which files are enlarged, and what each result is called; and what is refused before any work."""

import glob
import os
import string
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from srlib.images import (
    OUTPUT_SUFFIXES,
    check_format,
    check_writable,
    is_image_name,
    software_of,
    tell,
)

__all__ = ["TEMPLATE", "Job", "check_template", "plan", "result_name"]

TEMPLATE = "{stem}_{size}{suffix}"

FIELDS = ("stem", "suffix", "name", "size", "model")

# Folders of thumbnails and of what was deleted, which systems make beside one's photographs.
SYSTEM_FOLDERS = {"@eaDir", "__MACOSX", "$RECYCLE.BIN", "#recycle"}


class Job(NamedTuple):
    """An image file, and the file that its enlargement goes to."""

    source: Path
    out: Path


def plan(
    sources: Sequence[Path | str],
    out: Path | str | None,
    template: str,
    *,
    size: str,
    model: str,
    recursive: bool,
) -> list[Job]:
    """The work to do; parameters and errors as of `srlib.upscale_many`.

    `size` and `model` are what the template's fields of these names stand for.
    """
    check_template(template)
    out = None if out is None else Path(out)
    if out is not None and not out.is_dir() and (out.exists() or out.suffix in OUTPUT_SUFFIXES):
        raise ValueError(f"{out} must be a folder, in which results get names of their own")
    found = {}
    for path, within in _files(sources, out, recursive):
        found.setdefault(os.path.realpath(path), (path, within))
    if not found:
        raise ValueError(f"there are no image files in {', '.join(map(str, sources))}")
    jobs = []
    for path, within in found.values():
        suffix = path.suffix if path.suffix.lower() in OUTPUT_SUFFIXES else ".png"
        name = result_name(path, template, suffix, size=size, model=model)
        jobs.append(Job(path, (path.parent if out is None else out / within) / name))
    _check_outs(jobs, found.keys())
    return jobs


def result_name(path: Path, template: str, suffix: str, *, size: str, model: str) -> str:
    """What the result of a file is called."""
    fields = {"stem": path.stem, "suffix": suffix, "name": path.name}
    return template.format(**fields, size=size, model=model)


def check_template(template: str) -> None:
    """Raise a ValueError if a template has other fields, or would give all results one name."""
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(template) if field]
        unknown = set(fields) - set(FIELDS)
        good = not unknown and {"stem", "name"} & set(fields)
    except ValueError:  # a brace alone
        good = False
    if not good:
        raise ValueError(
            f"the template {template!r} must hold {{stem}} or {{name}}, and no other fields than "
            f"{', '.join(f'{{{field}}}' for field in FIELDS)}; the default is {TEMPLATE!r}"
        )


def _files(sources, out, recursive) -> Iterator[tuple[Path, Path]]:
    """Each image file, and the folder that it lies in within the one that was given."""
    for source in map(str, sources):
        # A link that leads nowhere is there, and fails by itself.
        paths = [Path(source)] if os.path.lexists(source) else _matches(source)
        if not paths:
            raise FileNotFoundError(f"there is no file or folder {source!r}, nor any match of it")
        for path in paths:
            if path.is_dir():
                yield from _folder(path, out, recursive)
            else:
                yield path, Path()


def _matches(pattern):
    """What a pattern stands for, which some shells leave to the program to find."""
    found = map(Path, sorted(glob.glob(pattern, recursive=True)))  # noqa: PTH207 - may be absolute
    return [path for path in found if not SYSTEM_FOLDERS & set(path.parts)]


def _folder(folder, out, recursive):
    left_out = Counter()
    for parent, folders, files in os.walk(folder):
        parent = Path(parent)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in SYSTEM_FOLDERS
            and not (out and (parent / name).resolve() == out.resolve())
        )
        beside = out is None or (out / parent.relative_to(folder)).resolve() == parent.resolve()
        for name in sorted(files):
            path = parent / name
            if not is_image_name(path):
                left_out["others"] += not name.startswith(".")
            elif beside and software_of(path).startswith("srlib "):
                left_out["results"] += 1
            else:
                yield path, parent.relative_to(folder)
        if not recursive:
            left_out["subfolders"] = len(folders)
            break
    words = {
        "subfolders": "subfolders, which recursive takes in",
        "results": "results of srlib's",
        "others": "files that are no images by their names",
    }
    told = [f"{word}: {left_out[kind]}" for kind, word in words.items() if left_out[kind]]
    if told:
        tell(f"{folder}: left out: {'; '.join(told)}")


def _check_outs(jobs, sources):
    """Refuse results that would replace each other or a photograph, or cannot be written."""
    sources_of = {}
    for job in jobs:
        check_format(job.out)
        place = os.path.realpath(job.out)
        if place in sources:
            raise ValueError(
                f"{job.out}, the result of {job.source}, is one of the images to be enlarged: "
                f"choose another folder, or a template such as {TEMPLATE!r}"
            )
        if place in sources_of:
            raise ValueError(
                f"{sources_of[place]} and {job.source} would both become {job.out}: choose a "
                "template with {name} in it, such as '{name}_{size}.png', or another folder"
            )
        sources_of[place] = job.source
    for folder in {job.out.parent: job.out for job in jobs}.values():
        check_writable(folder)
