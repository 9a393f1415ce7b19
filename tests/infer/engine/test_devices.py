"""Chains get a host device each, whatever ran before."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_SVI_THEN_NUTS = """
import numpy as np
import bayesdrop as bd

X = np.random.default_rng(0).normal(size=(10, 2))
y = X[:, 0] + 0.1 * X[:, 1] ** 2
model = bd.Model(bd.MLP(hidden=()))
bd.fit(model, X, y, bd.SVI(num_steps=2, num_samples=2), progress=False)
post = bd.fit(model, X, y, bd.NUTS(num_warmup=2, num_samples=4, num_chains=2), progress=False)
print(post.fit.info["devices"], post.fit.info["chain_method"])
"""


@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_nuts_after_svi_still_runs_its_chains_in_parallel() -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("XLA_FLAGS", "OMP_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SVI_THEN_NUTS],
        env=environment | {"JAX_PLATFORMS": "cpu"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [str(os.cpu_count()), "parallel"]
