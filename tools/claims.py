"""Collect what `make claims` has run so far into the tables in git: `claims.py _build/claims`.

Rows of lessons and variants that were not run stay as they are. The exit status is 1 if a lesson
failed or a claim did not hold.
"""

import sys
from pathlib import Path

from records import CLAIMS, TIMES, in_words, read_records, read_rows, write_rows
from variants import VARIANTS


def main():
    """Collect from the folder named on the command line, which has a folder a variant."""
    folder = Path(sys.argv[1])
    records = {
        (lesson, variant): record
        for variant in VARIANTS
        for lesson, record in read_records(folder / variant).items()
    }
    claims = [
        {"lesson": lesson, "claim": claim["claim"], "variant": variant,
         "held": in_words(claim["held"]), "measured": claim["measured"]}
        for (lesson, variant), record in records.items()
        for claim in record["claims"]
    ]  # fmt: skip
    times = [
        {"lesson": lesson, "variant": variant, "seconds": round(record["seconds"]),
         "peak_mib": record["peak_mib"], "machine": record["machine"]}
        for (lesson, variant), record in records.items()
    ]  # fmt: skip
    for file, rows in ((CLAIMS, claims), (TIMES, times)):
        kept = [r for r in read_rows(file) if (r["lesson"], r["variant"]) not in records]
        if kept or rows:
            write_rows(file, kept + rows)

    bad = [f"{lesson} failed as {VARIANTS[variant].label}: {record['failed']['error']}"
           for (lesson, variant), record in records.items() if record["failed"]]  # fmt: skip
    bad += [
        f"{row['lesson']}, {VARIANTS[row['variant']].label}, did not hold: {row['claim']} "
        f"Measured: {row['measured']}."
        for row in claims
        if row["held"] == in_words(False)
    ]
    print("\n".join([*bad, f"{len(claims)} results of {len(records)} runs are in {CLAIMS.name}"]))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
