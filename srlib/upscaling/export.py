"""A network as a file for other programs: ONNX, TensorFlow Lite, or a served TensorFlow model."""

import contextlib
import errno
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from srlib.images import atomic_folder, atomic_path, check_writable, one_line, silence, to_batch
from srlib.networks import RUNTIMES, fixed_kernels, needed, photograph, portable, sight
from srlib.upscaling import onnx_files
from srlib.upscaling.prediction import scale_of

__all__ = ["EXPORT_FORMATS", "PRECISIONS", "check_export", "export"]

# What a file of a format ends in; a served model is a folder.
EXPORT_FORMATS = {"onnx": ".onnx", "tflite": ".tflite", "saved_model": ""}

CHECKED = (45, 52)  # LR pixels of a photograph
MAY_DIFFER = {"float32": 1 / 255, "float16": 1 / 255, "int8": 0.2}  # of the range

PRECISIONS = tuple(MAY_DIFFER)

CALIBRATION = 96  # LR pixels a side, of each image


def export(
    model: keras.Model,
    path: Path | str,
    *,
    precision: str = "float32",
    calibration: Sequence[np.ndarray] = (),
    facts: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a network as a file that other programs run, for images of any size.

    ONNX and TensorFlow Lite files take float32 (N, h, w, 3) in [0, 1] as ``lr`` and give
    (N, s·h, s·w, 3), neither clipped nor rounded, as ``sr``. Bicubic and nearest enlargements are
    convolutions and rearrangements of channels in them, because those of other programs
    differ.

    A served model, which TensorFlow Serving runs as it is, takes ``image_bytes``, a batch of
    encoded JPEG or PNG files, and gives ``png_bytes``: RGB of 8 bits, without alpha, profile or
    EXIF, each image in one piece. Its signature ``enlarge`` takes and gives arrays as above.

    Parameters
    ----------
    model
        A functional network that maps float32 (N, h, w, 3) in [0, 1] to (N, s·h, s·w, 3).
    path
        ``….onnx``, ``….tflite``, or a folder's name without either for a served model. It is
        whole or not there at all.
    precision
        ``"float32"``; ``"float16"``, weights of half the size that are computed with in float32;
        or ``"int8"``, convolutions of 8-bit integers. A served model has float32.
    calibration
        For int8: images, uint8 (h, w, 3), of the kind that will be enlarged. What layers put out
        for them tells which range the 255 steps must cover.
    facts
        What an ONNX file's ``metadata_props`` shall say beside name, scale, margin and period (as
        in `srlib.networks.Sight`, as JSON), range, layout and precision.
    overwrite
        Whether what is there may be replaced.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    ValueError
        If the format has no such precision, int8 has no images to calibrate with, or the program
        of the format does not run what was written, or not as the network is: float32 and float16
        must be within a gray level on a photograph. Nothing is written then.
    FileExistsError
        If something is there that may not be replaced.
    RuntimeError
        If what writes the format is not installed, or Keras runs on another backend.
    """
    path = Path(path)
    form = check_export(path, precision, overwrite=overwrite)
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError("networks are exported with KERAS_BACKEND=tensorflow")
    if precision == "int8" and not len(calibration):
        raise ValueError("int8 needs calibration, images of the kind that will be enlarged")
    batches = [to_batch(image[:CALIBRATION, :CALIBRATION]) for image in calibration]
    network = portable(model)
    if form == "saved_model":
        with atomic_folder(path) as partial, _quiet():
            _write_served(network, partial)
            _check(network, partial, RUNTIMES[""], precision)
        return path
    with atomic_path(path) as partial:
        if form == "onnx":
            _write_onnx(network, partial, precision, batches, _facts(model, precision, facts))
        else:
            _write_litert(network, partial, precision, batches)
        with silence():
            _check(network, partial, RUNTIMES[path.suffix.lower()], precision)
    return path


def check_export(path: Path, precision: str, *, overwrite: bool = False) -> str:
    """The format that a path says, if a network may be written there; errors as of `export`."""
    form = next(
        (form for form, suffix in EXPORT_FORMATS.items() if suffix == path.suffix.lower()), None
    )
    if form is None:
        raise ValueError(
            f"{path} must end in .onnx or .tflite, or be a folder's name without a suffix"
        )
    if precision not in PRECISIONS or (form == "saved_model" and precision != "float32"):
        have = "float32" if form == "saved_model" else ", ".join(PRECISIONS)
        raise ValueError(f"{form} is written in {have}, not {precision!r}")
    ours = not path.exists() or (path.is_dir() and (path / "saved_model.pb").exists())
    if form == "saved_model" and not ours:
        raise FileExistsError(errno.EEXIST, "it is there and is no exported network", str(path))
    if form != "saved_model" and path.is_dir():
        raise ValueError(f"{path} is a folder: name a file")
    if path.exists() and not overwrite:
        raise FileExistsError(
            errno.EEXIST,
            f"{os.strerror(errno.EEXIST)}, and may be replaced by overwrite",
            str(path),
        )
    check_writable(path.parent if form == "saved_model" else path)
    if form == "onnx":
        needed("tf2onnx")
    return form


def _check(network, path, read, precision):
    lr = photograph(*CHECKED)
    expected = keras.ops.convert_to_numpy(network(lr, training=False))
    try:
        found = read(path).run(lr)
    except Exception as error:  # of the program's own kind
        raise ValueError(
            f"{network.name} in {precision} is not run there: {one_line(error)}"
        ) from error
    worst = np.abs(found - expected).max()
    if not worst <= MAY_DIFFER[precision]:
        raise ValueError(
            f"{network.name} in {precision} differs by {255 * worst:.1f} gray levels, and by "
            f"{255 * MAY_DIFFER[precision]:.0f} it may"
        )


def _facts(model, precision, facts):
    """What an ONNX file says of the network."""
    scale = int(scale_of(model, (64, 64, 3)))
    said = {"name": model.name, "scale": str(scale), "range": "1", "layout": "NHWC"}
    said |= {"precision": precision}
    with contextlib.suppress(ValueError):  # where it is not known, who reads the file finds out
        seen = sight(model)
        said |= {"margin": json.dumps(seen.margin), "period": json.dumps(seen.period)}
    return said | dict(facts or {})


@contextlib.contextmanager
def _quiet():
    """Without the notices of converters, and a warning of NumPy's to Keras."""
    with warnings.catch_warnings(), silence():
        warnings.simplefilter("ignore")
        yield


def _signature():
    return [keras.InputSpec(shape=(None, None, None, 3), dtype="float32", name="lr")]


def _write_onnx(network, path, precision, batches, facts):
    with _quiet():
        network.export(path, format="onnx", input_signature=_signature(), verbose=False)
        onnx_files.finish(path, facts)
        if precision == "float16":
            onnx_files.halved(path)
        elif precision == "int8":
            onnx_files.in_int8(path, batches, fixed_kernels(network))
            onnx_files.finish(path, facts)


def _write_litert(network, path, precision, batches):
    import tensorflow as tf

    options = {}
    if precision != "float32":
        options["optimizations"] = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        options["target_spec"] = {"supported_types": [tf.float16]}
    if precision == "int8":
        options["representative_dataset"] = lambda: ([batch] for batch in batches)
    with _quiet():
        signature = _signature()
        network.export(path, format="litert", input_signature=signature, verbose=False, **options)


def _write_served(network, folder):
    import tensorflow as tf

    def enlarge(lr):
        return {"sr": network(lr, training=False)}

    def one(encoded):
        image = tf.cond(
            tf.io.is_jpeg(encoded),
            lambda: tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE"),
            lambda: tf.io.decode_png(encoded, channels=3),
        )
        sr = enlarge(tf.cast(image, tf.float32)[tf.newaxis] / 255)["sr"][0]
        return tf.io.encode_png(tf.saturate_cast(tf.round(sr * 255), tf.uint8))

    def serve(image_bytes):
        return {"png_bytes": tf.map_fn(one, image_bytes, fn_output_signature=tf.string)}

    archive = keras.export.ExportArchive()
    archive.track(network)
    batch = tf.TensorSpec((None, None, None, 3), tf.float32, name="lr")
    files = tf.TensorSpec((None,), tf.string, name="image_bytes")
    archive.add_endpoint("serving_default", serve, [files])
    archive.add_endpoint("enlarge", enlarge, [batch])
    archive.write_out(folder, verbose=False)
