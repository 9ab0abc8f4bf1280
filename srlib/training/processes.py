"""Training by several processes at once, on one machine or on many, with JAX."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np

__all__ = ["join_processes", "leads", "own_share"]


def join_processes(addresses: Sequence[str], index: int) -> None:
    """Make this process one of several that train one network together.

    Each of them makes the same calls, beginning with this one, before anything else touches JAX.
    `train` then gives each its share of every batch, and the gradients are averaged over all, so
    that the weights are those of one process with the whole batch, but for the order of sums. On a
    CPU the processes talk by gloo. Within a process, JAX uses all of its devices.

    Parameters
    ----------
    addresses
        ``"host:port"`` of each process. The first leads: all must reach it, and it alone writes
        checkpoints, into a folder that all must see. If one process is killed, the others end or
        are to be ended; started again, all go on from the last checkpoint.
    index
        Which of them this process is, from 0.

    Raises
    ------
    ValueError
        If Keras does not compute with JAX: TensorFlow's part of `keras.distribution` is unfinished.
    """
    if keras.backend.backend() != "jax":
        raise ValueError(
            f"several processes train together with JAX only, not {keras.backend.backend()}: set "
            "KERAS_BACKEND=jax"
        )
    import jax

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    keras.distribution.initialize(",".join(addresses), len(addresses), index)
    # Each process hands in its own share of a batch.
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))


def own_share(batches: Iterator[tuple[np.ndarray, ...]]) -> Iterator[tuple[np.ndarray, ...]]:
    """Of each batch the part that this process works on; all of it if it works alone.

    Raises
    ------
    ValueError
        If a batch does not divide among the processes.
    """
    index, count = _place()
    for batch in batches:
        size = len(batch[0])
        if size % count:
            raise ValueError(f"a batch of {size} does not divide among {count} processes")
        own = slice(index * size // count, (index + 1) * size // count)
        yield tuple(array[own] for array in batch)


def leads() -> bool:
    """Whether this process is the one that writes."""
    return _place()[0] == 0


def _place():
    """Which of how many processes this one is."""
    if keras.backend.backend() != "jax":
        return 0, 1
    import jax

    return jax.process_index(), jax.process_count()
