"""What a fit warns of: said once in the log, and by ``post.diagnose()``."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import linear
import numpy as np
import pytest
from numpy.typing import NDArray

import bayesdrop as bd
from bayesdrop.posterior.diagnosis.explained import explained_by_fit, explained_by_neighbours
from bayesdrop.posterior.diagnosis.outliers import squeezed_columns
from bayesdrop.posterior.diagnosis.training_loss import share_of_fall_at_end

RNG = np.random.default_rng(0)
X = np.linspace(-3, 3, 300)[:, None]
SINE = np.sin(3 * X[:, 0]) + 0.1 * RNG.normal(size=300)
NOISE = RNG.normal(size=300)
CLASSES = (np.sin(3 * X[:, 0]) > 0).astype(float)


@dataclass(frozen=True)
class Flat(bd.Inference):
    """All weights are 0, so that every prediction is that of the bias, 0 but for one draw in 9."""

    losses: tuple[float, ...] = ()

    def supports(self, model: bd.Model) -> str | None:
        return None

    def run(self, bound: bd.BoundModel, data: Any, seed: int, progress: Any) -> bd.Fit:
        values = {
            site.name: np.full((1, 9, *site.shape), float(site.role == "likelihood"), np.float32)
            for site in bound.sites
        }
        return bd.Fit(bd.WeightDraws(values), losses=np.array(self.losses))


def flat(
    y: NDArray[Any], likelihood: bd.Likelihood | None = None, losses: tuple[float, ...] = ()
) -> bd.Posterior:
    model = bd.Model(bd.MLP(()), bd.ScaleMixture(), likelihood or bd.Gaussian())
    return bd.fit(model, X, y, Flat(losses), progress=False)


@pytest.mark.parametrize("far", [1e6, 1e12, -1e300])
@pytest.mark.parametrize("rows", [1, 3])
def test_rows_far_out_hide_the_others(far: float, rows: int) -> None:
    inputs = RNG.normal(size=(300, 2))
    inputs[40 : 40 + rows, 1] = far
    model = bd.Model(bd.MLP(()), bd.ScaleMixture(), bd.Gaussian())
    found = bd.fit(model, inputs, NOISE, Flat(), feature_names=["a", "b"], progress=False)
    words = found.diagnose().warnings["outliers"]
    assert words.startswith("a few rows, such as row 4")
    assert "far out in 'b' that all others look alike" in words


@pytest.mark.parametrize(
    "column",
    [
        np.where(np.arange(300) == 7, 100.0, RNG.normal(size=300)),
        (np.arange(300) == 7).astype(float),
        np.exp(RNG.normal(size=300)),
        np.full(300, 5.0),
    ],
    ids=["within reach", "a rare level", "a long tail", "constant"],
)
def test_columns_that_hide_nothing(column: NDArray[np.float64]) -> None:
    assert squeezed_columns(column[:, None]) == {}


def test_a_row_far_out_of_a_sequence_is_a_row() -> None:
    sequences = RNG.normal(size=(100, 4, 2))
    sequences[31, 2, 0] = 1e9
    assert squeezed_columns(sequences) == {0: 31}
    assert squeezed_columns(sequences[:1]) == {}


def test_a_flat_fit_of_a_sine_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "bayesdrop"):
        posterior = flat(SINE)
        posterior.predict(X)
        found = posterior.diagnose()
    assert found.explained_variance == pytest.approx(0, abs=0.01)
    assert found.warnings.keys() == {"explained variance"}
    words = found.warnings["explained variance"]
    assert words.endswith("fit more closely: bd.NUTS, bd.MCLMC or bd.DeepEnsemble")
    assert words.startswith("the fit explains none of the target's variance at its training rows")
    assert "5 nearest neighbours explains 97%" in words
    assert [record.getMessage() for record in caplog.records] == [f"Flat: {words}"]


@pytest.mark.parametrize("rows", [20, 60, 300])
def test_a_flat_fit_of_noise_is_right(rows: int, caplog: pytest.LogCaptureFixture) -> None:
    model = bd.Model(bd.MLP(()))
    with caplog.at_level(logging.WARNING, "bayesdrop"):
        found = bd.fit(model, X[:rows], NOISE[:rows], Flat(), progress=False).diagnose()
    assert found.explained_variance == pytest.approx(0, abs=0.05)
    assert found.warnings == {}
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("likelihood", "y"),
    [
        (bd.Bernoulli(), CLASSES),
        (bd.Categorical(3), CLASSES + (X[:, 0] > 2)),
        (bd.Poisson(), np.round(20 * CLASSES + 1)),
    ],
    ids=["two classes", "three classes", "counts"],
)
def test_classes_and_counts(likelihood: bd.Likelihood, y: NDArray[Any]) -> None:
    found = flat(y, likelihood).diagnose()
    assert (found.explained_variance or 0.0) <= 0.01
    assert "explains none of the target's variance" in found.warnings["explained variance"]


def test_the_output_that_is_missed_is_named() -> None:
    posterior = flat(np.column_stack([NOISE, NOISE[::-1], SINE]))
    assert "of output 'y2' at its" in posterior.diagnose().warnings["explained variance"]
    assert posterior.target is not None
    named = replace(posterior, target=replace(posterior.target, names=("a", "b", "sine")))
    assert "of output 'sine' at its" in named.diagnose().warnings["explained variance"]
    nameless = replace(posterior, target=None)
    assert "of output 'y2' at its" in nameless.diagnose().warnings["explained variance"]


def test_part_of_the_variance_may_be_missed() -> None:
    """The line through a steep sine explains a part."""
    x = np.linspace(-1, 1, 200)[:, None]
    y = np.sin(7 * x[:, 0]) + 0.8 * x[:, 0]
    posterior = bd.fit(linear.model(), x, y, linear.ExactLinear(100), progress=False)
    share = np.corrcoef(x[:, 0], y)[0, 1] ** 2
    found = posterior.diagnose()
    assert found.explained_variance == pytest.approx(share, abs=0.03)
    assert f"explains {found.explained_variance:.0%} of" in found.warnings["explained variance"]


def test_the_share_explained_is_r_squared() -> None:
    X, y = linear.data(rows=150, outputs=2)
    posterior = bd.fit(linear.model(), X, y, linear.ExactLinear(num_samples=25), progress=False)
    left = np.square(y - posterior.predict(X).mean).mean(0)
    np.testing.assert_allclose(explained_by_fit(posterior), 1 - left / y.var(0), rtol=1e-5)
    assert posterior.diagnose().explained_variance == explained_by_fit(posterior).min()


def test_neighbours_are_the_nearest_other_rows() -> None:
    x = np.r_[0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0][:, None]
    y = np.r_[1.0, 5.0, 2.0, 8.0, 3.0, 9.0, 4.0]
    found = explained_by_neighbours(bd.fit(bd.Model(bd.MLP(())), x, y, Flat(), progress=False))
    others = [[k for k in range(7) if k not in (row, 0 if row == 6 else 6)] for row in range(7)]
    means = [y[chosen].mean() for chosen in others]
    assert found[0] == pytest.approx(1 - np.square(y - means).sum() / np.square(y - y.mean()).sum())


def test_many_draws_and_rows_are_thinned() -> None:
    x = RNG.normal(size=(5000, 2))
    few = bd.fit(bd.Model(bd.MLP(())), x, RNG.normal(size=5000), Flat(), progress=False)
    assert isinstance(few.result, bd.WeightDraws)
    many = {name: value.repeat(700, axis=1) for name, value in few.result.values.items()}
    posterior = replace(few, fit=bd.Fit(bd.WeightDraws(many)))
    seen: list[Any] = []
    forward = type(posterior.bound).forward

    def watched(self: Any, values: Any, X: Any, noise: Any = None) -> Any:
        seen.append((values["bias_0"].shape[0], len(X)))
        return forward(self, values, X, noise)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(posterior.bound), "forward", watched)
        explained_by_fit(posterior)
    assert seen == [(50, 200)]


STEPS = np.linspace(0, 1, 400)


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize(("constants", "falls"), [(0.5, True), (2, True), (5, False), (20, False)])
def test_a_loss_that_still_falls(constants: float, falls: bool, noise: float) -> None:
    losses = np.exp(-constants * STEPS) + noise * np.random.default_rng(1).normal(size=400)
    share = share_of_fall_at_end(losses)
    assert (share is not None) == falls
    if share is not None:
        means = np.exp(-constants * STEPS).reshape(10, -1).mean(1)
        assert share == pytest.approx((means[8] - means[9]) / (means[0] - means[9]), rel=0.2)


def test_losses_that_say_nothing() -> None:
    rng = np.random.default_rng(2)
    assert [share_of_fall_at_end(rng.normal(size=n)) for n in (10, 40, 1000)] == [None] * 3
    assert share_of_fall_at_end(STEPS) is None  # it rises
    assert share_of_fall_at_end(-STEPS[:9]) is None
    assert share_of_fall_at_end(np.zeros(0)) is None
    early = np.r_[1000.0, np.linspace(1.0, 0.0, 399)]
    assert share_of_fall_at_end(early) is None  # a hundredth of its fall was left


def test_a_loss_that_still_falls_is_said() -> None:
    found = flat(NOISE, losses=tuple(1 - STEPS)).diagnose()
    assert found.warnings["loss"].startswith("the loss was still falling: the last tenth")
    assert "made 11.1% of all its fall" in found.warnings["loss"]


def sampled(stats: dict[str, Any], info: dict[str, Any]) -> bd.Posterior:
    """Independent draws, with those statistics beside."""
    fitted = bd.fit(
        linear.model(), *linear.data(), linear.ExactLinear(400, num_chains=7), progress=False
    )
    assert isinstance(fitted.result, bd.WeightDraws)
    own = {**(fitted.result.sample_stats or {}), **stats}
    result = bd.WeightDraws(fitted.result.values, own)
    fit = bd.Fit(result, seconds={}, info=info)
    return bd.Posterior(fitted.bound, bd.NUTS(), 0, fitted.training, fit)


@pytest.mark.parametrize("count", [0, 3, 100])
def test_divergent_draws_are_said_however_few(count: int) -> None:
    flags = np.zeros((7, 400), bool)
    flags.ravel()[:count] = True
    found = sampled({"diverging": flags}, {}).diagnose()
    if count == 0:
        assert found.warnings == {}
    elif count == 3:
        assert found.converged is True
        assert found.warnings.keys() == {"divergences"}
        assert found.warnings["divergences"].startswith("3 of 2800 draws are divergent")
    else:
        assert found.warnings.keys() == {"convergence"}
        assert found.warnings["convergence"].startswith(f"{found.summary}. Take smaller steps")


def test_chains_that_are_left_out_are_named() -> None:
    info = {"excluded_chains": [{"chain": 3, "reason": "it left"}]}
    found = sampled({}, info).diagnose()
    assert found.warnings == {
        "chains left out": "chains that ran away are left out (chain 3: it left)"
    }


@pytest.mark.parametrize(("runs", "known"), [([-9.0], True), ([-9.0, -8.1, -8.4], True),
                                             ([-9.0, -8.5, -7.9], False)])  # fmt: skip
def test_runs_that_disagree_on_the_evidence_are_named(runs: list[float], known: bool) -> None:
    words = {} if known else {
        "evidence": "the log evidence of the runs differs by 1.1 nats, so it is not known: give "
        "more num_particles, or more num_mcmc_steps"
    }  # fmt: skip
    assert sampled({}, {"log_evidence": runs}).diagnose().warnings == words


def test_particles_that_have_not_converged_are_told_what_helps() -> None:
    fitted = bd.fit(linear.model(), *linear.data(), linear.ExactLinear(20), progress=False)
    smc = bd.Posterior(fitted.bound, bd.SMC(), 0, fitted.training, fitted.fit)
    words = smc.diagnose().warnings["convergence"]
    assert words.endswith(". Give more num_particles, or more num_mcmc_steps")
    assert "continue_" not in words


def test_chains_that_have_not_converged_are_told_to_go_on() -> None:
    fitted = bd.fit(linear.model(), *linear.data(), linear.ExactLinear(20), progress=False)
    found = fitted.diagnose()
    assert found.warnings["convergence"].startswith(f"{found.summary}. Let the chains go on")
    assert found.warnings["convergence"].count("continue_") == 1
