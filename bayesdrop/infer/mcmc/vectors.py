"""What kernels share whose chains move as one vector: BlackJAX's steps are faster on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from jax import random
from jax.flatten_util import ravel_pytree

from bayesdrop.bound import BoundModel
from bayesdrop.infer.mcmc.chain_states import steps_of_starts
from bayesdrop.infer.mcmc.kernel import Draw, Rows
from bayesdrop.infer.mcmc.target import Target
from bayesdrop.programs.numpyro_density import Values, constrained, log_density

if TYPE_CHECKING:
    import jax

    from bayesdrop.infer.mcmc.chains import MarkovChains

_COMPLETION = 2**31  # beyond the indices of steps, which the other keys are made from


class Chain(Protocol):
    """A chain's state.

    ``start`` is where it began, site by site, after ``trained`` steps, if any; ``moving`` is
    BlackJAX's state of the vector. ``gradients`` counts those of the tuning and of all draws.
    """

    @property
    def key(self) -> jax.Array: ...
    @property
    def start(self) -> Values: ...
    @property
    def trained(self) -> Any: ...
    @property
    def moving(self) -> Any: ...
    @property
    def gradients(self) -> Any: ...


def density(
    program: Callable[..., None], start: Values, rows: Rows
) -> Callable[[jax.Array], jax.Array]:
    """The log density of vectors of sites that are ordered as in ``start``."""
    unravel = ravel_pytree(start)[1]
    return lambda position: log_density(program, unravel(position), *rows)


def draw_of(
    chain: Chain, rows: Rows, target: Target, bound: BoundModel, stats: Mapping[str, Any]
) -> Draw:
    """The draw of the model's sites that ``chain`` stands at, with the log density in ``stats``."""
    unravel = ravel_pytree(chain.start)[1]
    moved = constrained(target.program, unravel(chain.moving.position), *rows)
    key = random.fold_in(random.fold_in(chain.key, _COMPLETION), chain.gradients)
    found = target.complete(key, moved, rows)
    values = {site.name: found[site.name] for site in bound.sites}
    return Draw(values, {"lp": chain.moving.logdensity, **stats})


def gradients_of(chains: Chain, settings: MarkovChains) -> int:
    """How many gradients all ``chains`` have taken, with the training of their starts."""
    taken = int(np.asarray(chains.gradients, dtype=np.int64).sum())
    return taken + steps_of_starts(settings, chains.trained)
