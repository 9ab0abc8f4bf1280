"""Say what became of the lessons of a build and of their claims: `report.py _build/course`.

The exit status is 1 if a lesson failed, or if more of the claims that were tried did not hold than
``--at-most`` allows, a share. Without that, no claim decides anything.
"""

import argparse
import sys
from pathlib import Path

from records import read_records


def main():
    """Report on the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--at-most", type=float, default=1.0, metavar="SHARE")
    arguments = parser.parse_args()
    records = read_records(arguments.out)
    claims = [(name, claim) for name, record in records.items() for claim in record["claims"]]
    tried = [(name, claim) for name, claim in claims if claim["held"] is not None]
    broken = [(name, claim) for name, claim in tried if not claim["held"]]
    for name, claim in broken:
        print(f"did not hold in {name}: {claim['claim']} Measured: {claim['measured']}.")
    print(f"{len(tried) - len(broken)} of {len(tried)} claims held; "
          f"{len(claims) - len(tried)} were not tried")  # fmt: skip
    failed = {name: record["failed"] for name, record in records.items() if record["failed"]}
    for name, reason in failed.items():
        print(f"{name} failed at code cell {reason['cell']}: {reason['error']}", file=sys.stderr)
    if len(broken) > arguments.at_most * len(tried):
        sys.exit(f"{len(broken)} of {len(tried)} is more than a share of {arguments.at_most:g}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
