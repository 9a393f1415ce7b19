"""What lies in the file of a saved fit, checked and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from numpy.typing import NDArray

from bayesdrop import spec
from bayesdrop.data.checks import checked_names
from bayesdrop.data.encoding import Column, Encoding
from bayesdrop.data.standardization import Standardization
from bayesdrop.data.target import Target, target_of
from bayesdrop.data.training import TrainingData
from bayesdrop.model import Model
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.results.fit import Fit, Result
from bayesdrop.posterior.results.function_draws import FunctionDraws, Predictor
from bayesdrop.posterior.results.stochastic_passes import StochasticPasses
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.posterior.storage.checksum import Groups, checksum
from bayesdrop.posterior.storage.hdf5 import CHECKSUM, HEADER
from bayesdrop.posterior.storage.header import (
    Header,
    StoredColumn,
    StoredFunctionDraws,
    StoredStochasticPasses,
    StoredWeightDraws,
    header_of,
)
from bayesdrop.posterior.storage.saving import FORMAT
from bayesdrop.posterior.storage.stored_values import (
    check_result,
    check_superchains,
    check_training,
)
from bayesdrop.spec import Spec

T = TypeVar("T", bound=Spec)


def posterior_of(texts: Mapping[str, str], groups: Groups) -> Posterior:
    """Return the fit that lies in a file as these attributes and arrays.

    Raises
    ------
    ValueError
        They are of no fit, or not what was saved. The words are to be read after the file's name.
    LookupError
        The model uses a class that has not been defined in this process.
    """
    header = header_of(texts[HEADER], FORMAT)
    _check_sum(texts, groups, header)
    training = _training(_group(groups, "training"), header)
    chosen = header.chosen_inference
    fit = Fit(
        _result(header, groups),
        groups["training"]["losses"],
        header.seconds,
        header.info.model_dump(exclude_unset=True),
        inference=None if chosen is None else _method(chosen),
        state=dict(groups["state_of_chains"]) if "state_of_chains" in groups else None,
    )
    model, inference = _specified(header.model, Model), _method(header.inference)
    names = tuple(header.feature_names)
    encoding = _encoding(header.columns, training.input_shape[-1])
    try:
        bound, target = training.bound_to(model, header.form), _target(header, training, model)
        posterior = Posterior(bound, inference, header.seed, training, fit, names, encoding, target)
        sites = bound.sites
    except (TypeError, ValueError) as error:
        raise ValueError(f"has a model that does not fit its training rows: {error}") from error
    check_result(fit.result, sites, bound.integrated)
    check_superchains(fit)
    return posterior


def _check_sum(texts: Mapping[str, str], groups: Groups, header: Header) -> None:
    """Refuse what is not what was saved; a fit whose numbers nothing else checks needs the sum."""
    if CHECKSUM in texts:
        if texts[CHECKSUM] != checksum(texts[HEADER], groups):
            raise ValueError("is damaged: it holds other things than were saved (checksums differ)")
    elif isinstance(header.result, StoredFunctionDraws):
        raise ValueError(
            "has no checksum, and trees and Gaussian processes are read only under one: if an "
            "earlier bayesdrop saved it, fit and save again"
        )


def _group(groups: Groups, name: str) -> dict[str, NDArray]:
    if name not in groups:
        raise ValueError(f"lacks {name!r}")
    return dict(groups[name])


def _specified(data: dict[str, Any], wanted: type[T]) -> T:
    """The specification, found among known classes; a ``LookupError`` names an unknown one."""
    try:
        return spec.from_dict(data, wanted)
    except KeyError as error:
        raise ValueError(f"has a wrong {wanted.__name__.lower()}: it lacks {error}") from error
    except (ArithmeticError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"has a wrong {wanted.__name__.lower()}: {error}") from error


def _method(data: dict[str, Any]) -> Spec:
    """The method, of whatever class of methods there is."""
    found = _specified(data, Spec)
    if str(data["type"]).partition(":")[0] != "inference":
        raise ValueError(f"has a wrong inference: {data['type']} is no method")
    return found


def _training(arrays: dict[str, NDArray], header: Header) -> TrainingData:
    check_training(arrays)
    X, y = arrays["X"], arrays["y"]
    columns = y.reshape(len(y), -1)
    scaling = Standardization(
        arrays["x_shift"], arrays["x_scale"], arrays["y_shift"], arrays["y_scale"]
    )
    rows = scaling.inputs(X), scaling.target(columns)
    terms = arrays.get("exposure"), arrays.get("sample_weight")
    return TrainingData(*rows, X, columns, scaling, y.ndim == 1, header.standardize, *terms)


def _target(header: Header, training: TrainingData, model: Model) -> Target:
    """How the target was named and numbered; files of earlier versions do not say."""
    if (own := header.target) is None:
        return target_of(training.target, model.likelihood, None)[0]
    checked_names(own.names, training.n_outputs, "names of outputs")
    of_classes = model.likelihood.family.kind == "class"
    if of_classes != (own.classes is not None):
        raise ValueError(f"labels of classes are {own.classes}, and the likelihood is another")
    if own.classes is not None:
        model.likelihood.with_classes(len(own.classes)).check_target(training.target)
    return Target(tuple(own.names), None if own.classes is None else tuple(own.classes))


def _encoding(columns: list[StoredColumn] | None, features: int) -> Encoding | None:
    """How the columns of a frame became so many numbers."""
    if columns is None:
        return None
    found = Encoding(
        tuple(
            Column(own.name, None if own.levels is None else tuple(own.levels), own.fill)
            for own in columns
        )
    )
    if (made := len(found.feature_names)) != features:
        raise ValueError(f"has columns that make {made} numbers, and training rows of {features}")
    return found


def _result(header: Header, groups: Groups) -> Result:
    match header.result:
        case StoredWeightDraws(learned=learned):
            stats = _group(groups, "sample_stats") if "sample_stats" in groups else None
            return WeightDraws(_group(groups, "values"), stats, learned)
        case StoredStochasticPasses() as own:
            values = _group(groups, "values")
            return StochasticPasses(
                values, own.num_passes, own.mask_sharing, own.learned, own.passes
            )
        case StoredFunctionDraws() as own:
            predictor = _specified(own.predictor, Predictor)
            return FunctionDraws(predictor, _group(groups, "state"), own.num_chains)
