"""Gaussian noise whose learned scale is integrated out, and drawn again from its conditional.

Given the network's output f, an output's N residuals with the sum of squares S leave of σ the
density p(σ) σ^(−N) exp(−S/(2σ²)) (2π)^(−N/2). Its integral is the likelihood that a sampler moves
in. For σ² ~ InverseGamma(a, b), inverse Nakagami noise, that is Student's t in closed form (Gelman
et al., "Bayesian Data Analysis", 3rd ed., §3.2). For any other prior it is a trapezoid rule on the
unconstrained scale of σ, about the integrand's peak and in units of its width, in which sd(log σ)
is 1/√(2N). Nodes lie at the hyperbolic sines of a regular grid, dense at the peak and far apart in
the tails, and for integrands that are analytic the rule converges exponentially (Trefethen &
Weideman 2014). Its error is below 1e-6 in the logarithm, as the tests show for 1 row to 100,000.
For a million rows they show it where the residuals lie within the prior's ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from numpy.typing import NDArray
from numpyro import handlers

from bayesdrop.arrays import gammaln, log
from bayesdrop.bound import BoundModel
from bayesdrop.likelihood import Gaussian
from bayesdrop.noise import InverseNakagami, Noise
from bayesdrop.noise.support import edges
from bayesdrop.programs.numpyro_noise import onto

_NAME = "noise_scale"
_SMALLEST = 1e-20  # mean square of residuals: far below what float32 has of a standardised target
_STEPS = 8  # towards the peak
_REACH = 4.0  # nodes go to sinh 4 = 27 widths on either side of the peak
_REACH_TO_AN_END = 5.0  # 74: mass may fall as slowly as the square root of the distance to an end
_AWAY, _ANYWHERE = np.linspace(-8, 8, 33), np.linspace(-16, 16, 33)  # where the peak may be
_LARGEST_EXPONENT = 60.0  # whose exponential float32 has, and beside which nothing counts
_STEP, _FEW_ROWS, _SMALL_STEP = 1 / 6, 100, 1 / 32  # few rows leave plateaus beside the peak
_FINE_NODES = 1025  # to draw


def can_integrate(bound: BoundModel) -> bool:
    """Say whether the likelihood is Gaussian with a learned scale, and all rows count alike."""
    learned = type(bound.model.likelihood) is Gaussian and _NAME in bound.by_name
    return learned and not bound.row_terms


def integrated(program: Callable[..., None], bound: BoundModel) -> Callable[..., None]:
    """``program`` of ``bound`` without its noise scale, with a factor ``y`` in place of ``y``."""

    def without_scale(X: jax.Array, y: jax.Array, n_rows: int | None = None) -> None:
        assert n_rows in (None, len(X)), "the integral over the noise scale is of all rows"
        one = {_NAME: jnp.ones(bound.n_outputs)}
        hidden = handlers.block(hide=[_NAME, "y"])
        with hidden, handlers.trace() as seen, handlers.substitute(data=one):
            program(X, y)
        values = {name: site["value"] for name, site in seen.items() if site["type"] == "sample"}
        output = seen["y"]["fn"].base_dist.loc
        prior = bound.by_name[_NAME].bound_prior(values)
        numpyro.factor("y", log_integral(prior, _squares(output, y), len(X)).sum())

    return without_scale


def drawn(
    key: jax.Array, bound: BoundModel, values: dict[str, jax.Array], X: jax.Array, y: jax.Array
) -> dict[str, jax.Array]:
    """``values`` of the other sites with a noise scale, (outputs,), drawn given them."""
    prior = bound.by_name[_NAME].bound_prior(values)
    squares = _squares(bound.output(values, X), y)
    return {**values, _NAME: draw_scale(key, prior, squares, len(X))}


def _squares(output: jax.Array, y: jax.Array) -> jax.Array:
    """The sum of squared residuals per output, (outputs,)."""
    return jnp.sum((y.reshape(output.shape) - output) ** 2, axis=0)


def log_integral(prior: Noise, squares: jax.Array, rows: int) -> jax.Array:
    """log ∫ p(σ) ∏ N(residual | 0, σ²) dσ for each sum of ``squares`` over so many ``rows``."""
    squares = jnp.maximum(squares, _SMALLEST * rows)
    half = rows / 2
    constant = -half * math.log(2 * math.pi)
    if isinstance(prior, InverseNakagami):
        a, b = prior.shape, prior.rate
        gammas = gammaln(a + half) - gammaln(a)
        return constant + gammas + a * log(b) - (a + half) * jnp.log(b + squares / 2)
    line = _line(prior, squares, rows)
    grid = _grid(prior, rows)
    _, logs = line.at(jnp.asarray(grid, squares.dtype))
    step = float(grid[1] - grid[0])
    return constant + line.height + jnp.log(step) + jax.nn.logsumexp(logs, axis=0)


def _reach(prior: Noise, rows: int) -> float:
    """How far nodes go. Many rows leave no mass beside an end of the prior."""
    few_below_an_end = rows < _FEW_ROWS and math.isfinite(prior.bounds[1])
    return _REACH_TO_AN_END if few_below_an_end else _REACH


def _grid(prior: Noise, rows: int) -> NDArray[np.float64]:
    """The regular grid whose hyperbolic sines are the nodes."""
    step = _SMALL_STEP if rows < _FEW_ROWS else _STEP
    count = round(_reach(prior, rows) / step)
    return np.linspace(-count, count, 2 * count + 1) * step


def draw_scale(key: jax.Array, prior: Noise, squares: jax.Array, rows: int) -> jax.Array:
    """σ given each sum of ``squares`` over so many ``rows``, by its tabulated CDF."""
    line = _line(prior, squares, rows)
    reach = _reach(prior, rows)
    u, logs = line.at(jnp.linspace(-reach, reach, _FINE_NODES))
    masses = jax.nn.softmax(logs, axis=0)
    cdf = jnp.cumsum(masses, axis=0) - masses / 2
    uniform = jax.random.uniform(key, squares.shape)
    found = jax.vmap(jnp.interp, in_axes=(0, 1, 1))(uniform, cdf, u)
    return jnp.clip(onto(prior)(found), *edges(prior, found.dtype))


class _Line(NamedTuple):
    """The integrand over the real line, one for each output, about its peak.

    ``at(grid)`` has the nodes (nodes, outputs) and the log of the mass at each, relative to
    ``height``, for a step of 1 in the grid.
    """

    height: jax.Array
    at: Callable[[jax.Array], tuple[jax.Array, jax.Array]]


def _candidates(
    transform: Any, ends: tuple[np.floating, np.floating], scale: jax.Array
) -> jax.Array:
    """Points (points, outputs) of which one is near the peak: about ``scale``, and anywhere."""
    about = jnp.clip(jnp.exp(jnp.asarray(_AWAY, scale.dtype))[:, None] * scale, *ends)
    anywhere = jnp.asarray(_ANYWHERE, scale.dtype)[:, None]
    anywhere = jnp.broadcast_to(anywhere, (len(_ANYWHERE), *scale.shape))
    return jnp.concatenate([transform.inv(about), anywhere])


def _line(prior: Noise, squares: jax.Array, rows: int) -> _Line:
    transform, fixed = onto(prior), jax.lax.stop_gradient(squares)
    ends = edges(prior, squares.dtype)

    def scale_at(u: jax.Array) -> jax.Array:
        return jnp.clip(transform(u), *ends)

    def log_prior(u: jax.Array) -> jax.Array:
        scale = scale_at(u)
        return prior.log_density(scale) + transform.log_abs_det_jacobian(u, scale)

    def above(base: jax.Array, u: jax.Array, squares: jax.Array) -> jax.Array:
        """The log density at ``u`` without what the likelihood has of it at ``base``."""
        scale = scale_at(base)
        change = jnp.log(scale_at(u)) - jnp.log(scale)
        exponential = jnp.expm1(jnp.minimum(-2 * change, _LARGEST_EXPONENT))
        return log_prior(u) - rows * change - squares / (2 * scale**2) * exponential

    def parabola(_: jax.Array, carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        u, width = carry
        step = width / 2
        low, here, high = above(u, u + step * jnp.array([[-1.0], [0.0], [1.0]]), fixed)
        curvature = (2 * here - low - high) / step**2
        width = 1 / jnp.sqrt(jnp.maximum(curvature, 1.0))  # at most 1, on plateaus too
        return u + jnp.clip((high - low) / (2 * step) * width**2, -2.0, 2.0), width

    tried = _candidates(transform, ends, jnp.sqrt(fixed / rows))
    best = jnp.argmax(above(tried[0], tried, fixed), axis=0)
    start = jnp.take_along_axis(tried, best[None], axis=0)[0]
    width = jnp.full_like(start, (2 * rows) ** -0.5)
    found = jax.lax.fori_loop(0, _STEPS, parabola, (start, width))
    peak, width = jax.lax.stop_gradient(found)  # the integral does not depend on its nodes
    scale = scale_at(peak)

    def at(grid: jax.Array) -> tuple[jax.Array, jax.Array]:
        u = peak + width * jnp.sinh(grid)[:, None]
        return u, above(peak, u, squares) + jnp.log(width * jnp.cosh(grid)[:, None])

    return _Line(-rows * jnp.log(scale) - squares / (2 * scale**2), at)
