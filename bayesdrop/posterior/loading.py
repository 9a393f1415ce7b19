"""Loading a fit back from the netCDF file that it was saved to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bayesdrop import spec
from bayesdrop.data.encoding import Column, Encoding
from bayesdrop.data.standardization import Standardization
from bayesdrop.data.target import Target, target_of
from bayesdrop.data.training import TrainingData
from bayesdrop.posterior.fit import Fit, Result
from bayesdrop.posterior.function_draws import FunctionDraws
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.saving import FORMAT
from bayesdrop.posterior.stochastic_passes import StochasticPasses
from bayesdrop.posterior.weight_draws import WeightDraws

_KINDS = ("WeightDraws", "StochasticPasses", "FunctionDraws")


def load(path: str | Path) -> Posterior:
    """Read back what :meth:`bayesdrop.Posterior.save` wrote.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file was not written by bayesdrop, or by a later version of its format.
    LookupError
        The model uses a class of your own that has not been imported.
    """
    import xarray as xr

    source = Path(path)
    if not source.is_file():
        raise FileNotFoundError(f"no file {source}")
    try:
        tree = xr.open_datatree(source, engine="h5netcdf")
    except OSError as error:
        raise ValueError(f"{source} is not a netCDF file: {error}") from error
    with tree:
        header = _header(tree, source)
        groups = {str(name): _arrays(node) for name, node in tree.children.items()}
    rows = groups["training"]
    X, y, losses = (rows.pop(name) for name in ("X", "y", "losses"))
    exposure, weight = (rows.pop(name, None) for name in ("exposure", "sample_weight"))
    scaling = Standardization(**rows)
    training = TrainingData(
        scaling.inputs(X),
        scaling.target(y.reshape(len(y), -1)),
        X,
        y.reshape(len(y), -1),
        scaling,
        y.ndim == 1,
        header.get("standardize", True),
        exposure,
        weight,
    )
    model, inference = spec.from_dict(header["model"]), spec.from_dict(header["inference"])
    fit = Fit(
        _result(header, groups, source),
        losses,
        header["seconds"],
        header["info"],
        inference=spec.from_dict(header.get("chosen_inference")),
        state=groups.get("state_of_chains"),
    )
    bound = training.bound_to(model, header["form"])
    names = tuple(header.get("feature_names", ()))
    encoding = _encoding(header.get("columns"))
    saved = header.get("target")  # files of earlier versions have none
    target = target_of(y, model.likelihood, None)[0] if saved is None else _target(saved)
    return Posterior(bound, inference, header["seed"], training, fit, names, encoding, target)


def _target(saved: dict[str, Any]) -> Target:
    """How the target was named and numbered."""
    return Target(tuple(saved["names"]), saved["classes"] and tuple(saved["classes"]))


def _encoding(columns: list[dict[str, Any]] | None) -> Encoding | None:
    """How the columns of a frame became numbers."""
    if columns is None:
        return None
    levels = [own["levels"] and tuple(own["levels"]) for own in columns]
    return Encoding(
        tuple(
            Column(own["name"], known, own["fill"])
            for own, known in zip(columns, levels, strict=True)
        )
    )


def _result(header: dict[str, Any], groups: dict[str, Any], source: Path) -> Result:
    settings = header["result"]
    match header["kind"]:
        case "WeightDraws":
            return WeightDraws(groups["values"], groups.get("sample_stats"), **settings)
        case "StochasticPasses":
            return StochasticPasses(groups["values"], **settings)
        case "FunctionDraws":
            predictor = spec.from_dict(settings["predictor"])
            return FunctionDraws(predictor, groups["state"], settings["num_chains"])
        case other:
            raise ValueError(f"{source}: {spec.unknown('kind of result', other, _KINDS)}")


def _header(tree: Any, source: Path) -> dict[str, Any]:
    if "bayesdrop" not in tree.attrs:
        raise ValueError(f"{source} was not written by bayesdrop's save")
    header = json.loads(tree.attrs["bayesdrop"])
    if header["format"] > FORMAT:
        raise ValueError(f"{source} was written by a later bayesdrop (format {header['format']})")
    if header["format"] < FORMAT:
        raise ValueError(
            f"{source} was written by an earlier bayesdrop (format {header['format']}), whose fits "
            "this one can't read: fit again, or load it with bayesdrop 0.1"
        )
    return header


def _arrays(node: Any) -> dict[str, Any]:
    return {str(name): variable.to_numpy() for name, variable in node.data_vars.items()}
