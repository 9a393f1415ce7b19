"""A predictor of a user's own: its fit is saved, loaded and predicts as before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import linear
import numpy as np
import pytest
from numpy.typing import NDArray

import bayesdrop as bd
from bayesdrop import spec

X, Y = linear.data(rows=30, features=3)


@dataclass(frozen=True)
class Lines(bd.Predictor):
    """Lines at the slopes in ``state``, times ``factor``, moved a little at random."""

    factor: float

    def prepared(self, state: Mapping[str, NDArray], bound: bd.BoundModel) -> Mapping[str, Any]:
        return {"slopes": self.factor * state["slopes"], "scale": float(state["scale"])}

    def parameters(
        self,
        state: Mapping[str, Any],
        bound: bd.BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> dict[str, Any]:
        loc = np.einsum("nf,dfo->dno", X, state["slopes"])
        return {
            "loc": loc + 0.01 * rng.normal(size=loc.shape),
            "scale": np.full_like(loc, state["scale"]),
        }


@dataclass(frozen=True)
class Bootstrap(bd.Inference):
    """Least squares on bootstrap samples of the rows."""

    num_samples: int = 20

    def supports(self, model: bd.Model) -> str | None:
        return None

    def run(
        self, bound: bd.BoundModel, data: bd.TrainingData, seed: int, progress: bd.Progress
    ) -> bd.Fit:
        inputs, target = data.X_standardised, data.y_standardised
        draws = np.random.default_rng(seed).integers(len(inputs), size=(20, len(inputs)))
        slopes = np.stack([np.linalg.lstsq(inputs[r], target[r], rcond=None)[0] for r in draws])
        state = {"slopes": 0.5 * slopes, "scale": np.array(0.3)}
        return bd.Fit(bd.FunctionDraws(Lines(factor=2.0), state))


@pytest.fixture
def posterior() -> bd.Posterior:
    return bd.fit(linear.model(), X, Y, Bootstrap(), seed=3, progress=False)


def test_it_predicts_what_it_was_fitted_to(posterior: bd.Posterior) -> None:
    slopes = np.linalg.lstsq(X - X.mean(0), Y - Y.mean(), rcond=None)[0]
    expected = Y.mean() + (X - X.mean(0)) @ slopes
    np.testing.assert_allclose(posterior.predict(X).mean, expected, atol=0.2 * Y.std())


def test_a_saved_fit_of_it_predicts_as_before(posterior: bd.Posterior, tmp_path: Path) -> None:
    posterior.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    assert isinstance(again.result, bd.FunctionDraws)
    assert again.result.predictor == Lines(factor=2.0)
    assert again.inference == Bootstrap()
    before, after = posterior.predict(X[:7], seed=5), again.predict(X[:7], seed=5)
    for name, value in before.parameters.items():
        np.testing.assert_array_equal(value, after.parameters[name])


def test_a_file_whose_predictor_is_not_defined_says_which_it_lacks(
    posterior: bd.Posterior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posterior.save(tmp_path / "fit.nc")
    monkeypatch.delitem(spec.Spec._classes, "predictor:Lines")
    with pytest.raises(LookupError, match=r"predictor:Lines.*import the module that defines it"):
        bd.load(tmp_path / "fit.nc")
