"""ONNX files: named inputs and outputs, what they say of themselves, and smaller weights."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from srlib.networks import needed

__all__ = ["finish", "halved", "in_int8"]

SMALL = 64  # numbers: what has no more stays float32, since nothing is gained


def finish(path: Path, facts: Mapping[str, str]) -> None:
    """Call the input ``lr``, the output ``sr`` and their sides by letters, and write facts in."""
    onnx = needed("onnx")
    model = onnx.load(path)
    graph = model.graph
    (lr,), (sr,) = graph.input, graph.output
    names = {lr.name: "lr", sr.name: "sr"}
    for node in graph.node:
        for places in (node.input, node.output):
            places[:] = [names.get(name, name) for name in places]
    for value, sides in ((lr, "N h w"), (sr, "N H W")):
        value.name = names[value.name]
        for side, letter in zip(value.type.tensor_type.shape.dim, sides.split(), strict=False):
            side.dim_param = letter
    onnx.helper.set_model_props(model, dict(facts))
    onnx.checker.check_model(model)
    onnx.save(model, path)


def halved(path: Path) -> None:
    """Store the weights in float16; they become float32 as the file is read."""
    onnx = needed("onnx")
    model = onnx.load(path)
    casts = []
    for weights in model.graph.initializer:
        values = onnx.numpy_helper.to_array(weights)
        if values.dtype != np.float32 or values.size <= SMALL:
            continue
        name = weights.name
        half = values.astype(np.float16)
        if not np.isfinite(half).all():
            raise ValueError(f"{name} holds weights above 65504, the most that float16 holds")
        weights.CopyFrom(onnx.numpy_helper.from_array(half, f"{name}_half"))
        to = onnx.TensorProto.FLOAT
        casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=to))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    onnx.save(model, path)


def in_int8(path: Path, batches: Iterable[np.ndarray], kept: Iterable[str]) -> None:
    """Let convolutions compute in 8 bits, whose ranges are those that `batches` come to.

    `kept` are names of layers that stay float32, those that make pixels by a fixed kernel.
    """
    onnx, quantization = needed("onnx"), needed("onnxruntime.quantization")
    kept = tuple(f"/{name}/" for name in kept)
    stay = [
        node.name
        for node in onnx.load(path).graph.node
        if any(name in f"/{node.name}/" for name in kept)
    ]

    class Reader(quantization.CalibrationDataReader):
        left = iter(batches)

        def get_next(self):
            batch = next(self.left, None)
            return None if batch is None else {"lr": batch}

    with tempfile.TemporaryDirectory() as folder:
        smaller = Path(folder) / "int8.onnx"
        quantization.quantize_static(
            path,
            smaller,
            Reader(),
            per_channel=True,
            # Unsigned, since a processor without VNNI may add products of signed weights in 16
            # bits, which are too few: SRCNN was off by 18 gray levels instead of 10.
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QUInt8,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=stay,
        )
        path.write_bytes(smaller.read_bytes())
