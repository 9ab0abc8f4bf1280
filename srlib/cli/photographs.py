"""Photographs: fetch them, collect them, make pairs of them."""

import contextlib
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

import srlib
from srlib.cli.common import Json, Scale, app


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
def collect(
    query: Annotated[str, typer.Argument(help="What to search Wikimedia Commons for.")],
    out: Annotated[Path, typer.Argument(help="The folder for photographs and manifest.")],
    contact: Annotated[
        str, typer.Option(help="Your e-mail or web page, which Wikimedia asks for.")
    ],
    count: Annotated[int, typer.Option(help="Photographs that the folder shall hold.")] = 100,
    least_side: Annotated[
        int, typer.Option(help="Of a photograph's shorter side, in pixels.")
    ] = 600,
) -> None:
    """Collect openly licensed photographs, with author and licence of each."""
    print(srlib.collect(query, out, count=count, contact=contact, least_side=least_side))
