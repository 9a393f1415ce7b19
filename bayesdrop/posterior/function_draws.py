"""The result of a method that has a distribution over functions and none over weights."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.family import Parameters
from bayesdrop.spec import Spec


class Predictor(Spec, kind="predictor"):
    """What draws functions: a frozen dataclass of settings, found again when a fit is loaded.

    A predictor of your own defines :meth:`parameters`; its arrays are in the ``state`` of
    :class:`FunctionDraws`, so that a saved fit has all that a prediction needs.
    """

    @abstractmethod
    def parameters(
        self,
        state: Mapping[str, NDArray],
        bound: BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        """The likelihood's parameters at standardised ``X``, each (draws, rows, outputs, ...).

        They come from draws of functions, so that their spread is the epistemic uncertainty.
        """


@final
@dataclass(frozen=True, eq=False, repr=False)
class FunctionDraws:
    """This is a distribution over functions.

    Attributes
    ----------
    predictor
        What draws functions.
    state
        Name → array: what ``predictor`` draws them from, in standardised units.
    num_chains
        The number of Markov chains the functions are of, one after the other; ``None`` (default)
        if they are of none.
    """

    predictor: Predictor
    state: dict[str, NDArray]
    num_chains: int | None = None

    def __repr__(self) -> str:
        return "a distribution over functions"

    @property
    def draws(self) -> None:
        """``None``: there are no weights."""
        return None

    @property
    def learned(self) -> dict[str, float]:
        """Empty: no noise parameter of the model is learned."""
        return {}

    @property
    def num_draws(self) -> None:
        """``None``: the predictor makes them, all at once."""
        return None

    def parameters(
        self, bound: BoundModel, X: NDArray[np.float32], rng: np.random.Generator
    ) -> Iterator[Parameters]:
        """Yield the likelihood's parameters at standardised ``X`` (rows, *input_shape), at once."""
        yield self.predictor.parameters(self.state, bound, X, rng)

    def mean_pass(self, bound: BoundModel, X: NDArray[np.float32]) -> Parameters:
        """Raise a ``ValueError``: there is no noise."""
        raise ValueError(
            'passes="mean" is the weight scaling of dropout, and this fit has a distribution over '
            'functions: predict with passes="all", or fit by bd.MCDropout'
        )

    def site_values(
        self,
        bound: BoundModel,
        names: list[str],
        rng: np.random.Generator,
        chain: int | None = None,
    ) -> Iterator[dict[str, NDArray]]:
        """Raise a ``ValueError``: there are no weights."""
        raise ValueError(
            "this fit has a distribution over functions, without weights: fit by a method that "
            "has them, such as bd.NUTS or bd.SVI"
        )
