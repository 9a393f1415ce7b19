"""Bernoulli noise under exact inference: enumeration, Gibbs sweeps and mixed HMC.

    python benchmarks/speed/discrete.py

Four models: linear with 8 and with 50 features, an MLP of 8 units with noise on both matrices, and
a residual network with two blocks under stochastic depth. Prints the smallest and the median
effective sample size of the inclusion indicators per second and per 1000 gradients of one network
(a gradient of the sum over 2^K masks counts 2^K), the largest R-hat, and the largest gap to the
inclusion probabilities that enumeration finds, in Monte Carlo standard errors of the two. Every
contender is NumPyro's kernel on bayesdrop's program, timed without compilation.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import jax

jax.config.update("jax_num_cpu_devices", 2)

import numpy as np
from numpyro.infer import HMC, MCMC, NUTS, DiscreteHMCGibbs, MixedHMC, init_to_sample

import bayesdrop as bd
from bayesdrop.posterior.diagnosis.chain_statistics import ess_of_draws, rhat_of_draws
from bayesdrop.programs import numpyro_model

Data = tuple[np.ndarray, np.ndarray]
HALF = bd.noise.Bernoulli(0.5)
TOO_MANY_MASKS = ("linear, 50 features", "MLP of 8, 3 features")  # the latter takes minutes


def regression(rows: int, features: int, relevant: int, noise: float) -> Data:
    """Correlated standardised features, of which the first few have growing coefficients."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, features)) + 0.8 * rng.normal(size=(rows, 1))
    weights = np.zeros(features)
    weights[:relevant] = np.linspace(0.2, 1.0, relevant)
    return standard(X), standard(X @ weights + noise * rng.normal(size=rows))


def standard(values: np.ndarray) -> np.ndarray:
    """Standardised columns."""
    return ((values - values.mean(0)) / values.std(0)).astype(np.float32)


def problems() -> dict[str, tuple[bd.Model, Data]]:
    """Name → model and data."""
    linear = bd.Model(bd.MLP(()), bd.ScaleMixture(unit=HALF, base_scale=0.7))
    return {
        "linear, 8 features": (linear, regression(60, 8, 4, 2.0)),
        "linear, 50 features": (linear, regression(200, 50, 10, 2.0)),
        "MLP of 8, 3 features": (bd.Model(bd.MLP((8,)), bd.ARD(HALF)), regression(60, 3, 2, 0.7)),
        "ResNet, 2 blocks": (
            bd.Model(bd.ResNet(5, depth=3), bd.ADD(HALF)),
            regression(60, 3, 2, 0.7),
        ),
    }


def bayesdrop(method: Any, draws: int) -> Callable[..., Any]:
    """``bd.NUTS`` with this treatment of the masks; the second of two runs."""

    def run(model: bd.Model, data: Data) -> Any:
        settings = bd.NUTS(500, draws, 2, discrete=method, max_tree_depth=8)
        for seed in (0, 1):
            post = bd.fit(model, *data, settings, seed, progress=False)
        assert post.draws is not None
        masks = [post.draws[s.name] for s in post.sites if s.support == "boolean"]
        count = sum(mask[0, 0].size for mask in masks)
        stats = post.sample_stats
        share = stats["n_steps"].sum() / post.fit.info["gradients"]  # without the warm-up's
        factor = 2**count if method == "enumerate" else 1
        return masks, stats["n_steps"].sum() * factor, post.fit.seconds["run"] * share

    return run


def native(kernel_of: Callable[[Any], Any], draws: int) -> Callable[..., Any]:
    """A kernel of NumPyro's on bayesdrop's program, by ``MCMC``; the second of two runs."""

    def run(model: bd.Model, data: Data) -> Any:
        names = [s.name for s in bd.sites(model, data[0].shape[1]) if s.support == "boolean"]
        mcmc = MCMC(
            kernel_of(numpyro_model(model)),
            num_warmup=500,
            num_samples=draws,
            num_chains=2,
            progress_bar=False,
            jit_model_args=True,
        )
        mcmc.warmup(jax.random.key(0), *data)
        seconds, steps = 0.0, 0
        for seed in (0, 1):
            start = time.perf_counter()
            mcmc.run(jax.random.key(seed), *data, extra_fields=("hmc_state.num_steps",))
            steps = int(jax.block_until_ready(mcmc.get_extra_fields()["hmc_state.num_steps"]).sum())
            seconds = time.perf_counter() - start
        found = mcmc.get_samples(group_by_chain=True)
        return [np.asarray(found[name]) for name in names], steps, seconds

    return run


def mixed(length: float) -> Callable[[Any], Any]:
    """Mixed HMC with this trajectory length."""
    return lambda program: MixedHMC(
        HMC(program, trajectory_length=length, init_strategy=init_to_sample), modified=True
    )


def gibbs(modified: bool) -> Callable[[Any], Any]:
    """Gibbs sweeps around NUTS."""
    return lambda program: DiscreteHMCGibbs(
        NUTS(program, max_tree_depth=8, init_strategy=init_to_sample), modified=modified
    )


def main() -> None:
    """Print a line per model and contender."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000, help="per chain; default: 2000")
    parser.add_argument("--models", nargs="+", default=list(problems()), help="default: all")
    parser.add_argument("--contenders", nargs="+", help="lines of the table; default: all")
    arguments = parser.parse_args()
    draws = arguments.draws
    contenders = {
        "enumerate": bayesdrop("enumerate", draws),
        "gibbs": bayesdrop("gibbs", draws),
        "NumPyro, Gibbs": native(gibbs(False), draws),
        "NumPyro, modified Gibbs": native(gibbs(True), draws),
        "NumPyro, mixed, length 1": native(mixed(1.0), draws),
        "NumPyro, mixed, length 2π": native(mixed(2 * np.pi), draws),
    }
    print(
        f"{'':22}{'':28}{'min/s':>9}{'median/s':>10}{'min/1000 g':>12}{'median':>9}"
        f"{'R-hat':>8}{'gap':>6}"
    )
    for title in arguments.models:
        model, data = problems()[title]
        reference = None
        for name in arguments.contenders or contenders:
            if name == "enumerate" and title in TOO_MANY_MASKS:
                continue
            masks, gradients, seconds = contenders[name](model, data)
            flat = np.concatenate([m.reshape(*m.shape[:2], -1) for m in masks], axis=2)
            ess = ess_of_draws(flat)
            error = flat.std((0, 1)) / np.sqrt(ess)
            mean = flat.mean((0, 1))
            gap = ""
            if reference is not None:
                gap = (
                    f"{np.nanmax(np.abs(mean - reference[0]) / np.hypot(error, reference[1])):.1f}"
                )
            elif name == "enumerate":
                reference = mean, error
            print(
                f"{title:22}{name:28}{ess.min() / seconds:9.0f}{np.median(ess) / seconds:10.0f}"
                f"{1e3 * ess.min() / gradients:12.2f}{1e3 * np.median(ess) / gradients:9.2f}"
                f"{np.nanmax(rhat_of_draws(flat)):8.3f}{gap:>6}",
                flush=True,
            )


if __name__ == "__main__":
    main()
