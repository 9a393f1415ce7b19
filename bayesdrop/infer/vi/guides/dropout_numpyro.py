"""Dropout's posterior over a row of weights as a guide, q(w) = π N(m, σ² I) + (1 − π) N(0, σ² I).

It is that of Gal & Ghahramani (2015), "Dropout as a Bayesian approximation: Appendix"
(arXiv:1506.02157). A row is what leaves a unit, π is its keep probability, and σ > 0 is so small
that a draw is m or 0. The guide fits m and the σ of every row, and π is given. Biases, scales and
the likelihood's parameters get independent normals on the unconstrained scale. The ELBO is
estimated by draws and the mixture's own density, as KL(q ‖ p) has no closed form.

Weights need a density, so Boolean noise is refused. With continuous noise the prior of w (or of z,
in the expanded form) is Gaussian given the noise, and the guide holds as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints
from numpyro.infer import autoguide

from bayesdrop.infer.vi.guides.layout import Index, positions, rows
from bayesdrop.sites import Site


class DropoutGuide(autoguide.AutoContinuous):
    """Rows of weights from the mixture, everything else from independent normals."""

    def __init__(
        self,
        program: Callable[..., None],
        table: tuple[Site, ...],
        keep: float,
        init_loc_fn: Any,
        init_scale: float,
    ) -> None:
        self._table, self._keep, self._init_scale = table, keep, init_scale
        super().__init__(program, init_loc_fn=init_loc_fn)

    def _get_posterior(self) -> Any:
        row_of, count = rows(self._table, positions(self._init_locs, self._table))
        others = int((row_of == count).sum())
        group = row_of.copy()  # elements of a row share their scale
        group[row_of == count] += range(others)
        scale: Any = numpyro.param(
            f"{self.prefix}_scale",
            jnp.full(count + others, self._init_scale),
            constraint=constraints.softplus_positive,
        )
        loc = numpyro.param(f"{self.prefix}_loc", self._init_latent)
        return RowMixture(loc, scale[group], self._keep, row_of, count)


class RowMixture(dist.Distribution):
    """Row i of ``loc`` with probability ``keep``, else 0, plus ``scale`` times normal noise.

    ``row_of`` numbers the row of every element; those numbered ``num_rows`` are never dropped.
    ``scale`` is the same within a row. The mask has no parameters, so the gradient through a draw
    given its mask is unbiased; the density is the mixture's, with the mask summed out.
    """

    arg_constraints = {"loc": constraints.real_vector, "scale": constraints.softplus_positive}  # noqa: RUF012
    reparametrized_params = ["loc", "scale"]  # noqa: RUF012

    def __init__(
        self, loc: Any, scale: jax.Array, keep: float, row_of: Index, num_rows: int
    ) -> None:
        self.loc, self.scale, self.keep = loc, scale, keep
        self._row_of, self._num_rows = row_of, num_rows
        super().__init__(batch_shape=(), event_shape=loc.shape)

    @property
    def support(self) -> constraints.Constraint:
        return constraints.real_vector

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> jax.Array:
        mask_key, noise_key = jax.random.split(key)
        mask = jax.random.bernoulli(mask_key, self.keep, (*sample_shape, self._num_rows))
        mask = jnp.concatenate([mask, jnp.ones((*sample_shape, 1), bool)], -1)
        noise = jax.random.normal(noise_key, (*sample_shape, *self.event_shape))
        return mask[..., self._row_of] * self.loc + self.scale * noise

    def log_prob(self, value: jax.typing.ArrayLike, intermediates: Any = None) -> jax.Array:
        kept = self._per_row(dist.Normal(self.loc, self.scale).log_prob(value))
        dropped = self._per_row(dist.Normal(0.0, self.scale).log_prob(value))
        mixed = jnp.logaddexp(
            jnp.log(self.keep) + kept[..., :-1], jnp.log1p(-self.keep) + dropped[..., :-1]
        )
        return mixed.sum(-1) + kept[..., -1]

    def _per_row(self, terms: Any) -> jax.Array:
        """Sums over the elements of every row, and last over what is in none."""
        sums = jnp.zeros((*terms.shape[:-1], self._num_rows + 1))
        return sums.at[..., self._row_of].add(terms)
