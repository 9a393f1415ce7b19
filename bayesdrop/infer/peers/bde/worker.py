"""Run by the Python of bde's own environment, which has no bayesdrop: npz in, npz out.

python worker.py SETTINGS.json DATA.npz OUT.npz
"""

import importlib.metadata
import json
import sys

import numpy as np
from bde import BdeRegressor  # type: ignore[attr-defined]

PACKAGES = ("sklearn-contrib-bde", "blackjax", "jax", "jaxlib", "numpy", "optax", "scikit-learn")


def main(settings_path: str, data_path: str, out_path: str) -> None:
    with open(settings_path) as file:
        settings = json.load(file)
    data = np.load(data_path, allow_pickle=False)
    regression = BdeRegressor(**settings).fit(data["X"], data["y"])
    found = {}
    for layer, (weights, biases) in enumerate(regression.positions_eT_):
        found[f"weight_{layer}"] = np.asarray(weights)
        found[f"bias_{layer}"] = np.asarray(biases)
    found["fitted_mean"] = np.asarray(regression.predict(data["X"]))
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    found["versions"] = np.asarray(json.dumps(versions))
    np.savez(out_path, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
