"""Faults that the quick suite must notice: one passage of one file of bayesdrop in other words.

The ``.toml`` files beside this one are the table, a file for each part of the package. A row is::

    [name-of-the-fault]
    file = "metrics/regression.py"      # below bayesdrop/
    old = "np.sqrt(np.mean("            # is there exactly once
    new = "(np.mean("
    killers = ["tests/metrics/test_regression.py -k by_hand"]

Each of the ``killers`` is what pytest is called with: a file, a test, several, perhaps with ``-k``.
Every one of them must fail, so a row with two of them is a fault that two places notice. Tests of
golden numbers are no killers: they notice any change, and say of none that it is wrong.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Mutant:
    """One fault: the passage ``old`` of ``file`` becomes ``new``."""

    name: str
    file: str
    old: str
    new: str
    killers: tuple[str, ...]

    def applied_to(self, source: str) -> str:
        """Return the file's text with the fault in it.

        Raises
        ------
        ValueError
            The passage is not there exactly once.
        """
        if (count := source.count(self.old)) != 1:
            raise ValueError(
                f"{self.name}: bayesdrop/{self.file} has its old text {count} times: write the row "
                "anew for the code as it is now"
            )
        return source.replace(self.old, self.new)


def read_table(folder: Path = FOLDER) -> dict[str, Mutant]:
    """Return every row of the ``.toml`` files in ``folder``, by name.

    Raises
    ------
    ValueError
        Two rows have one name.
    TypeError
        A row lacks an entry, or has one that is none of a row's.
    """
    found: dict[str, Mutant] = {}
    for file in sorted(folder.glob("*.toml")):
        for name, row in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if name in found:
                raise ValueError(f"{file.name}: another row is called {name}")
            found[name] = Mutant(name, **(row | {"killers": tuple(row["killers"])}))
    return found
