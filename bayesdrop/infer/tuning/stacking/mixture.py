"""The mixture of fits that stacking predicts by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.family import Parameters
from bayesdrop.model import Model
from bayesdrop.posterior.comparing.mixture_weights import evenly
from bayesdrop.posterior.results.fit import Result
from bayesdrop.posterior.results.function_draws import FunctionDraws, Predictor
from bayesdrop.posterior.results.parameter_arrays import held_once, in_every_row, joined
from bayesdrop.posterior.results.stochastic_passes import StochasticPasses
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.sites import Form
from bayesdrop.spec import Spec


@dataclass(frozen=True)
class MixedFit(Spec, kind="mixed_fit"):
    """A fit of a mixture, but for its arrays.

    Attributes
    ----------
    model, form
        What was fitted.
    num_draws
        How many draws it gives to the mixture.
    learned
        Pairs of a name and a value: the noise parameters that the model says are ``Learned``.
    passes
        Settings of :class:`~bayesdrop.StochasticPasses`; empty for others.
    predictor
        That of :class:`~bayesdrop.FunctionDraws`; ``None`` for others.
    """

    model: Model
    form: Form
    num_draws: int
    learned: tuple[tuple[str, float], ...] = ()
    passes: tuple[tuple[str, Any], ...] = ()
    predictor: Predictor | None = None

    def result(self, arrays: dict[str, NDArray]) -> Result:
        """Put it together again with its arrays."""
        if self.predictor is not None:
            return FunctionDraws(self.predictor, arrays)
        if self.passes:
            return StochasticPasses(arrays, learned=dict(self.learned), **dict(self.passes))
        return WeightDraws(arrays, learned=dict(self.learned))


def taken_apart(
    bound: BoundModel, result: Result, num_draws: int
) -> tuple[MixedFit, Mapping[str, NDArray]]:
    """A fit that gives so many draws, and its arrays, with no more of them than that takes."""
    mixed = MixedFit(bound.model, bound.form, num_draws, tuple(result.learned.items()))
    match result:
        case WeightDraws():
            chosen = evenly(result.num_draws, min(result.num_draws, num_draws))
            flat = {name: v.reshape(-1, *v.shape[2:]) for name, v in result.values.items()}
            return mixed, {name: value[chosen][None] for name, value in flat.items()}
        case StochasticPasses():
            passes = {
                "num_passes": num_draws,
                "mask_sharing": result.mask_sharing,
                "passes": result.passes,
            }
            return replace(mixed, passes=tuple(passes.items())), result.values
        case FunctionDraws():
            return replace(mixed, predictor=result.predictor), result.state


@dataclass(frozen=True)
class Mixture(Predictor):
    """A mixture of fits; the arrays of the first are in the ``state`` as ``0.name``, and so on."""

    fits: tuple[MixedFit, ...]

    @classmethod
    def of(cls, parts: Sequence[tuple[MixedFit, Mapping[str, NDArray]]]) -> FunctionDraws:
        """The mixture of fits that were taken apart."""
        state = {
            f"{number}.{name}": value
            for number, (_, arrays) in enumerate(parts)
            for name, value in arrays.items()
        }
        return FunctionDraws(cls(tuple(fit for fit, _ in parts)), state)

    def prepared(self, state: Mapping[str, NDArray], bound: BoundModel) -> Mapping[str, Any]:
        named = [name.partition(".") for name in state]
        return {
            str(number): fit.result(
                {name: state[f"{own}.{name}"] for own, _, name in named if own == str(number)}
            )
            for number, fit in enumerate(self.fits)
        }

    def parameters(
        self,
        state: Mapping[str, Any],
        bound: BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        rngs = rng.spawn(len(self.fits))
        parts = [
            _of_one(fit, state[str(number)], bound, X, own)
            for number, (fit, own) in enumerate(zip(self.fits, rngs, strict=True))
        ]
        return in_every_row({name: _one_after_another(parts, name) for name in parts[0]}, len(X))


def _of_one(
    fit: MixedFit,
    result: Result,
    bound: BoundModel,
    X: NDArray[np.float32],
    rng: np.random.Generator,
) -> Parameters:
    """The draws that one fit gives, with one row of what is the same in all rows."""
    own = fit.model.bind(bound.input_shape, bound.n_outputs, fit.form)
    found = held_once(joined(result.parameters(own, X, rng), result.num_draws, len(X)))
    there = len(next(iter(found.values())))
    if there == fit.num_draws:
        return found
    chosen = evenly(there, fit.num_draws)
    return {name: value[chosen] for name, value in found.items()}


def _one_after_another(parts: Sequence[Parameters], name: str) -> NDArray[np.floating]:
    """A parameter of all draws: in every row if it is not the same in all rows of every fit."""
    values = [part[name] for part in parts]
    rows = max(value.shape[1] for value in values)
    return np.concatenate(
        [np.broadcast_to(v, (len(v), rows, *v.shape[2:])) for v in values], dtype=np.float32
    )
