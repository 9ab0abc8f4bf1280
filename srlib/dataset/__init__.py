"""Photographs to aligned LR/HR pairs on the disk, and pairs to batches of patches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "creation": ["create_dataset"],
        "likeness": ["duplicates", "fingerprint"],
        "patches": ["Patches"],
        "reading": ["read_pairs"],
        "records": ["DatasetError"],
        "screening": ["BENCHMARKS", "benchmark_hashes"],
    },
)
