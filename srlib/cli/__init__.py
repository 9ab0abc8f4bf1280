"""The verbs of the library from a shell: ``srlib --help``."""

from srlib.cli import enlarging, photographs, ratings, training, use  # noqa: F401 - each adds its verbs
from srlib.cli.common import app

__all__ = ["app"]
