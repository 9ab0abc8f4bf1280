"""The weights of a network in a file."""

import io
from pathlib import Path

import keras

from srlib.images import atomic_path

__all__ = ["save_weights"]


class _Memory(io.BytesIO):
    """What Keras takes for a file of weights: it looks at the end of what `str` gives."""

    def __str__(self):
        return "memory.weights.h5"


def save_weights(model: keras.Model, path: Path, *, write: bool = True) -> None:
    """Write what ``model.save_weights`` does, whole or not at all.

    Where several processes hold a network together, all must make this call, for its values are
    collected from all; those that do not `write` drop them.

    On a full disk HDF5 breaks off the whole process; bytes that Python writes end in an OSError.
    """
    memory = _Memory()
    model.save_weights(memory)
    if not write:
        return
    with atomic_path(path) as partial:
        partial.write_bytes(memory.getvalue())
