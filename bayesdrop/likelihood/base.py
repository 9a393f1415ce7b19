"""What a likelihood is: a family of distributions and what its parameters are made from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import ArrayLike, NDArray

from bayesdrop.family import Family, Parameters
from bayesdrop.field_checks import checked_number
from bayesdrop.likelihood.labels import Label
from bayesdrop.noise import Noise
from bayesdrop.spec import Spec
from bayesdrop.wording import some

__all__ = ["Likelihood", "Parameters"]

_LARGEST_LOG = 40.0


class Likelihood(Spec, kind="likelihood"):
    """A likelihood is the distribution of the target given the network's output.

    A likelihood of your own is a frozen dataclass whose fields are numbers, strings, tuples, noises
    (priors) or other specs. It has a ``family``, an instance of a :class:`~bayesdrop.Family`, and
    defines :meth:`parameters`; :attr:`priors` too, if it has random variables of its own. The page
    "A likelihood of your own" of the documentation has one in full.

    ``standardises_target`` says whether ``bd.fit`` shifts and scales the target by the training
    rows' mean and standard deviation: by default that of continuous families.

    Raises
    ------
    TypeError
        At the definition of the class: its ``family`` is no instance of a family, or its name is
        that of a likelihood of bayesdrop's.
    """

    family: ClassVar[Family]
    standardises_target: ClassVar[bool]
    start: ClassVar[Mapping[str, float]] = {}
    """Where training of point values starts a positive variable of :attr:`priors`, unless at 1."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if (family := vars(cls).get("family")) is None:
            return
        if not isinstance(family, Family):
            raise TypeError(
                f"{cls.__name__}.family is {family!r}, and must be an instance of a bd.Family"
            )
        if "standardises_target" not in vars(cls):
            cls.standardises_target = family.kind == "continuous"

    @abstractmethod
    def parameters(self, output: Any, values: Mapping[str, Any]) -> Parameters:
        """Return the family's arguments, each (..., rows, outputs), against the Array API.

        ``output`` is the network's, (..., rows, network outputs); ``values`` has those of
        :attr:`priors` by name, (..., *shape) with the same leading axes. So a variable of shape
        (outputs,) is ``values[name][..., None, :]``, broadcast to the output's shape.
        """

    @property
    def takes_exposure(self) -> bool:
        """Say whether the likelihood defines :meth:`exposed`."""
        return type(self).exposed is not Likelihood.exposed

    def exposed(self, parameters: Parameters, exposure: Any) -> Parameters:
        """Return the family's arguments at an ``exposure`` (..., rows, 1), from those at one unit.

        Likelihoods of counts define it. It is against the Array API.

        Raises
        ------
        NotImplementedError
            The target is no rate, as by default.
        """
        raise NotImplementedError(f"{self} has no rate that an exposure multiplies")

    @property
    def priors(self) -> dict[str, Noise]:
        """Map the likelihood's own random variables, by name, to their priors; none by default."""
        return {}

    def shape_of(self, name: str, n_outputs: int) -> tuple[int, ...]:
        """Return the shape of variable ``name`` of :attr:`priors`; by default one per target."""
        return (n_outputs,)

    def start_of(self, name: str, prior: Noise) -> float:
        """Say where training of point values starts that variable: a bounded one at its median."""
        return self.start.get(name, 1.0) if prior.support == "positive" else prior.median

    def network_outputs(self, n_outputs: int) -> int:
        """Say how many outputs the network needs for ``n_outputs`` targets; as many by default.

        Raises
        ------
        ValueError
            The likelihood can't have that many targets.
        """
        return n_outputs

    def classes_in(self, y: ArrayLike) -> tuple[Label, ...] | None:
        """Return the labels of the classes of a target ``y``, in order of their numbers.

        ``None``, the default, says that targets are numbers as they are.

        Raises
        ------
        TypeError, ValueError
            ``y`` holds what are no labels, or too many.
        """
        return None

    def with_classes(self, count: int) -> Likelihood:
        """Return this likelihood for so many classes; by default it is itself."""
        return self

    def check_target(self, y: NDArray[np.float64]) -> None:
        """Raise a ``ValueError`` that says what is wrong with targets ``y``, of any shape.

        By default counts and classes must be whole numbers from 0.
        """
        wrong = y[~((y >= 0) & (y == np.floor(y)))]
        if self.family.kind != "continuous" and wrong.size:
            raise ValueError(
                f"y has {wrong.size} values that are no whole numbers from 0 "
                f"({some(np.unique(wrong).tolist())}), which {self} takes: use a likelihood of "
                "real numbers, or encode them"
            )


def checked_positive(owner: Likelihood, field: str, example: str) -> None:
    """Make ``owner.field`` a positive float or leave it a positive noise, or raise an error."""
    value = getattr(owner, field)
    if not isinstance(value, Noise):
        checked_number(owner, field, above=0)
    elif value.support == "boolean" or value.bounds[0] < 0:
        raise ValueError(
            f"{type(owner).__name__}({field}={value!r}): the prior of {field} must be positive, "
            f"not {value.support}: for example {example}"
        )


def spread(value: float | Noise, name: str, values: Mapping[str, Any], output: Any) -> Any:
    """A number, or the value of the latent variable ``name`` (..., outputs), for every row."""
    xp = array_namespace(output)
    if isinstance(value, Noise):
        found = values[name][..., None, :]
    else:
        found = xp.full_like(output[..., :1, :], value)
    return xp.broadcast_to(found, output.shape)


def exponential(x: Any) -> Any:
    """exp(x) with x kept within ±40, so that it and its square are float32 numbers."""
    xp = array_namespace(x)
    return xp.exp(xp.clip(x, -_LARGEST_LOG, _LARGEST_LOG))
