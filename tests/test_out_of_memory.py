"""Want of memory is a sentence: what was asked for, and which settings to lower."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import linear
import numpy as np
import pytest
from prior_draws import PriorDraws

import bayesdrop as bd
from bayesdrop.out_of_memory import fitting, words_of

X, Y = linear.data(rows=12, features=2)
MUCH = 10**16


@dataclass(frozen=True)
class Greedy(PriorDraws):
    """It asks for more memory than any machine has."""

    batch_size: int | None = None
    ask: ClassVar[Callable[[], object]] = staticmethod(lambda: None)

    def run(self, bound: Any, data: Any, seed: int, progress: Any) -> bd.Fit:
        self.ask()
        return super().run(bound, data, seed, progress)

    def continued(self, *args: Any) -> Any:
        self.ask()


def of_jax() -> object:
    import jax.numpy as jnp

    return jnp.zeros(MUCH, jnp.int8).block_until_ready()


def of_torch() -> object:
    import torch

    return torch.empty(MUCH, dtype=torch.int8)


ASKS: dict[str, Callable[[], object]] = {
    "JAX": of_jax,
    "PyTorch": of_torch,
    "NumPy": lambda: np.empty(MUCH, np.int8),
}


@pytest.mark.parametrize("library", ASKS)
def test_a_fit_says_what_it_asked_for_and_what_to_lower(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bd.fit(linear.model(), X, Y, Greedy(), progress=False)
    monkeypatch.setattr(Greedy, "ask", staticmethod(ASKS[library]))
    words = (
        rf"^Greedy ran out of memory: {library} could not allocate 8\.88 PiB\. Give a smaller "
        r"num_samples \(now 20\), or give a batch_size, or take a smaller network or fewer rows$"
    )
    with pytest.raises(MemoryError, match=words):
        bd.fit(linear.model(), X, Y, Greedy(), progress=False)
    with pytest.raises(MemoryError, match=words):
        whole.continue_(5, progress=False)
    with pytest.raises(MemoryError, match="or fit fewer than 2 data sets at once"):
        bd.fit_many(linear.model(), [(X, Y), (X, Y)], Greedy(), progress=False)
    with pytest.raises(MemoryError, match=f"Greedy ran out of memory: {library}"):
        bd.sbc(linear.model(), Greedy(), X, n=1, num_draws=9)


@pytest.mark.parametrize(
    ("method", "lower"),
    [
        (
            bd.NUTS(num_chains=4),
            r"smaller num_chains \(now 4\) or num_samples \(now \d+\), or give chain_method=.seq",
        ),
        (bd.NUTS(chain_method="sequential"), r"\), or take a smaller network or fewer rows"),
        (bd.MAP(batch_size=64), r"a smaller batch_size \(now 64\)"),
        (bd.SMC(), r"a smaller num_particles \(now 1024\), or"),
        (bd.DeepEnsemble(num_members=7), r"num_members \(now 7\)"),
        (
            bd.GridSearch(bd.MCDropout(num_passes=50), {"inference.learning_rate": (0.1,)}),
            r"GridSearch ran out.* num_passes \(now 50\)",
        ),
    ],
)
def test_the_settings_are_the_method_s_own(method: bd.Inference, lower: str) -> None:
    with pytest.raises(MemoryError, match=lower), fitting(method):
        raise MemoryError


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 1610612736 b"),
            "JAX could not allocate more memory",
        ),
        (
            RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 1610612736 bytes."),
            "JAX could not allocate 1.5 GiB",
        ),
        (
            RuntimeError("CUDA out of memory. Tried to allocate 20.50 GiB. GPU 0 has a total"),
            "PyTorch could not allocate 20.5 GiB",
        ),
        (MemoryError(), "Python could not allocate more memory"),
        (RuntimeError("out of order"), None),
        (ValueError("RESOURCE_EXHAUSTED"), None),
    ],
)
def test_libraries_are_known_by_what_they_write(error: Exception, words: str | None) -> None:
    assert words_of(error) == words


@dataclass(frozen=True)
class Wide(bd.Predictor):
    """Its functions need more memory than any machine has."""

    def parameters(self, state: Any, bound: Any, X: Any, rng: Any) -> Any:
        return {"loc": of_torch(), "scale": 1.0}


def test_a_prediction_says_what_needs_less() -> None:
    fit = bd.fit(linear.model(), X, Y, Greedy(), progress=False)
    post = replace(fit, fit=bd.Fit(bd.FunctionDraws(Wide(), {})))
    words = r"^The prediction ran out of memory: PyTorch could not allocate 8\.88 PiB\. Predict few"
    with pytest.raises(MemoryError, match=words):
        post.predict(X)
    with pytest.raises(MemoryError, match=words):
        post.predict(X, return_std=True)
    with pytest.raises(MemoryError, match=words):
        post.predict_probabilities(X)


def test_other_errors_stay_as_they_are() -> None:
    with pytest.raises(RuntimeError, match=r"^out of order$"), fitting(bd.NUTS()):
        raise RuntimeError("out of order")
    with pytest.raises(MemoryError, match=r"^NUTS ran"), fitting(bd.MAP()), fitting(bd.NUTS()):
        raise MemoryError
