"""Stacking: several models and methods as one mixture, by the weights that predict best.

Yao, Vehtari, Simpson & Gelman (2018), "Using stacking to average Bayesian predictive
distributions", with rows that are held out in place of leave-one-out. So it takes methods that have
no draws of weights, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bayesdrop.alternatives import methods_for
from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_choice, checked_count, checked_number
from bayesdrop.infer.base import Inference
from bayesdrop.infer.tuning.stacking.run import run
from bayesdrop.infer.tuning.validation import VALIDATION_ROWS, ValidationRows
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress

Member = tuple[str, Model | None, Inference]
"""Its name; its model, ``None`` for the model that is fitted; and its method."""


@dataclass(frozen=True)
class Stacking(Inference):
    """Fit several models or methods, and predict by the mixture of them that predicts best.

    Every member is fitted to the training rows less a part. The weights maximise the mean log score
    of the mixture at that part (Yao et al. 2018), as :func:`bayesdrop.stack` does. Then
    the members are fitted to all rows. One whose weight is too small to give a draw is not.
    :func:`bayesdrop.stack` mixes fits that are there already, and the chains of one.

    ``info["stack_members"]`` of the fit says of each member its weight, how many draws it gives,
    and its mean log score at the rows held out (``None`` for −∞). It also says whether a member
    that was fitted again has converged, if its method can tell.

    Each member is fitted with the seed of the stack. Ctrl-C ends it, and no draws are kept.

    Parameters
    ----------
    members
        Name → a method, or a pair of a model and a method: ``{"deep": (deep_model, bd.NUTS()),
        "dropout": bd.MCDropout()}``. A method alone fits the model that the stack is given. All
        models have likelihoods of one family. If the target is a class, all have the likelihood of
        the model that the stack is given. Kept as a tuple of triples.
    validation
        The part of the training rows that the weights are found from, in (0, 1). Default 0.2.
    validation_rows
        ``"random"`` (default): rows drawn from the seed; ``"last"``: the last rows.
    num_draws
        The number of draws of the mixture that a prediction averages over. A member gives as many
        as its weight says, evenly spaced, and some several times if it has too few. MC dropout
        makes so many passes. Default 2000.

    Raises
    ------
    TypeError, ValueError
        A member is no method, a name is there twice, or a setting is out of its range. From
        :func:`bayesdrop.fit`: a row that is held out has the density 0 under every member, or the
        target is constant in the rows that are left. What a member raises has its name in front.
    """

    members: tuple[Member, ...]
    validation: float = 0.2
    validation_rows: ValidationRows = "random"
    num_draws: int = 2000

    def __init__(
        self,
        members: Mapping[str, Inference | tuple[Model, Inference]] | Iterable[Member],
        validation: float = 0.2,
        validation_rows: ValidationRows = "random",
        num_draws: int = 2000,
    ) -> None:
        for name, value in (
            ("members", _checked_members(members)),
            ("validation", validation),
            ("validation_rows", validation_rows),
            ("num_draws", num_draws),
        ):
            object.__setattr__(self, name, value)
        checked_number(self, "validation", above=0, below=1)
        checked_choice(self, "validation_rows", VALIDATION_ROWS)
        checked_count(self, "num_draws")

    def model_of(self, own: Model | None, model: Model) -> Model:
        """Return the model of a member, in a stack that is given ``model``."""
        if own is None:
            return model
        kinds = {own.likelihood.family.kind, model.likelihood.family.kind}
        return replace(own, likelihood=model.likelihood) if kinds == {"class"} else own

    def supports(self, model: Model) -> str | None:
        for name, own, method in self.members:
            its = self.model_of(own, model)
            if _target_of(its) != _target_of(model):
                return (
                    f"its member {name!r} predicts by {its.likelihood}, and the model by "
                    f"{model.likelihood}: give members likelihoods of one family, or use "
                    f"{methods_for(model, 'NUTS', 'SVI')}"
                )
            if reason := method.supports(its):
                return f"its member {name!r}, {type(method).__name__}, can't: {reason}"
        return None

    def revision_for(self, model: Model) -> int:
        revisions = [
            method.revision_for(self.model_of(own, model)) for _, own, method in self.members
        ]
        return self.revision + sum(revisions) - len(revisions)

    def needs_standardised(self) -> bool:
        return any(method.needs_standardised() for _, _, method in self.members)

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        return run(self, bound, data, seed, progress)


def _target_of(model: Model) -> tuple[type, bool]:
    """What the targets of all members have in common."""
    return type(model.likelihood.family), model.likelihood.standardises_target


def _checked_members(given: Any) -> tuple[Member, ...]:
    """Triples from a mapping or from triples."""
    if isinstance(given, Mapping):
        given = [_triple(*one) for one in given.items()]
    found = tuple(given) if isinstance(given, Iterable) else ()
    if not found or any(not (isinstance(one, tuple) and len(one) == 3) for one in found):
        raise TypeError(
            f"Stacking(members={given!r}): give a mapping from names to methods, such as "
            '{"nuts": bd.NUTS(), "map": bd.MAP()}'
        )
    for name, model, method in found:
        if not (isinstance(name, str) and name):
            raise TypeError(f"Stacking: the name of a member is text, not {name!r}")
        if not isinstance(method, Inference) or not isinstance(model, Model | None):
            raise TypeError(
                f"Stacking(members={{{name!r}: …}}): give a configured method, such as bd.NUTS(), "
                "or a pair of a model and a method"
            )
    names = [name for name, _, _ in found]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise ValueError(f"Stacking: {twice[0]!r} names several members: give each its own name")
    if len(found) < 2:
        raise ValueError(f"Stacking: give two members or more, not {len(found)}")
    return found


def _triple(name: str, given: Any) -> tuple[str, Any, Any]:
    """A member of a mapping: a method alone has no model of its own."""
    if isinstance(given, tuple) and len(given) == 2:
        return (name, *given)
    return name, None, given
