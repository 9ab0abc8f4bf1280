"""The weights of a network as the bytes of a file."""

import io

import keras

__all__ = ["weights_bytes"]


class _Memory(io.BytesIO):
    """What Keras takes for a file of weights: it looks at the end of what `str` gives."""

    def __str__(self):
        return "memory.weights.h5"


def weights_bytes(model: keras.Model) -> bytes:
    """What ``model.save_weights`` writes, the optimiser of a compiled network included.

    On a full disk HDF5 breaks off the whole process; bytes that Python writes end in an OSError.
    """
    memory = _Memory()
    model.save_weights(memory)
    return memory.getvalue()
