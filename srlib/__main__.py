"""The command ``srlib``: it can be stopped from its first moment on, and fails in one line."""

import os
import signal
import sys

__all__ = ["main"]


def stop(number, _frame):
    os.write(2, b"srlib: stopped\n")
    sys.exit(128 + number)  # an exception, so that what was begun is cleaned up on the way out


def main() -> None:
    """Run the command line; a mistake of the user's is told in one line, without a traceback."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    from srlib.cli import app  # takes a moment, in which somebody may press Ctrl-C

    sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may not know the letter ü
    try:
        app()
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        print(f"srlib: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
