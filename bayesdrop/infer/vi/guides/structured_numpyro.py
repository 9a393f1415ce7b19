"""A guide that couples each scale with the weights it scales, in NumPyro.

q(log λ) is normal, and so is q(w | λ), with a mean that is linear in log λ for every scale that
multiplies or scales w. In the expanded form data inform about w = λ z, so z falls as λ rises, which
a mean-field guide can't follow. After Ghosh, Yao & Doshi-Velez (2018), "Structured variational
learning of Bayesian neural networks with horseshoe priors", who couple a unit's weights with its
log scale by a matrix normal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints, transforms
from numpyro.infer import autoguide

from bayesdrop.infer.vi.guides.layout import Index, couplings, positions
from bayesdrop.sites import Site


class StructuredGuide(autoguide.AutoDiagonalNormal):
    """The mean-field guide, sheared: weights move with the scales above them."""

    def __init__(
        self, program: Callable[..., None], table: tuple[Site, ...], **settings: Any
    ) -> None:
        self._table = table
        super().__init__(program, **settings)

    def _get_posterior(self) -> Any:
        normal: Any = super()._get_posterior()
        pairs = couplings(self._table, positions(self._init_locs, self._table))
        shear = _Shear(
            numpyro.param(
                f"{self.prefix}_coupling", jnp.zeros(sum(len(own) for *_, own, _ in pairs))
            ),
            np.concatenate([own for *_, own, _ in pairs]),
            np.concatenate([scale for *_, scale in pairs]),
        )
        zero, one = jnp.zeros_like(normal.loc), jnp.ones_like(normal.scale)
        stretch, shift = (
            transforms.IndependentTransform(transforms.AffineTransform(loc, scale), 1)
            for loc, scale in ((zero, normal.scale), (normal.loc, one))
        )
        return dist.TransformedDistribution(self.get_base_dist(), [stretch, shear, shift])


class _Shear(transforms.Transform):
    """y = x, but for the targets: y_t = x_t + Σ coupling · x_source. No source is a target."""

    def __init__(self, coupling: Any, targets: Index, sources: Index) -> None:
        self.coupling, self.targets, self.sources = coupling, targets, sources

    @property
    def domain(self) -> constraints.Constraint:
        return constraints.real_vector

    @property
    def codomain(self) -> constraints.Constraint:
        return constraints.real_vector

    def __call__(self, x: Any) -> jax.Array:
        return x.at[..., self.targets].add(self.coupling * x[..., self.sources])

    def _inverse(self, y: Any) -> jax.Array:
        return y.at[..., self.targets].add(-self.coupling * y[..., self.sources])

    def log_abs_det_jacobian(self, x: Any, y: Any, intermediates: Any = None) -> jax.Array:
        return jnp.zeros(x.shape[:-1])

    def tree_flatten(self) -> Any:
        return (self.coupling, self.targets, self.sources), (
            ("coupling", "targets", "sources"),
            {},
        )
