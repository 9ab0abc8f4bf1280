"""The verbs of the library from a shell: ``srlib --help``."""

from srlib.cli import (  # noqa: F401 - each adds its verbs
    enlarging,
    exporting,
    photographs,
    ratings,
    searching,
    training,
    use,
)
from srlib.cli.common import app

__all__ = ["app"]
