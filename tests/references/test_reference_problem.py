"""What a problem refuses, the inputs at which f is looked at, and the shipped problems."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from linear import ExactLinear

import bayesdrop as bd
from bayesdrop import catalog, spec

NUTS, HMC = bd.NUTS(num_warmup=10, num_samples=100), bd.HMC(num_warmup=10, num_samples=100)
PROBLEM = bd.ReferenceProblem(bd.Model(bd.MLP(())), "diabetes", (NUTS, HMC), num_rows=60)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": 3}, "model must be a bd.Model"),
        ({"dataset": None}, "give a name or a path"),
        ({"samplers": (NUTS,)}, "two samplers of different kinds, not NUTS"),
        ({"samplers": (NUTS, bd.NUTS())}, "two samplers of different kinds, not NUTS and NUTS"),
        ({"samplers": (NUTS, bd.SVI())}, "does not draw from the exact posterior"),
        ({"samplers": (NUTS, bd.MCLMC())}, "does not draw from the exact posterior"),
        ({"samplers": (NUTS, bd.GibbsHMC())}, "GibbsHMC can't run the model: it has no noise"),
        ({"samplers": (NUTS, bd.HMC(num_chains=1))}, "has one chain"),
        ({"split": -1}, "split must be at least 0"),
        ({"num_rows": 3}, "num_rows must be at least 10"),
    ],
)
def test_what_is_no_problem(changes: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        replace(PROBLEM, **changes)


def test_an_adjusted_mclmc_is_exact() -> None:
    samplers = NUTS, bd.MCLMC(adjusted=True)
    assert replace(PROBLEM, samplers=samplers).samplers == samplers


@dataclass(frozen=True)
class OwnExact(ExactLinear):
    def is_exact(self) -> bool:
        return self.num_samples > 50


@dataclass(frozen=True)
class WithoutChains(bd.Inference):
    def supports(self, model: bd.Model) -> str | None:
        return None

    def run(self, *_: Any, **__: Any) -> bd.Fit:
        raise NotImplementedError

    def is_exact(self) -> bool:
        return True


def test_a_sampler_of_ones_own_serves_if_its_class_says_so() -> None:
    assert replace(PROBLEM, samplers=(NUTS, OwnExact())).samplers == (NUTS, OwnExact())
    with pytest.raises(ValueError, match="does not draw from the exact posterior"):
        replace(PROBLEM, samplers=(NUTS, OwnExact(num_samples=20)))
    with pytest.raises(ValueError, match="an exact sampler without a field num_chains"):
        replace(PROBLEM, samplers=(NUTS, WithoutChains()))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'nuts' does not draw from the exact posterior"):
        replace(PROBLEM, samplers=(NUTS, "nuts"))  # type: ignore[arg-type]


def test_a_problem_is_a_specification() -> None:
    assert spec.from_dict(spec.to_dict(PROBLEM), bd.ReferenceProblem) == PROBLEM


def test_the_rows_of_a_problem() -> None:
    rows, split = PROBLEM.rows(), bd.load_dataset("diabetes").split(0)
    assert rows.X_train.shape == (60, 10)
    assert np.array_equal(rows.y_train, split.y_train[:60])
    assert rows.X.shape == (64, 10)
    assert np.array_equal(rows.X[:40], split.X_test[:40])
    assert np.array_equal(rows.y_test, split.y_test[:40])
    away = (rows.X[40:] - rows.X_train.mean(0)) / rows.X_train.std(0)
    spread = [away[start::3].std() for start in range(3)]
    assert spread == pytest.approx([1.0, 2.0, 3.0], rel=0.2)
    assert np.array_equal(rows.X, PROBLEM.rows().X)
    assert not np.array_equal(rows.X[40:], replace(PROBLEM, seed=1).rows().X[40:])


def test_a_constant_feature_stays_constant_off_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bd.load_dataset("diabetes")
    X = data.X.copy()
    X[:, 3] = 7.0
    monkeypatch.setattr(bd.ReferenceProblem, "load_data", lambda _: replace(data, X=X))
    found = PROBLEM.rows().X
    assert np.isfinite(found).all()
    assert np.all(found[:, 3] == 7.0)


def test_more_rows_than_there_are() -> None:
    with pytest.raises(ValueError, match="has 398 training rows, and num_rows=1000: give fewer"):
        replace(PROBLEM, num_rows=1000).rows()


def test_the_table_has_every_shipped_problem() -> None:
    text = (catalog.folder("references") / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \| (all|\d+) \|", text, re.M)
    problems = {n: catalog.load("references", n).value for n in catalog.names("references")}
    assert dict(listed) == {name: str(p.num_rows or "all") for name, p in problems.items()}


def test_shipped_problems_cover_noises_and_structures() -> None:
    problems = [catalog.load("references", name).value for name in catalog.names("references")]
    assert len(problems) >= 12
    models = [spec.canonical_json(problem.model) for problem in problems]
    for wanted in ("Bernoulli", "Rayleigh", "HalfCauchy", "InverseNakagami", "Beta", "Uniform"):
        assert any(f'"noise:{wanted}"' in model for model in models), wanted
    assert any("likelihood:HeteroscedasticGaussian" in model for model in models)
    assert any("likelihood:Bernoulli" in model for model in models)
    assert sum(problem.model.prior.layer is not None for problem in problems) >= 2
    assert {problem.dataset for problem in problems} >= {
        "boston", "breast_cancer", "concrete", "diabetes", "energy", "wine"
    }  # fmt: skip
    full = [problem for problem in problems if problem.num_rows is None]
    assert sum("50" in str(problem.model.network) for problem in full) >= 4
