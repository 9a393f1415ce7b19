"""The kept numbers of every case: reading them, and writing those that may be written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from golden_cases import Case, new_rows
from golden_numbers import summaries

FILE = Path(__file__).with_name("golden.json")

Entry = dict[str, Any]
"""``{"class": ..., "revision": ..., "numbers": {name: number}}``."""
Table = dict[str, Entry]


class RefusedError(Exception):
    """The kept numbers of a case stay, as the revision of its class was not raised."""


@contextmanager
def quick_compilation() -> Iterator[None]:
    """JAX compiles without most optimisations in the block, which fits this short gain from.

    Programs compiled in it outlive it, so drop them after it.
    """
    import jax

    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", before)


def load(path: Path = FILE) -> Table:
    """The table in ``path``; empty where there is no such file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def save(table: Mapping[str, Entry], path: Path = FILE) -> None:
    """Write the table, sorted, one number per line."""
    text = json.dumps(table, indent=1, sort_keys=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def revision(case: Case) -> int:
    """The revision of the method's results for the case's model."""
    return case.inference.revision_for(case.model)


def entry_of(case: Case) -> Entry:
    """Fit the case now."""
    numbers = summaries(case.fits(), new_rows())
    return {"class": case.method, "revision": revision(case), "numbers": numbers}


def check_writable(case: Case, table: Mapping[str, Entry]) -> None:
    """Refuse a case whose numbers are kept, unless the revision of its class was raised.

    Raises
    ------
    RefusedError
        The message names the case and the class.
    """
    kept = table.get(case.name)
    if kept is not None and revision(case) <= kept["revision"]:
        raise RefusedError(
            f"the numbers of {case.name} are kept for revision {kept['revision']} of "
            f"{case.method}: raise {case.method}.revision above that to change them"
        )


def update(
    cases: Sequence[Case],
    path: Path = FILE,
    fit: Callable[[Case], Entry] = entry_of,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Write the entries of all ``cases``, or, where one may not be written, of none.

    Raises
    ------
    RefusedError
        One of them is kept for the revision that its class has.
    """
    table = load(path)
    for case in cases:
        check_writable(case, table)
    for case in cases:
        table[case.name] = fit(case)
        save(table, path)  # at once, so that what was interrupted goes on from here
        tell(f"{case.name}: {len(table[case.name]['numbers'])} numbers")


def due(cases: Mapping[str, Case], path: Path = FILE) -> list[Case]:
    """The cases that have no kept numbers, or those of an older revision of their class."""
    table = load(path)
    kept = {name: table[name]["revision"] for name in cases if name in table}
    return [c for name, c in cases.items() if kept.get(name, -1) < revision(c)]
