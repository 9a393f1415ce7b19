"""What every conformance test starts from: one thread, a fresh Pyro, fixed seeds."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import pyro
import pytest
import torch


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    pyro.clear_param_store()
    pyro.set_rng_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def x64() -> Iterator[None]:
    """JAX in float64 for the length of a test."""
    with jax.enable_x64(True):
        yield
