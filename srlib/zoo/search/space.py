"""What a search chooses from: a few values for each option of `srlib.build("searchable", …)`."""

import inspect
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from srlib.networks import costs
from srlib.networks.models import MODELS, build

__all__ = ["SPACES", "check_space", "points", "prospects", "read_space"]

SPACES = {
    # 36 points, all of which were trained for lesson 13.
    "course": {
        "blocks": (1, 2, 4),
        "filters": (8, 16, 32),
        "depthwise": (False, True),
        "head": ("direct", "edsr"),
    },
    # 11,520 points.
    "wide": {
        "blocks": (1, 2, 3, 4, 6, 8, 12, 16),
        "filters": (8, 12, 16, 20, 24, 32, 40, 48, 56, 64),
        "kernel": (3, 5),
        "depthwise": (False, True),
        "attention": (False, True),
        "long_skip": (False, True),
        "residual_scale": (0.1, 0.3, 1.0),
        "head": ("direct", "edsr", "transposed"),
    },
}


def read_space(name: str) -> dict[str, tuple]:
    """A space by its name in `SPACES`, or from a JSON file of one list for each option.

    Raises
    ------
    ValueError
        If there is no such space, or the file holds none.
    """
    if name in SPACES:
        return check_space(SPACES[name])
    if not Path(name).is_file():
        raise ValueError(
            f"there is no space {name!r}: choose one of {', '.join(SPACES)}, or name a JSON file "
            'such as {"blocks": [2, 4], "filters": [16, 32]}'
        )
    try:
        return check_space(json.loads(Path(name).read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} holds no search space: {error}") from error


def check_space(space: Mapping[str, Sequence]) -> dict[str, tuple]:
    """A space in its normal form: for each option a tuple of different values.

    Raises
    ------
    ValueError
        If an option is none of the searchable network's, or has no values, or one twice.
    """
    known = list(inspect.signature(MODELS["searchable"]).parameters)[1:]
    if not isinstance(space, Mapping) or not space:
        raise ValueError(f"a space has values for some of {', '.join(known)}, not {space!r}")
    for name, values in space.items():
        if name not in known:
            raise ValueError(f"unknown option {name!r}; choose some of {', '.join(known)}")
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise ValueError(f"{name} must have a list of values, not {values!r}")
        if len(set(values)) < len(values):
            raise ValueError(f"{name} has a value twice: {list(values)!r}")
    return {name: tuple(values) for name, values in space.items()}


def points(space: Mapping[str, Sequence]) -> list[dict]:
    """Every point of a space, the last option changing fastest."""
    space = check_space(space)
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]


def prospects(point: Mapping, scale: int) -> dict[str, int]:
    """What is known of a point before it is trained: parameters, macs, receptive_field.

    As `srlib.networks.costs` defines them; MACs are those per output megapixel.
    """
    found = costs(build("searchable", scale, **point))
    return {name: getattr(found, name) for name in ("parameters", "macs", "receptive_field")}
