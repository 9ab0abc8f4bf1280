"""Quiet for libraries that write to the terminal behind Python's back."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["silence"]

ONE_AT_A_TIME = threading.RLock()  # or one thread would put back what another has put away


@contextmanager
def silence() -> Iterator[None]:
    """Nothing reaches the process's stderr while the block runs, whoever writes to it."""
    with ONE_AT_A_TIME, open(os.devnull, "wb") as nothing:
        try:
            kept = os.dup(2)
        except OSError:  # there is no stderr
            yield
            return
        os.dup2(nothing.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
