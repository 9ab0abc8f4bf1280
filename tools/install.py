"""Make the environment: quietly, with progress, and with advice if it fails. For `make` alone.

    python3 tools/install.py .venv requirements.txt

It runs under the Python that the environment is made of, and needs nothing but that. What pip says
goes to ``install.log`` in the environment.
"""

import re
import subprocess
import sys
from pathlib import Path

# What pip's last words mean, and the way out.
ADVICE = (
    (r"No space left", "the disk is full: the packages need about 4 GB; make room"),
    (r"ProxyError|proxy", "the proxy does not answer: look at HTTPS_PROXY"),
    (r"HASH|hashes", "a download came broken: run the same command again"),
    (
        r"ConnectionError|NewConnectionError|Temporary failure|timed out|ReadTimeout|ConnectTimeout"
        r"|Could not fetch|resolve",
        "the package index cannot be reached: check the connection, then run the same command "
        "again, which goes on with what was downloaded",
    ),
    (
        r"No matching distribution|Could not find a version",
        "a package is not offered for this Python or system, or the index was not reached: take "
        "Python 3.11, 3.12 or 3.13 (make … PYTHON=python3.12) and look at the connection",
    ),
)


def check_python():
    """Refuse a Python for which there is no TensorFlow."""
    here = sys.version_info[:2]
    if not (3, 11) <= here <= (3, 13):
        sys.exit(
            "Python 3.11, 3.12 or 3.13 is needed, and {} is {}.{}: name another one, as in "
            "make book PYTHON=python3.12".format(sys.executable, *here)
        )


def make_environment(folder):
    """An environment with pip, unless there is one."""
    python = folder / "bin" / "python"
    asked = [python, "-m", "pip", "--version"]
    if not python.exists() or subprocess.run(asked, capture_output=True).returncode:
        command = [sys.executable, "-m", "venv", folder]
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode:
            sys.exit(
                f"{sys.executable} could not make {folder}: on Debian and Ubuntu, install "
                f"python3-venv.\n{made.stdout}{made.stderr}"
            )
    return python


def install(python, log, total, *arguments):
    """Run pip, tell how many of `total` packages it has looked at, and write its words to `log`."""
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar=off"]
    seen = 0
    with subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout:
            log.write(line)
            if re.match(r"Collecting |Requirement already satisfied", line):
                seen = min(seen + 1, total)
                show(f"{seen} of {total} packages looked at")
            elif line.startswith("Installing collected packages"):
                show("unpacking, which takes a minute or two")
    return pip.returncode


def show(text):
    """Progress in one line of a terminal; elsewhere, nothing."""
    if sys.stdout.isatty():
        print(f"\r\033[K  {text}", end="", flush=True)


def advice(words):
    """What to do after a failure with these words of pip's."""
    found = (way_out for pattern, way_out in ADVICE if re.search(pattern, words))
    return next(found, "the lines above are pip's")


def main():
    """Make the environment named on the command line."""
    folder, requirements = map(Path, sys.argv[1:])
    check_python()
    lines = requirements.read_text(encoding="utf-8").splitlines()
    total = sum(bool(re.match(r"\w", line)) for line in lines)
    print(f"Installing {total} packages in {folder}, which takes a few minutes the first time")
    python = make_environment(folder)
    log_file = folder / "install.log"
    with log_file.open("w", encoding="utf-8") as log:
        # The package itself without build isolation, so that a later change of pyproject.toml needs
        # no network.
        failed = install(python, log, total, "--requirement", requirements) or install(
            python, log, 1, "--no-deps", "--no-build-isolation", "--editable", "."
        )
    show("")
    if failed:
        said = log_file.read_text(encoding="utf-8").splitlines()
        words = [line for line in said if not line.startswith("WARNING")][-8:]
        print("\n".join(words), file=sys.stderr)
        way_out = advice("\n".join(said[-40:]))  # with the warnings, which name a broken connection
        sys.exit(f"Not installed: {way_out}. All that pip said: {log_file}")


if __name__ == "__main__":
    main()
