"""Which chains ran away, by the energy their own steps lost: what is left out of a fit, by name.

A chain in a poorer mode than the others keeps its energy and stays, so that R-hat sees it: leaving
chains out selects no outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.progress import log


def runaways(stats: Mapping[str, NDArray], lowest_acceptance: float) -> list[dict[str, Any]]:
    """``{"chain", "reason"}`` of every chain that is not to be averaged in.

    ``stats`` has ``acceptance_rate`` and ``lp``, (chain, draw); ``lowest_acceptance`` is of a
    chain's steps or proposals on average.
    """
    accepted = stats["acceptance_rate"].mean(1)
    finite = np.all(np.isfinite(stats["lp"]), axis=1)
    found = []
    for chain in range(len(accepted)):
        reasons = []
        if not accepted[chain] >= lowest_acceptance:
            reasons.append(f"only {accepted[chain]:.1%} of its moves kept their energy")
        if not finite[chain]:
            reasons.append("its log joint is not finite")
        if reasons:
            found.append({"chain": chain, "reason": " and ".join(reasons)})
    return found


def without_runaways(
    values: Mapping[str, NDArray],
    stats: Mapping[str, NDArray],
    lowest_acceptance: float,
    advice: str,
) -> tuple[dict[str, NDArray], dict[str, NDArray], list[dict[str, Any]]]:
    """``values`` and ``stats`` of the other chains, and the runaways, which the log names.

    ``advice`` says what to do if all ran away.

    Raises
    ------
    FloatingPointError
        Every chain ran away.
    """
    found = runaways(stats, lowest_acceptance)
    count = len(stats["lp"])
    words = "; ".join(f"chain {one['chain']}: {one['reason']}" for one in found)
    if len(found) == count:
        raise FloatingPointError(f"MCLMC: all {count} chains ran away ({words}). {advice}")
    if found:
        log.warning("MCLMC: %d of %d chains ran away, left out: %s", len(found), count, words)
    healthy = np.setdiff1d(np.arange(count), [one["chain"] for one in found])

    def of_healthy(group: Mapping[str, NDArray]) -> dict[str, NDArray]:
        return {name: value[healthy] for name, value in group.items()}

    return of_healthy(values), of_healthy(stats), found
