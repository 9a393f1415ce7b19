"""The result of a method that has draws of every weight and scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.family import Parameters
from bayesdrop.posterior.results.chunks import chunks, elements_per_row


@final
@dataclass(frozen=True, eq=False, repr=False)
class WeightDraws:
    """Weight draws are draws of every site of the model, in standardised units.

    Attributes
    ----------
    values
        Site name → array (chain, draw, *shape) in the site's own support.
    sample_stats
        ArviZ name → array (chain, draw), from a sampler. ``None`` (default) says that the draws
        are of no Markov chain, so that there is no R-hat of them.
    learned
        Name → value of every noise parameter that the model says is ``Learned``.
    """

    values: dict[str, NDArray]
    sample_stats: dict[str, NDArray] | None = None
    learned: dict[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        chains, draws = next(iter(self.values.values())).shape[:2]
        return f"{chains} × {draws} draws"

    @property
    def draws(self) -> dict[str, NDArray]:
        """Map each site's name to its draws, (chain, draw, *shape)."""
        return self.values

    @property
    def num_chains(self) -> int | None:
        """Count the Markov chains; it is ``None`` if the draws are not of chains."""
        return None if self.sample_stats is None else len(next(iter(self.values.values())))

    @property
    def num_draws(self) -> int:
        """Count the draws that a prediction averages over."""
        chains, draws = next(iter(self.values.values())).shape[:2]
        return chains * draws

    def parameters(
        self, bound: BoundModel, X: NDArray[np.float32], rng: np.random.Generator
    ) -> Iterator[Parameters]:
        """Yield the likelihood's parameters at standardised ``X``, in chunks of draws.

        ``X`` is (rows, *input_shape); every parameter is (draws, rows, outputs, ...), the draws
        of one chain after those of another. ``rng`` is not used.
        """
        flat = {
            name: _flat(value).astype(np.float32, copy=False) for name, value in self.values.items()
        }
        count = len(next(iter(flat.values())))
        for index in chunks(count, len(X) * elements_per_row(bound)):
            yield bound.forward({name: value[index] for name, value in flat.items()}, X)

    def mean_pass(self, bound: BoundModel, X: NDArray[np.float32]) -> Parameters:
        """Raise a ``ValueError``: the noise has a posterior, which draws are of."""
        raise ValueError(
            'passes="mean" is the weight scaling of dropout, and this fit has draws of its noise: '
            'predict with passes="all", or fit by bd.MCDropout'
        )

    def site_values(
        self,
        bound: BoundModel,
        names: list[str],
        rng: np.random.Generator,
        chain: int | None = None,
    ) -> Iterator[dict[str, NDArray]]:
        """Yield the draws of those sites, name → (draws, *shape), in chunks that bound the memory.

        ``chain`` picks the draws of one chain. ``rng`` is not used.
        """
        chosen = slice(None) if chain is None else slice(chain, chain + 1)
        flat = {name: _flat(self.values[name][chosen]) for name in names}
        size = max(int(np.prod(bound.by_name[name].shape)) for name in names)
        for index in chunks(len(flat[names[0]]), 2 * size):
            yield {name: value[index] for name, value in flat.items()}


def _flat(value: NDArray) -> NDArray:
    """Draws of all chains along one axis."""
    return value.reshape(-1, *value.shape[2:])
