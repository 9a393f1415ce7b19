"""Does BlackJAX's ready-made preconditioning mix faster? Effective draws of f(x) per gradient.

    python benchmarks/speed/preconditioning.py --datasets yacht energy

One line per data set and contender: NUTS after BlackJAX's window adaptation of a diagonal and of a
low-rank mass matrix (Seyboldt et al. 2026); MCLMC with a diagonal and a low-rank one
(``mclmc_lrd_warmup``); and LAPS, the late adjusted parallel sampler. All move on the density that
bayesdrop's samplers move on, from trained starts. Printed: gradients (training, warm-up
and draws), seconds with compilation, the largest R-hat and the smallest effective sample size of
f(x) at the training inputs, that size per 1000 gradients, and the median σ in the target's unit.
LAPS keeps the last state of each of its many chains: its effective draws are their number, whether
or not they have arrived, which σ tells. ``--small`` runs on little, to see that it works.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from blackjax.adaptation.laps import laps
from blackjax.adaptation.mclmc_adaptation import MCLMCAdaptationState
from blackjax.mcmc import mclmc
from jax.flatten_util import ravel_pytree

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.infer.engine.adam import Trainer, prior_widths
from bayesdrop.infer.mcmc.mclmc.dynamics import GRADIENTS_PER_STEP, cautious_start
from bayesdrop.infer.mcmc.target import sampled
from bayesdrop.posterior.chain_statistics import ess_of_draws, rhat_of_draws
from bayesdrop.programs.numpyro_density import constrained, log_density

CENTRING = 0.3
DEPTH = 8
HEADER = (
    f"{'data':10}{'contender':18}{'gradients':>12}{'seconds':>9}{'R-hat f':>9}{'ESS f':>8}"
    f"{'/1000 g':>9}{'σ':>10}"
)


@dataclass(frozen=True)
class Size:
    """How much is run: of chains, training steps, warm-up, draws, steps between MCLMC's draws."""

    chains: int = 4
    training: int = 1000
    nuts_warmup: int = 500
    nuts_draws: int = 500
    mclmc_warmup: int = 8000
    mclmc_draws: int = 1000
    thinning: int = 40
    laps_chains: int = 256
    laps_steps: int = 2000


SMALL = Size(2, 20, 50, 20, 100, 20, 2, 16, 100)


class Problem(NamedTuple):
    """A posterior on vectors.

    ``outputs`` maps vectors (chain, draw, d) to f(x) (chain, draw, rows) and σ (chain, draw).
    """

    start: Callable[[Any], Any]
    density: Callable[[Any], Any]
    outputs: Callable[[Any], tuple[Any, Any]]


class Draws(NamedTuple):
    """Vectors (chain, draw, d), and the gradients that warm-up and draws took."""

    vectors: Any
    gradients: int


def problem_of(model: bd.Model, split: bd.Split, training: int) -> Problem:
    """The posterior of the model on the training rows."""
    data = bd.TrainingData.of(split.X_train, split.y_train, True)
    bound = model.bind(data.input_shape, data.n_outputs)
    X, y = rows = jnp.asarray(data.X_standardised), jnp.asarray(data.y_standardised)
    target = sampled(bound, CENTRING, integrate_noise_scale=True)
    trainer = Trainer(target.program, training, widths=prior_widths(bound.sites))
    unravel = ravel_pytree(trainer.start(jax.random.key(0), rows)["values"])[1]

    def of_one(key: Any, vector: Any) -> tuple[Any, Any]:
        values = constrained(target.program, unravel(vector), X, y)
        found = target.complete(key, values, rows)
        return bound.output(found, X)[..., 0], found["noise_scale"][0]

    @jax.jit
    def outputs(vectors: Any) -> tuple[Any, Any]:
        flat = vectors.reshape(-1, vectors.shape[-1])
        keys = jax.random.split(jax.random.key(1), len(flat))
        found = jax.lax.map(lambda at: of_one(*at), (keys, flat), batch_size=100)
        return jax.tree.map(lambda leaf: leaf.reshape(*vectors.shape[:2], *leaf.shape[1:]), found)

    def in_target_units(vectors: Any) -> tuple[Any, Any]:
        f, scale = outputs(vectors)
        return f, np.asarray(scale) * data.scaling.y_scale[0]

    return Problem(
        lambda key: ravel_pytree(trainer.train(key, rows))[0],
        lambda vector: log_density(target.program, unravel(vector), *rows),
        in_target_units,
    )


def nuts(problem: Problem, keys: Any, size: Size, low_rank: bool) -> Draws:
    """BlackJAX's NUTS, one chain after the other."""
    adaptations: Any = (blackjax.window_adaptation, blackjax.window_adaptation_low_rank)
    warmup = adaptations[low_rank](blackjax.nuts, problem.density, max_num_doublings=DEPTH)

    def chain(key: Any) -> Any:
        start_key, warmup_key, key = jax.random.split(key, 3)
        start = problem.start(start_key)
        adapted: Any = warmup.run(warmup_key, start, num_steps=size.nuts_warmup)
        (state, parameters), trace = adapted
        step = blackjax.nuts(problem.density, **parameters).step

        def draw(state: Any, key: Any) -> Any:
            info: Any
            state, info = step(key, state)
            return state, (state.position, info.num_integration_steps)

        _, (vectors, steps) = jax.lax.scan(draw, state, jax.random.split(key, size.nuts_draws))
        return vectors, steps.sum() + trace.info.num_integration_steps.sum()

    vectors, steps = jax.jit(lambda keys: jax.lax.map(chain, keys))(keys)
    return Draws(vectors, int(steps.sum()))


def mclmc_diagonal(problem: Problem, keys: Any, size: Size) -> Draws:
    """BlackJAX's MCLMC, each chain tuned by itself."""
    kernel = mclmc.build_kernel()

    def tuned(key: Any) -> Any:
        start_key, init_key, key = jax.random.split(key, 3)
        start = problem.start(start_key)
        return blackjax.mclmc_find_L_and_step_size(
            kernel,
            size.mclmc_warmup,
            mclmc.init(start, problem.density, init_key),
            key,
            problem.density,
            params=cautious_start(start),
        )[:2]

    states, parameters = jax.jit(lambda keys: jax.lax.map(tuned, keys))(keys)
    taken = len(keys) * GRADIENTS_PER_STEP * size.mclmc_warmup
    return _moved(problem, states, parameters, keys, size, taken)


def mclmc_low_rank(problem: Problem, keys: Any, size: Size) -> Draws:
    """BlackJAX's MCLMC, whose metric, step and length one pilot chain and all others find."""
    pilot_key, warmup_key = jax.random.split(jax.random.fold_in(keys[0], 2))
    found = blackjax.mclmc_lrd_warmup(
        problem.density,
        jax.jit(problem.start)(pilot_key),
        warmup_key,
        pilot_num_warmup=size.mclmc_warmup // 2,
        pilot_num_samples=size.mclmc_warmup,
        lrd_num_steps=size.mclmc_warmup // 4,
        num_chains=len(keys),
    )

    def begun(key: Any) -> Any:
        start_key, init_key = jax.random.split(key)
        return mclmc.init(problem.start(start_key), problem.density, init_key)

    states = jax.jit(lambda keys: jax.lax.map(begun, keys))(keys)
    shared = (found.L, found.step_size, found.inverse_mass_matrix)
    parameters = jax.tree.map(lambda leaf: jnp.stack([jnp.asarray(leaf)] * len(keys)), shared)
    pilot = size.mclmc_warmup // 2 + size.mclmc_warmup
    steps = pilot + len(keys) * (size.mclmc_warmup // 4)
    tuned = MCLMCAdaptationState(*parameters)
    return _moved(problem, states, tuned, keys, size, GRADIENTS_PER_STEP * steps)


def _moved(
    problem: Problem, states: Any, parameters: Any, keys: Any, size: Size, taken: int
) -> Draws:
    kernel = mclmc.build_kernel()

    def chain(at: Any) -> Any:
        state, adapted, key = at

        def step(state: Any, key: Any) -> Any:
            moved, _ = kernel(
                key,
                state,
                problem.density,
                adapted.inverse_mass_matrix,
                adapted.L,
                adapted.step_size,
            )
            return moved, None

        def draw(state: Any, key: Any) -> Any:
            state, _ = jax.lax.scan(step, state, jax.random.split(key, size.thinning))
            return state, state.position

        return jax.lax.scan(draw, state, jax.random.split(key, size.mclmc_draws))[1]

    keys = jax.vmap(lambda key: jax.random.fold_in(key, 1))(keys)
    vectors = jax.jit(lambda at: jax.lax.map(chain, at))((states, parameters, keys))
    steps = len(keys) * size.mclmc_draws * size.thinning
    return Draws(vectors, taken + GRADIENTS_PER_STEP * steps)


def late_adjusted(problem: Problem, keys: Any, size: Size) -> Draws:
    """LAPS; the chains' last states, taken as draws of four chains."""
    many = jax.random.split(keys[0], size.laps_chains)
    starts = jax.jit(lambda keys: jax.lax.map(problem.start, keys, batch_size=64))(many)
    *_, state = laps(
        problem.density,
        lambda key: starts[jax.random.randint(key, (), 0, len(starts))],  # it gives a key alone
        starts.shape[1],
        size.laps_steps // 2,
        size.laps_steps // 2,
        size.laps_chains,
        jax.sharding.Mesh(np.array(jax.devices()[:1]), "chains"),
        keys[1],
        diagnostics=False,
    )
    vectors = state.position.reshape(len(keys), -1, starts.shape[1])
    return Draws(vectors, size.laps_chains * size.laps_steps)  # both halves count gradients


CONTENDERS: dict[str, Callable[[Problem, Any, Size], Draws]] = {
    "NUTS diagonal": lambda *given: nuts(*given, low_rank=False),
    "NUTS low-rank": lambda *given: nuts(*given, low_rank=True),
    "MCLMC diagonal": mclmc_diagonal,
    "MCLMC low-rank": mclmc_low_rank,
    "LAPS": late_adjusted,
}


def row(dataset: str, name: str, problem: Problem, draws: Draws, size: Size, seconds: float) -> str:
    """The line of the table of one contender under :data:`HEADER`."""
    f, scale = problem.outputs(draws.vectors)
    f = np.asarray(f, dtype=np.float64)
    trained = size.laps_chains if name == "LAPS" else size.chains
    thousands = (draws.gradients + trained * size.training) / 1000
    ess = float(ess_of_draws(f).min())
    return (
        f"{dataset:10}{name:18}{1000 * thousands:12,.0f}{seconds:9.0f}"
        f"{float(rhat_of_draws(f).max()):9.3f}{ess:8.0f}{ess / thousands:9.3f}"
        f"{float(np.median(scale)):10.4g}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["diabetes"], help="default: diabetes")
    parser.add_argument("--model", default="ard_add", help="of the catalog; default: ard_add")
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), help="default: all")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    model = catalog.load("models", arguments.model).value
    size = SMALL if arguments.small else Size()
    print(HEADER)
    for dataset in arguments.datasets:
        problem = problem_of(model, bd.load_dataset(dataset).split(0), size.training)
        keys = jax.random.split(jax.random.key(arguments.seed), size.chains)
        for name in arguments.contenders:
            start = time.perf_counter()
            draws = jax.block_until_ready(CONTENDERS[name](problem, keys, size))
            seconds = time.perf_counter() - start
            print(row(dataset, name, problem, draws, size, seconds), flush=True)


if __name__ == "__main__":
    main()
