"""Use trained networks, or anybody's: measure, audit, compare."""

import itertools
import json
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Annotated

import typer

import srlib
import srlib.zoo
from srlib.cli.common import (
    Ensemble,
    Json,
    Scale,
    Sets,
    app,
    load_keras,
    method_of,
    print_table,
    scale_of,
    scales_of_file,
)
from srlib.images import printable


@app.command()
def evaluate(
    methods: Annotated[
        list[str],
        typer.Argument(
            help="Trained networks, interpolations or networks' files: srcnn bicubic model.onnx."
        ),
    ],
    photo_set: Sets = None,
    scale: Annotated[
        list[int] | None, typer.Option(help="Scale; repeat for more. [2, or a file's]")
    ] = None,
    color: Annotated[str, typer.Option(help="y (luma) or rgb.")] = "y",
    lr_kernel: Annotated[
        str, typer.Option(help="What makes LR images: bicubic, box, blur-1.6, jpeg-70, mixed, ….")
    ] = "bicubic",
    metric: Annotated[
        list[str] | None, typer.Option(help="Instead of psnr and ssim; repeat for more.")
    ] = None,
    per_image: Annotated[bool, typer.Option(help="A row an image instead of the means.")] = False,
    ensemble: Ensemble = False,
    as_json: Json = False,
) -> None:
    """Measure methods on photo sets, beside the published figures where there are any.

    The exit status is 1 if an image could not be measured; the others are.
    """
    load_keras()
    protocol = srlib.Protocol(color=color, lr_kernel=lr_kernel)
    how = {"protocol": protocol, "metrics": metric or ("psnr", "ssim")}
    scales = scale or sorted({s for method in methods for s in scales_of_file(method)}) or [2]
    loaded = {(method, s): method_of(method, s) for method in methods for s in scales}
    tables = []
    for method, name, s in itertools.product(methods, photo_set or ["course-test"], scales):
        averaged = ensemble and method not in srlib.INTERPOLATIONS
        table = srlib.evaluate(loaded[method, s], name, s, ensemble=averaged, **how)
        tables.append(table.assign(method=method + "+" * averaged))
    table = srlib.join(*tables)
    left_out = table.attrs["left_out"]
    if not per_image:
        table = srlib.summary(table)
        if protocol == srlib.Protocol() and not metric:
            table = table.merge(
                srlib.published(), "left", ["method", "set", "scale"], suffixes=("", "_published")
            )
    print_table(table, protocol, as_json)
    if left_out:
        print(f"srlib: not measured: {len(left_out)}", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def audit(
    method: Annotated[
        str,
        typer.Argument(
            help="A folder of results, a trained network or its file, or an interpolation."
        ),
    ],
    photo_set: Annotated[
        str, typer.Argument(help="The truths: a photo set or a folder.")
    ] = "course-test",
    scale: Annotated[int | None, typer.Option(help="Such as 2, 3 or 4. [2, or a file's]")] = None,
    reported: Annotated[
        float | None, typer.Option(help="A mean PSNR in dB that is said to be the method's.")
    ] = None,
    training: Annotated[
        str | None, typer.Option(help="What it was trained on: a photo set or a folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Look for usual mistakes in a method, in its results, and in what is reported of it.

    The exit status is 1 if a fault was found.
    """
    load_keras()
    scale = scale_of(method, scale)
    if srlib.zoo.is_network_file(method):
        method = method_of(method, scale)
    elif method not in srlib.INTERPOLATIONS and not Path(method).is_dir():
        if (method, scale) not in srlib.available():
            names = [name for name, its_scale in srlib.available() if its_scale == scale]
            raise ValueError(
                f"{method!r} is neither a folder of results nor one of "
                f"{', '.join([*names, *srlib.INTERPOLATIONS])}, which there are for ×{scale}"
            )
        method = srlib.load(method, scale)
    table = srlib.audit(method, photo_set, scale, reported=reported, training=training)
    rows = table.map(lambda value: printable(value) if isinstance(value, str) else value)
    print(json.dumps(rows.to_dict("records")) if as_json else _as_text(rows))
    if table.fault.eq(True).any():  # None is "not tried"
        raise typer.Exit(1)


def _as_text(table):
    """An audit's table in lines as long as the terminal's, advice below each fault."""
    lines = []
    width = shutil.get_terminal_size().columns
    for row in table.itertuples():
        verdict = {True: "FAULT", False: "ok", None: "not tried"}[row.fault]
        margin = f"{verdict:10} {row.check:14} "
        lines += textwrap.wrap(
            row.measured.removeprefix("not tried: "),
            width,
            initial_indent=margin,
            subsequent_indent=" " * len(margin),
        )
        if row.fault:
            indent = " " * len(margin)
            lines += textwrap.wrap(
                row.advice, width, initial_indent=f"{indent}→ ", subsequent_indent=f"{indent}  "
            )
    faults = table.fault.eq(True).sum()
    return "\n".join([*lines, "", f"Faults: {faults}."])


@app.command()
def compare(
    scale: Scale = 2,
    timed: Annotated[bool, typer.Option(help="Measure seconds per megapixel here.")] = True,
    as_json: Json = False,
) -> None:
    """Put every shipped network beside bicubic, the papers and another project."""
    load_keras()
    table = srlib.zoo.comparison(scale, timed=timed)
    if as_json:
        print_table(table, srlib.Protocol(), as_json)
        return
    # A column a network: the table has more figures than a terminal is wide.
    text = table.set_index("network").T.to_string(float_format="{:.4g}".format, na_rep="–")
    print(f"{text}\n\nProtocol: {srlib.Protocol()}.")
