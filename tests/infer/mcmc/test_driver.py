"""The loop that samplers run in, by a sampler that compiles at once: when it stops, what
Ctrl-C leaves, how chains go on, where they start."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import linear
import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.field_checks import checked_count
from bayesdrop.infer.base import Job
from bayesdrop.infer.engine.chain_method import ChainMethod
from bayesdrop.infer.mcmc import watch
from bayesdrop.infer.mcmc.chains import MarkovChains, checked_chains
from bayesdrop.infer.mcmc.driver import run_kernel
from bayesdrop.infer.mcmc.kernel import Draw, Kernel
from bayesdrop.infer.mcmc.runaways import without_runaways
from bayesdrop.spec import added

X, Y = linear.data(rows=6, features=2)


class State(NamedTuple):
    key: Any
    position: Any
    steps: Any


@dataclass(frozen=True)
class Autoregression(MarkovChains):
    """Chains x' = φ x + √(1 − φ²) noise, of which some get stuck."""

    num_warmup: int = 7
    num_samples: int = 120
    num_chains: int = 4
    memory: float = 0.5
    start: float = 0.0
    num_stuck: int = 0
    tuned: bool = True
    stop: bd.Converged | None = added(None)
    num_superchains: int | None = added(None)
    chain_method: ChainMethod = "vectorized"

    def __post_init__(self) -> None:
        checked_count(self, "num_samples")
        checked_chains(self)

    def supports(self, model: bd.Model) -> str | None:
        return None

    def sample(
        self, jobs: Sequence[Job], progress: bd.Progress, earlier: bd.Fit | None = None
    ) -> list[bd.Fit]:
        before = earlier.info["excluded_chains"] if earlier else []
        found = run_kernel(build_kernel, self, jobs, progress, earlier)
        return [without_runaways(one, 0.5, "Move on.", before).fit() for one in found]


def build_kernel(settings: Autoregression, bound: bd.BoundModel) -> Kernel:
    def init(key: Any, rows: Any) -> State:
        start_key, key = jax.random.split(key)
        position = settings.start * jax.random.normal(start_key, (3,))
        return State(key, position, jnp.int32(0))

    def tune(key: Any, states: State, rows: Any, each_chain: Any) -> State:
        stuck = jnp.arange(len(states.steps)) < settings.num_stuck
        steps = jnp.where(stuck, -(2**20), states.steps)
        return states._replace(position=states.position + 0.1, steps=steps)

    def step(index: Any, state: State, rows: Any) -> tuple[State, Any]:
        noise = jax.random.normal(jax.random.fold_in(state.key, index), (3,))
        phi = settings.memory
        moved = phi * state.position + (1 - phi**2) ** 0.5 * noise
        position = jnp.where(state.steps < 0, state.position, moved)
        return State(state.key, position, state.steps + 1), None

    def observe(state: State, info: Any, rows: Any) -> Draw:
        values = {"weight_0": state.position[:2, None], "bias_0": state.position[2:]}
        accepted = jnp.where(state.steps < 0, 0.0, 1.0)
        return Draw(values, {"lp": -jnp.sum(state.position**2) / 2, "acceptance_rate": accepted})

    def gradients(states: State, num_rows: int) -> int:
        return int(np.asarray(states.steps).sum())

    return Kernel(
        init,
        step,
        observe,
        gradients,
        tune if settings.tuned else None,
        num_discarded=settings.num_warmup,
        lowest_acceptance=0.5,
    )


def fit(seed: int = 0, progress: Any = False, **settings: Any) -> bd.Posterior:
    return bd.fit(linear.model(), X, Y, Autoregression(**settings), seed=seed, progress=progress)


def drawn(posterior: bd.Posterior) -> dict[str, Any]:
    return {**posterior.result.values, **posterior.sample_stats}


def assert_same_draws(first: bd.Posterior, second: bd.Posterior, count: int | None = None) -> None:
    """The first ``count`` draws; by default all, of which there are as many."""
    for name, draws in drawn(first).items():
        np.testing.assert_array_equal(draws[:, :count], drawn(second)[name][:, :count])


@cache
def long_run() -> bd.Posterior:
    return fit(num_samples=700)


# What ends a run


def test_without_a_stop_all_draws_are_made() -> None:
    posterior = long_run()
    assert drawn(posterior)["weight_0"].shape == (4, 700, 2, 1)
    assert posterior.fit.info["ended_by"] == posterior.diagnose().ended_by == "num_samples"
    assert posterior.fit.info["gradients"] == 4 * 707
    draws = drawn(posterior)["bias_0"].astype(float)
    after, before = draws[:, 1:].ravel(), draws[:, :-1].ravel()
    assert np.corrcoef(before, after)[0, 1] == pytest.approx(0.5, abs=0.06)
    assert draws.std() == pytest.approx(1, abs=0.06)
    between = np.corrcoef(np.diff(draws[..., 0], axis=1)) - np.eye(4)
    assert np.abs(between).max() < 0.2


def test_runs_of_any_length_have_one_program_and_the_same_draws() -> None:
    first = fit(num_samples=1, num_warmup=8)
    for count in (49, 50, 51, 700):
        other = fit(num_samples=count, num_warmup=8)
        assert other.fit.info["compilations"] == 0
        assert drawn(other)["bias_0"].shape[1] == count
        assert_same_draws(first, other, 1)


def test_it_stops_when_nothing_is_wrong_at_two_looks_in_a_row() -> None:
    stop = bd.Converged(min_ess=150)
    posterior = fit(num_samples=5000, stop=stop)
    assert posterior.fit.info["ended_by"] == "converged"
    found = posterior.diagnose()
    assert found.converged
    assert min(*found.bulk_ess.values(), *found.tail_ess.values()) >= 150
    assert_same_draws(posterior, long_run(), found.num_draws)
    count = found.num_draws - 50
    shorter = fit(num_samples=count)
    assert_same_draws(shorter, posterior, count)
    assert min(shorter.diagnose().bulk_ess.values()) >= 150, "the look before was good too"


def test_one_good_look_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([False, True, False, True, True, True])
    seen: list[int] = []

    def holds(self: Any, values: Any, stats: Any) -> bool:
        seen.append(values["bias_0"].shape[1])
        return next(looks)

    monkeypatch.setattr(watch.Watch, "_holds", holds)
    posterior = fit(num_samples=5000, stop=bd.Converged())
    assert posterior.diagnose().num_draws == seen[-1]
    assert len(seen) == 5
    assert seen[0] >= 50
    assert np.all(np.diff(seen) >= 50)


def test_looks_come_with_a_fifth_more_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def never(self: Any, values: Any, stats: Any) -> bool:
        seen.append(values["bias_0"].shape[1])
        return False

    monkeypatch.setattr(watch.Watch, "_holds", never)
    posterior = fit(num_samples=3000, stop=bd.Converged())
    assert posterior.fit.info["ended_by"] == "num_samples"
    assert np.all(np.diff(seen) >= np.maximum(50, 0.2 * np.array(seen[:-1]) - 1))
    assert 10 < len(seen) < 30


def test_chains_that_disagree_go_on_to_the_last_draw() -> None:
    posterior = fit(num_samples=300, memory=0.9999, start=5.0, stop=bd.Converged())
    assert posterior.fit.info["ended_by"] == "num_samples"
    assert posterior.diagnose().converged is False
    assert drawn(posterior)["bias_0"].shape[1] == 300


def test_a_looser_stop_is_kept_to() -> None:
    stop = bd.Converged(max_rhat=1.5, min_ess=10)
    posterior = fit(num_samples=2000, memory=0.95, stop=stop)
    assert posterior.fit.info["ended_by"] == "converged"
    assert max(posterior.diagnose().rhat.values()) <= 1.5
    assert posterior.diagnose().converged is False


def test_gradients_are_a_budget_that_starts_and_tuning_count_in() -> None:
    """Warm-up takes 28 of them, and a chunk of 50 draws 200."""
    stop = bd.Converged(max_rhat=1.0001, max_gradients=28 + 2 * 200)
    posterior = fit(num_samples=5000, stop=stop)
    assert posterior.fit.info["ended_by"] == "max_gradients"
    assert posterior.fit.info["gradients"] == 28 + 2 * 200
    assert posterior.diagnose().num_draws == 100
    assert_same_draws(posterior, long_run(), 100)
    spent_at_once = fit(num_samples=5000, stop=bd.Converged(max_gradients=1))
    assert spent_at_once.diagnose().num_draws == 50
    again = fit(num_samples=5000, stop=stop)
    assert_same_draws(posterior, again)


def test_seconds_are_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 101.0, 102.0, 103.0, 104.0])
    monkeypatch.setattr(watch, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    stop = bd.Converged(max_rhat=1.0001, max_seconds=3.0)
    posterior = fit(num_samples=5000, stop=stop)
    assert posterior.fit.info["ended_by"] == "max_seconds"
    assert posterior.diagnose().num_draws == 150
    assert "ended by max_seconds after 150 draws" in posterior.diagnose().summary


def test_a_stop_does_not_wait_for_chains_that_are_left_out() -> None:
    one = fit(num_samples=1000, num_chains=8, num_stuck=1, stop=bd.Converged())
    assert one.fit.info["ended_by"] == "converged"
    two = fit(num_samples=200, num_chains=8, num_stuck=2, stop=bd.Converged())
    assert two.fit.info["ended_by"] == "num_samples"


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"max_rhat": 1.0}, "max_rhat must be finite and > 1"),
        ({"min_ess": 0}, "min_ess"),
        ({"max_seconds": 0}, "max_seconds"),
        ({"max_gradients": 0.5}, "max_gradients must be a whole number"),
    ],
)
def test_bad_limits_are_refused(settings: dict[str, Any], error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        bd.Converged(**settings)


SAMPLERS = [bd.NUTS, bd.HMC, bd.GibbsHMC, bd.MCLMC, bd.ChEES, bd.SGHMC]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_has_the_settings(sampler: Any) -> None:
    stop = bd.Converged(max_gradients=1000)
    assert sampler(stop=stop).stop == stop
    assert sampler().stop is sampler().num_superchains is None
    assert sampler(num_chains=8, num_superchains=4).num_superchains == 4
    with pytest.raises(TypeError, match=r"stop must be a bd\.Converged"):
        sampler(stop=3)
    with pytest.raises(ValueError, match="num_chains must be a multiple of num_superchains"):
        sampler(num_chains=8, num_superchains=3)
    with pytest.raises(ValueError, match="num_superchains must be at least 2"):
        sampler(num_chains=8, num_superchains=1)


# Ctrl-C


@pytest.fixture(autouse=True, scope="module")
def _python_handles_ctrl_c() -> Iterator[None]:
    """A job in the background of a shell ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Presses(bd.Progress):
    """Sends this process Ctrl-C when so many steps are done, so many times."""

    def __init__(self, after: int, times: int = 1) -> None:
        self.left, self.times = after, times

    def advance(self, steps: int, note: str = "") -> None:
        self.left -= steps
        if self.left <= 0 and self.times:
            times, self.times = self.times, 0
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_keeps_the_draws_so_far(caplog: pytest.LogCaptureFixture) -> None:
    handler = signal.getsignal(signal.SIGINT)
    with caplog.at_level(logging.WARNING, "bayesdrop"):
        posterior = fit(num_samples=700, progress=Presses(after=100))
    count = posterior.diagnose().num_draws
    assert 93 <= count < 160
    assert f"Autoregression: interrupted after {count} of 700 draws per chain" in caplog.text
    assert posterior.fit.info["ended_by"] == "interrupted"
    assert posterior.fit.interrupted
    assert f"interrupted after {count} draws per chain" in posterior.diagnose().summary
    assert_same_draws(posterior, long_run(), count)
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_interrupted_run_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    posterior = fit(num_samples=700, progress=Presses(after=100))
    posterior.save(tmp_path / "cut.nc")
    loaded = bd.load(tmp_path / "cut.nc")
    assert loaded.fit.interrupted
    whole = loaded.continue_(700 - posterior.diagnose().num_draws, progress=False)
    assert_same_draws(whole, long_run())
    assert whole.fit.info["ended_by"] == "num_samples"


def test_ctrl_c_before_there_are_draws_or_twice_is_raised() -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(num_samples=50, num_warmup=500, progress=Presses(after=10))
    with pytest.raises(KeyboardInterrupt):
        fit(num_samples=700, progress=Presses(after=100, times=2))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_raised_within_keeps_what_there_is() -> None:
    """Where a program handles Ctrl-C itself."""

    class Raises(bd.Progress):
        def advance(self, steps: int, note: str = "") -> None:
            self.done = getattr(self, "done", 0) + steps
            if self.done > 100:
                raise KeyboardInterrupt

    posterior = fit(num_samples=700, progress=Raises())
    assert posterior.fit.interrupted
    assert_same_draws(posterior, long_run(), posterior.diagnose().num_draws)


def test_a_step_that_is_cut_short_leaves_draws_that_can_not_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fit(num_samples=60)
    ready, calls = jax.block_until_ready, iter(range(100))

    def cut(value: Any) -> Any:
        found = ready(value)
        if next(calls) == 8:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(jax, "block_until_ready", cut)
    posterior = fit(num_samples=60)
    monkeypatch.undo()
    assert posterior.fit.interrupted
    assert posterior.fit.state is None
    with pytest.raises(ValueError, match=r"does not hold where its chains are"):
        posterior.continue_(10)


def test_other_threads_sample_too() -> None:
    found: list[bd.Posterior] = []
    thread = threading.Thread(target=lambda: found.append(fit(num_samples=60)))
    thread.start()
    thread.join()
    assert_same_draws(found[0], long_run(), 60)


def test_ctrl_c_ends_several_fits() -> None:
    data = [(X, Y)] * 3
    with pytest.raises(KeyboardInterrupt):
        bd.fit_many(linear.model(), data, Autoregression(num_samples=700), progress=Presses(100))


def test_ctrl_c_ends_a_search_but_not_its_last_fit() -> None:
    methods = {"inference.memory": (0.5, 0.6)}
    search = bd.GridSearch(Autoregression(num_samples=700), methods, validation=0.2)
    with pytest.raises(KeyboardInterrupt):
        bd.fit(linear.model(), X, Y, search, progress=Presses(100))


# Going on


@pytest.mark.parametrize("tuned", [True, False])
def test_chains_that_go_on_make_the_draws_of_the_uninterrupted_run(
    tmp_path: Path, tuned: bool
) -> None:
    whole = fit(num_samples=163, tuned=tuned)
    first = fit(num_samples=101, tuned=tuned)
    first.save(tmp_path / "fit.nc")
    for earlier in (first, bd.load(tmp_path / "fit.nc")):
        longer = earlier.continue_(40, progress=False).continue_(22, progress=False)
        assert_same_draws(longer, whole)
        assert longer.inference == whole.inference
        assert longer.fit.info["gradients"] == whole.fit.info["gradients"] == 4 * 170
        assert longer.diagnose() == whole.diagnose()
        for name, array in (whole.fit.state or {}).items():
            np.testing.assert_array_equal((longer.fit.state or {})[name], array)
        assert longer.fit.seconds["run"] > first.fit.seconds["run"]
    assert drawn(first)["bias_0"].shape[1] == 101
    assert first.fit.info["compilations"] == longer.fit.info["compilations"] == 0


def test_they_may_stop_too() -> None:
    first = fit(num_samples=60, stop=bd.Converged(max_rhat=1.0001))
    longer = first.continue_(3000, stop=bd.Converged(), progress=False)
    assert longer.fit.info["ended_by"] == "converged"
    assert longer.diagnose().converged
    assert_same_draws(longer, long_run(), min(700, longer.diagnose().num_draws))
    assert longer.inference == Autoregression(num_samples=3060, stop=bd.Converged())


@pytest.mark.parametrize(("num_stuck", "ended_by"), [(1, "converged"), (3, "num_samples")])
def test_chains_left_out_before_count_when_the_others_go_on(num_stuck: int, ended_by: str) -> None:
    first = fit(num_samples=100, num_chains=8, num_stuck=num_stuck)
    assert first.fit.left_out.keys() == set(range(num_stuck))
    longer = first.continue_(300, stop=bd.Converged(), progress=False)
    assert longer.fit.left_out == first.fit.left_out
    assert longer.fit.info["ended_by"] == ended_by
    assert longer.diagnose().converged is (ended_by == "converged")


def test_superchains_that_lack_a_chain_go_on_by_nested_rhat() -> None:
    """Chains too short to forget themselves agree as superchains, and disagree one by one."""
    settings = {"num_chains": 256, "num_superchains": 4, "num_warmup": 400, "memory": 0.98}
    first = fit(num_samples=50, num_stuck=1, **settings)
    longer = first.continue_(250, stop=bd.Converged(min_ess=1), progress=False)
    assert longer.fit.info["ended_by"] == "converged"
    found = longer.diagnose()
    assert found.nested_rhat["f(x)"] < 1.05 < found.rhat["f(x)"]


def test_chosen_settings_go_on_too() -> None:
    search = bd.GridSearch(
        Autoregression(num_samples=50), {"inference.memory": (0.5,)}, validation=0.2
    )
    posterior = bd.fit(linear.model(), X, Y, search, progress=False)
    longer = posterior.continue_(20, progress=False)
    assert_same_draws(longer, long_run(), 70)
    assert longer.inference == search
    assert longer.method == Autoregression(num_samples=70)


def test_what_can_not_go_on_is_refused() -> None:
    posterior = bd.fit(linear.model(), X, Y, linear.ExactLinear(), progress=False)
    with pytest.raises(ValueError, match=r"ExactLinear has no Markov chains .*bd\.NUTS"):
        posterior.continue_(10)
    first = fit(num_samples=50)
    for bad in (0, -3):
        with pytest.raises(ValueError, match="num_samples"):
            first.continue_(bad)
    with pytest.raises(TypeError, match=r"stop must be a bd\.Converged"):
        first.continue_(10, stop=linear.ExactLinear())
    state = {f"{name}_": array[..., :1] for name, array in (first.fit.state or {}).items()}
    object.__setattr__(first.fit, "state", state)
    with pytest.raises(ValueError, match="another version of the sampler"):
        first.continue_(10)


# Where chains start


def test_superchains_share_a_start_and_nothing_else() -> None:
    settings = {"num_chains": 12, "num_superchains": 3, "num_warmup": 0, "start": 100.0}
    posterior = fit(num_samples=60, memory=0.999, **settings)
    assert posterior.fit.info["num_superchains"] == 3
    assert posterior.fit.superchains == [0] * 4 + [1] * 4 + [2] * 4
    first = drawn(posterior)["bias_0"][:, 0, 0]
    by_superchain = first.reshape(3, 4)
    assert np.ptp(by_superchain, axis=1).max() < 1 < np.ptp(by_superchain.mean(1))
    steps = np.diff(drawn(posterior)["bias_0"][..., 0], axis=1)
    correlation = np.corrcoef(steps) - np.eye(12)
    assert np.abs(correlation).max() < 0.6
    found = posterior.diagnose()
    assert found.nested_rhat.keys() == found.rhat.keys()
    assert "Nested R-hat of f(x)" in found.problems


def test_superchains_stop_by_nested_rhat_and_go_on() -> None:
    settings = {"num_chains": 16, "num_superchains": 4, "num_samples": 400}
    posterior = fit(**settings, stop=bd.Converged())
    assert posterior.fit.info["ended_by"] == "converged"
    count = posterior.diagnose().num_draws
    assert count < 400
    whole = fit(**settings)
    longer = posterior.continue_(400 - count, progress=False)
    assert_same_draws(longer, whole)
    assert longer.diagnose() == whole.diagnose()


# Several data sets


SEEDS = [3, 4, 5]


def fits(stop: bd.Converged | None = None, **settings: Any) -> list[bd.Posterior]:
    """Of three data sets of one shape and one of another."""
    data = [(X, Y), (X + 1, 2 * Y), (X, -Y), (X[:4], Y[:4])]
    method = Autoregression(stop=stop, **settings)
    return bd.fit_many(linear.model(), data, method, [*SEEDS, 0], progress=False)


def test_data_sets_of_one_shape_run_as_one_program() -> None:
    posteriors = fits(num_samples=163)
    assert [p.fit.info.get("sets_together") for p in posteriors] == [3, 3, 3, None]
    for posterior, seed in zip(posteriors, [*SEEDS, 0], strict=True):
        alone = fit(seed, num_samples=163)
        for name, draws in drawn(alone).items():
            np.testing.assert_allclose(drawn(posterior)[name], draws, rtol=1e-5, atol=1e-6)
        assert posterior.fit.info["gradients"] == alone.fit.info["gradients"]
        longer = posterior.continue_(20, progress=False)
        whole = fit(seed, num_samples=183)
        np.testing.assert_allclose(
            drawn(longer)["bias_0"], drawn(whole)["bias_0"], rtol=1e-5, atol=1e-6
        )
    shares = [p.fit.seconds["run"] for p in posteriors[:3]]
    assert shares[0] == shares[1] == shares[2]


def test_each_ends_when_its_own_chains_do() -> None:
    stop = bd.Converged(max_rhat=1.03, min_ess=60)
    counts = []
    for posterior, seed in zip(fits(stop, num_samples=1000)[:3], SEEDS, strict=True):
        alone = fit(seed, num_samples=1000, stop=stop)
        assert posterior.fit.info["ended_by"] == alone.fit.info["ended_by"] == "converged"
        assert posterior.fit.info["gradients"] == alone.fit.info["gradients"]
        assert drawn(posterior)["bias_0"].shape == drawn(alone)["bias_0"].shape
        counts.append(posterior.diagnose().num_draws)
        for name, array in (alone.fit.state or {}).items():
            together = (posterior.fit.state or {})[name]
            np.testing.assert_allclose(together, array, rtol=1e-5, atol=1e-6)
    assert len(set(counts)) > 1, "all ended at once: nothing was tested"


@pytest.mark.slow
def test_on_a_cpu_each_runs_by_itself() -> None:
    method = Autoregression(num_samples=50, chain_method="sequential")
    posteriors = bd.fit_many(linear.model(), [(X, Y), (X, -Y)], method, progress=False)
    assert not any("sets_together" in p.fit.info for p in posteriors)
