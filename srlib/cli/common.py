"""What the verbs share: the application, their common options, and how answers are printed."""

import functools
import json
import signal
from typing import Annotated

import typer

import srlib
import srlib.zoo
from srlib.images import printable

__all__ = [
    "Ensemble",
    "Json",
    "Scale",
    "Sets",
    "app",
    "load_keras",
    "method_of",
    "print_table",
    "scale_of",
    "scales_of_file",
]

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


def method_of(name, scale):
    """A name as `srlib.evaluate` takes it: interpolations stay, networks are loaded."""
    if srlib.zoo.is_network_file(name):
        by_scale = _in_file(name).by_scale
        if scale not in by_scale:
            raise ValueError(f"{name} enlarges ×{', ×'.join(map(str, by_scale))}, not ×{scale}")
        return by_scale[scale]()
    return name if name in srlib.INTERPOLATIONS else srlib.load(name, scale)


def scales_of_file(name):
    """The one scale of a network's file, or none of what is a name."""
    return list(_in_file(name).by_scale) if srlib.zoo.is_network_file(name) else []


def scale_of(name, scale):
    """The scale that was asked for; else that of a network's file, and 2 of what is a name."""
    return scale or next(iter(scales_of_file(name)), 2)


@functools.cache
def _in_file(name):  # finding out what it holds takes seconds
    return srlib.zoo.networks(name)


def print_table(table, protocol, as_json):
    """Print a table with its protocol, for people or as JSON."""
    if as_json:
        text = table.map(lambda value: printable(value) if isinstance(value, str) else value)
        rows = json.loads(text.to_json(orient="records"))
        print(json.dumps({"protocol": protocol.as_dict(), "rows": rows}))
    else:
        print(table.round(4).to_string(index=False, na_rep="–"))
        print(f"\nProtocol: {protocol}.")


def load_keras():
    """Load what trains and runs networks, which takes seconds."""
    # Meanwhile a signal ends the process at once: nothing is begun yet, and an exception might get
    # lost in an import of somebody else's.
    ours = {
        number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGTERM)
    }
    import srlib.networks  # noqa: F401 - does it silently, with the settings needed

    for number, handler in ours.items():
        signal.signal(number, handler)
