"""The blocks of data sets of a pair, each of them a file: what is there, and what is run next.

A file's name has a digest of all that the ranks depend on, the revision of the method's class
included. So ranks from before a change of the pair or of the method are not counted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import numpy as np
from pairs import APPROXIMATE, EXACT

import bayesdrop as bd
from bayesdrop.files import replacing
from bayesdrop.spec import digest

BLOCK, ROWS = 50, 20
NUM_DRAWS = 25  # of some 2,000, so that those that are ranked are nearly independent
X = np.random.default_rng(20190610).normal(size=(ROWS, 2))
ALL = EXACT | APPROXIMATE


def stem(name: str) -> str:
    """What the names of a pair's files begin with."""
    method, model = ALL[name].inference, ALL[name].model
    settings = [model, method, method.revision_for(model), X.tolist(), NUM_DRAWS]
    return f"{name}-{digest(settings)[:12]}"


def block_path(out: Path, name: str, first: int) -> Path:
    """The file of the block that begins with data set ``first``."""
    return out / f"{stem(name)}-{first:05d}.json"


def read(path: Path) -> bd.Calibration | None:
    """The block in that file, as far as it was run."""
    return bd.Calibration.from_dict(json.loads(path.read_text())) if path.exists() else None


def in_rounds(names: Sequence[str], n: int) -> list[tuple[str, int]]:
    """The blocks of data sets below ``n``: the first of every pair, then the second, and so on."""
    return [(name, first) for first in range(0, n, BLOCK) for name in names]


def run(name: str, first: int, out: Path, n: int, until: float) -> None:
    """Fit what a block lacks of the data sets below ``n``, unless it is later than ``until``."""
    path = block_path(out, name, first)
    before = read(path)
    done = before.n if before else 0
    lacking = min(BLOCK, n - first) - done
    if lacking <= 0 or time.time() > until:
        return
    found = bd.sbc(
        ALL[name].model,
        ALL[name].inference,
        X,
        lacking,
        num_draws=NUM_DRAWS,
        first=first + done,
        progress=False,
    )
    whole = before.joined(found) if before else found
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(whole.to_dict()))


def collected(out: Path, name: str) -> bd.Calibration | None:
    """All blocks of a pair that are there."""
    parts = [part for path in sorted(out.glob(f"{stem(name)}-*.json")) if (part := read(path))]
    return reduce(bd.Calibration.joined, parts) if parts else None
