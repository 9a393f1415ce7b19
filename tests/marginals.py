"""The marginal density of w = λ z, z ~ N(0, 1), for each noise in mpmath: 30 digits, no bayesdrop.

A closed form or a series where there is one; otherwise Gauss–Legendre panels over where the
integrand is within e^70 of its peak.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import mp, mpf

mp.dps = 30
_NODES = [(mpf(x), mpf(c)) for x, c in np.transpose(np.polynomial.legendre.leggauss(16)).tolist()]


def density(noise: Any, w: float) -> mpf:
    """p(w), ``inf`` where it is infinite."""
    return MARGINALS[type(noise).__name__](noise, mpf(w))


def integral(log_f: Callable[[mpf], mpf], low: Any, high: Any, panels: int = 48) -> mpf:
    """∫ exp(log_f(u)) du over (low, high), of one peak or a plateau."""
    for _ in range(8):
        marks = mp.linspace(low, high, 101)
        values = [mp.re(log_f(u)) for u in marks]
        near = [i for i, value in enumerate(values) if value > max(values) - 70]
        low, high = marks[max(near[0] - 1, 0)], marks[min(near[-1] + 1, 100)]
        if near[-1] - near[0] > 60:
            break
    half = (high - low) / (2 * panels)
    centres = [low + (2 * i + 1) * half for i in range(panels)]
    return half * mp.fsum(c * mp.exp(log_f(m + half * x)) for m in centres for x, c in _NODES)


def mixed(noise: Any, w: mpf, density: Callable[[mpf], mpf], low: Any, high: Any) -> mpf:
    """∫ p(λ) N(w; 0, λ²) dλ over |λ| = e^u."""

    def log_f(u: mpf) -> mpf:
        p = density(mp.exp(u))
        return (mp.log(p) if p else mp.ninf) - w**2 * mp.exp(-2 * u) / 2

    return integral(log_f, low, high) / mp.sqrt(2 * mp.pi)


def gaussian(noise: Any, w: mpf) -> mpf:
    """e^(−m²/2t²)/(π t) Σ_n (m/t²)^2n (|w| t)^n K_n(|w|/t)/(2n)!, from cosh(m λ/t²) in powers."""
    t, m = mpf(noise.scale), mpf(getattr(noise, "mean", 0.0)) * (type(noise).__name__ == "Gaussian")
    if w == 0:
        return mp.inf
    x = abs(w) / t
    bessel, following = mp.besselk(0, x), mp.besselk(1, x)
    coefficient, total, n = mpf(1), mpf(0), 0
    while True:
        term = coefficient * bessel
        total += term
        if term < total * mpf(10) ** -25:
            return mp.exp(-((m / t) ** 2) / 2) / (mp.pi * t) * total
        coefficient *= (m / t**2) ** 2 * abs(w) * t / ((2 * n + 1) * (2 * n + 2))
        n += 1
        bessel, following = following, bessel + 2 * n / x * following


def inverse_nakagami(noise: Any, w: mpf) -> mpf:
    a, b = mpf(noise.shape), mpf(noise.rate)
    constant = mp.gamma(a + mpf(1) / 2) / mp.gamma(a) / mp.sqrt(2 * mp.pi * b)
    return constant * (1 + w**2 / (2 * b)) ** (-a - mpf(1) / 2)


def half_cauchy(noise: Any, w: mpf) -> mpf:
    x = (w / noise.scale) ** 2 / 2
    return mp.exp(x) * mp.e1(x) / noise.scale / mp.sqrt(2 * mp.pi**3) if w else mp.inf


def uniform(noise: Any, w: mpf) -> mpf:
    """½ [E₁(w²/2h²) − E₁(w²/2l²)] for each sign, over √(2π) times the length."""
    low, high = mpf(noise.low), mpf(noise.high)
    total = mpf(0)
    for a, b in ((max(low, mpf(0)), high), (max(-high, mpf(0)), -low)):
        if b > a and w == 0:
            total += mp.log(b / a) if a else mp.inf
        elif b > a:
            total += (mp.e1((w / b) ** 2 / 2) - (mp.e1((w / a) ** 2 / 2) if a else 0)) / 2
    return total / (mp.sqrt(2 * mp.pi) * (high - low))


def log_uniform(noise: Any, w: mpf) -> mpf:
    low, high, w = mpf(noise.low), mpf(noise.high), abs(w)
    if w == 0:
        return (1 / low - 1 / high) / mp.log(high / low) / mp.sqrt(2 * mp.pi)
    tails = [mp.erfc(w / (end * mp.sqrt(2))) / 2 for end in (low, high)]
    if w < low:
        tails = [-mp.erf(w / (end * mp.sqrt(2))) / 2 for end in (low, high)]
    return (tails[1] - tails[0]) / (w * mp.log(high / low))


def beta(noise: Any, w: mpf) -> mpf:
    """Over λ = 1/(1 + e^u), which keeps the digits of 1 − λ."""
    a, b = mpf(noise.a), mpf(noise.b)
    if w == 0:
        return mp.beta(a - 1, b) / mp.beta(a, b) / mp.sqrt(2 * mp.pi) if a > 1 else mp.inf

    def log_f(u: mpf) -> mpf:
        v = mp.exp(u)
        return b * u + (1 - a - b) * mp.log1p(v) - w**2 * (2 * v + v**2) / 2

    low = -40 - 2 * mp.log(max(abs(w), 1))
    below = mp.exp(b * low) / b
    high = min(mp.log(16 / abs(w)), mp.log(200 / w**2)) + 1
    total = below + integral(log_f, low, high)
    return total * mp.exp(-(w**2) / 2) / mp.beta(a, b) / mp.sqrt(2 * mp.pi)


def regularized_half_cauchy(noise: Any, w: mpf) -> mpf:
    """Over η: 1/λ² = 1/η² + 1/c²."""
    s, c = mpf(noise.scale), mpf(noise.slab)
    if w == 0:
        return mp.inf

    def log_f(u: mpf) -> mpf:
        eta = mp.exp(u)
        inverse = 1 / eta**2 + 1 / c**2
        return u + mp.log(inverse) / 2 - mp.log(s**2 + eta**2) - (w / eta) ** 2 / 2

    low, high = mp.log(abs(w)) - 3, mp.log(max(abs(w), s, c)) + 75
    constant = 2 * s / mp.pi / mp.sqrt(2 * mp.pi)
    return constant * mp.exp(-((w / c) ** 2) / 2) * integral(log_f, low, high)


def half_student(noise: Any, w: mpf) -> mpf:
    df = mpf(noise.df)
    constant = 2 * mp.gamma((df + 1) / 2) / mp.gamma(df / 2) / mp.sqrt(df * mp.pi)
    if w == 0:
        return mp.inf
    high = mp.log(max(abs(w), 1)) + 75 / df
    return mixed(
        noise,
        w,
        lambda x: constant * (1 + x**2 / df) ** (-(df + 1) / 2),
        mp.log(abs(w)) - 3,
        high,
    )


def logistic(noise: Any, w: mpf) -> mpf:
    if w == 0:
        return mp.inf
    s, m = mpf(noise.scale), mpf(noise.centre)
    high = mp.log(max(abs(w), 1)) + mp.log(200 * s + abs(m))
    sides = [
        mixed(
            noise,
            w,
            lambda x, sign=sign: mp.sech((sign * x - m) / (2 * s)) ** 2 / (4 * s),
            mp.log(abs(w)) - 3 - max(mp.log(abs(w)), 0),
            high,
        )
        for sign in (1, -1)
    ]
    return sides[0] + sides[1]


def kumaraswamy(noise: Any, w: mpf) -> mpf:
    """Over 1 − λ^a = e^−v, so that v is near 0 where λ is near 0, and log v is the variable."""
    a, b = mpf(noise.a), mpf(noise.b)
    if w == 0:
        return b * mp.beta(1 - 1 / a, b) / mp.sqrt(2 * mp.pi) if a > 1 else mp.inf

    def log_f(u: mpf) -> mpf:
        v = mp.exp(u)
        log_x = mp.log(-mp.expm1(-v)) / a
        return mp.log(b) + u - b * v - log_x - w**2 * mp.expm1(-2 * log_x) / 2

    low = a * min(mp.log(abs(w)) - 4, mpf(0)) - 1
    total = integral(log_f, low, mp.log((80 + 4 * mp.log1p(abs(w))) / min(b, 1)))
    return total * mp.exp(-(w**2) / 2) / mp.sqrt(2 * mp.pi)


def arcsine(noise: Any, w: mpf) -> mpf:
    """Over λ = low cos² θ + high sin² θ, split where λ is 0."""
    low, high = mpf(noise.low), mpf(noise.high)
    if w == 0 and low <= 0 <= high:
        return mp.inf
    if w == 0:
        return 1 / mp.sqrt(low * high) / mp.sqrt(2 * mp.pi)

    def log_f(x: mpf) -> mpf:
        return -((w / x) ** 2) / 2 - mp.log(abs(x))

    total = mpf(0)
    for sign, a, b in ((1, max(low, mpf(0)), high), (-1, max(-high, mpf(0)), -low)):
        if b <= a:
            continue

        def log_g(u: mpf, sign=sign, a=a, b=b) -> mpf:
            # |λ| = b − gap; the gap's logit is the variable, so both ends keep their digits
            gap, rest = (b - a) / (1 + mp.exp(-u)), (b - a) / (1 + mp.exp(u))
            x = a + rest
            to_high = gap if sign > 0 else high + x
            to_low = x - low if sign > 0 else gap
            if sign > 0 and a == low:
                to_low = rest
            if sign < 0 and a == -high:
                to_high = rest
            jacobian = mp.log(gap) + mp.log(rest) - mp.log(b - a)
            return jacobian - (mp.log(to_low) + mp.log(to_high)) / 2 - mp.log(mp.pi) + log_f(x)

        reach = 160 + 4 * abs(mp.log(abs(w)))
        total += integral(log_g, -reach, reach, panels=96)
    return total / mp.sqrt(2 * mp.pi)


MARGINALS: dict[str, Callable[[Any, mpf], mpf]] = {
    "Arcsine": arcsine,
    "Beta": beta,
    "Gaussian": gaussian,
    "HalfCauchy": half_cauchy,
    "HalfNormal": gaussian,
    "HalfStudent": half_student,
    "InverseNakagami": inverse_nakagami,
    "Kumaraswamy": kumaraswamy,
    "LogUniform": log_uniform,
    "Logistic": logistic,
    "Rayleigh": lambda noise, w: mp.exp(-abs(w) / noise.scale) / (2 * mpf(noise.scale)),
    "RegularizedHalfCauchy": regularized_half_cauchy,
    "Uniform": uniform,
}
