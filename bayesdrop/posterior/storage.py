"""Saving a fit to one netCDF file and loading it back; nothing is pickled."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from bayesdrop import spec
from bayesdrop.data.standardization import Standardization
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.result import Fit

_FORMAT = 1
_GROUPS = ("values", "sample_stats", "state", "training")


def save(posterior: Posterior, path: str | Path) -> None:
    """Write ``posterior`` to ``path`` atomically; see :meth:`bayesdrop.Posterior.save`."""
    import xarray as xr

    result, scaling = posterior.result, posterior.scaling
    groups = {
        "values": result.values,
        "sample_stats": result.sample_stats,
        "state": result.state,
        "training": {
            "X": posterior.X,
            "y": posterior.y,
            "losses": result.losses,
            **{name: getattr(scaling, name) for name in scaling.__dataclass_fields__},
        },
    }
    header = {
        "format": _FORMAT,
        "model": spec.to_dict(posterior.model),
        "inference": spec.to_dict(posterior.inference),
        "chosen_inference": spec.to_dict(result.inference),
        "seed": posterior.seed,
        "feature_names": posterior.feature_names,
        "form": result.form,
        "stochastic_passes": result.stochastic_passes,
        "masks": result.masks,
        "learned": result.learned,
        "seconds": result.seconds,
        "info": result.info,
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
        values, sample_stats, state, training = (
            _arrays(tree[name]) if name in tree else {} for name in _GROUPS
        )
    X, y, losses = (training.pop(name) for name in ("X", "y", "losses"))
    result = Fit(
        values=values,
        learned=header.get("learned", {}),
        sample_stats=sample_stats,
        losses=losses,
        state=state,
        inference=spec.from_dict(header.get("chosen_inference")),
        **{k: header[k] for k in ("form", "stochastic_passes", "masks", "seconds", "info")},
    )
    model, inference = spec.from_dict(header["model"]), spec.from_dict(header["inference"])
    scaling, names = Standardization(**training), tuple(header.get("feature_names", ()))
    return Posterior(model, inference, header["seed"], X, y, scaling, result, names)


def _header(tree: Any, source: Path) -> dict[str, Any]:
    if "bayesdrop" not in tree.attrs:
        raise ValueError(f"{source} was not written by bayesdrop's save")
    header = json.loads(tree.attrs["bayesdrop"])
    if header["format"] > _FORMAT:
        raise ValueError(f"{source} was written by a later bayesdrop (format {header['format']})")
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
