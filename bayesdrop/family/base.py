"""What a family of distributions is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import mixtures

Parameters = dict[str, Any]
"""The family's arguments, each an array (..., rows, outputs); ``logits`` of classes have a last
axis of their own."""

Kind = Literal["continuous", "count", "class"]
"""What a target is: a real number, a whole number from 0, or the number of a class."""

Array = NDArray[np.float64]


class Family(ABC):
    """A family is a kind of distribution of the target, independent over rows and outputs.

    A family of your own has no state. It says its ``kind``, which is ``"continuous"``,
    ``"count"`` (whole numbers from 0) or ``"class"``, and defines three methods:

    * ``log_prob(parameters, y)`` against the Array API (``xp = array_namespace(...)``), so that
      NumPy, JAX and PyTorch run the same lines;
    * ``cdf(parameters, y)``, in NumPy;
    * ``sample(parameters, rng)``, in NumPy.

    ``parameters`` is what the likelihood's ``parameters`` returned: name → array
    (draws, rows, outputs), in programs (rows, outputs). Arguments called ``loc`` and ``scale`` are
    a location and a positive scale. ``cdf`` and ``sample`` get all three axes.

    All else follows, in float64 and in blocks of rows: see each method. Define a closed form
    where there is one: means and variances of every draw take a quadrature each. A family of
    classes defines :meth:`class_probabilities` too. :class:`~bayesdrop.Laplace` needs
    :meth:`fisher_information`. The ``mixture_*`` methods are those of the equal-weight mixture over
    draws that a :class:`~bayesdrop.Predictive` is.

    Raises
    ------
    TypeError
        At its creation, without one of the three methods.
    ValueError
        From what follows: parameters that are not finite, a scale that is not positive, or a
        ``cdf`` of another shape than the parameters, with NaN, or outside [0, 1].
    """

    kind: ClassVar[Kind]

    def __repr__(self) -> str:
        return type(self).__name__

    @abstractmethod
    def log_prob(self, parameters: Parameters, y: Any) -> Any:
        """Return log p(``y``) given each draw, (..., rows, outputs), against the Array API."""

    @abstractmethod
    def cdf(self, parameters: Parameters, y: NDArray) -> NDArray:
        """Return P(Y ≤ y | draw) at ``y`` (rows, outputs), of shape (draws, rows, outputs).

        A family of classes without an order raises a ``TypeError`` that says so.
        """

    @abstractmethod
    def sample(self, parameters: Parameters, rng: np.random.Generator) -> NDArray:
        """Return one sample of y per draw, (draws, rows, outputs); integers unless continuous."""

    def location(self, parameters: Parameters) -> NDArray[np.floating]:
        """Return f(x) on the network's own scale, (draws, rows, outputs, ...).

        R-hat is taken of it. (Ranks alone enter R-hat.) By default it is ``loc``, or :meth:`mean`
        where there is none.
        """
        return parameters["loc"] if "loc" in parameters else self.mean(parameters)

    def mean(self, parameters: Parameters) -> NDArray[np.floating]:
        """Return E[y | draw], (draws, rows, outputs); of classes the one-hot y's, with a last axis.

        By default it is found by quadrature over the cdf, to a relative 1e-8 of the spread. Where
        the expectation does not exist, it is the median.
        """
        if self.kind == "class":
            return self.class_probabilities(parameters)
        return mixtures.mean(self, parameters)

    def variance(self, parameters: Parameters) -> NDArray[np.floating]:
        """Return Var[y | draw], of the shape of :meth:`mean`.

        By default it is found by quadrature over the cdf, to a relative 1e-8, and is infinite where
        it does not exist. A tail whose power is within 0.01 of the limit counts as too heavy.
        """
        if self.kind == "class":
            mean = self.class_probabilities(parameters)
            return mean * (1 - mean)
        return mixtures.variance(self, parameters)

    def rescaled(self, parameters: Parameters, shift: Array, scale: Array) -> Parameters:
        """Return the parameters of ``shift + scale · y``, of a target that can be standardised.

        By default ``loc`` moves, ``loc`` and ``scale`` are multiplied, and all others stay. That is
        right for a family of locations and scales.

        Raises
        ------
        TypeError
            The family has no ``loc`` and ``scale``, and the target was standardised.
        """
        if np.all(shift == 0) and np.all(scale == 1):
            return parameters
        if not {"loc", "scale"} <= parameters.keys():
            raise TypeError(
                f"{self} has no loc and scale, so its parameters can't be put in the target's own "
                "units: define its rescaled, or set standardises_target = False in the likelihood"
            )
        moved = {"loc": shift + scale * parameters["loc"], "scale": scale * parameters["scale"]}
        return {name: moved.get(name, value) for name, value in parameters.items()}

    def class_probabilities(self, parameters: Parameters) -> Array:
        """Return P(y = class | draw), (draws, rows, outputs, classes).

        Families of classes define it.
        """
        raise TypeError(
            f"{self} is a family of classes without class_probabilities: define them"
            if self.kind == "class"
            else f"{self} is no distribution of classes"
        )

    @property
    def states_fisher_information(self) -> bool:
        """Say whether the family defines :meth:`fisher_information` for its own log density.

        If a subclass has a :meth:`log_prob` of its own, the base's information does not count.
        """
        definer = next(cls for cls in type(self).__mro__ if "fisher_information" in vars(cls))
        return definer is not Family and self.has_density_of(definer)

    def has_density_of(self, base: type) -> bool:
        """Return whether :meth:`log_prob` is that of ``base``, the family's class or one above."""
        classes = type(self).__mro__
        return not any("log_prob" in vars(cls) for cls in classes[: classes.index(base)])

    def fisher_information(self, parameters: Parameters) -> Mapping[str, Any]:
        """Return the expected information of each parameter by name, against the Array API.

        It is −E ∂² log p(y) / ∂parameter², of the parameter's shape. If a parameter has a last axis
        of its own, the information is a matrix there, and has one more axis. Parameters that the
        network's output moves must all be there, and must have no information in common.

        Raises
        ------
        NotImplementedError
            The family does not state it, as by default.
        """
        raise NotImplementedError(f"{self!r} states no Fisher information")

    def mixture_log_prob(self, parameters: Parameters, y: NDArray) -> Array:
        """Return the log density of the mixture at ``y``, (rows, outputs)."""
        return mixtures.log_prob(self, parameters, y)

    def mixture_cdf(self, parameters: Parameters, y: NDArray) -> Array:
        """Return P(Y ≤ y) of the mixture, (rows, outputs)."""
        return mixtures.cdf(self, parameters, y)

    def mixture_quantile(self, parameters: Parameters, q: NDArray) -> Array:
        """Return the smallest y with P(Y ≤ y) ≥ q, (*q.shape, rows, outputs).

        By default a root is found to rounding, or by bisection over whole numbers.
        """
        return mixtures.quantile(self, parameters, q)

    def mixture_crps(self, parameters: Parameters, y: NDArray) -> Array:
        """Return the continuous ranked probability score of the mixture at ``y``, (rows, outputs).

        By default it is ``∫ (F(x) − 1{x ≥ y})² dx`` to a relative 1e-8 (Matheson & Winkler, 1976).
        """
        return mixtures.crps(self, parameters, y)
