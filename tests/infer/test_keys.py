"""No random key is used twice: JAX's own checker follows every key through a kernel.

It sees a key that is split in one place and split or drawn from in another. It does not know that
``fold_in(key, i)`` is ``split(key)[i]``, so no key may be both folded and split.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import linear
import numpy as np
import pytest
from blackjax.mcmc import adjusted_mclmc_dynamic
from jax.errors import KeyReuseError
from quick import quick
from sampler_statistics import STATISTICS

import bayesdrop as bd
from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.catalog import load
from bayesdrop.infer.engine.compiled import Compiled
from bayesdrop.infer.engine.devices import over_chains
from bayesdrop.infer.mcmc.chees.kernel import build_kernel as chees
from bayesdrop.infer.mcmc.driver import Kernel
from bayesdrop.infer.mcmc.gibbs_hmc.conjugate import draw_scale
from bayesdrop.infer.mcmc.hmc.kernel import build_kernel as hmc
from bayesdrop.infer.mcmc.hmc.low_rank import build_kernel as low_rank
from bayesdrop.infer.mcmc.mclmc import adjusted
from bayesdrop.infer.mcmc.mclmc.kernel import build_kernel as mclmc
from bayesdrop.infer.mcmc.sghmc.kernel import build_kernel as sghmc
from bayesdrop.infer.mcmc.smc import stages
from bayesdrop.infer.point.laplace import run as laplace_run
from bayesdrop.infer.vi.svi import numpyro as svi_run
from bayesdrop.marginal import with_scales

BOUND = linear.model().bind(5, 1)
ROWS = (jnp.ones((20, 5)), jnp.ones((20, 1)))
FEW: dict[str, Any] = {"num_samples": 2, "num_chains": 2, "training_steps": 3}
KERNELS: dict[str, Callable[[], Kernel]] = {
    "mclmc": lambda: mclmc(bd.MCLMC(num_warmup=100, **FEW), BOUND),
    "chees": lambda: chees(bd.ChEES(num_warmup=4, max_num_steps=6, **FEW), BOUND),
    "nuts": lambda: low_rank(
        bd.NUTS(20, 2, 2, low_rank=True, max_tree_depth=2, init_strategy="trained"), BOUND
    ),
    "sghmc": lambda: sghmc(bd.SGHMC(num_warmup=4, batch_size=5, **FEW), BOUND),
}


@pytest.mark.parametrize("name", quick(KERNELS, lambda name: name not in ("chees", "nuts")))
def test_a_kernel_uses_no_key_twice_and_reports_its_statistics(name: str) -> None:
    kernel = KERNELS[name]()

    def each_chain(function: Any) -> Any:
        return over_chains(function, 2, "sequential")  # under vmap a condition takes both sides

    def chains(key: Any) -> Any:
        keys = jax.random.split(key, 3)
        states = each_chain(kernel.init)(keys[:2], ROWS)
        if kernel.tune is not None:
            states = kernel.tune(keys[2], states, ROWS, each_chain)
        draw = lambda state, rows: kernel.observe(*kernel.step(0, state, rows), rows)  # noqa: E731
        return each_chain(draw)(states, ROWS)

    with jax.debug_key_reuse(True):
        lowered = jax.jit(chains).lower(jax.random.key(0))
    (statistics,) = [v for k, v in STATISTICS.items() if k.lower() == name]
    assert statistics <= lowered.out_info.stats.keys()


SHORT: dict[str, Any] = {"num_warmup": 4, "num_samples": 2, "num_chains": 1}
HAMILTONIAN = {"NUTS": bd.NUTS(max_tree_depth=3, **SHORT), "HMC": bd.HMC(num_steps=3, **SHORT)}


@pytest.mark.parametrize("name", quick(HAMILTONIAN, lambda name: name == "HMC"))
def test_a_draw_of_numpyro_s_kernels_uses_no_key_twice(name: str) -> None:
    """From a start with keys of its own. NumPyro's search for a start, and two steps of its
    warm-up, fail the checker without bayesdrop too."""
    kernel = hmc(HAMILTONIAN[name], BOUND, "none", None)
    leaves, tree = jax.tree.flatten(kernel.init(jax.random.key(0), ROWS))
    where = [k for k, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)]

    def draw(keys: Any) -> Any:
        given = dict(zip(where, keys, strict=True))
        state = jax.tree.unflatten(tree, [given.get(k, leaf) for k, leaf in enumerate(leaves)])
        return kernel.observe(*kernel.step(0, state, ROWS), ROWS)

    with jax.debug_key_reuse(True):
        jax.jit(draw).lower(list(jax.random.split(jax.random.key(1), len(where))))


@pytest.mark.parametrize(
    "noise", [bd.noise.InverseNakagami(3.0, 2.0), bd.noise.HalfCauchy(1.0), bd.noise.Rayleigh(1.0)]
)
def test_a_conjugate_draw_uses_no_key_twice(noise: bd.noise.Noise) -> None:
    """By itself: NumPyro's Gibbs sampler hands its inner sampler's state through a condition."""
    table = bd.Model(bd.MLP(()), bd.DropConnect(noise)).bind(2, 1, "hierarchical").sites
    values = {site.name: jnp.ones(site.shape) for site in table}
    (scale,) = (site for site in table if site.scales)
    with jax.debug_key_reuse(True):
        jax.jit(lambda key: draw_scale(key, scale, table, values)).lower(jax.random.key(0))


def test_the_start_and_the_draws_of_smc_use_no_key_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between them are BlackJAX's stages, which fail the checker without bayesdrop too."""
    monkeypatch.setattr(stages, "Compiled", lambda function: function)
    monkeypatch.setattr(stages, "_over_runs", lambda _: lambda function: function)
    method = bd.SMC(num_particles=4, num_runs=2, num_mcmc_steps=2)
    programs: Any = stages.programs
    start, _, observe = programs.__wrapped__(method, BOUND)
    with jax.debug_key_reuse(True):
        jax.jit(lambda key: observe(start(key, ROWS), ROWS)).lower(jax.random.key(0))


def test_svi_draws_scales_apart_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy pads seeds with zeros: of [s, 0] and [s, 0, 0] it makes one stream."""
    model = bd.Model(bd.MLP(()), bd.ScaleMixture(bd.noise.HalfCauchy(1.0)))
    bound = model.bind(5, 1, "marginal")
    draws = {site.name: jnp.ones((4, *site.shape)) for site in bound.sites}
    found = (0.0, (0.0, jnp.zeros((3, 1))), (draws, {}, None))
    programs = tuple(Compiled(lambda *_, answer=answer: answer) for answer in found)
    monkeypatch.setattr(svi_run, "_svi", lambda *_: programs)
    default_rng, first = np.random.default_rng, []

    def watched(seed: Any) -> Any:
        first.append(default_rng(seed).random())
        return default_rng(seed)

    data = bd.TrainingData.of(*linear.data(rows=20), True)
    monkeypatch.setattr(np.random, "default_rng", watched)
    settings = bd.SVI(num_steps=3, num_samples=4, form="marginal")
    svi_run.run(settings, bound, data, 7, bd.Progress())
    assert len(first) == len(set(first)) == 1 + len(bound.integrated) > 1


def test_samplers_draw_scales_apart_from_predictions(monkeypatch: pytest.MonkeyPatch) -> None:
    model = bd.Model(bd.MLP(()), bd.ScaleMixture(bd.noise.HalfCauchy(1.0)))
    bound = model.bind(5, 1, "marginal")
    default_rng, streams = np.random.default_rng, []
    monkeypatch.setattr(np.random, "default_rng", lambda s: streams.append(s) or default_rng(s))
    with_scales(bound, {site.name: np.ones((2, 3, *site.shape)) for site in bound.sites}, 7)
    first = [default_rng(stream).random() for stream in streams]
    assert len(set(first)) == 2 * len(bound.integrated) > 0
    assert default_rng(7).random() not in first


def test_laplace_draws_with_a_key_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fold_in, of_training, given = jax.random.fold_in, [], []

    def watched(key: Any, number: Any) -> Any:
        found = fold_in(key, number)
        if not isinstance(found, jax.core.Tracer):
            of_training.append(found)
        return found

    class Draws(Compiled):
        def __call__(self, key: Any, mode: Any, rows: Any) -> Any:
            given.append(key)
            return {name: value[None] for name, value in mode.items()}

    monkeypatch.setattr(jax.random, "fold_in", watched)
    monkeypatch.setattr(laplace_run, "_gaussian", lambda *_: Draws(lambda: None))
    method = bd.Laplace(num_steps=2, num_samples=1, predictive="sampled")
    bound = bd.Model(bd.MLP(())).bind(5, 1)  # σ is learned, in a half of its own
    method.run(bound, bd.TrainingData.of(*linear.data(rows=20), True), 7, bd.Progress())
    *before, last = of_training
    assert len(before) == 2
    (drawn,) = given
    assert drawn is last
    used = np.array(
        [jax.random.key_data(key) for key in (*before, drawn, *jax.random.split(drawn))]
    )
    assert len(np.unique(used, axis=0)) == 5


def test_an_adjusted_proposal_uses_no_key_twice() -> None:
    """By itself: after a failure BlackJAX's tuning goes back to the old state, key and all."""

    def move(key: Any) -> Any:
        length_key, key = jax.random.split(key)
        density = lambda x: -0.5 * jnp.sum(x**2)  # noqa: E731
        state = adjusted_mclmc_dynamic.init(jnp.ones(3), density, length_key)
        return adjusted.proposal(key, state, density, 0.1, jnp.ones(3), (10.0,))

    with jax.debug_key_reuse(True):
        jax.jit(move)(jax.random.key(0))


def test_the_checker_sees_a_key_that_is_split_twice() -> None:
    def twice(key: Any) -> Any:
        return jax.random.split(key), jax.random.split(key)

    with jax.debug_key_reuse(True), pytest.raises(KeyReuseError):
        jax.jit(twice)(jax.random.key(0))


def test_suites_of_neighbouring_seeds_share_no_seed() -> None:
    entries = load("models", "ard_add"), load("inference", "svi")
    seeds = [
        Cell(*entries, "yacht", "0" * 64, split, suite).seed
        for suite in range(5)
        for split in range(20)
    ]
    assert len(set(seeds)) == 100
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert seeds[:20] == list(range(20))
