"""Write the kept numbers: ``python tests/golden/make.py [case ...]``.

Without names it writes every case that is new or whose class has a higher ``revision`` than its
kept numbers. A named case whose revision was not raised is refused.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from golden_cases import CASES
from golden_table import RefusedError, due, quick_compilation, update

from bayesdrop.programs.host_devices import use_host_devices


def main(names: Sequence[str]) -> int:
    """Write those cases; 1 where that is refused."""
    if unknown := sorted(set(names) - set(CASES)):
        print(f"there is no case {unknown[0]}: {', '.join(CASES)}", file=sys.stderr)
        return 1
    use_host_devices()
    chosen = [CASES[name] for name in names] if names else due(CASES)
    try:
        with quick_compilation():
            update(chosen, tell=_told)
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(chosen)} of {len(CASES)} cases written")
    return 0


def _told(line: str) -> None:
    print(f"{line} ({time.process_time():.1f} s of processor so far)", flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
