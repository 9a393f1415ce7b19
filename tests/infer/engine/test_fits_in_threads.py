"""Fits in threads give the same results as fits one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from quick import quick

import bayesdrop as bd

MODEL = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)))
METHODS: dict[str, bd.Inference] = {
    "MCDropout": bd.MCDropout(num_epochs=3, num_passes=4, mask_sharing="shared"),
    "SVI in Pyro": bd.SVI(num_steps=6, num_samples=4, backend="pyro", batch_size=10),
    "SVI in NumPyro": bd.SVI(num_steps=6, num_samples=4, batch_size=10),
    "MAP": bd.MAP(num_steps=3),
}


@pytest.mark.parametrize(
    "method",
    [
        bd.MAP(num_steps=3),
        pytest.param(bd.SVI(num_steps=3, num_samples=2), marks=pytest.mark.slow),
        pytest.param(bd.NUTS(num_warmup=3, num_samples=4, num_chains=1), marks=pytest.mark.slow),
        pytest.param(bd.MCLMC(100, 4, 2, training_steps=5), marks=pytest.mark.slow),
    ],
    ids=lambda method: type(method).__name__,
)
def test_fits_in_threads_that_each_compile_a_program(method: bd.Inference) -> None:
    """NumPyro's handlers are one stack for the process, which a program is traced by."""
    rng = np.random.default_rng(0)
    data = [(rng.normal(size=(n, 2)), rng.normal(size=n)) for n in (21, 22, 23)]

    def predicted(k: int) -> np.ndarray:
        return bd.fit(MODEL, *data[k], method, progress=False).predict(data[0][0]).mean

    bd.clear_caches()
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(predicted, range(3)))
    bd.clear_caches()
    np.testing.assert_array_equal(found, [predicted(k) for k in range(3)])


@pytest.mark.parametrize("name", quick(METHODS, lambda name: name in ("MCDropout", "SVI in Pyro")))
def test_fits_in_threads_are_those_of_one_after_the_other(name: str) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 2)), rng.normal(size=30)

    def predicted(seed: int) -> np.ndarray:
        return bd.fit(MODEL, X, y, METHODS[name], seed=seed, progress=False).predict(X).mean

    seeds = range(4)
    alone = [predicted(seed) for seed in seeds]
    with ThreadPoolExecutor(4) as pool:
        np.testing.assert_array_equal(list(pool.map(predicted, seeds)), alone)
