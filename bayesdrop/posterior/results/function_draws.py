"""The result of a method that has a distribution over functions and none over weights."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.family import Parameters
from bayesdrop.spec import Spec


class Predictor(Spec, kind="predictor"):
    """A predictor is a frozen dataclass of settings that draws functions; loading finds it again.

    A predictor of your own defines :meth:`parameters`; its arrays are in the ``state`` of
    :class:`FunctionDraws`, so that a saved fit has all that a prediction needs.
    """

    def prepared(self, state: Mapping[str, NDArray], bound: BoundModel) -> Mapping[str, Any]:
        """Return what :meth:`parameters` takes as its ``state``: by default the arrays themselves.

        A predictor that trains or factorises something first does so here. It is done once for a
        fit and a process, at the first prediction.
        """
        return state

    @abstractmethod
    def parameters(
        self,
        state: Mapping[str, Any],
        bound: BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        """Return the likelihood's parameters at standardised ``X``.

        Each is (draws, rows, outputs, ...). They come from draws of functions, so that their spread
        is the epistemic uncertainty. ``state`` is what :meth:`prepared` returned.
        """


@final
@dataclass(frozen=True, eq=False, repr=False)
class FunctionDraws:
    """A predictor and its state are a distribution over functions.

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
        """Return ``None``: there are no weights."""
        return None

    @property
    def sample_stats(self) -> None:
        """Return ``None``: what a sampler says of itself is not kept with functions."""
        return None

    @property
    def learned(self) -> dict[str, float]:
        """Return an empty mapping: no noise parameter of the model is learned."""
        return {}

    @property
    def num_draws(self) -> None:
        """Return ``None``: the predictor makes them, all at once."""
        return None

    def parameters(
        self, bound: BoundModel, X: NDArray[np.float32], rng: np.random.Generator
    ) -> Iterator[Parameters]:
        """Yield the likelihood's parameters at standardised ``X`` (rows, *input_shape), at once."""
        if bound not in self._prepared:
            self._prepared[bound] = self.predictor.prepared(self.state, bound)
        yield self.predictor.parameters(self._prepared[bound], bound, X, rng)

    @cached_property
    def _prepared(self) -> dict[BoundModel, Mapping[str, Any]]:
        """What the predictor has made of ``state`` in this process, by bound model."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what is prepared from them is prepared anew."""
        return {field.name: vars(self)[field.name] for field in fields(self)}

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
