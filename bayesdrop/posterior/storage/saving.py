"""Saving a fit to one netCDF file; nothing is pickled."""

from __future__ import annotations

import dataclasses
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdrop import spec
from bayesdrop.files import remove_leftovers, replacing
from bayesdrop.posterior.results.fit import Result
from bayesdrop.posterior.results.function_draws import FunctionDraws
from bayesdrop.posterior.results.stochastic_passes import StochasticPasses
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.posterior.storage.checksum import checksum
from bayesdrop.posterior.storage.hdf5 import CHECKSUM, HEADER

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior

FORMAT = 2
"""The version of the file's layout; a file of a later one is refused."""


def save(posterior: Posterior, path: str | Path) -> None:
    """Write ``posterior`` to ``path`` whole or not at all: :meth:`bayesdrop.Posterior.save`."""
    import xarray as xr

    fit, training = posterior.fit, posterior.training
    arrays, settings = _parts(posterior.result)
    groups = {
        **arrays,
        **({"state_of_chains": fit.state} if fit.state else {}),
        "training": {
            "X": training.X_original,
            "y": training.target,
            "losses": fit.losses,
            **training.row_terms,
            **dataclasses.asdict(training.scaling),
        },
    }
    header = {
        "format": FORMAT,
        "model": spec.to_dict(posterior.model),
        "form": posterior.bound.form,
        "inference": spec.to_dict(posterior.inference),
        "chosen_inference": spec.to_dict(fit.inference),
        "seed": posterior.seed,
        "standardize": training.standardize,
        "feature_names": posterior.feature_names,
        "columns": posterior.encoding and dataclasses.asdict(posterior.encoding)["columns"],
        "target": posterior.target and dataclasses.asdict(posterior.target),
        "kind": type(posterior.result).__name__,
        "result": settings,
        "seconds": fit.seconds,
        "info": fit.info,
    }
    text = json.dumps(header)
    tree = xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs={HEADER: text, CHECKSUM: checksum(text, groups)}),
            **{name: _dataset(arrays) for name, arrays in groups.items()},
        }
    )
    target = checked_path(path)
    remove_leftovers(target.parent, of=target.name)
    content = io.BytesIO()  # HDF5 ends the process where it writes to a full disk
    tree.to_netcdf(content, engine="h5netcdf")
    with replacing(target) as partial, open(partial, "wb") as written:
        written.write(content.getbuffer())
        os.fsync(written.fileno())


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


def _parts(result: Result) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The arrays of a result, by group, and its settings as JSON types."""
    match result:
        case WeightDraws():
            groups = {"values": result.values}
            if result.sample_stats is not None:
                groups["sample_stats"] = result.sample_stats
            return groups, {"learned": result.learned}
        case StochasticPasses():
            return {"values": result.values}, {
                "num_passes": result.num_passes,
                "mask_sharing": result.mask_sharing,
                "learned": result.learned,
                "passes": result.passes,
            }
        case FunctionDraws():
            predictor = spec.to_dict(result.predictor)
            return {"state": result.state}, {
                "predictor": predictor,
                "num_chains": result.num_chains,
            }


def _dataset(arrays: dict[str, Any]) -> Any:
    import xarray as xr

    found = xr.Dataset(
        {
            name: (tuple(f"{name}_{axis}" for axis in range(np.ndim(value))), value)
            for name, value in arrays.items()
        }
    )
    for variable in found.variables.values():
        if variable.size and variable.ndim:  # HDF5 checks chunks, which others have not
            variable.encoding["fletcher32"] = True
    return found
