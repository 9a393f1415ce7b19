"""Where chains run: spread over devices, one after the other within one, or batched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from bayesdrop.infer.engine.chain_method import ChainMethod


def resolve(method: ChainMethod, num_chains: int) -> ChainMethod:
    """The method that ``"auto"`` stands for here.

    On a CPU, XLA's batched small matrix products are slow, so chains go to host devices; an
    accelerator is used best by batching.
    """
    if method != "auto":
        return method
    if jax.default_backend() != "cpu":
        return "vectorized"
    return "parallel" if _n_devices(num_chains) > 1 else "sequential"


def over_chains(
    function: Callable[..., Any], num_chains: int, method: ChainMethod
) -> Callable[..., Any]:
    """``function(chain, shared)`` of one chain → the same of all of them.

    Every leaf of ``chain`` and of the result then has the chains as its first axis.
    """

    def sequential(chain: Any, shared: Any) -> Any:
        return jax.lax.map(lambda one: function(one, shared), chain)

    if method == "vectorized":
        return jax.vmap(function, in_axes=(0, None))
    if method == "sequential":
        return sequential
    n_devices = _n_devices(num_chains)
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("chains",))
    spread: Any = jax.shard_map(
        sequential, mesh=mesh, in_specs=(P("chains"), P()), out_specs=P("chains"), check_vma=False
    )
    idle = -num_chains % n_devices
    if not idle:
        return spread

    def filled(chain: Any, shared: Any) -> Any:
        """Run some chains twice, so that every device has equally many."""
        full = jax.tree.map(lambda leaf: jnp.concatenate([leaf, leaf[:idle]]), chain)
        return jax.tree.map(lambda leaf: leaf[:num_chains], spread(full, shared))

    return filled


def _n_devices(num_chains: int) -> int:
    """Return how few devices finish in the rounds that all of them would take."""
    rounds = -(-num_chains // len(jax.devices()))
    return -(-num_chains // rounds)
