"""Install what the book's browser page runs networks with: ONNX Runtime Web, pinned by hashes.

    python tools/web_runtime.py .venv/web

npm checks every file against ``tools/web/package-lock.json`` and runs no package's script. Where
there is no npm, a package of Python's index brings one.
"""

import shutil
import subprocess
import sys
from pathlib import Path

LOCKED = Path(__file__).resolve().parent / "web"


def npm():
    """The path of npm: the system's, or one that is installed beside this Python."""
    beside = Path(sys.executable).parent / "npm"
    if not (found := shutil.which("npm") or (beside.exists() and beside)):
        print("There is no npm here: installing one in the environment (200 MB)")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", LOCKED / "requirements.txt"], check=True)
        found = beside
    return found


def main():
    """Fill the folder named on the command line."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(LOCKED / file, folder)
    command = [npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        # All else works without it, so this does not stop the set-up.
        print(
            f"{done.stderr}ONNX Runtime Web is not installed, so the book's page 'Try it' will "
            f"show a still picture. Once npm's registry can be reached: {' '.join(sys.argv)}",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
