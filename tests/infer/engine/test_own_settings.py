"""What a process sets for its own use of JAX and PyTorch changes no bit of a fit, and stays."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any

import jax
import numpy as np
import pytest
import torch
from quick import quick

import bayesdrop as bd
from bayesdrop.infer.engine import jax_settings, torch_settings

MODEL = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)))
PLAIN = bd.Model(bd.MLP((4,)), bd.ScaleMixture())
CHAINS: dict[str, Any] = {"num_warmup": 6, "num_samples": 6, "num_chains": 1}
OF_JAX: dict[str, tuple[bd.Model, bd.Inference]] = {
    "MAP": (bd.Model(bd.MLP(())), bd.MAP(num_steps=3)),
    "SVI": (MODEL, bd.SVI(num_steps=6, num_samples=4, batch_size=10)),
    "NUTS": (MODEL, bd.NUTS(max_tree_depth=3, **CHAINS)),
    "NUTS, low rank": (
        MODEL,
        bd.NUTS(low_rank=True, max_tree_depth=3, **{**CHAINS, "num_warmup": 20}),
    ),
    "MCLMC": (MODEL, bd.MCLMC(training_steps=5, **{**CHAINS, "num_warmup": 100})),
    "ChEES": (MODEL, bd.ChEES(**{**CHAINS, "num_chains": 4})),
    "GibbsHMC": (MODEL, bd.GibbsHMC(max_tree_depth=3, **CHAINS)),
    "SGHMC": (MODEL, bd.SGHMC(**CHAINS)),
    "SMC": (MODEL, bd.SMC(num_particles=8, num_runs=2)),
    "VariationalEM": (MODEL, bd.VariationalEM(num_epochs=3, num_samples=4)),
    "SteinVI": (MODEL, bd.SteinVI(num_steps=4, num_particles=3)),
    "Laplace": (PLAIN, bd.Laplace(num_steps=3, num_samples=4)),
    "PBP": (PLAIN, bd.PBP(num_epochs=2)),
}
OF_TORCH: dict[str, tuple[bd.Model, bd.Inference]] = {
    "MCDropout": (MODEL, bd.MCDropout(num_epochs=3, num_passes=4)),
    "SVI": (MODEL, bd.SVI(num_steps=6, num_samples=4, backend="pyro", batch_size=10)),
    "DeepGP": (PLAIN, bd.DeepGP(num_steps=3, num_inducing=5, num_samples=4)),
}
IN_JAX = {
    "jax_enable_x64": True,
    "jax_numpy_dtype_promotion": "strict",
    "jax_numpy_rank_promotion": "raise",
    "jax_default_prng_impl": "rbg",
    "jax_threefry_partitionable": False,
    "jax_default_matmul_precision": "bfloat16",
    "jax_debug_nans": True,
    "jax_transfer_guard": "disallow",
    "jax_random_seed_offset": 1,
}


@contextmanager
def set_in_jax() -> Iterator[None]:
    before = {name: jax.config.values[name] for name in IN_JAX}
    try:
        for name, value in IN_JAX.items():
            jax.config.update(name, value)
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)


@contextmanager
def set_in_torch() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            yield
        assert torch.get_default_dtype() == torch.float64
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_float32_matmul_precision("highest")


def predicted(model: bd.Model, method: bd.Inference, ambient: Any) -> Any:
    """The parameters of a prediction, of a fit that compiles anew."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    bd.clear_caches()
    with ambient:
        return bd.fit(model, X, y, method, progress=False).predict(X).parameters


@pytest.mark.parametrize("name", quick(OF_JAX, lambda name: name == "MAP"))
def test_of_jax(name: str) -> None:
    expected = predicted(*OF_JAX[name], nullcontext())
    found = predicted(*OF_JAX[name], set_in_jax())
    for parameter, value in expected.items():
        np.testing.assert_array_equal(found[parameter], value)


@pytest.mark.parametrize("name", quick(OF_TORCH, lambda name: name == "MCDropout"))
@pytest.mark.parametrize("ambient", [set_in_torch, torch.no_grad, torch.inference_mode])
def test_of_torch(name: str, ambient: Any) -> None:
    expected = predicted(*OF_TORCH[name], nullcontext())
    found = predicted(*OF_TORCH[name], ambient())
    for parameter, value in expected.items():
        np.testing.assert_array_equal(found[parameter], value)


def test_a_default_device_of_the_process() -> None:
    """MC dropout takes it, if it holds numbers; other methods are on the CPU."""
    torch.set_default_device("meta")
    try:
        with torch_settings.own_settings():
            assert torch.empty(1).device == torch.device("cpu")
        assert torch.empty(1).device == torch.device("meta")
        with pytest.raises(ValueError, match="device='meta' can't be used by PyTorch"):
            predicted(*OF_TORCH["MCDropout"], nullcontext())
    finally:
        torch.set_default_device(None)


OF_NUMPY: dict[str, tuple[bd.Model, bd.Inference]] = {
    "GP": (PLAIN, bd.GP(num_restarts=0, num_samples=4)),
    "NNGP": (bd.Model(bd.MLP((4,)), bd.ScaleMixture()), bd.NNGP(num_samples=8, num_scales=2)),
    "PBP": (PLAIN, bd.PBP(num_epochs=2)),
    "MCDropout": OF_TORCH["MCDropout"],
}


@pytest.mark.parametrize("name", OF_NUMPY)
def test_of_numpy(name: str) -> None:
    """A process that stops at numbers too small for a float, as no exponential does."""
    expected = predicted(*OF_NUMPY[name], nullcontext())
    found = predicted(*OF_NUMPY[name], np.errstate(all="raise"))
    for parameter, value in expected.items():
        np.testing.assert_array_equal(found[parameter], value)


def test_the_last_of_several_threads_restores_what_the_first_found() -> None:
    entered, second_left = threading.Event(), threading.Event()

    def first() -> None:
        with torch_settings.own_settings() as threads:
            assert threads == 3
            entered.set()
            second_left.wait(10)
            assert torch.get_default_dtype() == torch.float32

    def second() -> None:
        entered.wait(10)
        with torch_settings.own_settings() as threads:
            assert threads == 3
        second_left.set()

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    torch.set_default_dtype(torch.float64)
    try:
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(first), pool.submit(second)]:
                done.result()
        assert torch.get_default_dtype() == torch.float64
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
        torch.set_default_dtype(torch.float32)


FORKED = """
import os, sys, numpy as np, bayesdrop as bd
X = np.arange(8.0)[:, None]
model = bd.Model(bd.MLP((2,)), bd.ARD(bd.noise.Bernoulli(0.8)))
dropout = bd.MCDropout(num_epochs=2, num_passes=3)
before = bd.fit(model, X, X[:, 0], dropout, progress=False).predict(X).mean
from bayesdrop.infer.engine.jax_settings import own_settings
with own_settings():  # as a method in JAX does
    pass
child = os.fork()
if child == 0:
    found = bd.fit(model, X, X[:, 0], dropout, progress=False).predict(X).mean
    try:
        bd.fit(bd.Model(bd.MLP((2,))), X, X[:, 0], bd.MAP(num_steps=2), progress=False)
    except RuntimeError as error:
        refused = "forked from one in which JAX had started" in str(error)
    os._exit(0 if refused and np.array_equal(found, before) else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_another_process_than_that_in_which_jax_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jax_settings, "_started_in", os.getpid() + 1)
    with pytest.raises(RuntimeError, match=r'forked.*get_context\("spawn"\)'):
        bd.fit(MODEL, np.eye(2), [0.0, 1.0], bd.MAP(num_steps=2), progress=False)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_fits_by_pytorch_and_refuses_jax() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
