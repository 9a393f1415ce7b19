"""Mean seconds of every recorded row: what `bayesdrop run` states before it starts.

    python benchmarks/speed/recorded.py docs/results [more results folders]

writes ``benchmarks/seconds.json``, or the file that ``--out`` names. Rows that these folders do not
have stay as they are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bayesdrop.benchmark.run.cost import mean_seconds, shipped_seconds
from bayesdrop.benchmark.stats.folders import join_folders

FILE = Path(__file__).parents[1] / "seconds.json"


def main() -> None:
    """Gather and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    arguments = parser.parse_args()
    recorded = join_folders(*arguments.folders).records
    found = shipped_seconds() | mean_seconds(recorded)
    rounded = {name: round(seconds, 1) for name, seconds in sorted(found.items())}
    text = json.dumps(rounded, indent=1, ensure_ascii=False) + "\n"
    arguments.out.write_text(text, encoding="utf-8")
    print(f"{arguments.out}: {len(rounded)} rows")


if __name__ == "__main__":
    main()
