"""What a multiplicative noise is: a support and a log density; the rest follows."""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.noise import quadrature
from bayesdrop.noise.learned import Learned
from bayesdrop.noise.pieces import Piece, pieces
from bayesdrop.spec import Spec, checked_number

Support = Literal["real", "positive", "unit_interval", "interval", "boolean"]
Parameter = Any
"""A number, a :class:`Learned`, or a noise that is the prior."""

_PARAMETER_NODES = 257  # of the quadrature over a parameter's prior
_BOUNDS: dict[Support, tuple[float, float]] = {
    "real": (-math.inf, math.inf),
    "positive": (0.0, math.inf),
    "unit_interval": (0.0, 1.0),
    "boolean": (0.0, 1.0),
}


class Noise(Spec, kind="noise"):
    """A univariate distribution of the noise λ that multiplies a hidden unit, a layer or a weight.

    With ``z ~ N(0, base_scale²)`` the weight ``w = λ z`` has a Gaussian-scale-mixture prior
    (Nalisnick, Hernández-Lobato & Smyth, ICML 2019, eq. 4); :meth:`log_marginal` is its density.

    A noise of your own is a frozen dataclass with a ``support`` and a ``log_density`` written
    against the Array API (``xp = array_namespace(x)``), so that NumPy, JAX and PyTorch run the
    same lines; one whose ``support`` is ``"interval"`` gives its ``bounds`` too. Sampling, moments
    and the marginal then follow numerically; override them where a closed form exists.

    ``parameters`` names the fields that need not be numbers, each with its support: such a field
    may be a :class:`Learned`, which before a fit counts as its initial value, or a noise that is
    its prior, over which ``sample``, ``log_prob`` and ``log_marginal`` average.
    """

    support: ClassVar[Support]
    parameters: ClassVar[Mapping[str, Support]] = {}

    def __post_init__(self) -> None:
        for field, support in self.parameters.items():
            _check_parameter(self, field, support)

    @property
    def free(self) -> dict[str, Learned | Noise]:
        """The parameters that are not numbers, by field."""
        values = {field: getattr(self, field) for field in self.parameters}
        return {f: v for f, v in values.items() if isinstance(v, (Learned, Noise))}

    def bind(self, values: Mapping[str, Any]) -> Self:
        """A copy with these parameters, numbers or arrays of any library, unchecked."""
        bound = copy.copy(self)
        for field, value in values.items():
            object.__setattr__(bound, field, value)
        return bound

    @property
    def start(self) -> Self:
        """A copy whose free parameters have the numbers that stand in for them before a fit."""
        return self.bind(
            {f: v.initial if isinstance(v, Learned) else v.median for f, v in self.free.items()}
        )

    @property
    def median(self) -> float:
        """The median of λ."""
        cdf, values = quadrature.quantile_table(self.start)
        return float(np.interp(0.5, cdf, values))

    @abstractmethod
    def log_density(self, x: Any) -> Any:
        """Log density (or mass) at ``x``, an array of any Array-API library inside the support.

        Parameters are numbers, or arrays of that library if they are to be learned or inferred.
        """

    @property
    def bounds(self) -> tuple[float, float]:
        """The ends of the support, which do not belong to it (but for Bernoulli noise)."""
        if self.support == "interval":
            raise NotImplementedError(f"{type(self).__name__} is on an interval: define its bounds")
        return _BOUNDS[self.support]

    @property
    def induced_prior(self) -> str:
        """What the marginal prior of a weight is called; ``"numerical"`` if it has no name."""
        return "numerical"

    @property
    def mean(self) -> float:
        """E λ, with numbers for parameters; ``inf`` where it does not exist."""
        return quadrature.moment(self, 1)

    @property
    def second_moment(self) -> float:
        """E λ², with numbers for parameters; ``inf`` where it does not exist."""
        return quadrature.moment(self, 2)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Samples of the given shape from ``rng``; the default inverts the tabulated CDF."""
        cdf, values = quadrature.quantile_table(self)
        return np.interp(rng.random(shape), cdf, values)

    def sample(self, shape: int | tuple[int, ...] = (), seed: int = 0) -> NDArray[np.float64]:
        """Independent samples of λ.

        Parameters
        ----------
        shape
            Shape of the result; a scalar by default.
        seed
            Seed of NumPy's default generator.
        """
        shape = (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(shape)
        draws = _draw(self, np.random.default_rng(seed), shape)
        return np.clip(draws, *edges(self, np.float64))  # rounding may have put one on an end

    def log_prob(self, value: ArrayLike) -> NDArray[np.float64]:
        """Log density (or mass) of λ at ``value``, of any shape; −inf off the support."""
        x = np.asarray(value, dtype=np.float64)
        possible = in_support(x, self)
        result = np.full(x.shape, -np.inf)
        terms = [log_p + noise.log_density(x[possible]) for log_p, noise in members(self)]
        result[possible] = _log_sum(terms)
        return result

    def log_marginal(self, w: ArrayLike, base_scale: float = 1.0) -> NDArray[np.float64]:
        """Log density of ``w = λ z`` with ``z ~ N(0, base_scale²)``, at ``w`` of any shape.

        For Bernoulli noise it is the continuous part of the spike-and-slab, which integrates to
        the keep probability. Parameters that have a prior are integrated out.
        """
        scaled = np.asarray(w, dtype=np.float64) / base_scale
        terms = [log_p + noise.log_weight_density(scaled) for log_p, noise in members(self)]
        return _log_sum(terms) - np.log(base_scale)

    def log_weight_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log density of ``λ z`` with ``z ~ N(0, 1)``; the default integrates numerically."""
        return quadrature.log_marginal(self, w)

    def pieces(self) -> tuple[Piece, ...]:
        """How the quadrature goes over λ; override where ``log_density`` would lose digits."""
        return pieces(self)


def _log_sum(terms: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # NaN stays NaN
        return np.logaddexp.reduce(terms)


def members(noise: Noise) -> list[tuple[float, Noise]]:
    """Log probabilities and noises with numbers for parameters, whose mixture ``noise`` is."""
    if not noise.free:
        return [(0.0, noise)]
    field, value = next(iter(noise.free.items()))
    if isinstance(value, Learned):
        return members(noise.bind({field: value.initial}))
    found = []
    for log_p, prior in members(value):
        numbers, log_mass = quadrature.nodes(prior, _PARAMETER_NODES)
        for number, log_m in zip(numbers, log_mass, strict=True):
            fixed = members(noise.bind({field: float(number)}))
            found += [(log_p + log_m + log_rest, member) for log_rest, member in fixed]
    return found


def _draw(noise: Noise, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Draws of ``noise``, each with parameters of its own from their priors."""
    priors = {f: v for f, v in noise.free.items() if isinstance(v, Noise)}
    if not priors:
        return noise.start.draw(rng, shape)
    drawn = {field: _draw(prior, rng, shape) for field, prior in priors.items()}
    result = np.empty(shape)
    for index in np.ndindex(shape):
        own = {field: float(value[index]) for field, value in drawn.items()}
        result[index] = noise.start.bind(own).draw(rng, ())
    return result


def in_support(x: NDArray[np.float64], noise: Noise) -> NDArray[np.bool_]:
    """Which elements of ``x`` lie in the support of ``noise``."""
    low, high = noise.bounds
    if noise.support == "boolean":
        return (x == low) | (x == high)
    return (x > low) & (x < high)


def edges(noise: Noise, dtype: Any) -> tuple[Any, Any]:
    """The first and the last number of a NumPy float type that lie in the support."""
    low, high = np.array(noise.bounds, dtype=dtype)
    if noise.support == "boolean":
        return low, high
    first = np.nextafter(low, high) if low else np.finfo(dtype).tiny
    return first, np.nextafter(high, low)


def _check_parameter(noise: Noise, field: str, support: Support) -> None:
    """Make a number of ``noise.field`` a float; refuse what is outside ``support``."""
    value = getattr(noise, field)
    low, high = _BOUNDS[support]
    if isinstance(value, Learned):
        checked_number(noise.bind({field: value.initial}), field, above=low, below=high)
    elif not isinstance(value, Noise):
        checked_number(noise, field, above=low, at_most=high)
    elif value.support == "boolean" or not (low <= value.bounds[0] and value.bounds[1] <= high):
        raise ValueError(
            f"{type(noise).__name__}({field}={value!r}): the prior of {field} must be "
            f"{support.replace('_', ' ')}, not {value.support.replace('_', ' ')}"
        )
