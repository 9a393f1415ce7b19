"""What :func:`bayesdrop.fit` refuses before any work starts, save what is wrong with the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bayesdrop.alternatives import methods_for
from bayesdrop.data.encoding import MISSING
from bayesdrop.data.standardization import checked_standardize
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Inference, UnsupportedModelError
from bayesdrop.model import Model
from bayesdrop.wording import unknown


def check_kinds(model: object, inference: object) -> None:
    """Raise a ``TypeError`` unless they are a model and a configured method."""
    check_model(model)
    if not isinstance(inference, Inference):
        hint = ": call it, for example bd.NUTS()" if isinstance(inference, type) else ""
        raise TypeError(f"inference must be a configured method, not {inference!r}{hint}")


def check_model(model: object) -> None:
    """Raise a ``TypeError`` unless it is a model."""
    if not isinstance(model, Model):
        raise TypeError(f"model must be a bd.Model, not {type(model).__name__}")


def check_settings(model: Model, inference: Inference, standardize: Any, missing: Any) -> None:
    """Raise an error if a setting of the fit is unknown, or not for this model or method.

    Raises
    ------
    UnsupportedModelError
        The method has priors of its own for standardised rows, and is to have others.
    ValueError
        ``standardize`` or ``missing`` is none of its values, or the target can't be standardised.
    """
    standardize = checked_standardize(standardize)
    if standardize == "y" and not model.likelihood.standardises_target:
        raise ValueError(
            f'standardize="y": the target of {model.likelihood} is counts or classes, which stay '
            "as they are. Give True or False"
        )
    if standardize is not True and inference.needs_standardised():
        raise UnsupportedModelError(
            f"{type(inference).__name__} has priors or bounds of its own, which are for "
            f"standardised rows, and got standardize={standardize!r}: give True, or use "
            f"{methods_for(model, 'NNGP', 'NUTS')}, whose priors are the model's"
        )
    if missing not in MISSING:
        raise ValueError(unknown("missing", missing, MISSING))


def check_one_each(count: int, arguments: Mapping[str, Sequence[object] | None]) -> None:
    """Raise a ``ValueError`` unless every argument is ``None`` or has one for each data set."""
    for name, values in arguments.items():
        if values is not None and len(values) != count:
            raise ValueError(f"{len(values)} {name} for {count} data sets: give one for each")


def check_supported(model: Model, inference: Inference) -> None:
    """Raise an ``UnsupportedModelError`` with the method's reason if it can't run the model."""
    reason = inference.supports(model)
    if reason is not None:
        raise UnsupportedModelError(f"{type(inference).__name__} can't run this model: {reason}")


def check_row_terms(model: Model, inference: Inference, training: TrainingData) -> None:
    """Raise an ``UnsupportedModelError`` if rows have weights or exposures it can't use."""
    if training.row_terms and not inference.takes_row_terms():
        others = methods_for(model, "NUTS", "SVI", "MAP", "MCDropout")
        raise UnsupportedModelError(
            f"{type(inference).__name__} can't use {' and '.join(training.row_terms)}: it takes "
            f"rows that all count alike. Use {others}"
        )
