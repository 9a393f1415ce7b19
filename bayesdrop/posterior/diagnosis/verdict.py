"""What is wrong with chains, in plain sentences; with nothing wrong they have converged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdrop.posterior.diagnosis.mixing import Mixing

RHAT_LIMIT = 1.05
ESS_LIMIT = 100.0
DIVERGENT_SHARE = 0.01
"""More of the draws than this may not be divergent."""
FULL_TREE_SHARE = 0.05
"""More of the draws than this may not have used every leapfrog step they were allowed."""
LEFT_OUT_SHARE = 0.125
"""More of the chains than this may not have run away: 1 of 8 may, 2 may not."""


class Problem(NamedTuple):
    """One thing that keeps chains from having converged.

    Attributes
    ----------
    about, sentence
        For example ``"R-hat of f(x)"`` and ``"R-hat of f(x) is 2.25, above 1.05"``.
    shared, own
        The sentence that others of the same statistic share, and what is its own in it:
        ``"R-hat is above 1.05"`` and ``"f(x) 2.25"``. Default ``""``: it is the one of its kind.
    """

    about: str
    sentence: str
    shared: str = ""
    own: str = ""


def problems(
    mixed: Mixing,
    stats: Mapping[str, NDArray],
    num_chains: int,
    left_out: int = 0,
    max_rhat: float = RHAT_LIMIT,
    min_ess: float = ESS_LIMIT,
) -> list[Problem]:
    """What keeps chains from having converged; empty if nothing does.

    Parameters
    ----------
    mixed
        R-hat and effective sample sizes of each quantity.
    stats
        ArviZ name → (chain, draw). ``diverging`` and ``reached_max_treedepth`` are looked at.
    num_chains, left_out
        The number of chains that the draws are of, and of those that ran away.
    max_rhat, min_ess
        Limits of R-hat and of the effective sample sizes. Defaults 1.05 and 100.
    """
    found = []
    kind = "Nested R-hat" if mixed.nested_rhat else "R-hat"
    for name, rhat in mixed.judged_rhat.items():
        if not rhat <= max_rhat:
            size = f"{rhat:.2f}" if rhat >= 1.01 else f"{rhat:.4f}"
            found.append(_beyond(kind, name, size, f"above {max_rhat:g}"))
    for part, sizes in (("Bulk", mixed.bulk), ("Tail", mixed.tail)):
        for name, ess in sizes.items():
            if not ess >= min_ess:
                kind = f"{part} effective sample size"
                found.append(_beyond(kind, name, f"{ess:.0f}", f"below {min_ess:g}"))
    if share := _excess(stats.get("diverging"), DIVERGENT_SHARE):
        count = int(np.sum(stats["diverging"]))
        found.append(Problem("divergences", f"{count} draws ({share:.1%}) are divergent"))
    if share := _excess(stats.get("reached_max_treedepth"), FULL_TREE_SHARE):
        said = f"{share:.1%} of the draws reached the largest tree depth"
        found.append(Problem("full trees", said))
    if left_out > LEFT_OUT_SHARE * (total := num_chains + left_out):
        said = f"{left_out} of {total} chains ran away and are left out"
        found.append(Problem("chains left out", said))
    return found


def in_words(found: Sequence[Problem]) -> str:
    """All problems, where those of one statistic share a sentence."""
    said = []
    for shared, group in groupby(found, key=lambda problem: problem.shared or problem.about):
        same = list(group)
        own = ", ".join(problem.own for problem in same)
        said.append(same[0].sentence if len(same) == 1 else f"{shared} ({own})")
    return "; ".join(said)


def _beyond(statistic: str, name: str, size: str, limit: str) -> Problem:
    about = f"{statistic} of {name}"
    shared = f"{statistic} is {limit}"
    return Problem(about, f"{about} is {size}, {limit}", shared, f"{name} {size}")


def _excess(flags: NDArray | None, limit: float) -> float | None:
    """The share of flags that are set, if it is above ``limit``."""
    share = 0.0 if flags is None else float(np.mean(flags))
    return share if share > limit else None
