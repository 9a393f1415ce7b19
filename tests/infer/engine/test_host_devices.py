"""Every method that has chains finds a device per core, whichever library it calls first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np
import bayesdrop as bd

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 2))
model = bd.Model(network=bd.MLP(hidden=()))
post = bd.fit(model, X, X.sum(1) + rng.normal(size=20), bd.{method}, progress=False)
print(post.fit.info["devices"], post.fit.info.get("chain_method"), post.fit.info["compilations"])
"""
METHODS = {
    "ChEES(num_warmup=10, num_samples=4, num_chains=2, training_steps=5)": 3,
    "DeepEnsemble(num_members=2, num_steps=5)": 4,
    "MCLMC(num_warmup=100, num_samples=2, num_chains=2, training_steps=5, steps_per_draw=1)": 3,
    "NUTS(num_warmup=5, num_samples=40, num_chains=4, num_superchains=2, max_tree_depth=2)": 2,
    "NUTS(num_warmup=20, num_samples=4, num_chains=2, max_tree_depth=2, low_rank=True)": 3,
    "SGHMC(num_warmup=5, num_samples=2, num_chains=2, training_steps=5, step_size=1e-9)": 2,
}
"""Each with its programs: the start, the tuning and the steps; an ensemble trains twice."""


@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core: nothing to spread over")
@pytest.mark.parametrize(("method", "programs"), METHODS.items())
def test_it_has_a_device_per_core_and_compiles_each_program_once(
    method: str, programs: int
) -> None:
    program = PROGRAM.format(method=method)
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    devices, chain_method, compilations = done.stdout.split()[-3:]
    assert int(devices) == os.cpu_count()
    assert chain_method in ("parallel", "None")
    assert int(compilations) == programs


ASKED_FIRST = """
import bayesdrop as bd
import jax

print(bd.NUTS().fits_together(bd.Model(bd.MLP(()))), len(jax.devices()))
"""


@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core: nothing to spread over")
def test_so_it_has_if_it_was_asked_whether_it_fits_data_sets_together() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [sys.executable, "-c", ASKED_FIRST]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["False", str(os.cpu_count())]
