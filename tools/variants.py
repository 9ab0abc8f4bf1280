"""The ways in which `make claims` tries every lesson: other seeds, processors and precisions.

`make` reads their names from what ``python tools/variants.py`` prints.
"""

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["VARIANTS", "Variant", "machine"]


class Variant(NamedTuple):
    """What a run is given besides the lesson: a name for people, environment, parameters."""

    label: str
    environment: Mapping[str, str] = MappingProxyType({})
    parameters: Mapping[str, int] = MappingProxyType({})


# oneDNN, by which TensorFlow convolves on a CPU, can be held to the instructions of an older
# processor; `srlib` then does without bfloat16 as well.
VARIANTS = {
    "seed-0": Variant("seed 0, as the processor is", parameters={"seed": 0}),
    "seed-1": Variant("seed 1", parameters={"seed": 1}),
    "seed-2": Variant("seed 2", parameters={"seed": 2}),
    "avx2": Variant("as an AVX2 processor, in float32", {"ONEDNN_MAX_CPU_ISA": "AVX2"}),
    "float32": Variant("in float32", {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_VNNI"}),
    "one-thread": Variant(
        "with one thread",
        {
            "OMP_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
        },
    ),
}


def machine() -> str:
    """The processor in words: its cores, its name, and the instructions that matter here."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    facts = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    name = facts.get("model name") or platform.processor() or platform.machine()
    flags = facts.get("flags", "").split()
    known = {
        "avx2": "AVX2",
        "avx512f": "AVX-512",
        "avx512_bf16": "bfloat16",
        "amx_tile": "AMX",
    }
    has = [label for flag, label in known.items() if flag in flags]
    return f"{cores} cores of {name}" + (f" with {', '.join(has)}" if has else "")


if __name__ == "__main__":
    print(*VARIANTS)
