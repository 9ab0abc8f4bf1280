"""Execute one notebook with papermill, and tidy the result for the book.

    python tools/lesson.py notebooks/03_srcnn.ipynb out/03_srcnn.ipynb --profile smoke

Beside the executed notebook comes a record of what the run took, for the status page.
"""

import argparse
import ast
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
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from srlib.files import atomic_path, write_json

ROOT = Path(__file__).resolve().parents[1]
PROFILES = ROOT / "notebooks" / "profiles"

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


def execute(lesson, parameters):
    """Run all cells in an empty folder, so that no lesson finds what an earlier run has left."""
    with tempfile.TemporaryDirectory(prefix="lesson-") as folder:
        return papermill.execute_notebook(
            str(lesson.resolve()),
            None,
            parameters=parameters,
            cwd=folder,
            kernel_name="python3",
            progress_bar=False,
        )


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
    arguments = parser.parse_args()
    lesson, out = arguments.lesson, arguments.out

    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ["SRLIB_DATA"] = str(Path(os.environ["SRLIB_DATA"]).resolve())

    parameters = profile_parameters(lesson, arguments.profile)
    check_names(lesson, parameters)
    begin = time.monotonic()
    try:
        notebook = execute(lesson, parameters)
    except papermill.PapermillExecutionError as error:
        sys.exit(re.sub(r"\x1b\[[\d;]*m", "", f"{lesson}, cell [{error.exec_count}]:\n{error}"))
    seconds = time.monotonic() - begin

    fold_parameters(notebook, parameters)
    tidy(notebook)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak_mib = peak / (2**20 if sys.platform == "darwin" else 2**10)
    record = {"seconds": round(seconds, 1), "peak_mib": round(peak_mib)}
    write_json(out.with_suffix(".json"), record)
    with atomic_path(out) as partial:
        nbformat.write(notebook, partial)
    print(f"{lesson} took {seconds:.0f} s and {peak_mib / 1024:.1f} GiB")


if __name__ == "__main__":
    main()
