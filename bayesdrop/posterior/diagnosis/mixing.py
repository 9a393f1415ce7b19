"""How well chains have mixed: R-hat and effective sample sizes of all that predictions follow from.

Weights of a network have symmetries, so their own R-hat says little. What is looked at is the
likelihood's parameters at rows (f(x), a noise scale that varies with x, …), its own random
variables and the log joint: they are identified (Izmailov et al. 2021, "What are Bayesian neural
network posteriors really like?").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.family import Parameters
from bayesdrop.posterior.diagnosis.chain_statistics import (
    ess_of_draws,
    nested_rhat_of_draws,
    rhat_of_draws,
    tail_ess_of_draws,
)
from bayesdrop.posterior.results.fit import Result

LOCATION = "f(x)"
ROWS = 200
_BLOCK = 2**21  # draws × rows at a time, which bounds the memory


@dataclass
class Mixing:
    """What chains have of each quantity: name → the worst over its rows, outputs and elements.

    Attributes
    ----------
    rhat, nested_rhat
        Largest R-hat, and largest nested R-hat where chains are grouped in superchains.
    bulk, tail
        Smallest effective sample sizes.
    rhat_f
        R-hat of f(x) at every row and output.
    """

    rhat: dict[str, float] = field(default_factory=dict)
    nested_rhat: dict[str, float] = field(default_factory=dict)
    bulk: dict[str, float] = field(default_factory=dict)
    tail: dict[str, float] = field(default_factory=dict)
    rhat_f: list[float] = field(default_factory=list)

    def add(self, name: str, draws: NDArray, superchains: NDArray[np.intp] | None) -> None:
        """Take draws (chain, draw, ...) of a quantity into account, each chain in a superchain."""
        rhat = rhat_of_draws(draws)
        self.rhat[name] = max(self.rhat.get(name, 0.0), float(np.max(rhat)))
        for worst, ess in ((self.bulk, ess_of_draws), (self.tail, tail_ess_of_draws)):
            worst[name] = min(worst.get(name, np.inf), float(np.min(ess(draws))))
        if superchains is not None:
            chosen, groups = _equally_many(superchains)
            nested = float(np.max(nested_rhat_of_draws(draws[chosen], groups)))
            self.nested_rhat[name] = max(self.nested_rhat.get(name, 0.0), nested)
        if name == LOCATION:
            self.rhat_f += rhat.tolist()

    @property
    def judged_rhat(self) -> dict[str, float]:
        """The R-hat that a verdict goes by: the nested one where there is one."""
        return self.nested_rhat or self.rhat


def spread_rows(count: int, most: int = ROWS) -> NDArray[np.intp]:
    """Numbers of the rows that a verdict looks at: all, or ``most`` of them evenly spaced."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.intp)


def mixing(
    result: Result,
    bound: BoundModel,
    X: NDArray[np.float32],
    superchains: Sequence[int] | None = None,
) -> Mixing:
    """The mixing of the chains of ``result``, of which there are some, at standardised rows ``X``.

    ``superchains`` has the number of each chain's superchain. Default ``None``: there are none, as
    where fewer than two are given.
    """
    groups = None if superchains is None or len(set(superchains)) < 2 else np.array(superchains)
    found = Mixing()
    for name, draws in _quantities(result, bound, X):
        found.add(name, draws, groups)
    return found


def mixing_of_f(result: Result, bound: BoundModel, X: NDArray[np.float32]) -> Mixing:
    """The mixing of f alone at standardised rows ``X``."""
    found = Mixing()
    family = bound.model.likelihood.family
    for parameters in _at_rows(result, bound, X):
        found.add(LOCATION, _by_chain(family.location(parameters), result), None)
    return found


def _equally_many(superchains: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Chains of which every superchain has equally many, and their superchains from 0 on."""
    _, groups, counts = np.unique(superchains, return_inverse=True, return_counts=True)
    chosen = [np.flatnonzero(groups == g)[: counts.min()] for g in range(len(counts))]
    order = np.sort(np.concatenate(chosen))
    return order, groups[order]


def _quantities(
    result: Result, bound: BoundModel, X: NDArray[np.float32]
) -> Iterator[tuple[str, NDArray]]:
    """Names and draws (chain, draw, ...); a quantity of many rows comes in several parts."""
    values, stats = result.draws or {}, result.sample_stats or {}
    own = {s.name: values[s.name] for s in bound.sites if s.role == "likelihood" and values}
    yield from own.items()
    if "lp" in stats:
        yield "lp", stats["lp"]
    seen: set[str] = set()
    for parameters in _at_rows(result, bound, X):
        location = bound.model.likelihood.family.location(parameters)
        yield LOCATION, _by_chain(location, result)
        for name, draws in parameters.items():
            if name == "loc" or len(parameters) == 1:
                continue
            if not _same_in_every_row(draws):
                yield f"{name}(x)", _by_chain(draws, result)
            elif not own and name not in seen and np.ptp(draws) > 0:  # else a number, or in `own`
                seen.add(name)
                yield name, _by_chain(draws[:, :1], result)


def _at_rows(result: Result, bound: BoundModel, X: NDArray[np.float32]) -> Iterator[Parameters]:
    """The likelihood's parameters of all draws, for one block of rows after the other."""
    size = max(1, _BLOCK // max(1, _number_of_draws(result, bound, X)))
    for begin in range(0, len(X), size):
        rng = np.random.default_rng(0)
        chunks = list(result.parameters(bound, X[begin : begin + size], rng))
        yield {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def _number_of_draws(result: Result, bound: BoundModel, X: NDArray[np.float32]) -> int:
    """A predictor of functions makes as many as it likes: its prediction of one row says so."""
    if result.num_draws is not None:
        return result.num_draws
    chunks = result.parameters(bound, X[:1], np.random.default_rng(0))
    return sum(len(next(iter(chunk.values()))) for chunk in chunks)


def _same_in_every_row(draws: NDArray) -> bool:
    return draws.shape[1] > 1 and bool(np.all(draws == draws[:, :1]))


def _by_chain(draws: NDArray, result: Result) -> NDArray:
    if len(draws) % (result.num_chains or 1):
        raise ValueError(
            f"this fit has {result.num_chains} chains and {len(draws)} draws, and every chain has "
            "equally many: give FunctionDraws another num_chains, or None if there are no chains"
        )
    return draws.reshape(result.num_chains or 1, -1, *draws.shape[1:])
