"""Computing in bfloat16 where that is faster."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

__all__ = ["computing_in", "gains_by_xla", "has_fast_bfloat16"]

# Of the instruction sets to which oneDNN can be held, those before bfloat16.
WITHOUT_BFLOAT16 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX512_CORE", "AVX512_CORE_VNNI"}


@contextmanager
def computing_in(precision: str, model: keras.Model) -> Iterator[None]:
    """Let a network's layers compute in ``"float32"`` or ``"bfloat16"`` while the block runs.

    In bfloat16 the weights stay float32, and so does every layer that makes an image of three
    channels, such as the bicubic enlargement and the sum with it: 8 bits of mantissa are too few
    for pixels. They are enough for a convolution that makes what is added to an image.
    """
    layers = [layer for layer in model.layers[1:] if not _makes_image(layer, model)]
    before = [layer.dtype_policy for layer in layers]
    predict_function = model.predict_function  # compiled for the precision that is
    try:
        if precision == "bfloat16":
            for layer in layers:
                layer.dtype_policy = "mixed_bfloat16"
        model.predict_function = None
        yield
    finally:
        for layer, policy in zip(layers, before, strict=True):
            layer.dtype_policy = policy
        model.predict_function = predict_function


def _makes_image(layer, model):
    adds = isinstance(layer, keras.layers.Conv2D) and layer.output not in model.outputs
    return layer.output.shape[-1] == 3 and not adds


def gains_by_xla() -> bool:
    """Whether XLA trains faster; TensorFlow's own convolutions are three times as fast on a CPU."""
    return keras.backend.backend() != "tensorflow"


def has_fast_bfloat16() -> bool:
    """Whether bfloat16 beats float32 here: on an accelerator of JAX's, or a CPU that knows it.

    ``ONEDNN_MAX_CPU_ISA``, by which TensorFlow computes as an older processor would, counts: one
    without bfloat16 emulates it, slowly.
    """
    if keras.backend.backend() == "jax":
        import jax

        if jax.default_backend() != "cpu":
            return True
    if os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper() in WITHOUT_BFLOAT16:
        return False
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags
