"""log p(y, sites | X) in float64 NumPy and SciPy, written from DESIGN.md alone.

Nothing here comes from bayesdrop: the fields of a model are read, its methods are never called,
so an error in the library cannot cancel against the same error here. Noise multiplies the units,
as in dropout: ``((h ∘ λ) W + b) τ``. Site values may carry any leading axes (points); results
then carry them too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, special, stats

Array = NDArray[np.float64]


class _RegularizedHalfCauchy(stats.rv_continuous):
    """λ = c η/√(c² + η²), η ~ HalfCauchy(s), on (0, c): P(λ < x) = (2/π) atan(η(x)/s)."""

    def _get_support(self, s: Any, c: Any) -> tuple[Any, Any]:
        return 0.0, c

    def _cdf(self, x: Array, s: Array, c: Array) -> Array:
        return 2 / math.pi * np.arctan(x / np.sqrt(1 - (x / c) ** 2) / s)

    def _ppf(self, q: Array, s: Array, c: Array) -> Array:
        eta = s * np.tan(math.pi / 2 * q)
        return c * eta / np.sqrt(c**2 + eta**2)

    def _logpdf(self, x: Array, s: Array, c: Array) -> Array:
        shrunk = 1 - (x / c) ** 2  # dη/dλ = shrunk^(−3/2)
        eta = x / np.sqrt(shrunk)
        return stats.halfcauchy.logpdf(eta, scale=s) - 1.5 * np.log(shrunk)

    def _pdf(self, x: Array, s: Array, c: Array) -> Array:
        return np.exp(self._logpdf(x, s, c))

    def _munp(self, n: int, s: Any, c: Any) -> Any:
        def over_angle(angle: float) -> float:  # η = s tan(angle) is half-Cauchy
            eta = np.ravel(s)[0] * math.tan(angle)
            return (eta / math.hypot(1, eta / np.ravel(c)[0])) ** n

        return 2 / math.pi * integrate.quad(over_angle, 0, math.pi / 2, epsrel=1e-12)[0]


regularized_half_cauchy = _RegularizedHalfCauchy(name="regularized_half_cauchy")

# λ² ~ InvGamma(a, b) means λ = √b g^(−1/2) with g ~ Gamma(a): SciPy's gengamma with c = −2.
NOISES: dict[str, Callable[[Any], Any]] = {
    "Bernoulli": lambda noise: stats.bernoulli(noise.keep),
    "Beta": lambda noise: stats.beta(noise.a, noise.b),
    "Gaussian": lambda noise: stats.norm(noise.mean, noise.scale),
    "HalfCauchy": lambda noise: stats.halfcauchy(scale=noise.scale),
    "HalfNormal": lambda noise: stats.halfnorm(scale=noise.scale),
    "InverseNakagami": lambda noise: stats.gengamma(noise.shape, -2, scale=math.sqrt(noise.rate)),
    "LogUniform": lambda noise: stats.loguniform(noise.low, noise.high),
    "Rayleigh": lambda noise: stats.rayleigh(scale=noise.scale),
    "RegularizedHalfCauchy": lambda noise: regularized_half_cauchy(noise.scale, noise.slab),
    "Uniform": lambda noise: stats.uniform(noise.low, noise.high - noise.low),
    # the density-only noises that the tests define (tests/conformance/cases.py)
    "Arcsine": lambda noise: stats.arcsine(noise.low, noise.high - noise.low),
    "CustomBeta": lambda noise: stats.beta(noise.a, noise.b),
    "Logistic": lambda noise: stats.logistic(noise.centre, noise.scale),
    "CustomLogNormal": lambda noise: stats.lognorm(noise.sigma, scale=math.exp(noise.mu)),
}

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "elu": lambda x: np.where(x > 0, x, special.expm1(np.minimum(x, 0))),
    "erf": lambda x: np.sign(x) * special.gammainc(0.5, x * x),
    "leaky_relu": lambda x: np.where(x > 0, x, x / 100),
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": special.expit,
    "silu": lambda x: x * special.expit(x),
    "softplus": lambda x: -special.log_expit(-x),
    "tanh": lambda x: 2 * special.expit(2 * x) - 1,
}


def distribution(noise: Any) -> Any:
    """The frozen SciPy distribution of a noise."""
    return NOISES[type(noise).__name__](noise)


class Matrix(NamedTuple):
    """One weight matrix and the noises that act on it."""

    fan_in: int
    fan_out: int
    unit: Any
    layer: Any
    weight: Any


def matrices(model: Any, n_features: int, n_outputs: int) -> list[Matrix]:
    """The weight matrices of ``model`` with the noise its prior puts on each."""
    network, prior = model.network, model.prior
    is_resnet = type(network).__name__ == "ResNet"
    hidden = [network.hidden] * network.depth if is_resnet else list(network.hidden)
    widths = [n_features, *hidden, n_outputs]
    last = len(widths) - 2

    def pick(noise: Any, index: int) -> Any:
        if type(noise).__name__ != "PerLayer":
            return noise
        return noise.first if index == 0 else noise.last if index == last else noise.hidden

    return [
        Matrix(
            widths[i],
            widths[i + 1],
            pick(prior.unit, i),
            pick(prior.layer, i) if is_resnet and 0 < i < last else None,
            pick(prior.weight, i),
        )
        for i in range(last + 1)
    ]


def network_outputs(model: Any, n_outputs: int) -> int:
    """How many outputs the network has for so many targets."""
    match type(model.likelihood).__name__:
        case "HeteroscedasticGaussian":
            return 2 * n_outputs
        case "Categorical":
            return model.likelihood.n_classes
    return n_outputs


def output(
    model: Any, values: Mapping[str, Any], X: Array, n_outputs: int, form: str = "expanded"
) -> Array:
    """The network's output (..., rows, outputs) for ``n_outputs`` targets."""
    layers = matrices(model, X.shape[1], network_outputs(model, n_outputs))
    activation = ACTIVATIONS.get(getattr(model.network, "activation", ""), lambda x: x)
    is_resnet = type(model.network).__name__ == "ResNet"
    h = X
    for i, matrix in enumerate(layers):
        weight, bias = _weight_and_bias(values, i, matrix, form)
        carried = h
        if form == "expanded" and matrix.unit is not None:
            h = h * values[f"unit_scale_{i}"][..., None, :]
        if form == "expanded" and matrix.weight is not None:
            weight = values[f"weight_scale_{i}"] * weight
        h = h @ weight + bias[..., None, :]
        if form == "expanded" and matrix.layer is not None:
            h = h * np.asarray(values[f"layer_scale_{i}"])[..., None, None]
        if i < len(layers) - 1:
            h = activation(h)
        if is_resnet and 0 < i < len(layers) - 1:
            h = carried + h
    return h


def log_joint_parts(
    model: Any, values: Mapping[str, Any], X: Array, y: Array, form: str = "expanded"
) -> tuple[Array, Array]:
    """log p(sites) and log p(y | sites, X), each with the leading axes of ``values``."""
    y = y.reshape(len(X), -1)
    n_outputs = y.shape[1]
    unread = set(values)
    log_prior = np.float64(0)
    for i, matrix in enumerate(matrices(model, X.shape[1], network_outputs(model, n_outputs))):
        base = model.prior.base_scale
        weight_scale = matrix.fan_in**-0.5 if base == "fan_in" else base
        bias_scale = model.prior.bias_scale
        for sharing, n_axes in (("unit", 1), ("layer", 0), ("weight", 2)):
            noise, name = getattr(matrix, sharing), f"{sharing}_scale_{i}"
            if noise is None:
                continue
            unread.remove(name)
            scale = np.asarray(values[name])
            log_prior = log_prior + _total(_log_prob(noise, scale), n_axes)
            if form == "hierarchical":
                spread = {"unit": scale[..., None], "layer": scale[..., None, None]}
                weight_scale = weight_scale * np.abs(spread.get(sharing, scale))
                if sharing == "layer":
                    bias_scale = bias_scale * np.abs(scale[..., None])
        names = _names(i, matrix, form)
        unread.difference_update(names)
        weight, bias = (values[name] for name in names)
        log_prior = log_prior + _total(stats.norm.logpdf(weight, 0, weight_scale), 2)
        log_prior = log_prior + _total(stats.norm.logpdf(bias, 0, bias_scale), 1)

    own = {}
    for field, name in (("scale", "noise_scale"), ("df", "df")):
        own[field] = getattr(model.likelihood, field, None)
        if own[field] is not None and not isinstance(own[field], float):
            unread.remove(name)
            log_prior = log_prior + _total(_log_prob(own[field], values[name]), 1)
            own[field] = values[name][..., None, :]
    assert not unread, f"sites the oracle does not know: {unread}"
    found = output(model, values, X, n_outputs, form)
    return log_prior, _total(_log_likelihood(model.likelihood, own, found, y), 2)


def _log_likelihood(likelihood: Any, own: Mapping[str, Any], found: Array, y: Array) -> Array:
    """log p(y | the network's output ``found``), (..., rows, targets)."""
    match type(likelihood).__name__:
        case "Gaussian":
            return stats.norm.logpdf(y, found, own["scale"])
        case "HeteroscedasticGaussian":
            mean, log_scale = np.split(found, 2, axis=-1)
            return stats.norm.logpdf(y, mean, np.exp(np.clip(log_scale, -40, 40)))
        case "StudentT":
            return stats.t.logpdf(y, own["df"], found, own["scale"])
        case "Bernoulli":
            # stats.bernoulli takes 1 − p, which rounds: off by 2e-7 where f is 20
            return y * special.log_expit(found) + (1 - y) * special.log_expit(-found)
        case "Categorical":
            one_hot = np.eye(likelihood.n_classes)[y[:, 0].astype(int)]
            return np.sum(one_hot * special.log_softmax(found, axis=-1), axis=-1)[..., None]
        case "Poisson":
            return stats.poisson.logpmf(y, np.exp(np.clip(found, -40, 40)))
    raise NotImplementedError(likelihood)


def log_joint(
    model: Any, values: Mapping[str, Any], X: Array, y: Array, form: str = "expanded"
) -> Array:
    """log p(y, sites | X)."""
    log_prior, log_likelihood = log_joint_parts(model, values, X, y, form)
    return log_prior + log_likelihood


def _names(i: int, matrix: Matrix, form: str) -> tuple[str, str]:
    """The sites of weight and bias ``i``: what a noise multiplies is called its base."""
    if form == "hierarchical":
        return f"weight_{i}", f"bias_{i}"
    scaled = any(noise is not None for noise in (matrix.unit, matrix.layer, matrix.weight))
    bias_scaled = matrix.layer is not None
    return f"weight_{i}" + "_base" * scaled, f"bias_{i}" + "_base" * bias_scaled


def _weight_and_bias(
    values: Mapping[str, Any], i: int, matrix: Matrix, form: str
) -> tuple[Array, Array]:
    weight, bias = _names(i, matrix, form)
    return values[weight], values[bias]


def _log_prob(noise: Any, x: Array) -> Array:
    frozen = distribution(noise)
    return frozen.logpmf(x) if hasattr(frozen.dist, "logpmf") else frozen.logpdf(x)


def _total(log_prob: Array, n_axes: int) -> Array:
    """The sum over a site's own axes, which come last."""
    return np.sum(log_prob, axis=tuple(range(-n_axes, 0)))
