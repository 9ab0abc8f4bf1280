"""The command ``srlib``: it can be stopped from its first moment on, and fails in one line."""

import os
import signal
import sys
from pathlib import Path

__all__ = ["main"]


class Stopped(SystemExit):
    """Ctrl-C, or a system that shuts down: what was begun is cleaned up on the way out."""


def stop(number, _frame):
    raise Stopped(128 + number)


def open_streams():
    """Let what the shell has closed lead nowhere.

    Else the next file that is opened would take its place, and get what is printed.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
            setattr(sys, name, os.fdopen(number, "w" if number else "r"))


def expanded(word):
    """A word of the command line; a shell expands no tilde in ``--out=~/photos``."""
    option, tilde, path = word.partition("=~/")
    return f"{option}={Path.home() / path}" if tilde and option[:2] == "--" else word


def main() -> None:
    """Run the command line; a mistake of the user's is told in one line, without a traceback."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        open_streams()
        from srlib.cli import app  # takes a moment, in which somebody may press Ctrl-C

        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may not know the letter ü
        app([expanded(word) for word in sys.argv[1:]])
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        print(f"srlib: {error}", file=sys.stderr)
        sys.exit(2)
    except (Stopped, ImportError) as error:
        # A compiled module that was being loaded gives an ImportError whose cause is the stop.
        while error and not isinstance(error, Stopped):
            error = error.__cause__ or error.__context__
        if not error:
            raise
        # Said here, because nothing is heard while Keras is loaded.
        print("srlib: stopped", file=sys.stderr)
        raise error from None


if __name__ == "__main__":
    main()
