"""Which file of a folder of results belongs to which photograph."""

import re
from collections.abc import Sequence
from pathlib import Path

from srlib.evaluation.auditing.cases import Finding
from srlib.photos import photo_files

__all__ = ["complete", "match"]

TRUTH = re.compile(r"[_-](HR|GT)$", re.IGNORECASE)  # at the end of a truth's name
SUFFIX = r"(?:x\d.*|[ ._-].*)?"  # what a result's name may have besides: baby_x4, babyx4, baby-out


def match(folder: Path, names: Sequence[str]) -> tuple[dict[str, Path], list[str]]:
    """The results by the name of their photograph, and the files that belong to none.

    A result is called as its photograph, or so with a suffix, as in ``baby_x4.png``,
    ``babyx4.png`` or ``baby_SRCNN.png``. A photograph's own suffix ``_HR`` or ``_GT`` is not looked
    for.

    Parameters
    ----------
    folder
        The folder of results.
    names
        The photographs' names.

    Raises
    ------
    ValueError
        If no file belongs to a photograph, or two to one.
    """
    stems = {name: TRUTH.sub("", name) for name in names}
    found, strangers = {}, []
    files = photo_files(folder)
    for path in files:
        fitting = [
            name
            for name, stem in stems.items()
            if re.fullmatch(re.escape(stem) + SUFFIX, path.stem, re.IGNORECASE)
        ]
        if not fitting:
            strangers.append(path.name)
            continue
        name = max(fitting, key=lambda name: len(stems[name]))  # img_1_2 rather than img_1
        if name in found:
            raise ValueError(
                f"{folder} has two results for {name}, {found[name].name} and {path.name}: put "
                "each method's results into a folder of their own"
            )
        found[name] = path
    if not found:
        raise ValueError(
            f"no file in {folder}, such as {files[0].name}, is called as a photograph of the set, "
            f"such as {names[0]}: call results {names[0]}.png or {names[0]}_x4.png"
        )
    return found, strangers


def complete(names: Sequence[str], found: dict[str, Path], strangers: Sequence[str]) -> Finding:
    """Whether every photograph has a result and every result a photograph."""
    missing = [name for name in names if name not in found]
    measured = f"{len(found)} of {len(names)} photographs have a result"
    if missing:
        measured += f", without are {_some(missing)}"
    if strangers:
        measured += f"; without a photograph are {_some(strangers)}"
    if not missing and not strangers:
        return Finding(False, measured)
    advice = "a mean over another choice of images compares with nothing: " + (
        "make the missing results" if missing else "move what does not belong there"
    )
    return Finding(True, measured, advice)


def _some(names):
    return ", ".join(names[:3]) + f" and {len(names) - 3} more" * (len(names) > 3)
