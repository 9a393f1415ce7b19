"""Recorded losses are the same bits whatever the order of Python's sets is."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FIT = """
import numpy as np
import bayesdrop as bd
from bayesdrop.programs.host_devices import use_host_devices

use_host_devices()
if {backend!r} == "numpyro":
    import jax
    jax.config.update("jax_disable_most_optimizations", True)
rng = np.random.default_rng(0)
X = rng.normal(size=(11, 2))
model = bd.Model(bd.MLP((2,), "tanh"), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)))
method = bd.SVI("structured", num_steps=5, num_samples=2, backend={backend!r})
fit = bd.fit(model, X, X[:, 0], method, progress=False)
values = [fit.draws[name].tobytes() for name in sorted(fit.draws)]
print(fit.fit.losses.tobytes().hex(), b"".join(values).hex())
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numpyro", "pyro"])
def test_losses_and_draws_do_not_depend_on_the_hash_seed(backend: str) -> None:
    found = set()
    for seed in "012":
        environment = os.environ | {"PYTHONHASHSEED": seed}
        environment.pop("JAX_COMPILATION_CACHE_DIR", None)
        program = [sys.executable, "-c", FIT.format(backend=backend)]
        run = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
        found.add(run.stdout)
    assert len(found) == 1
