"""Which chains ran away, by the energy their own steps lost: what is left out of a fit, by name.

A chain in a poorer mode than the others keeps its energy and stays, so that R-hat sees it: leaving
chains out selects no outcome.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.driver import Sampled


_NOWHERE = (
    "Look at the model for huge or tiny scales, and at the rows for values far away: smaller steps "
    "would not help"
)


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


def chain_numbers(here: int, left_out: Collection[int]) -> list[int]:
    """The numbers of ``here`` chains among all, of which an earlier fit left some out."""
    return [n for n in range(here + len(left_out)) if n not in left_out]


def without_runaways(
    sampled: Sampled,
    lowest_acceptance: float,
    advice: str,
    left_out: Sequence[dict[str, Any]] = (),
) -> Sampled:
    """The chains of ``sampled`` that did not run away; ``info`` names all that are left out.

    ``advice`` says what to do if all ran away, unless no place on their way has a finite density.
    ``left_out`` has the chains that an earlier fit left out, which ``sampled`` lacks.

    Raises
    ------
    FloatingPointError
        Every chain ran away.
    """
    here = len(sampled.stats["lp"])
    numbers = chain_numbers(here, {found["chain"] for found in left_out})
    gone = runaways(sampled.stats, lowest_acceptance)
    found = [{**one, "chain": numbers[one["chain"]]} for one in gone]
    words = "; ".join(f"chain {one['chain']}: {one['reason']}" for one in found)
    if len(found) == here:
        if not np.isfinite(sampled.stats["lp"]).any():
            advice = _NOWHERE
        sampler = type(sampled.job.inference).__name__
        raise FloatingPointError(f"{sampler}: all {here} chains ran away ({words}). {advice}")
    healthy = np.setdiff1d(np.arange(here), [one["chain"] for one in gone])

    def of_healthy(group: Mapping[str, NDArray]) -> dict[str, NDArray]:
        return {name: value[healthy] for name, value in group.items()}

    everyone = sorted([*left_out, *found], key=lambda one: one["chain"])
    state = None if sampled.state is None else of_healthy(sampled.state)
    return sampled._replace(
        values=of_healthy(sampled.values),
        stats=of_healthy(sampled.stats),
        state=state,
        info={**sampled.info, "excluded_chains": everyone},
    )
