"""The verbs of the library from a shell: ``srlib --help``."""

import contextlib
import itertools
import json
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

import srlib
import srlib.zoo
from srlib.images import printable
from srlib.upscaling import check_output, tell_dropped

STOPS = (signal.SIGINT, signal.SIGTERM)

app = typer.Typer(
    help="Learn image super-resolution by doing it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Scale = Annotated[int, typer.Option(help="Super-resolution factor, such as 2, 3 or 4.")]
Ensemble = Annotated[
    bool, typer.Option("--ensemble", help="Average a network over eight turns and mirrorings.")
]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="Photo set or folder; repeat for more.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


@app.command()
def dataset(
    source: Annotated[str, typer.Argument(help="A photo set or a folder of photographs.")],
    out: Annotated[Path, typer.Argument(help="The folder to create.")],
    scale: Scale = 2,
    hr_size: Annotated[
        int | None, typer.Option(help="Side of square HR crops; whole images if not given.")
    ] = None,
    split: Annotated[
        tuple[float, float, float],
        typer.Option(help="Images for train, valid and test: counts, or fractions that sum to 1."),
    ] = (0.8, 0.1, 0.1),
    seed: Annotated[int, typer.Option(help="Start of the random split.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Processes; one a core if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Make aligned LR/HR pairs from photographs."""
    # Standard output is for the answer; the progress bar is for people.
    with contextlib.redirect_stdout(sys.stderr):
        summary = srlib.create_dataset(
            source, out, scale=scale, hr_size=hr_size, split=split, seed=seed, workers=workers
        )
    print(json.dumps(summary.as_dict()) if as_json else summary)


@app.command()
def download(
    name: Annotated[
        str | None, typer.Argument(help="A photo set; lists them if not given.")
    ] = None,
) -> None:
    """Fetch a photo set from the internet into the data folder."""
    if name is None:
        print("\n".join(map(str, srlib.SOURCES.values())))
        return
    if name in srlib.SOURCES:
        source = srlib.SOURCES[name]  # its licence and authors, before anything is fetched
        print(f"{source}\nPlease cite: {source.citation}", file=sys.stderr)
    print(srlib.download(name))


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="A recipe, such as srcnn.")],
    scale: Scale = 2,
    profile: Annotated[str, typer.Option(help="smoke, course or full.")] = "full",
    data: Annotated[
        list[str] | None, typer.Option(help="Photo set or folder instead of the recipe's; repeat.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="Folder of log and checkpoints; resumes what it holds.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Where weights and card go; the run folder if not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a network by its recipe; killed and called again, it resumes."""
    _load_keras()
    run = run or Path("runs") / f"{name}_x{scale}_{profile}"
    with contextlib.redirect_stdout(sys.stderr):
        card = srlib.run_recipe(
            name, scale, profile, photo_sets=data or None, folder=run, weights=weights or run
        )
    if as_json:
        print(json.dumps(card))
    else:
        print(f"{(weights or run) / card['file']}")
        for score in card["scores"]:
            print(f"{score['set']:12} {score['psnr']:.2f} dB  SSIM {score['ssim']:.4f}")


@app.command()
def distill(
    out: Annotated[Path, typer.Argument(help="The folder for weights and card.")],
    steps: Annotated[int, typer.Option(help="Updates.")] = 3000,
) -> None:
    """Train the small network that imitates VGG-19's features."""
    _load_keras()
    with contextlib.redirect_stdout(sys.stderr):
        card = srlib.zoo.run_distillation(out, steps=steps)
    print(json.dumps(card["agreement"], indent=1))


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
    _load_keras()
    method = _method(model, scale)
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
    _load_keras()
    protocol = srlib.Protocol(color=color)
    how = {"protocol": protocol, "metrics": metric or ("psnr", "ssim")}
    scales = scale or [2]
    loaded = {(method, s): _method(method, s) for method in methods for s in scales}
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
    _print_table(table, protocol, as_json)
    if left_out:
        raise typer.Exit(1)


@app.command()
def compare(
    scale: Scale = 2,
    timed: Annotated[bool, typer.Option(help="Measure seconds per megapixel here.")] = True,
    as_json: Json = False,
) -> None:
    """Put every shipped network beside bicubic, the papers and another project."""
    _load_keras()
    table = srlib.zoo.comparison(scale, timed=timed)
    if as_json:
        _print_table(table, srlib.Protocol(), as_json)
        return
    # A column a network: the table has more figures than a terminal is wide.
    text = table.set_index("network").T.to_string(float_format="{:.4g}".format, na_rep="–")
    print(f"{text}\n\nProtocol: {srlib.Protocol()}.")


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="Trained weights; all if not given.")] = None,
    scale: Annotated[int | None, typer.Option(help="Their scale; all if not given.")] = None,
    photo_set: Sets = None,
    as_json: Json = False,
) -> None:
    """Measure shipped weights again and compare with their cards."""
    _load_keras()
    import pandas as pd

    have = srlib.available()
    chosen = [(n, s) for n, s in have if n == (name or n) and s == (scale or s)]
    if not chosen:
        listed = ", ".join(f"{n} ×{s}" for n, s in have)
        raise ValueError(f"there are no such trained weights; there are: {listed}")
    only = {"photo_sets": photo_set} if photo_set else {}
    table = pd.concat([srlib.verify(n, s, **only).assign(name=n, scale=s) for n, s in chosen])
    _print_table(table, srlib.Protocol(), as_json)
    if (table.agrees == False).any():  # noqa: E712 - None is "not measured"
        raise typer.Exit(1)


def _method(name, scale):
    """A name as `srlib.evaluate` takes it: interpolations stay, networks are loaded."""
    return name if name in srlib.INTERPOLATIONS else srlib.load(name, scale)


def _print_table(table, protocol, as_json):
    if as_json:
        text = table.map(lambda value: printable(value) if isinstance(value, str) else value)
        rows = json.loads(text.to_json(orient="records"))
        print(json.dumps({"protocol": protocol.as_dict(), "rows": rows}))
    else:
        print(table.round(4).to_string(index=False, na_rep="–"))
        print(f"\nProtocol: {protocol}.")


def _load_keras():
    # Meanwhile a signal ends the process at once: nothing is begun yet, and an exception might get
    # lost in an import of somebody else's.
    ours = {number: signal.signal(number, signal.SIG_DFL) for number in STOPS}
    import srlib.networks  # noqa: F401 - does it silently, with the settings needed

    for number, handler in ours.items():
        signal.signal(number, handler)
