"""Train networks, and see whether trained ones are what their cards say."""

import contextlib
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

import srlib
import srlib.zoo
from srlib.cli.common import Json, Scale, Sets, app, load_keras, print_table


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
    load_keras()
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
    load_keras()
    with contextlib.redirect_stdout(sys.stderr):
        card = srlib.zoo.run_distillation(out, steps=steps)
    print(json.dumps(card["agreement"], indent=1))


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="Trained weights; all if not given.")] = None,
    scale: Annotated[int | None, typer.Option(help="Their scale; all if not given.")] = None,
    photo_set: Sets = None,
    as_json: Json = False,
) -> None:
    """Measure shipped weights again and compare with their cards."""
    load_keras()
    import pandas as pd

    have = srlib.available()
    chosen = [(n, s) for n, s in have if n == (name or n) and s == (scale or s)]
    if not chosen:
        listed = ", ".join(f"{n} ×{s}" for n, s in have)
        raise ValueError(f"there are no such trained weights; there are: {listed}")
    only = {"photo_sets": photo_set} if photo_set else {}
    table = pd.concat([srlib.verify(n, s, **only).assign(name=n, scale=s) for n, s in chosen])
    print_table(table, srlib.Protocol(), as_json)
    if (table.agrees == False).any():  # noqa: E712 - None is "not measured"
        raise typer.Exit(1)
