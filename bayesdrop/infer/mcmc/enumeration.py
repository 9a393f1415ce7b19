"""Exact inference with few boolean noises: the log joint summed over every mask.

``p(θ, y) = Σ_m p(m) p(θ) p(y | m, θ)`` is continuous in θ, so HMC moves θ alone; given θ the
masks are drawn from p(m | θ, y) exactly, and E[m | θ, y] is known without drawing them
(Rao-Blackwellisation: Casella & Robert 1996). One gradient costs that of 2^K networks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from numpy.typing import NDArray
from numpyro import handlers
from numpyro.infer.util import compute_log_probs

from bayesdrop.sites import Site

Masks = dict[str, NDArray[np.int32]]
"""Boolean site → its value in every mask, (2^K, *shape)."""


def all_masks(table: tuple[Site, ...]) -> Masks:
    """Every value that the boolean sites of ``table`` take together."""
    boolean = [site for site in table if site.support == "boolean"]
    sizes = [int(np.prod(site.shape)) for site in boolean]
    count = sum(sizes)
    bits = np.arange(2**count)[:, None] >> np.arange(count) & 1
    parts = np.split(bits.astype(np.int32), np.cumsum(sizes)[:-1], axis=1)
    return {
        site.name: part.reshape(-1, *site.shape) for site, part in zip(boolean, parts, strict=True)
    }


def marginal(program: Callable[..., None], table: tuple[Site, ...]) -> Callable[..., None]:
    """``program``, with the sites of ``table``, without the boolean ones.

    It has the continuous ones, and a factor: the sum over all masks.
    """

    def summed(X: jax.Array, y: jax.Array, n_rows: int | None = None) -> None:
        assert n_rows in (None, len(X)), "the sum over masks is of all rows"
        masks = all_masks(table)
        first = {name: mask[0] for name, mask in masks.items()}
        hidden = [*masks, "y"]
        with handlers.block(hide=hidden), handlers.trace() as seen, handlers.substitute(data=first):
            program(X, y)
        values = {
            name: site["value"]
            for name, site in seen.items()
            if site["type"] == "sample" and name not in hidden
        }
        terms = log_weights(program, masks, values, X, y)
        numpyro.factor("sum_over_masks", jax.nn.logsumexp(terms))

    return summed


def log_weights(
    program: Callable[..., None],
    masks: Masks,
    values: Mapping[str, jax.Array],
    X: jax.Array,
    y: jax.Array,
) -> jax.Array:
    """log p(m, y | θ) for every mask m, (2^K,), at the continuous ``values`` θ."""

    def one(mask: Mapping[str, jax.Array]) -> Any:
        with handlers.block():
            log_probs, _ = compute_log_probs(program, (X, y), {}, {**values, **mask})
        return sum(log_probs[name] for name in (*mask, "y"))

    return jax.vmap(one)({name: jnp.asarray(mask) for name, mask in masks.items()})


def conditional(
    key: jax.Array, terms: jax.Array, masks: Masks
) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
    """A mask drawn with log weights ``terms`` (2^K,), and the mean mask under them."""
    chosen = jax.random.categorical(key, terms)
    weights = jax.nn.softmax(terms)
    drawn = {name: jnp.asarray(mask)[chosen] for name, mask in masks.items()}
    mean = {name: jnp.tensordot(weights, jnp.asarray(m), 1) for name, m in masks.items()}
    return drawn, mean
