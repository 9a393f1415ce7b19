"""Lists as a sentence has them."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """Write ``a, b and c``, or ``a; b, m and c`` where names have commas of their own."""
    between = "; " if any("," in name for name in names) else ", "
    return " and ".join(filter(None, (between.join(names[:-1]), names[-1])))


def spans(numbers: Sequence[int]) -> str:
    """Write ascending whole numbers, for example ``0, 3 to 7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def counted(count: int, noun: str) -> str:
    """Write ``1 split`` or ``1,200 splits``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
