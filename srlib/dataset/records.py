"""What a dataset knows about itself: JSON files that notice when they were edited."""

import hashlib
import json
from pathlib import Path

from srlib.images import write_json

__all__ = ["DatasetError", "check_same", "read_sealed", "write_sealed"]


class DatasetError(RuntimeError):
    """A dataset folder that cannot be used as it is; the message says why and what to do."""


def write_sealed(path: Path, value: dict) -> None:
    """Write a JSON object together with its own SHA-256, so that a later edit is noticed."""
    write_json(path, value | {"seal": _seal(value)})


def read_sealed(path: Path) -> dict:
    """Read what `write_sealed` wrote, or raise a DatasetError if it is not that any more."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value.pop("seal") != _seal(value):
            raise ValueError("its content does not match its seal")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise DatasetError(
            f"{path} was edited or truncated ({error}): put the original back, "
            "or delete the dataset's folder to make it anew. Nothing was changed"
        ) from error
    return value


def check_same(theirs: dict, ours: dict, what: str) -> None:
    """Raise a DatasetError that says which settings differ, if any do."""
    if keys := [key for key in ours | theirs if theirs.get(key) != ours.get(key)]:
        listed = ", ".join(f"{k} is {theirs.get(k)!r} there, {ours.get(k)!r} here" for k in keys)
        raise DatasetError(
            f"{what} of other settings ({listed}): choose another folder, use equal settings, "
            "or delete it to make it anew. Nothing was changed"
        )


def _seal(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
