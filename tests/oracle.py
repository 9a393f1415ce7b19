"""log p(y, sites | X) in float64 NumPy and SciPy, written from DESIGN.md alone.

Nothing here comes from bayesdrop: the fields of a model are read, its methods are never called,
so an error in the library cannot cancel against the same error here. Noise multiplies the units,
as in dropout: ``((h ∘ λ) W + b) τ``. Site values may carry any leading axes (points); results
then carry them too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import oracle_networks
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
    group: Any  # of a user's own: noise and index
    bias: Any
    window: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self.window, self.fan_in, self.fan_out)

    def scales(self) -> dict[str, tuple[Any, int]]:
        """What shares a scale → its noise, and the number of axes of the scale."""
        found = {
            "unit": (self.unit, 1),
            "layer": (self.layer, 0),
            "weight": (self.weight, len(self.shape)),
            "group": (getattr(self.group, "noise", None), 1),
            "bias": (self.bias, 1),
        }
        return {sharing: pair for sharing, pair in found.items() if pair[0] is not None}

    def on_weights(self, sharing: str, scale: Array) -> Array:
        """The scale for every weight, to broadcast against (*window, fan_in, fan_out)."""
        places = (None,) * len(self.window)
        match sharing:
            case "unit":
                return scale[(..., *places, slice(None), None)]
            case "layer":
                return scale[(..., *places, None, None)]
            case "group":
                chosen = scale[..., np.asarray(self.group.index)]
                if np.ndim(self.group.index) == len(self.shape):
                    return chosen
                matrix = chosen if np.ndim(self.group.index) == 2 else chosen[..., None]
                return matrix[(..., *places, slice(None), slice(None))]
        return scale

    def group_sums(self, sharing: str, weight: Array, bias: Array) -> tuple[Array, Array]:
        """Sums over the weights and biases that share each value of the scale, (..., values), and
        how many they are."""
        if sharing == "bias":
            return bias, np.ones(bias.shape[-1], int)
        own = weight.reshape(*weight.shape[: weight.ndim - len(self.shape)], -1)
        place = np.arange(own.shape[-1])
        if sharing == "unit":
            place = place // self.fan_out % self.fan_in
        elif sharing == "layer":
            own, place = (
                np.concatenate([own, bias], -1),
                np.zeros(own.shape[-1] + self.fan_out, int),
            )
        elif sharing == "group":
            index = np.asarray(self.group.index)
            index = index[:, None] if index.ndim == 1 else index
            place = np.broadcast_to(index, self.shape).ravel()
        sums = [own[..., place == value].sum(-1) for value in range(place.max() + 1)]
        return np.stack(sums, -1), np.bincount(place)

    def integrated(self, form: str) -> list[str]:
        """The scales that the marginal form integrates out: smallest groups first, or largest."""
        if not form.startswith("marginal"):
            return []
        ones = np.ones(self.shape), np.ones(self.fan_out)
        size = {sharing: self.group_sums(sharing, *ones)[1].max() for sharing in self.scales()}
        chosen: list[str] = []
        for sharing in sorted(size, key=lambda s: size[s], reverse=form == "marginal_large"):
            rivals = {"bias"} if sharing == "bias" else {"unit", "layer", "weight", "group"}
            rivals |= {"layer"} if sharing == "bias" else set()
            rivals |= {"bias"} if sharing == "layer" else set()
            if not rivals & set(chosen):
                chosen.append(sharing)
        return chosen


def matrices(model: Any, input_shape: tuple[int, ...], n_outputs: int) -> list[Matrix]:
    """The weight matrices of ``model`` with the noise its prior puts on each."""
    prior, shapes = model.prior, oracle_networks.shapes(model.network, input_shape, n_outputs)
    last = len(shapes) - 1

    def pick(noise: Any, index: int) -> Any:
        if type(noise).__name__ != "PerLayer":
            return noise
        return noise.first if index == 0 else noise.last if index == last else noise.hidden

    return [
        Matrix(
            shape.fan_in,
            shape.fan_out,
            pick(prior.unit, i),
            pick(prior.layer, i) if shape.in_block else None,
            pick(prior.weight, i),
            pick(prior.group, i),
            pick(prior.bias, i),
            shape.window,
        )
        for i, shape in enumerate(shapes)
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
    layers = matrices(model, X.shape[1:], network_outputs(model, n_outputs))

    def apply(i: int, h: Array, product: Callable[[Array, Array], Array] = np.matmul) -> Array:
        matrix = layers[i]
        places = (None,) * len(matrix.window)
        weight, bias = _weight_and_bias(values, i, matrix, form)
        if form == "expanded" and matrix.unit is not None:
            h = h * values[f"unit_scale_{i}"][(..., None, *places, slice(None))]
        if form == "expanded" and matrix.weight is not None:
            weight = values[f"weight_scale_{i}"] * weight
        if form == "expanded" and matrix.group is not None:
            weight = matrix.on_weights("group", values[f"group_scale_{i}"]) * weight
        if form == "expanded" and matrix.bias is not None:
            bias = values[f"bias_scale_{i}"] * bias
        h = product(h, weight) + bias[(..., None, *places, slice(None))]
        if form == "expanded" and matrix.layer is not None:
            h = h * np.asarray(values[f"layer_scale_{i}"])[(..., None, *places, None)]
        return h

    return oracle_networks.output(model.network, apply, X)


def _gaussian(w: Array, scale: Any, integrated: bool) -> Array:
    """log N(w; 0, scale²), without its exponent where a mixture takes the exponent's place.

    Squares can be so large that to subtract and to add them again would lose the rest.
    """
    if integrated:
        return np.broadcast_to(-np.log(scale) - 0.5 * math.log(2 * math.pi), w.shape)
    return stats.norm.logpdf(w, 0, scale)


def log_joint_parts(
    model: Any, values: Mapping[str, Any], X: Array, y: Array, form: str = "expanded"
) -> tuple[Array, Array]:
    """log p(sites) and log p(y | sites, X), each with the leading axes of ``values``."""
    y = y.reshape(len(X), -1)
    n_outputs = y.shape[1]
    unread = set(values)
    log_prior = np.float64(0)
    for i, matrix in enumerate(matrices(model, X.shape[1:], network_outputs(model, n_outputs))):
        base = model.prior.base_scale
        connections = math.prod(matrix.shape[:-1])
        weight_scale = connections**-0.5 if base == "fan_in" else base
        bias_scale = model.prior.bias_scale
        out = matrix.integrated(form)
        for sharing, (noise, n_axes) in matrix.scales().items():
            name = f"{sharing}_scale_{i}"
            if sharing in out:
                continue
            unread.remove(name)
            scale = np.asarray(values[name])
            log_prior = log_prior + _total(_log_prob(noise, scale), n_axes)
            if form == "expanded":
                continue
            if sharing != "bias":
                weight_scale = weight_scale * np.abs(matrix.on_weights(sharing, scale))
            if sharing in ("layer", "bias"):
                spread = scale if sharing == "bias" else scale[..., None]
                bias_scale = bias_scale * np.abs(spread)
        names = _names(i, matrix, form)
        unread.difference_update(names)
        weight, bias = (values[name] for name in names)
        weight_logs = _gaussian(weight, weight_scale, bool({*out} - {"bias"}))
        bias_logs = _gaussian(bias, bias_scale, bool({*out} & {"bias", "layer"}))
        alone, bias_alone = _total(weight_logs, len(matrix.shape)), _total(bias_logs, 1)
        for sharing in out:
            squares, sizes = matrix.group_sums(
                sharing, (weight / weight_scale) ** 2, (bias / bias_scale) ** 2
            )
            mixture = log_mixture(matrix.scales()[sharing][0], squares, sizes)
            log_prior = log_prior + _total(mixture, 1)
        log_prior = log_prior + alone + bias_alone

    own = {}
    own_fields = (("scale", "noise_scale"), ("df", "df"), ("dispersion", "dispersion"))
    for field, name in own_fields:
        own[field] = getattr(model.likelihood, field, None)
        if own[field] is not None and not isinstance(own[field], float):
            unread.remove(name)
            log_prior = log_prior + _total(_log_prob(own[field], values[name]), 1)
            own[field] = values[name][..., None, :]
    assert not unread, f"sites the oracle does not know: {unread}"
    found = output(model, values, X, n_outputs, form)
    return log_prior, _total(_log_likelihood(model.likelihood, own, found, y), 2)


_GAUSS = np.polynomial.legendre.leggauss(500)


def log_mixture(noise: Any, squares: Array, sizes: Any) -> Array:
    """log ∫ p(λ) |λ|^−D exp(−M/(2λ²)) dλ for M = ``squares`` (..., groups) and D = ``sizes``.

    By many nodes: equal steps of log |λ| on an unbounded support, as far as the integrand reaches,
    and where it has two ends Gauss–Legendre's in the angle θ of λ = middle − half cos θ, on either
    side of 0, in which a pole of order ½ is gone.
    """
    frozen = distribution(noise)
    low, high = frozen.support()
    if not np.isfinite(high):
        mixed = np.vectorize(partial(_log_mixture_without_ends, frozen))
        return mixed(squares, np.broadcast_to(sizes, squares.shape))
    x, weight = _GAUSS
    angle = math.pi / 2 * (1 + x)
    ends = [(low, 0.0), (0.0, high)] if low < 0 < high else [(low, high)]
    scale = np.concatenate([(a + b) / 2 - (b - a) / 2 * np.cos(angle) for a, b in ends])
    log_weight = np.concatenate(
        [np.log(weight * math.pi / 2 * (b - a) / 2 * np.sin(angle)) for a, b in ends]
    )
    log_weight = log_weight + frozen.logpdf(scale)
    log_scale = np.log(np.abs(scale))
    found = []
    for size, own in zip(sizes, np.moveaxis(squares, -1, 0), strict=True):
        exponent = -0.5 * np.exp(np.log(own)[..., None] - 2 * log_scale)
        found.append(special.logsumexp(log_weight - size * log_scale + exponent, axis=-1))
    return np.stack(found, axis=-1)


def _log_mixture_without_ends(frozen: Any, squares: float, size: int) -> float:
    """:func:`log_mixture` of one group, for a support that is half a line or a whole one."""

    def integrand(log: Array) -> Array:
        sides = [np.exp(log)] if frozen.support()[0] == 0 else [-np.exp(log), np.exp(log)]
        density = np.logaddexp.reduce([frozen.logpdf(side) for side in sides])
        return density + (1 - size) * log - 0.5 * np.exp(np.log(squares) - 2 * log)

    log = np.linspace(-25, 25, 1001)
    values = integrand(log)
    for _ in range(2):  # a narrow peak is found on the first grid, and measured on the second
        near = np.flatnonzero(values > values.max() - 60)
        log = np.linspace(log[max(near[0] - 1, 0)], log[min(near[-1] + 1, len(log) - 1)], 1001)
        values = integrand(log)
    return float(special.logsumexp(values) + math.log(log[1] - log[0]))


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
        case "NegativeBinomial":
            # stats.nbinom takes p = size / (size + mean), which rounds to 1 where the mean is small
            mean, size = np.exp(np.clip(found, -40, 40)), 1 / np.asarray(own["dispersion"])
            log_odds = np.log(mean / size)
            ways = -special.betaln(size, y + 1) - np.log(y + size)
            return ways + size * special.log_expit(-log_odds) + y * special.log_expit(log_odds)
    raise NotImplementedError(likelihood)


def log_joint(
    model: Any, values: Mapping[str, Any], X: Array, y: Array, form: str = "expanded"
) -> Array:
    """log p(y, sites | X)."""
    log_prior, log_likelihood = log_joint_parts(model, values, X, y, form)
    return log_prior + log_likelihood


def _names(i: int, matrix: Matrix, form: str) -> tuple[str, str]:
    """The sites of weight and bias ``i``: what a noise multiplies is called its base."""
    if form != "expanded":
        return f"weight_{i}", f"bias_{i}"
    scaled = bool(matrix.scales().keys() - {"bias"})
    bias_scaled = matrix.layer is not None or matrix.bias is not None
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
