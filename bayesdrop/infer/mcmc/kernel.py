"""What a sampler is to the driver: pure functions of one chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import jax

Rows = tuple["jax.Array", "jax.Array"]
"""Standardised inputs and target. They are arguments, so that every data set of one shape runs the
same compiled program."""


class Draw(NamedTuple):
    """What is kept of one draw.

    Attributes
    ----------
    values
        Site name → its value in its own support.
    stats
        ArviZ name → number.
    expectations
        Site name → its mean given the rest of the draw, where that is known exactly.
    """

    values: dict[str, Any]
    stats: dict[str, Any]
    expectations: dict[str, Any] = {}  # noqa: RUF012


class Kernel(NamedTuple):
    """A sampler: how one chain starts, is tuned and moves. A state is a NamedTuple of arrays.

    Attributes
    ----------
    init
        ``init(key, rows)`` → the state before the first step. What is random after that follows
        from the typed keys in it, which the driver replaces for chains that share a start.
    step
        ``step(index, state, rows)`` → the state after step ``index``, and an info NamedTuple.
    observe
        ``observe(state, info, rows)`` → the :class:`Draw`.
    gradients
        ``gradients(states, num_rows)`` → gradients of the log joint over all rows that the chains
        have taken; the states have the chains first.
    tune
        ``tune(key, states, rows, each_chain)`` → tuned states of all chains. ``each_chain`` makes
        a function ``f(chain, shared)`` of one chain that of all. ``None`` (default) if steps
        tune themselves.
    num_discarded
        Steps that are warm-up. Default 0.
    init_work, tune_work, step_work
        How many units of progress each of them reports. Defaults 0, 0 and 1.
    lowest_acceptance
        Chains that accept less than this on average are left out when a stop is decided. ``None``
        (default): none are.
    learning_rate
        The setting of that name, by which ``init`` trains the starts. It is named if one of them is
        NaN or infinite. ``None`` (default): the sampler has no such setting.
    """

    init: Callable[[jax.Array, Rows], Any]
    step: Callable[[jax.Array | int, Any, Rows], tuple[Any, Any]]
    observe: Callable[[Any, Any, Rows], Draw]
    gradients: Callable[[Any, int], int]
    tune: Callable[..., Any] | None = None
    num_discarded: int = 0
    init_work: int = 0
    tune_work: int = 0
    step_work: int = 1
    lowest_acceptance: float | None = None
    learning_rate: float | None = None
