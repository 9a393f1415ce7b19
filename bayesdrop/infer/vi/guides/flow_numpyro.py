"""A normalising flow over all latent variables, in NumPyro.

Affine coupling layers (Dinh, Sohl-Dickstein & Bengio 2017, "Density estimation using Real NVP"):
half of the variables is scaled and shifted by functions of the other half, then their order is
reversed. A coupling is an inverse autoregressive flow (Kingma et al. 2016) with two blocks in
place of d; the autoregressive networks of NumPyro and Pyro need d hidden units at least, so d²
parameters.

The layers transform the standard normals of a mean-field normal, and begin as the identity: the
family contains mean-field, and the fit starts there. Each layer changes a scale by a factor between
1/e and e, and a network's weights are divided by √fan-in where they are used, so that a step of
Adam's moves the outputs no further the more variables there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import transforms
from numpyro.distributions.flows import InverseAutoregressiveTransform
from numpyro.infer import autoguide

from bayesdrop.infer.vi.guides.flow import HIDDEN, LAYERS, reversal


class FlowGuide(autoguide.AutoDiagonalNormal):
    """The mean-field guide with coupling layers between its standard normals and its scales."""

    def _get_posterior(self) -> Any:
        normal: Any = super()._get_posterior()
        steps: list[Any] = []
        for layer in range(LAYERS):
            steps.append(InverseAutoregressiveTransform(self._coupling(layer)))
            steps.append(transforms.PermuteTransform(reversal(self.latent_dim)))
        affine = transforms.AffineTransform(normal.loc, normal.scale)
        steps.append(transforms.IndependentTransform(affine, 1))
        return dist.TransformedDistribution(self.get_base_dist(), steps)

    def _coupling(self, layer: int) -> Callable[[jax.Array], tuple[jax.Array, jax.Array]]:
        """x → the shift and log scale of every variable: 0 in the first half."""
        first = self.latent_dim // 2
        second = self.latent_dim - first

        def uniform(key: jax.Array) -> jax.Array:
            return jax.random.uniform(key, (first, HIDDEN), minval=-1.0)

        name = f"{self.prefix}_coupling_{layer}"
        weight: Any = numpyro.param(f"{name}_weight", uniform)
        bias: Any = numpyro.param(f"{name}_bias", jnp.zeros(HIDDEN))
        weight_out: Any = numpyro.param(f"{name}_weight_out", jnp.zeros((HIDDEN, 2 * second)))
        bias_out: Any = numpyro.param(f"{name}_bias_out", jnp.zeros(2 * second))

        def network(x: jax.Array) -> tuple[jax.Array, jax.Array]:
            hidden = jax.nn.elu(x[..., :first] @ weight / max(first, 1) ** 0.5 + bias)
            out = hidden @ weight_out / HIDDEN**0.5 + bias_out
            shift, log_scale = jnp.split(out, 2, axis=-1)
            still = jnp.zeros((*x.shape[:-1], first))
            return jnp.concatenate([still, shift], -1), jnp.concatenate(
                [still, jnp.tanh(log_scale)], -1
            )

        return network
