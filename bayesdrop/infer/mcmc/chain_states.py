"""Where chains are, as plain arrays with names, which a file can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.chains import MarkovChains

Arrays = dict[str, NDArray]


def to_arrays(states: Any) -> Arrays:
    """The arrays of ``states``, in their order; random keys as the numbers they are made of."""
    leaves = map(_data, jax.tree.leaves(states))
    return {f"array_{index:05d}": np.array(leaf) for index, leaf in enumerate(leaves)}


def from_arrays(arrays: Arrays, like: Any) -> Any:
    """States of the structure, shapes and types of ``like``, with those arrays.

    Raises
    ------
    ValueError
        The arrays are of another structure: another version of the sampler made them.
    """
    shapes, structure = jax.tree.flatten(like)
    expected = [jax.eval_shape(_data, shape) for shape in shapes]
    found = [arrays[name] for name in sorted(arrays)]
    if [(a.shape, a.dtype) for a in found] != [(e.shape, e.dtype) for e in expected]:
        raise ValueError(
            "this fit's chains are of another version of the sampler, or of the libraries it is "
            "made of, so they can't go on: fit again with a larger num_samples"
        )
    leaves = [
        jax.random.wrap_key_data(jnp.asarray(array)) if _is_key(shape) else jnp.asarray(array)
        for array, shape in zip(found, shapes, strict=True)
    ]
    return jax.tree.unflatten(structure, leaves)


def reseeded(key: jax.Array, state: Any) -> Any:
    """The state of a chain with other random keys, made of ``key``."""
    leaves, structure = jax.tree.flatten(state)
    found = [
        jax.random.fold_in(key, index) if _is_key(leaf) else leaf
        for index, leaf in enumerate(leaves)
    ]
    return jax.tree.unflatten(structure, found)


def steps_of_starts(settings: MarkovChains, trained: Any) -> int:
    """How many steps all starts were trained. Chains of a superchain share one training."""
    if trained is None:
        return 0
    starts = settings.num_superchains or settings.num_chains
    return int(np.asarray(trained, dtype=np.int64).sum()) * starts // settings.num_chains


def are_lost(states: Any) -> bool:
    """Say whether an interrupted step has overwritten ``states``."""
    return any(leaf.is_deleted() for leaf in jax.tree.leaves(states))


def check_starts(states: Any, learning_rate: float, may_lose: bool) -> None:
    """Raise a ``FloatingPointError`` if a chain starts at NaN or infinity.

    ``states`` have the chains first. If ``may_lose``, only the loss of all chains is an error.
    """
    numbers = [x for x in jax.tree.leaves(states) if jnp.issubdtype(x.dtype, jnp.inexact)]
    each = [np.isfinite(np.asarray(x)).reshape(len(x), -1).all(1) for x in numbers]
    lost = ~np.all(each, axis=0)
    if lost.all() or (lost.any() and not may_lose):
        raise FloatingPointError(
            f"training left the starts of {lost.sum()} of {len(lost)} chains NaN or infinite: give "
            f"a learning_rate below {learning_rate:g}, or look at the model for huge or tiny "
            "scales and at the rows for values far away"
        )


def _data(leaf: jax.Array) -> jax.Array:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _is_key(leaf: jax.Array | jax.ShapeDtypeStruct) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
