"""The plan of the rooms, which `srlib/__init__.py` draws, held against the imports."""

import ast
import importlib
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import srlib

ROOT = Path(srlib.__file__).parent
MODULES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}

# Who may import whom on one line of the plan, besides everything on the lines below.
NEIGHBOURS = {("upscaling", "networks"), ("evaluation", "dataset")}


def plan():
    """The line of each room and of the shell, counted from the roof, as the docstring draws it."""
    drawing = re.search(r"\n\n((?: {4}.+\n)+)", srlib.__doc__).group(1)
    lines = [re.findall(r"^ {4}(\w+) ", part, re.M) for part in drawing.split("-" * 10)]
    return {room: at for at, rooms in enumerate(lines) for room in rooms}


def imports(path):
    """The modules of `srlib` that a file imports, wherever in it, with the names it takes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room"
            if node.module.split(".")[0] == "srlib":
                yield node.module, [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from ((a.name, []) for a in node.names if a.name.split(".")[0] == "srlib")


def room(module):
    return [*module.split("."), ""][1].replace("__main__", "cli")  # what starts the shell


def test_the_plan_names_what_lies_in_the_package():
    entries = {path.name for path in ROOT.iterdir() if not path.name.startswith(("_", "."))}
    assert all((ROOT / name).is_dir() for name in entries)
    assert plan().keys() == entries


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_rooms_below_its_own(module):
    lines, own = plan(), room(module)
    if own in ("", "cli"):  # the roof, under which everything may be named
        return
    for other, _ in imports(MODULES[module]):
        assert other != "srlib", "the public surface is for those outside the rooms"
        below = lines[room(other)] > lines[own]
        assert below or room(other) == own or (own, room(other)) in NEIGHBOURS, other


@pytest.mark.parametrize("module", MODULES)
def test_another_room_is_entered_by_its_door(module):
    """What a room hands on stands in its ``__init__.py``; nobody reaches past that."""
    for other, names in imports(MODULES[module]):
        if room(other) not in ("", room(module)):
            assert MODULES[other].name == "__init__.py", f"{other} is inside a room"
            door = importlib.import_module(other)
            assert set(names) <= set(door.__all__), other


def test_no_import_goes_in_a_circle():
    graph = {
        module: {other for other, _ in imports(path) if other in MODULES and other != module}
        for module, path in MODULES.items()
        if path.name != "__init__.py"
    }
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_no_module_is_longer_than_a_reader_can_hold():
    lengths = {module: len(path.read_text().splitlines()) for module, path in MODULES.items()}
    assert {module: n for module, n in lengths.items() if n > 250} == {}
