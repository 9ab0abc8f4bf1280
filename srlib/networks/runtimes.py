"""Networks in the files of other programs, each as a function of an array."""

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from srlib.images import one_line

__all__ = ["RUNTIMES", "Runtime", "needed"]


@dataclass(frozen=True)
class Runtime:
    """A network as its file has it.

    Attributes
    ----------
    run
        What it makes of an array of the kind that it takes; raises whatever its library raises.
    shape
        Of that array, None where any size is taken.
    dtype
        Of that array.
    facts
        What the file says of the network, texts by name.
    numbers
        The most numbers for each pixel of the input that a layer puts out.
    """

    run: Callable[[np.ndarray], np.ndarray]
    shape: tuple[int | None, ...]
    dtype: type = np.float32
    facts: dict[str, str] = field(default_factory=dict)
    numbers: float = 1024.0  # of EDSR at ×4, where nothing is known


def needed(name: str):
    """A module of the extra ``export``, or a RuntimeError that says how to install that."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise RuntimeError(
            f"{name.partition('.')[0]} is needed for this, and is not installed: "
            'pip install "srlib[export]"'
        ) from error


ONNX_TYPES = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8
}  # fmt: skip


def onnx(path: Path) -> Runtime:
    """A network that ONNX Runtime runs."""
    onnxruntime, library = needed("onnxruntime"), needed("onnx")
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # of its own kinds, which share no base
        raise ValueError(
            f"{path} is no network that ONNX Runtime runs: {one_line(error)}"
        ) from error
    given, *others = session.get_inputs()
    if others or given.type not in ONNX_TYPES:
        kinds = ", ".join(f"{at.name}: {at.type} {at.shape}" for at in (given, *others))
        raise ValueError(
            f"{path} takes {kinds}; a network is used here that takes one tensor, of "
            f"{', '.join(ONNX_TYPES)}"
        )
    return Runtime(
        lambda batch: session.run(None, {given.name: batch})[0],
        tuple(side if isinstance(side, int) and side > 0 else None for side in given.shape),
        ONNX_TYPES[given.type],
        dict(session.get_modelmeta().custom_metadata_map),
        _widest(library, path),
    )


def _widest(library, path):
    """Numbers of the widest tensor for each pixel of an input of 64×64 pixels or its own size."""
    model = library.load(path)
    sides = model.graph.input[0].type.tensor_type.shape.dim
    for side, default in zip(sides, (1, 64, 64, 64), strict=False):
        if not side.HasField("dim_value") or side.dim_value < 1:
            side.dim_value = default
    pixels = np.prod([side.dim_value for side in sides][1:]) / 3
    del model.graph.output[0].type.tensor_type.shape.dim[:]
    inferred = library.shape_inference.infer_shapes(model, data_prop=True)
    sizes = [
        np.prod([side.dim_value for side in value.type.tensor_type.shape.dim])
        for value in (*inferred.graph.value_info, *inferred.graph.output)
        if value.type.tensor_type.shape.dim
        and all(side.dim_value > 0 for side in value.type.tensor_type.shape.dim)
    ]
    return max(sizes, default=Runtime.numbers * pixels) / pixels


def litert(path: Path) -> Runtime:
    """A network that TensorFlow Lite runs, now called LiteRT."""
    library = needed("tensorflow").lite
    try:
        with warnings.catch_warnings():  # that it will be a package of its own
            warnings.simplefilter("ignore")
            interpreter = library.Interpreter(str(path))
    except ValueError as error:
        raise ValueError(
            f"{path} is no network that TensorFlow Lite runs: {one_line(error)}"
        ) from error
    (given,), out = interpreter.get_input_details(), interpreter.get_output_details()[0]

    def run(batch):
        interpreter.resize_tensor_input(given["index"], batch.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], batch)
        interpreter.invoke()
        return interpreter.get_tensor(out["index"])

    shape = tuple(int(side) if side > 0 else None for side in given["shape_signature"])
    return Runtime(run, shape, given["dtype"])


def served(path: Path) -> Runtime:
    """A network in the folder of a TensorFlow model, by its signature ``enlarge``."""
    tensorflow = needed("tensorflow")
    try:
        model = tensorflow.saved_model.load(str(path))
        enlarge = model.signatures["enlarge"]
        _, given = enlarge.structured_input_signature
        ((name, spec),) = given.items()
    except Exception as error:  # of whatever in it is not as it should be
        raise ValueError(
            f"{path} is no TensorFlow model with a signature 'enlarge' of one tensor, such as "
            f"srlib.export writes: {one_line(error)}"
        ) from error

    def run(batch, _kept=model):  # whose variables would go with it
        (out,) = enlarge(**{name: tensorflow.constant(batch)}).values()
        return out.numpy()

    return Runtime(run, tuple(spec.shape), spec.dtype.as_numpy_dtype)


RUNTIMES = {".onnx": onnx, ".tflite": litert, "": served}  # by suffix, of a folder without one
