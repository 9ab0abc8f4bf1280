"""Write trained networks as files for other programs, and say what that costs."""

import json
from pathlib import Path
from typing import Annotated

import typer

import srlib
import srlib.zoo
from srlib.cli.common import Json, app, load_keras, method_of, scale_of


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="A trained network, or a .keras file.")],
    out: Annotated[
        Path | None, typer.Argument(help="The file to write; NAME_xSCALE here if not given.")
    ] = None,
    scale: Annotated[int | None, typer.Option(help="Such as 2, 3 or 4. [2, or a file's]")] = None,
    form: Annotated[str, typer.Option("--format", help="onnx, tflite or saved_model.")] = "onnx",
    precision: Annotated[str, typer.Option(help="float32, float16 or int8.")] = "float32",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    as_json: Json = False,
) -> None:
    """Write a network as ONNX, TensorFlow Lite, or a served TensorFlow model; any image size.

    Its PSNR on course-test, as the program of that format computes it, is measured beside the
    network's own.
    """
    load_keras()
    from srlib.upscaling import EXPORT_FORMATS, check_export

    if form not in EXPORT_FORMATS:
        raise ValueError(f"unknown format {form!r}; choose one of {', '.join(EXPORT_FORMATS)}")
    suffix = EXPORT_FORMATS[form]
    scale = scale_of(name, scale)
    out = out or Path(f"{Path(name).stem}_x{scale}{suffix}")
    if out.suffix.lower() != suffix:
        raise ValueError(f"{out} must end in {suffix or 'no suffix'} to be of the format {form}")
    check_export(out, precision, overwrite=overwrite)
    model = method_of(name, scale)
    if isinstance(model, str) or not hasattr(model, "layers"):
        raise ValueError(f"{name} is no network of Keras's: only those are exported")
    facts = {}
    if not srlib.zoo.is_network_file(name):
        facts["sha256"] = srlib.zoo.card(name, scale)["sha256"]
    calibration = [p.image for p in srlib.photos("course-train")] if precision == "int8" else ()
    srlib.export(
        model, out, precision=precision, calibration=calibration, facts=facts, overwrite=overwrite
    )
    own, exported = (
        float(srlib.evaluate(method, "course-test", scale).psnr.mean())
        for method in (model, srlib.load(out, scale))
    )
    size = sum(
        f.stat().st_size for f in ([out] if out.is_file() else out.rglob("*")) if f.is_file()
    )
    report = {"out": str(out), "bytes": size, "psnr": own, "psnr_exported": exported}
    if as_json:
        print(json.dumps(report))
        return
    print(out)
    print(
        f"{size / 1e6:.2f} MB, {precision}: {exported:.3f} dB on course-test, "
        f"{own - exported:+.4f} dB less than the network's {own:.3f}".replace("+-", "-")
    )
