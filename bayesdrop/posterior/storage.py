"""Saving a fit to one netCDF file and loading it back; nothing is pickled."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from bayesdrop import spec
from bayesdrop.data.standardization import Standardization
from bayesdrop.data.training import TrainingData
from bayesdrop.posterior.fit import Fit, Result
from bayesdrop.posterior.function_draws import FunctionDraws
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.stochastic_passes import StochasticPasses
from bayesdrop.posterior.weight_draws import WeightDraws

_FORMAT = 2
_KINDS = ("WeightDraws", "StochasticPasses", "FunctionDraws")


def save(posterior: Posterior, path: str | Path) -> None:
    """Write ``posterior`` to ``path`` atomically; see :meth:`bayesdrop.Posterior.save`."""
    import xarray as xr

    fit, training = posterior.fit, posterior.training
    arrays, settings = _parts(posterior.result)
    groups = {
        **arrays,
        "training": {
            "X": training.X_original,
            "y": training.target,
            "losses": fit.losses,
            **dataclasses.asdict(training.scaling),
        },
    }
    header = {
        "format": _FORMAT,
        "model": spec.to_dict(posterior.model),
        "form": posterior.bound.form,
        "inference": spec.to_dict(posterior.inference),
        "chosen_inference": spec.to_dict(fit.inference),
        "seed": posterior.seed,
        "feature_names": posterior.feature_names,
        "kind": type(posterior.result).__name__,
        "result": settings,
        "seconds": fit.seconds,
        "info": fit.info,
    }
    tree = xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs={"bayesdrop": json.dumps(header)}),
            **{name: _dataset(arrays) for name, arrays in groups.items()},
        }
    )
    target = checked_path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        tree.to_netcdf(partial, engine="h5netcdf")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def checked_path(path: str | Path) -> Path:
    """The path of a file to write.

    Raises
    ------
    FileNotFoundError
        The folder to write it to is not there.
    IsADirectoryError
        It is a folder itself.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent} to write {target.name} to")
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give a file, such as {target / 'fit.nc'}")
    return target


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
    X, y, losses = (groups["training"].pop(name) for name in ("X", "y", "losses"))
    scaling = Standardization(**groups["training"])
    training = TrainingData(
        scaling.inputs(X),
        scaling.target(y.reshape(len(y), -1)),
        X,
        y.reshape(len(y), -1),
        scaling,
        y.ndim == 1,
    )
    model, inference = spec.from_dict(header["model"]), spec.from_dict(header["inference"])
    fit = Fit(
        _result(header, groups, source),
        losses,
        header["seconds"],
        header["info"],
        inference=spec.from_dict(header.get("chosen_inference")),
    )
    bound = model.bind(training.input_shape, training.n_outputs, header["form"])
    names = tuple(header.get("feature_names", ()))
    return Posterior(bound, inference, header["seed"], training, fit, names)


def _parts(result: Result) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The arrays of a result, by group, and its settings as JSON types."""
    match result:
        case WeightDraws():
            groups = {"values": result.values}
            if result.sample_stats is not None:
                groups["sample_stats"] = result.sample_stats
            return groups, {"learned": result.learned}
        case StochasticPasses():
            settings = {"num_passes": result.num_passes, "mask_sharing": result.mask_sharing}
            return {"values": result.values}, {"learned": result.learned, **settings}
        case FunctionDraws():
            predictor = spec.to_dict(result.predictor)
            return {"state": result.state}, {
                "predictor": predictor,
                "num_chains": result.num_chains,
            }


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
    if header["format"] > _FORMAT:
        raise ValueError(f"{source} was written by a later bayesdrop (format {header['format']})")
    if header["format"] < _FORMAT:
        raise ValueError(
            f"{source} was written by an earlier bayesdrop (format {header['format']}), whose fits "
            "this one can't read: fit again, or load it with bayesdrop 0.1"
        )
    return header


def _dataset(arrays: dict[str, Any]) -> Any:
    import xarray as xr

    return xr.Dataset(
        {
            name: (tuple(f"{name}_{axis}" for axis in range(np.ndim(value))), value)
            for name, value in arrays.items()
        }
    )


def _arrays(node: Any) -> dict[str, Any]:
    return {str(name): variable.to_numpy() for name, variable in node.data_vars.items()}
