"""The evidence lower bound whose terms are added in one order in every process."""

from __future__ import annotations

from typing import Any

from numpyro.infer import Trace_ELBO


class OrderedELBO(Trace_ELBO):
    """NumPyro's estimate, its terms added by the names of their sites.

    NumPyro adds the terms of a set of names, whose order changes with Python's hash seed, and so
    the last digits of a loss would.
    """

    def __init__(self, num_particles: int = 1) -> None:
        super().__init__(num_particles=num_particles, sum_sites=False)

    def loss_with_mutable_state(self, *args: Any, **kwargs: Any) -> Any:
        found: Any = super().loss_with_mutable_state(*args, **kwargs)
        terms = found["loss"]
        return {**found, "loss": sum(terms[name] for name in sorted(terms))}
