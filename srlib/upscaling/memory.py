"""How much memory a network may take."""

import os
from pathlib import Path

from srlib.images import tell

__all__ = ["MOST", "budget", "is_exhausted", "tell_halved"]

MOST = 2**30  # bytes: of larger windows none is faster

UNKNOWN = 2**31  # bytes: where a system does not say what is free

MEMINFO = Path("/proc/meminfo")
CGROUPS = Path("/sys/fs/cgroup")
# Limit and use of a group, by the second version of cgroups and by the first.
KINDS = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))


def budget(memory: int | None = None) -> int:
    """Bytes that a network's layers may take: what is given, or a third of what is free.

    That is free which the machine has and the process's cgroup, a container's for instance, lets
    it have; of more than three times `MOST` it is `MOST`.

    Raises
    ------
    ValueError
        If what is given is no positive number.
    """
    if memory is None:
        return min(MOST, min(_free()) // 3)
    if memory <= 0:
        raise ValueError(f"memory must be more than 0 bytes, such as 2**30, not {memory}")
    return int(memory)


def _free():
    yield _of_the_machine()
    for group in _groups():
        for limit, use in KINDS:
            try:
                most, used = ((group / name).read_text() for name in (limit, use))
                yield max(int(most) - int(used), 0)
            except (OSError, ValueError):  # there is no such file, or the limit is "max"
                continue


def _of_the_machine():
    try:
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    except OSError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return UNKNOWN


def _groups():
    """The folders of the process's cgroup and of those it is in."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, place = line.split(":", 2)
        if kinds not in ("", "memory"):
            continue
        root = CGROUPS / kinds
        inner = root / place.lstrip("/")
        yield from (group for group in (inner, *inner.parents) if group.is_relative_to(root))


def is_exhausted(error: Exception) -> bool:
    """Whether an error says that memory is exhausted, as Python, TensorFlow and JAX say it."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "ResourceExhaustedError"
        or "RESOURCE_EXHAUSTED" in str(error)
    )


def tell_halved(name: str, memory: int) -> None:
    """Say that a network goes on in smaller windows."""
    tell(f"{name}: out of memory; it goes on in windows that take {memory / 2**20:,.0f} MiB")
