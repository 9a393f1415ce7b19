"""Where samplers start: a draw of the prior, trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesdrop.infer.engine.imports import ONE_AT_A_TIME

if TYPE_CHECKING:
    import jax

    from bayesdrop.programs.numpyro_density import JaxDensity, Values


def trained_start(
    density: JaxDensity,
    key: jax.Array,
    X: jax.Array,
    y: jax.Array,
    num_steps: int = 5000,
    learning_rate: float = 0.01,
    batch_size: int | None = None,
) -> Values:
    """Return the point at which bayesdrop's own samplers start a chain, unconstrained.

    It is a draw of the prior, moved towards a mode of the density by steps of Adam, whose learning
    rate falls to 0 along a cosine. From 20 rows on a tenth of them is held out, and the start is
    the point on the way that suits them best. The training ends when no better one has come for a
    fifth of the steps. Different keys lead to different modes.
    ``jax.jit`` and ``jax.vmap`` over keys take it.

    Parameters
    ----------
    density
        What :func:`bayesdrop.jax_density` gave.
    key
        A JAX random key.
    X, y
        All training rows, standardised: (rows, *input_shape) and (rows, outputs).
    num_steps
        Steps at most, rounded up to whole epochs. Default 5000.
    learning_rate
        The first learning rate, times the standard deviation of a site's prior where that is above
        1. Default 0.01.
    batch_size
        Rows per step. Default ``None``: all.
    """
    with ONE_AT_A_TIME:
        from bayesdrop.infer.engine.adam import Trainer
        from bayesdrop.infer.engine.early_stopping import early_stopped
        from bayesdrop.infer.engine.widths import prior_widths

    widths = prior_widths(density.sites)
    trainer = Trainer(density.program, widths, num_steps, learning_rate, batch_size)
    return early_stopped(trainer, key, (X, y)).values
