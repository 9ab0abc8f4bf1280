"""Execute one notebook with papermill, and tidy the result for the book.

    python tools/lesson.py notebooks/03_srcnn.ipynb out/03_srcnn.ipynb --profile smoke --solutions

A cell that fails does not keep the others from being published: the page says at its top what
happened, and the file ``….failed`` beside it tells `make` to run the lesson again. Beside the
executed notebook comes a record of what the run took and what became of its claims.
"""

import argparse
import ast
import html
import os
import re
import resource
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import papermill
import yaml
from nbclient.exceptions import DeadKernelError
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from variants import VARIANTS, Variant, machine

from srlib.display import CLAIM_TYPE
from srlib.images import atomic_path, write_json

ROOT = Path(__file__).resolve().parents[1]
PROFILES = ROOT / "notebooks" / "profiles"

SOLUTION = re.compile(r"<details>.*?</details>", re.DOTALL)
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)

# How long it takes, as every lesson says it before it is run.
TO_READ = re.compile(r"(?<=\*\*Time:\*\*)\s+[a-z\s]+\s+to\s+read(?=,)")
TO_RUN = re.compile(r"minutes\s+to\s+run\s+on\s+two\s+CPU\s+cores")
FOLDED_CODE = {"hide-input", "remove-input", "remove-cell"}

# What the kernel is started with; a value set outside wins.
ENVIRONMENT = {
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # a warning that concerns debuggers only
    "SRLIB_DATA": str(ROOT / "data"),
}


def profile_parameters(lesson, profile):
    """The parameters that a profile sets for a lesson; none where it names none."""
    file = PROFILES / f"{profile}.yaml"
    values = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None
    return ((values or {}).get(lesson.stem)) or {}


def check_names(lesson, parameters):
    """Refuse parameters that the lesson does not have: papermill itself would only warn."""
    known = papermill.inspect_notebook(str(lesson)) if parameters else {}
    if unknown := parameters.keys() - known.keys():
        raise SystemExit(
            f"{lesson.name} has no parameter {', '.join(sorted(unknown))}; "
            f"its parameters are {', '.join(known) or 'none'}"
        )


def solutions(notebook):
    """The code of the exercises' folded solutions, as cells."""
    return [
        nbformat.v4.new_code_cell(code, metadata={"tags": ["solution"]})
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for code in CODE.findall("".join(SOLUTION.findall(cell.source)))
    ]


def execute(notebook, parameters):
    """Run all cells in an empty folder, so that no lesson finds what an earlier run has left.

    Returns the notebook as far as it came, and why it came no further, or None.
    """
    with tempfile.TemporaryDirectory(prefix="lesson-") as folder:
        cells = Path(folder) / "cells"
        cells.mkdir()
        source, out = Path(folder) / "in.ipynb", Path(folder) / "out.ipynb"
        nbformat.write(notebook, source)
        reason = None
        try:
            papermill.execute_notebook(
                str(source),
                str(out),  # written after every cell
                parameters=parameters,
                cwd=str(cells),
                kernel_name="python3",
                progress_bar=False,
            )
        except papermill.PapermillExecutionError as error:
            reason = {"error": f"{error.ename}: {error.evalue}", "traceback": error.traceback}
        except DeadKernelError:
            reason = {"error": "the kernel died, perhaps for want of memory", "traceback": []}
        return nbformat.read(out, as_version=4), reason


def mark_failure(notebook, reason):
    """Say at the top of the page which cell failed and why, instead of in papermill's words.

    Returns the number of the cell among the lesson's code cells, from 1.
    """
    notebook.cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in tags(c)]
    code = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    number = sum(c.metadata.papermill.start_time is not None for c in code)  # the last one begun
    for cell in code:
        for output in cell.outputs:
            if output.output_type == "error":  # its coloured traceback tells of this machine
                output.traceback = [f"{output.ename}: {output.evalue}"]
    says = html.escape(reason["error"]).replace("\n", "<br>")
    note = nbformat.v4.new_markdown_cell(
        f"> **This lesson stopped at its code cell {number}**, and what comes after it did not "
        f"run.\n>\n> <samp>{says}</samp>"
    )
    notebook.cells.insert(1, note)
    return number


def take_claims(notebook):
    """What became of each claim, in the order of the lesson: claim, held, measured.

    It is taken out of the notebook, since Sphinx warns of a type that it does not know.
    """
    return [
        output.data.pop(CLAIM_TYPE)
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if CLAIM_TYPE in output.get("data", {})
    ]


def reading_minutes(notebook):
    """How long a lesson takes to read, to five minutes: an estimate that nobody has measured.

    Half a second a word, which is half the pace of plain prose, and two seconds a line of the code
    that is shown. What is folded is not counted.
    """
    seconds = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            seconds += 0.5 * len(SOLUTION.sub("", cell.source).split())
        elif not FOLDED_CODE.intersection(tags(cell)):
            seconds += 2 * sum(bool(line.strip()) for line in cell.source.splitlines())
    return max(5, 5 * round(seconds / 300))


def state_time(notebook, reading, seconds):
    """Say where the lesson tells how long it takes how long it took."""
    minutes = f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"
    ran = f"{minutes} to run when this page was made, on {machine()}"
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and TO_RUN.search(cell.source):
            cell.source = TO_READ.sub(f" about {reading} minutes to read", cell.source)
            cell.source = TO_RUN.sub(ran, cell.source)


def fold_parameters(notebook, parameters):
    """Remove papermill's injected cell and show its values in the lesson's own parameters cell."""
    notebook.cells = [c for c in notebook.cells if "injected-parameters" not in tags(c)]
    for cell in notebook.cells:
        if "parameters" in tags(cell):
            cell.source = with_values(cell.source, parameters)


def with_values(source, parameters):
    """The source of a parameters cell with other values; names and comments stay."""
    text = source.encode()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for statement in reversed(ast.parse(source).body):
        if isinstance(statement, ast.Assign) and statement.targets[0].id in parameters:
            value = statement.value
            begin = starts[value.lineno - 1] + value.col_offset
            end = starts[value.end_lineno - 1] + value.end_col_offset
            text = text[:begin] + repr(parameters[statement.targets[0].id]).encode() + text[end:]
    return text.decode()


def tidy(notebook):
    """Remove what belongs to this run or machine only: times, paths, frames of progress bars."""
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = settle_progress(cell.outputs)
    CoalesceStreamsPreprocessor().preprocess(notebook, {})


def settle_progress(outputs):
    """The outputs of a cell with its progress bars as they stood at the end.

    They become ordinary output: tqdm writes to stderr, which a page would show as a warning.
    """
    frames = [
        output
        for output in outputs
        if output.output_type == "stream" and ("\r" in output.text or not output.text.strip())
    ]
    if not any("\r" in frame.text for frame in frames):
        return outputs
    text = re.sub(r".*\r(?=[^\n])", "", "".join(frame.text for frame in frames))
    bar = nbformat.v4.new_output("stream", name="stdout", text=text.strip("\r\n") + "\n")
    return [
        bar if output is frames[0] else output
        for output in outputs
        if output is frames[0] or not any(output is frame for frame in frames)
    ]


def tags(cell):
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def main():
    """Execute the notebook named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--profile", default="course")
    parser.add_argument("--variant", default=None, choices=VARIANTS)
    parser.add_argument("--solutions", action="store_true", help="run those of the exercises, too")
    arguments = parser.parse_args()
    lesson, out = arguments.lesson, arguments.out

    variant = VARIANTS.get(arguments.variant, Variant("as the lesson is written"))
    os.environ.update(variant.environment)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ["SRLIB_DATA"] = str(Path(os.environ["SRLIB_DATA"]).resolve())
    os.environ.pop("JPY_SESSION_NAME", None)  # called from a notebook, this is no JupyterLab

    parameters = {**profile_parameters(lesson, arguments.profile), **variant.parameters}
    check_names(lesson, parameters)
    begin = time.monotonic()
    notebook = nbformat.read(lesson, as_version=4)
    reading = reading_minutes(notebook)
    if arguments.solutions:
        notebook.cells += solutions(notebook)
    notebook, reason = execute(notebook, parameters)
    seconds = time.monotonic() - begin

    fold_parameters(notebook, parameters)
    failed = reason and {"cell": mark_failure(notebook, reason), "error": reason["error"]}
    notebook.cells = [cell for cell in notebook.cells if "solution" not in tags(cell)]
    tidy(notebook)
    state_time(notebook, reading, seconds)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak_mib = peak / (2**20 if sys.platform == "darwin" else 2**10)
    record = {
        "reading_minutes": reading,
        "seconds": round(seconds, 1),
        "peak_mib": round(peak_mib),
        "machine": machine(),
        "failed": failed,
        "claims": take_claims(notebook),
    }
    write_json(out.with_suffix(".json"), record)
    with atomic_path(out) as partial:
        nbformat.write(notebook, partial)
    marker = out.with_suffix(".failed")
    if failed:
        marker.touch()
        print(re.sub(r"\x1b\[[\d;]*m", "", "\n".join(reason["traceback"])))
        print(f"{lesson} FAILED at code cell {failed['cell']}: {failed['error'].splitlines()[0]}")
    else:
        marker.unlink(missing_ok=True)
        print(f"{lesson} took {seconds:.0f} s and {peak_mib / 1024:.1f} GiB")


if __name__ == "__main__":
    main()
