"""Whether photographs that a method was trained on show what it is audited on."""

from collections.abc import Sequence
from pathlib import Path

from srlib.dataset import duplicates, fingerprint
from srlib.evaluation.auditing.cases import Finding
from srlib.photos import Photo, photos

__all__ = ["leaks"]


def leaks(training: str | Path | Sequence[Photo] | None, photographs: Sequence[Photo]) -> Finding:
    """Whether training photographs are, or are near to, the audited ones, by their hashes."""
    if training is None:
        return Finding(
            None,
            "not tried: nothing is given to compare with",
            "give the training photographs as training",
        )
    if isinstance(training, str | Path):
        training = photos(training)
    audited = {photo.name: fingerprint(photo.image) for photo in photographs}
    records = [{"file": photo.name, **fingerprint(photo.image)} for photo in training]
    reasons = duplicates(records, audited)
    hits = [
        f"{records[at]['file']} is {reason.removeprefix('benchmark image ')}"
        for at, reason in reasons.items()
        if reason.startswith("benchmark image ")
    ]
    measured = f"{len(hits)} of {len(records)} training photographs show audited ones"
    if not hits:
        return Finding(False, measured)
    more = f", and {len(hits) - 3} more" * (len(hits) > 3)
    return Finding(
        True,
        f"{measured}: {', '.join(hits[:3])}{more}",
        "leave them out and train again; srlib.create_dataset leaves out benchmark images",
    )
