"""Use trained networks: enlarge, measure, compare."""

import itertools
from pathlib import Path
from typing import Annotated

import typer

import srlib
import srlib.zoo
from srlib.cli.common import Ensemble, Json, Scale, Sets, app, load_keras, method_of, print_table
from srlib.upscaling import check_output, tell_dropped


@app.command()
def upscale(
    image: Annotated[Path, typer.Argument(help="An image file.")],
    out: Annotated[Path, typer.Argument(help="The PNG to write.")],
    model: Annotated[str, typer.Option(help="A trained network, or an interpolation.")] = "srcnn",
    scale: Scale = 2,
    ensemble: Ensemble = False,
) -> None:
    """Super-resolve one image."""
    lr = srlib.read_image(image)
    check_output(out, image)
    tell_dropped(image)
    load_keras()
    method = method_of(model, scale)
    srlib.write_png(out, srlib.upscale(lr, method, scale, ensemble=ensemble))
    print(out)


@app.command()
def evaluate(
    methods: Annotated[
        list[str], typer.Argument(help="Trained networks or interpolations, such as srcnn bicubic.")
    ],
    photo_set: Sets = None,
    scale: Annotated[list[int] | None, typer.Option(help="Scale; repeat for more.")] = None,
    color: Annotated[str, typer.Option(help="y (luma) or rgb.")] = "y",
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
    protocol = srlib.Protocol(color=color)
    how = {"protocol": protocol, "metrics": metric or ("psnr", "ssim")}
    scales = scale or [2]
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
        raise typer.Exit(1)


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
