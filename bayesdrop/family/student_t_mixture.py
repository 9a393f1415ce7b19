"""Exact numerics of equal-weight mixtures of Student's t, one mixture for every row and output.

``parameters`` are ``loc``, (draws, rows, outputs), and ``scale`` and ``df``, of shapes that
broadcast to it. Float64, in blocks of rows; errors as :func:`bayesdrop.family.blocks.row_blocks`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.family import blocks
from bayesdrop.family.base import Parameters
from bayesdrop.family.quantiles import Components, Standard

Array = NDArray[np.float64]

_NODES = 14  # of the quadrature rule on one panel


def log_prob(parameters: Parameters, y: ArrayLike) -> Array:
    """Log density of the mixture at ``y``, (rows, outputs)."""
    from scipy.special import gammaln

    out = np.empty(np.shape(y))
    for rows, p, values in blocks.row_blocks(_ordered(parameters), y):
        df, scale = p["df"], p["scale"]
        z = np.abs((values - p["loc"]) / scale)
        # log(1 + z²/df), without the overflow of z²
        tail = np.where(z < 1e100, np.log1p(np.minimum(z, 1e100) ** 2 / df), 0.0)
        far = 2 * np.log(np.maximum(z, 1e100)) - np.log(df)
        terms = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(df * math.pi)
        terms = terms - np.log(scale) - (df + 1) / 2 * np.where(z < 1e100, tail, far)
        out[rows] = blocks.log_mean_exp(terms)
    return out


def quantile(parameters: Parameters, q: ArrayLike) -> Array:
    """Quantiles at the probabilities ``q``, by :func:`bayesdrop.family.blocks.quantile`."""
    from scipy.special import gammaln, stdtr, stdtrit

    def pdf(z: Array, p: Components) -> Array:
        df = p["df"]
        peak = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(df * math.pi)
        return np.exp(peak - (df + 1) / 2 * np.log1p(z * z / df))

    standard = Standard(
        cdf=lambda z, p: stdtr(p["df"], z),
        pdf=pdf,
        ppf=lambda level, p: stdtrit(p["df"], level),
    )
    return blocks.quantile(_ordered(parameters), q, standard)


def crps(parameters: Parameters, y: ArrayLike) -> Array:
    """Continuous ranked probability score of the mixture at ``y``, (rows, outputs).

    ``E|X − y| − ½ E|X − X'|`` is the mean over components of their own scores, which have a
    closed form (Jordan, Krüger & Lerch, 2019, JSS 90(12), appendix A), less
    ``∫ Var_s F_s(x) dx``, the spread of the components' distribution functions. That integrand is
    analytic and, unlike ``F (1 − F)``, falls as fast as |x|^(−2 df).

    Raises
    ------
    ValueError
        A df of at most 1, for which E|X − y| is infinite.
    """
    out = np.empty(np.shape(y))
    for rows, p, values in blocks.row_blocks(_ordered(parameters), y):
        if not np.all(p["df"] > 1):
            raise ValueError(
                f"the crps of a Student-t prediction needs df > 1, and the smallest is "
                f"{p['df'].min():.3g}: E|Y − y| is infinite. Use log_prob or cdf"
            )
        out[rows] = _component_crps(p, values).mean(axis=-1)
        for i, j in np.ndindex(out[rows].shape):
            out[rows][i, j] -= _spread(*(p[name][i, j] for name in ("loc", "scale", "df")))
    return out


def _component_crps(p: blocks.Components, y: Array) -> Array:
    """The score of every component, with z = (y − loc) / scale."""
    from scipy.special import betaln, stdtr

    df, scale = p["df"], p["scale"]
    z = (y - p["loc"]) / scale
    half = betaln(0.5, df / 2)
    root = np.exp(0.5 * np.log(df) - half)
    # 2 f(z) (df + z²) / (df − 1), f the density
    peak = 2 * root / (df - 1) * np.exp(-(df - 1) / 2 * np.log1p((z / np.sqrt(df)) ** 2))
    self_difference = 2 * root / (df - 1) * np.exp(betaln(0.5, df - 0.5) - half)
    return scale * (z * (2 * stdtr(df, z) - 1) + peak - self_difference)


def _spread(loc: Array, scale: Array, df: Array) -> float:
    """``∫ Var_s F_s(x) dx`` of one mixture, by Gauss-Legendre quadrature on :func:`_panels`.

    What lies beyond them is less than exp(−24) of it, as the integrand falls like |x|^(−2 df).
    """
    if np.ptp(loc) == np.ptp(scale) == np.ptp(df) == 0:
        return 0.0
    least = float(df.min())
    reach = scale.max() * max(8.0, math.sqrt(least) * math.exp(24 / (2 * least - 1)))
    a, b = _panels(loc, scale * np.minimum(np.sqrt(df), 2.0), loc.min() - reach, loc.max() + reach)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    x = 0.5 * (a + b)[:, None] + 0.5 * (b - a)[:, None] * nodes
    weight = 0.5 * (b - a)[:, None] * weights
    total = 0.0
    count = math.ceil(x.size * loc.size / blocks.BLOCK)
    chunks = (np.array_split(each.ravel(), count) for each in (x, weight))
    for points, w in zip(*chunks, strict=True):
        total += float(w @ _cdf((points[:, None] - loc) / scale, df).var(axis=1))
    return total


def _panels(loc: Array, branch: Array, low: float, high: float) -> tuple[Array, Array]:
    """Ends of intervals that cover (low, high), finer where components are narrow.

    None is longer than twice its distance to any loc ± i branch, where F branches, so that the
    rule with n nodes errs by (1 + √2)^(−2n), 2e−11 for n = 14.
    """
    size = max(1, blocks.BLOCK // loc.size)
    pending, found = np.array([[low, high]]), []
    while len(pending):
        a, b = pending[:size].T
        gap = np.maximum(np.maximum(a[:, None] - loc, loc - b[:, None]), 0.0)
        short = b - a <= 2 * np.hypot(gap, branch).min(axis=1)
        found.append(pending[:size][short])
        a, b = pending[:size][~short].T
        middle = 0.5 * (a + b)
        halves = np.concatenate([np.stack([a, middle], 1), np.stack([middle, b], 1)])
        pending = np.concatenate([pending[size:], halves])
    a, b = np.concatenate(found).T
    return a, b


def _cdf(z: Array, df: Array) -> Array:
    """F(z); for one small even df in closed form (Abramowitz & Stegun, 1964, 26.7.4), to 1e-16."""
    from scipy.special import stdtr

    common = float(df[0])
    if common % 2 or common > 20 or np.any(df != common):
        return stdtr(df, z)
    cosine_squared = common / (common + z * z)
    term, series = 1.0, 1.0
    for k in range(1, int(common) // 2):
        term = term * cosine_squared * ((2 * k - 1) / (2 * k))
        series = series + term
    return 0.5 + 0.5 * z * np.sqrt(cosine_squared / common) * series


def _ordered(parameters: Parameters) -> Parameters:
    """``loc`` first, which has the full shape."""
    return {name: parameters[name] for name in ("loc", "scale", "df")}
