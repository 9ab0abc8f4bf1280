"""What a dataset holds, for a reader."""

import html
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["DatasetSummary"]


@dataclass(frozen=True, repr=False)
class DatasetSummary:
    """What a dataset holds.

    Attributes
    ----------
    folder
        Where it is.
    pairs
        Number of pairs by split.
    skipped
        Reason by file, for each photograph that gave no pair.
    benchmarks
        How each benchmark set was kept out, or that it was not checked.
    note
        Empty, or how the split differs from the one asked for.
    left_out
        What else the source holds, such as ``"12 .heic, 1 subfolder"``; see `srlib.photos`.
    """

    folder: Path
    pairs: dict[str, int]
    skipped: dict[str, str]
    benchmarks: dict[str, str]
    note: str = ""
    left_out: str = ""

    def as_dict(self) -> dict:
        """The same as a dictionary of what JSON can hold."""
        return asdict(self) | {"folder": str(self.folder)}

    def __repr__(self) -> str:
        return "\n".join([self._title(), *(f"  {file}: {why}" for file, why in self._shown())])

    def _repr_html_(self) -> str:
        rows = (
            f"<tr><td>{html.escape(file)}</td><td>{html.escape(why)}</td></tr>"
            for file, why in self._shown()
        )
        return f"<p>{html.escape(self._title())}</p><table>{''.join(rows)}</table>"

    def _title(self):
        pairs = ", ".join(f"{split} {count:,}" for split, count in self.pairs.items())
        note = f" ({self.note})" if self.note else ""
        others = f"; left out: {self.left_out}" if self.left_out else ""
        return f"{self.folder}: {pairs} pairs{note}; skipped: {len(self.skipped):,}{others}"

    def _shown(self, most=20):
        shown = list(self.skipped.items())[:most]
        if (more := len(self.skipped) - most) > 0:
            shown.append(("…", f"and {more:,} more, see .skipped"))
        return shown + [(name, how) for name, how in self.benchmarks.items() if "not" in how]
