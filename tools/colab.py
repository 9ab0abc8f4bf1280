"""Write copies of the notebooks that run on Colab, which has a notebook but not its repository.

    python tools/colab.py _build/colab --repository https://github.com/… --commit 01ab…

A first cell installs the library if it is missing; all others are as they were. Nothing but Python
is needed for this. The workflow puts the copies onto the branch that the site's button opens.
"""

import argparse
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

FIRST = """\
# Colab does not know the library of this course: it is installed from the book's repository.
try:
    import srlib
except ModuleNotFoundError:
    print("srlib is missing here, and is installed, with what it needs: some minutes.")
    %pip install --quiet "srlib[export,search,video] @ git+{repository}@{commit}"
    print("If you are asked to restart the session, do, and go on with the next cell.")"""


def with_library(notebook, repository, commit):
    """A notebook, as JSON, whose first cell installs the library from a commit of a repository."""
    source = FIRST.format(repository=repository, commit=commit)
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "colab",
        "metadata": {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }
    return notebook | {"cells": [cell, *notebook["cells"]]}


def main():
    """Write the copies into the folder named on the command line, each where it is in git."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--repository", required=True)
    parser.add_argument("--commit", required=True)
    arguments = parser.parse_args()
    for file in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("book/*.ipynb")]:
        notebook = json.loads(file.read_text(encoding="utf-8"))
        copy = with_library(notebook, arguments.repository, arguments.commit)
        target = arguments.out / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(copy, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
