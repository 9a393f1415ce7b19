"""What a multiplicative noise is: a support and a log density; the rest follows."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.noise import group, quadrature
from bayesdrop.noise.learned import Learned
from bayesdrop.noise.parameters import check_parameter, draw, log_mixture
from bayesdrop.noise.pieces import Piece, pieces
from bayesdrop.noise.support import BOUNDS, Support, edges, in_support
from bayesdrop.spec import Spec


class Noise(Spec, kind="noise"):
    """A noise is the distribution of a number λ, which multiplies a unit, a layer or a weight.

    Let ``z ~ N(0, base_scale²)``. Then the weight ``w = λ z`` has a Gaussian-scale-mixture prior
    (Nalisnick, Hernández-Lobato & Smyth, ICML 2019, eq. 4). :meth:`log_marginal` is its density.

    A noise of your own is a frozen dataclass with a ``support`` and a ``log_density`` written
    against the Array API (``xp = array_namespace(x)``), so that NumPy, JAX and PyTorch run the
    same lines; one whose ``support`` is ``"interval"`` gives its ``bounds`` too. Sampling, moments
    and the marginal then follow numerically; override them where a closed form exists.

    ``parameters`` names the fields that need not be numbers, each with its support: such a field
    may be a :class:`Learned`, which before a fit counts as its initial value, or a noise that is
    its prior, over which ``sample``, ``log_prob`` and ``log_marginal`` average.

    Raises
    ------
    TypeError, ValueError
        At its creation: a field of ``parameters`` is no such value, or outside its support. At the
        definition of a class: its name is that of a noise of bayesdrop's.
    """

    support: ClassVar[Support]
    parameters: ClassVar[Mapping[str, Support]] = {}

    def __post_init__(self) -> None:
        for field, support in self.parameters.items():
            check_parameter(self, field, support)

    @property
    def parameter_values(self) -> dict[str, Any]:
        """Return field → value of every parameter. A noise that is bound may have arrays."""
        return {field: getattr(self, field) for field in self.parameters}

    @property
    def free(self) -> dict[str, Learned | Noise]:
        """Return the parameters that are not numbers, by field."""
        values = self.parameter_values.items()
        return {field: value for field, value in values if isinstance(value, (Learned, Noise))}

    @property
    def has_numbers(self) -> bool:
        """Say whether every parameter is a number."""
        return all(isinstance(value, float) for value in self.parameter_values.values())

    @property
    def scale_parameter(self) -> str | None:
        """Name the field s, if λ/s has the distribution that λ has at s = 1; else ``None``."""
        return None

    def bind(self, values: Mapping[str, Any]) -> Self:
        """Return a copy with these parameters, numbers or arrays of any library, unchecked."""
        bound = copy.copy(self)
        for field, value in values.items():
            object.__setattr__(bound, field, value)
        return bound

    @property
    def start(self) -> Self:
        """Return a copy whose free parameters have numbers, which stand in before a fit."""
        return self.bind(
            {f: v.initial if isinstance(v, Learned) else v.median for f, v in self.free.items()}
        )

    @property
    def median(self) -> float:
        """Return the median of λ."""
        cdf, values = quadrature.quantile_table(self.start)
        return float(np.interp(0.5, cdf, values))

    @abstractmethod
    def log_density(self, x: Any) -> Any:
        """Return the log density (or mass) at ``x``, which is inside the support.

        ``x`` is an array of any Array-API library. Parameters are numbers, or arrays of that
        library if they are to be learned or inferred.
        """

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the ends of the support, which do not belong to it (but for Bernoulli noise)."""
        if self.support == "interval":
            raise NotImplementedError(f"{type(self).__name__} is on an interval: define its bounds")
        return BOUNDS[self.support]

    @property
    def induced_prior(self) -> str:
        """Name the marginal prior of a weight; it is ``"numerical"`` if it has no name.

        Parameters that have a prior count as given.
        """
        return "numerical"

    @property
    def mean(self) -> float:
        """Return E λ, with numbers for parameters. It is ``inf`` where it does not exist."""
        return quadrature.moment(self, 1)

    @property
    def second_moment(self) -> float:
        """Return E λ², with numbers for parameters. It is ``inf`` where it does not exist."""
        return quadrature.moment(self, 2)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw samples of the given shape from ``rng``; the default inverts the tabulated CDF."""
        cdf, values = quadrature.quantile_table(self)
        return np.interp(rng.random(shape), cdf, values)

    def sample(self, shape: int | tuple[int, ...] = (), seed: int = 0) -> NDArray[np.float64]:
        """Draw independent samples of λ.

        Parameters
        ----------
        shape
            Shape of the result; a scalar by default.
        seed
            Seed of NumPy's default generator.
        """
        shape = (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(shape)
        draws = draw(self, np.random.default_rng(seed), shape)
        return np.clip(draws, *edges(self, np.float64))  # rounding may have put one on an end

    def log_prob(self, value: ArrayLike) -> NDArray[np.float64]:
        """Return the log density (or mass) at ``value``, of any shape; −inf off the support."""
        x = np.asarray(value, dtype=np.float64)
        possible = in_support(x, self)
        result = np.full(x.shape, -np.inf)
        result[possible] = log_mixture(self, lambda noise: noise.log_density(x[possible]))
        return result

    def log_marginal(self, w: ArrayLike, base_scale: float = 1.0) -> NDArray[np.float64]:
        """Return the log density of ``w = λ z``, ``z ~ N(0, base_scale²)``, at ``w`` of any shape.

        For Bernoulli noise it is the continuous part of the spike-and-slab, which integrates to
        the keep probability. Parameters that have a prior are integrated out.

        Raises
        ------
        ValueError
            ``base_scale`` is not positive.
        """
        if not base_scale > 0:
            raise ValueError(f"base_scale is {base_scale!r}, and a standard deviation is positive")
        scaled = np.asarray(w, dtype=np.float64) / base_scale
        density = log_mixture(self, lambda noise: noise.log_weight_density(scaled))
        return density - np.log(base_scale)

    def log_group_density(self, squares: Any, count: int) -> Any:
        """Return the log density of ``count`` weights that share λ, given the sum of their squares.

        They are w_k = λ z_k with z_k ~ N(0, 1), so that their density is that of λ averaged over
        N(w; 0, λ² I), a function of the ``squares`` M = Σ w_k² alone. It is a closed form (inverse
        Nakagami noise: a multivariate Student-t), or the interpolation of a table that is made
        once (:mod:`bayesdrop.noise.group_table`), or, where parameters are arrays and no mere
        scale, a quadrature (:mod:`bayesdrop.noise.group_quadrature`). All are differentiable
        in ``squares`` and in the parameters, to a relative error of 1e-9 in float64.

        Parameters
        ----------
        squares
            M, of any shape, an array of NumPy, JAX or PyTorch. At 0 it counts as the smallest
            number.
        count
            D, at least 1.

        Raises
        ------
        ValueError
            The noise is 0 or 1: weights that share a 0 have a point mass and no density.
        """
        return group.log_density(self, squares, count)

    def shared_scale(self, uniform: Any, squares: Any, count: int) -> Any:
        """Return λ given weights that share it: its conditional quantile at ``uniform`` in (0, 1).

        The conditional density is ∝ p(λ) |λ|^−D exp(−M/(2λ²)); see :meth:`log_group_density`
        for M and D. Its CDF is tabulated in log |λ|, to some 1e-3 of its standard deviation.
        Values of both signs are drawn if λ can have them. ``uniform`` has the shape of
        ``squares``.
        """
        return group.scale_given(self, uniform, squares, count)

    def log_weight_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log density of ``λ z`` with ``z ~ N(0, 1)``, by default by quadrature."""
        return quadrature.log_marginal(self, w)

    def pieces(self) -> tuple[Piece, ...]:
        """Say how the quadrature goes over λ; override where ``log_density`` would lose digits."""
        return pieces(self)
