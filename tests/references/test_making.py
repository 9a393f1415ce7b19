"""Making references: what goes on, begins again, resumes, and is written in the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from linear import ExactLinear
from typer.testing import CliRunner

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.cli import app
from bayesdrop.references import checks, library, making, problem, sampling, stored_arrays
from bayesdrop.references.attempt import Attempt, read_attempt
from bayesdrop.references.making import make
from bayesdrop.spec import to_dict

CHAINS = 4
PROBLEM = bd.ReferenceProblem(
    model=bd.Model(bd.MLP(()), likelihood=bd.Gaussian(scale=0.7)),
    dataset="diabetes",
    num_rows=60,
    samplers=(bd.NUTS(num_warmup=10, num_samples=25), bd.HMC(num_warmup=10, num_samples=25)),
)


@pytest.fixture(autouse=True)
def _few_inputs_and_limits_that_few_draws_reach(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if request.node.get_closest_marker("slow") is None:
        monkeypatch.setattr(checks, "MIN_ESS", 200.0)
        monkeypatch.setattr(checks, "MAX_RHAT", 1.1)
        monkeypatch.setattr(problem, "_TEST_ROWS", 8)
        for module in (problem, stored_arrays):
            monkeypatch.setattr(module, "POINTS", 12)


@dataclass
class Draws:
    """Independent draws in place of a sampler's: what was asked for, and what comes."""

    divergent_below: float = 0.0
    """Draws diverge at a smaller target acceptance probability."""
    shift: dict[str, float] = field(default_factory=dict)
    """Sampler → how far its weights are off."""
    asked: list[tuple[str, int]] = field(default_factory=list)

    def fit(self, model: Any, X: Any, y: Any, sampler: Any, seed: int, progress: Any) -> Any:
        return self._posterior(sampler, seed, X, y, sampler.num_samples)

    def continue_(self, earlier: bd.Posterior, count: int, progress: Any) -> bd.Posterior:
        sampler: Any = earlier.inference
        longer = replace(sampler, num_samples=sampler.num_samples + count)
        X, y = earlier.training.X_original, earlier.training.target
        return self._posterior(longer, earlier.seed, X, y, longer.num_samples)

    def _posterior(self, sampler: Any, seed: int, X: Any, y: Any, draws: int) -> bd.Posterior:
        self.asked.append((type(sampler).__name__, draws))
        training = bd.TrainingData.of(X, y, True)
        bound = training.bound_to(PROBLEM.model, "expanded")
        rng = np.random.default_rng(seed)
        shift = self.shift.get(type(sampler).__name__, 0.0)
        values = {
            site.name: (shift + rng.normal(size=(CHAINS, draws, *site.shape))).astype(np.float32)
            for site in bound.sites
        }
        acceptance = to_dict(sampler).get("target_accept_prob", 1.0)
        diverging = np.full((CHAINS, draws), acceptance < self.divergent_below)
        found = bd.WeightDraws(values, {"diverging": diverging})
        fit = bd.Fit(found, seconds={"compile": 0.0, "run": 1e-9})
        return bd.Posterior(bound, sampler, seed, training, fit)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Draws]:
    def installed(**settings: Any) -> Draws:
        draws = Draws(**settings)
        monkeypatch.setattr(sampling, "fit", draws.fit)
        monkeypatch.setattr(
            bd.Posterior,
            "continue_",
            lambda earlier, count, progress: draws.continue_(earlier, count, progress),
        )
        return draws

    return installed


def test_samplers_go_on_until_the_checks_hold(
    install: Callable[..., Draws], tmp_path: Path
) -> None:
    draws = install()
    found = make(PROBLEM, "mine", tmp_path, 3600.0)
    assert isinstance(found, bd.Reference)
    assert draws.asked == [
        (name, count) for name in ("NUTS", "HMC") for count in (25, 50, 100)
    ]  # 4 chains of 50 independent draws are too few, and of 100 enough
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mine.npz"]
    assert not list((tmp_path / ".making").iterdir())
    read = bd.reference(tmp_path / "mine.npz")
    assert read.problem == PROBLEM
    assert read.predictive.n_draws == 1000
    assert [run.sampler for run in read.runs] == [
        replace(sampler, num_samples=100) for sampler in PROBLEM.samplers
    ]
    assert [run.seed for run in read.runs] == [0, 1]
    assert read.dataset_sha256 == bd.load_dataset("diabetes").sha256


def test_without_time_it_says_how_far_it_came_and_goes_on_from_there(
    install: Callable[..., Draws], tmp_path: Path
) -> None:
    draws = install()
    found = make(PROBLEM, "mine", tmp_path, 0.0)
    assert isinstance(found, Attempt)
    assert draws.asked == [("NUTS", 25)]
    assert "NUTS: bulk ESS is" in found.reason
    assert read_attempt(tmp_path / "mine.json") == found
    assert 1.0 <= found.best_rhat < 1.2
    assert isinstance(make(PROBLEM, "mine", tmp_path, 3600.0), bd.Reference)
    assert draws.asked[:3] == [("NUTS", 25), ("NUTS", 50), ("NUTS", 100)]
    assert not (tmp_path / "mine.json").exists()


def test_what_is_of_another_problem_is_not_gone_on_with(
    install: Callable[..., Draws], tmp_path: Path
) -> None:
    draws = install()
    make(PROBLEM, "mine", tmp_path, 0.0)
    make(replace(PROBLEM, num_rows=50), "mine", tmp_path, 0.0)
    make(replace(PROBLEM, num_rows=50), "mine", tmp_path, 0.0)
    assert draws.asked == [("NUTS", 25), ("NUTS", 25)]
    (tmp_path / ".making" / "mine" / "0.nc").write_bytes(b"damaged")
    make(replace(PROBLEM, num_rows=50), "mine", tmp_path, 0.0)
    assert len(draws.asked) == 3


def test_divergent_draws_begin_again_with_smaller_steps(
    install: Callable[..., Draws], tmp_path: Path
) -> None:
    install(divergent_below=0.94)
    found = make(PROBLEM, "mine", tmp_path, 3600.0)
    assert isinstance(found, bd.Reference)
    targets = [run.sampler.target_accept_prob for run in found.runs]  # type: ignore[attr-defined]
    assert targets == pytest.approx([0.95, 0.95])


@dataclass(frozen=True)
class OwnSampler(ExactLinear):
    """It has no target acceptance probability."""

    def is_exact(self) -> bool:
        return True


def test_a_sampler_of_ones_own_goes_on(install: Callable[..., Draws], tmp_path: Path) -> None:
    draws = install()
    own = replace(PROBLEM, samplers=(PROBLEM.samplers[0], OwnSampler(25, num_chains=4)))
    found = make(own, "mine", tmp_path, 3600.0)
    assert isinstance(found, bd.Reference)
    assert draws.asked[3:] == [("OwnSampler", 25), ("OwnSampler", 50), ("OwnSampler", 100)]
    assert bd.reference(tmp_path / "mine.npz").runs[1].sampler == OwnSampler(100, num_chains=4)


def test_samplers_of_which_one_stands_still_make_no_reference(
    install: Callable[..., Draws], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    monkeypatch.setattr(sampling.Sampling, "more", lambda self, until: 100 - self.mixed.num_draws)
    compare = making.disagreement
    monkeypatch.setattr(making, "disagreement", lambda first, second: compare(first, {}))
    found = make(PROBLEM, "mine", tmp_path, 3600.0)
    assert isinstance(found, Attempt)
    assert found.reason.startswith("the samplers can't be compared: a quantity of one is constant")
    assert read_attempt(tmp_path / "mine.json") == found


def test_samplers_that_disagree_make_no_reference(
    install: Callable[..., Draws], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(shift={"HMC": 0.5})
    monkeypatch.setattr(sampling.Sampling, "more", lambda self, until: 100 - self.mixed.num_draws)
    found = make(PROBLEM, "mine", tmp_path, 3600.0)
    assert isinstance(found, Attempt)
    assert found.reason.startswith("the samplers differ by ")
    assert found.disagreement["mean"] > 4
    assert not (tmp_path / "mine.npz").exists()


def test_the_command(
    install: Callable[..., Draws], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    own = tmp_path / "own.py"
    own.write_text(
        "import bayesdrop as bd\n"
        "REFERENCE = bd.ReferenceProblem(\n"
        "    bd.Model(bd.MLP(()), likelihood=bd.Gaussian(scale=0.7)), 'diabetes', num_rows=60,\n"
        "    samplers=(bd.NUTS(num_warmup=10, num_samples=100), bd.HMC(num_samples=100)))\n"
    )
    call = CliRunner().invoke
    result = call(app, ["reference", str(own), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "own: R-hat 1.0" in result.output
    assert bd.reference(tmp_path / "own.npz").name == "own"
    result = call(app, ["reference", str(own), "--out", str(tmp_path / "nowhere")])
    assert (result.exit_code, "there is no folder" in result.output) == (2, True)
    result = call(app, ["reference", str(own), "--out", str(tmp_path)])
    assert (result.exit_code, "is there already" in result.output) == (0, True)
    (tmp_path / "own.npz").unlink()
    install(shift={"HMC": 1.0})
    result = call(app, ["reference", str(own), "--out", str(tmp_path), "--minutes", "0"])
    assert result.exit_code == 1
    assert "own: no reference yet: the samplers differ by" in result.output


def test_the_list_says_which_references_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = catalog.folder
    text = (folder("references") / "diabetes_add_5.py").read_text()
    monkeypatch.setattr(
        catalog, "folder", lambda kind: tmp_path if kind == "references" else folder(kind)
    )
    for name in ("made", "failed", "open"):
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "made.npz").touch()
    attempt = {
        "reason": "NUTS: R-hat is 1.234",
        "samplers": [
            {
                "sampler": "NUTS()", "seconds": 1.0, "max_rhat_f": 1.234, "min_bulk_ess": 9.0,
                "min_tail_ess": 9.0, "divergences": 0, "faults": ["R-hat is 1.234"],
            }
        ],
        "disagreement": {},
        "versions": {},
    }  # fmt: skip
    (tmp_path / "failed.json").write_text(json.dumps(attempt))
    listed = CliRunner().invoke(app, ["list", "references"])
    assert listed.exit_code == 0, listed.output
    states = {line.split()[0]: line for line in listed.output.splitlines()[1:]}
    assert "not made yet" in states["open"]
    assert "best R-hat 1.23" in states["failed"]
    assert "available" in states["made"]
    assert library.available() == ("made",)
    with pytest.raises(ValueError, match=r"no draws of failed: NUTS: R-hat is 1\.234; the best"):
        bd.reference("failed")
    (tmp_path / "failed.json").write_text("{}")
    with pytest.raises(ValueError, match=r"failed\.json is no record of an attempt"):
        bd.reference("failed")


@pytest.mark.slow
def test_two_real_samplers_make_a_reference_of_a_linear_model(tmp_path: Path) -> None:
    lengths: dict[str, Any] = {"num_warmup": 500, "num_samples": 2000}
    tuned = replace(PROBLEM, samplers=(bd.NUTS(**lengths), bd.ChEES(**lengths)))
    found = make(tuned, "linear", tmp_path, 600.0)
    assert isinstance(found, bd.Reference)
    assert bd.distance(found.predictive, bd.reference(tmp_path / "linear.npz")).summary()[
        "wasserstein"
    ] == pytest.approx(0, abs=1e-3)
