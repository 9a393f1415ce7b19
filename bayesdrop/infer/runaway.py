"""Which chains ran away, by their own energies alone: what is left out of a fit, by name.

Nothing of the target's values or of any prediction enters, so leaving such chains out selects no
outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.infer.progress import log


def runaways(
    stats: Mapping[str, NDArray], dimensions: int, lowest_acceptance: float
) -> list[dict[str, Any]]:
    """``{"chain", "reason"}`` of every chain that is not to be averaged in.

    Parameters
    ----------
    stats
        ``acceptance_rate`` and ``lp``, (chain, draw).
    dimensions
        Number of unconstrained variables, d. In its typical set a log joint fluctuates by about
        √(d/2); a chain whose mean is d below the median chain's is elsewhere.
    lowest_acceptance
        Of a chain's steps or proposals on average.
    """
    lp = stats["lp"].astype(np.float64).mean(1)
    finite = lp[np.isfinite(lp)]
    fall = (np.median(finite) if len(finite) else np.inf) - lp
    accepted = stats["acceptance_rate"].mean(1)
    found = []
    for chain in range(len(lp)):
        reasons = []
        if not accepted[chain] >= lowest_acceptance:
            reasons.append(f"only {accepted[chain]:.1%} of its steps kept their energy")
        if not fall[chain] <= dimensions:
            reasons.append(
                f"its log joint is {fall[chain]:.3g} below the median chain's, more than one for "
                f"each of {dimensions} dimensions"
            )
        if reasons:
            found.append({"chain": chain, "reason": " and ".join(reasons)})
    return found


def without_runaways(
    values: Mapping[str, NDArray],
    stats: Mapping[str, NDArray],
    dimensions: int,
    lowest_acceptance: float,
) -> tuple[dict[str, NDArray], dict[str, NDArray], list[dict[str, Any]]]:
    """``values`` and ``stats`` of the other chains, and the runaways, which the log names.

    Raises
    ------
    RuntimeError
        Every chain ran away.
    """
    found = runaways(stats, dimensions, lowest_acceptance)
    count = len(stats["lp"])
    words = "; ".join(f"chain {one['chain']}: {one['reason']}" for one in found)
    if len(found) == count:
        raise RuntimeError(
            f"MCLMC: all {count} chains ran away ({words}). Use adjusted=True, a smaller "
            "desired_energy_var, or a longer num_warmup"
        )
    if found:
        log.warning("MCLMC: %d of %d chains ran away, left out: %s", len(found), count, words)
    healthy = np.setdiff1d(np.arange(count), [one["chain"] for one in found])

    def of_healthy(group: Mapping[str, NDArray]) -> dict[str, NDArray]:
        return {name: value[healthy] for name, value in group.items()}

    return of_healthy(values), of_healthy(stats), found
