"""Search for networks."""

import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from srlib.cli.common import Json, Scale, app, load_keras
from srlib.images import atomic_path


@app.command()
def search(
    storage: Annotated[
        str, typer.Option(help="Journal file, or URL of a database; goes on with what it holds.")
    ],
    space: Annotated[str, typer.Option(help="course, wide, or a JSON file.")] = "course",
    scale: Scale = 2,
    trials: Annotated[int, typer.Option(help="In all, by all processes together.")] = 40,
    name: Annotated[str, typer.Option(help="Of the search in the storage.")] = "search",
    sampler: Annotated[str, typer.Option(help="nsga2, random or every.")] = "nsga2",
    steps: Annotated[int | None, typer.Option(help="Updates of each training.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights, patches and draws.")] = 0,
    data: Annotated[
        list[str] | None, typer.Option(help="Photo set or folder to train on; repeat.")
    ] = None,
    cut: Annotated[
        int, typer.Option(help="End a training when so many are ahead at no more cost; 0: never.")
    ] = 3,
    largest: Annotated[
        float | None, typer.Option(help="GMACs per output megapixel that are too many.")
    ] = None,
    patience: Annotated[
        float, typer.Option(help="Seconds of silence after which a process counts as killed.")
    ] = 60,
    out: Annotated[Path | None, typer.Option(help="CSV file for all trials.")] = None,
    as_json: Json = False,
) -> None:
    """Search for networks that are good for what they cost; several processes may share one."""
    load_keras()
    from srlib.zoo.search import BRIEF, flat, front, read_space, run_search

    steps = steps or BRIEF.steps
    recipe = replace(BRIEF, steps=steps, seed=seed, validate_every=max(1, steps // 4))
    with contextlib.redirect_stdout(sys.stderr):
        table = run_search(
            read_space(space),
            scale,
            trials=trials,
            storage=storage,
            name=name,
            recipe=recipe,
            sampler=sampler,
            **({"photo_sets": data} if data else {}),
            cut=cut,
            largest=largest,
            patience=patience,
        )
    if out:
        with atomic_path(out) as partial:
            flat(table).round(4).to_csv(partial, index=False)
    if as_json:
        print(table.to_json(orient="records"))
        return
    best = front(table).drop(columns=["outcome", "reason", "psnr_at", "seconds"], errors="ignore")
    counts = ", ".join(f"{n} {outcome}" for outcome, n in table["outcome"].value_counts().items())
    print(f"{len(table)} trials: {counts}. The front:\n")
    print(best.round(3).to_string(index=False))
