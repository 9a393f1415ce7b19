"""Is SVI at the optimum of its guide? And what of Adam decides it?

    python benchmarks/speed/svi_optimum.py

The data are 434 rows that are simulated like posteriordb's kidiq, for a linear model with a noise
scale under HalfNormal(1) or HalfCauchy(0.12). The guide is mean-field. At its optimum its standard
deviation of log σ is 1/√(2N), so that their ratio is 1. The deviations of the coefficients
are compared with those of the posterior given the mean of σ. Three tables are printed:

* ``fits``: ``bd.SVI`` in NumPyro and in Pyro: that ratio, the largest relative error of the
  coefficients' standard deviations, steps, gradients with those of the check, and seconds;
* ``adam``: NumPyro's own SVI with Adam's memory of squared gradients and its learning rate varied:
  the ratio by the last iterate, and by the mean of the last quarter of the iterates;
* ``rates``: ``bd.SVI`` of ``ard_add`` on split 0 of yacht by its last learning rate: how far the
  locations of the noise scale and of layers' scales are from the optimum, as the verdict measures
  it, and the ELBO over the last tenth of the steps.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import optim
from numpyro.infer import SVI, Trace_ELBO, init_to_median
from numpyro.infer.autoguide import AutoNormal

import bayesdrop as bd
from bayesdrop import catalog

PRIORS: dict[str, bd.noise.Noise] = {
    "HalfNormal(1)": bd.noise.HalfNormal(1.0),
    "HalfCauchy(0.12)": bd.noise.HalfCauchy(0.12),
}
PRIOR_PRECISION = np.array([2.0, 2.0, 1.0])
"""The two coefficients have a prior variance of 1/2, and the intercept has 1."""


def scores(seed: int, rows: int = 434) -> tuple[np.ndarray, np.ndarray]:
    """Rows as kidiq has them: a child's score, by its mother's school and her IQ."""
    rng = np.random.default_rng(seed)
    school = (rng.random(rows) < 0.786).astype(float)
    iq = 95 + 6 * school + 15 * rng.normal(size=rows)
    return np.column_stack([school, iq]), 26 + 6 * school + 0.56 * iq + 18 * rng.normal(size=rows)


def model_of(prior: str) -> bd.Model:
    """The linear model."""
    return bd.Model(bd.MLP(()), likelihood=bd.Gaussian(PRIORS[prior]))


def of_fits(steps: int, seeds: int) -> Iterator[str]:
    """A line per prior, library and seed."""
    yield (
        f"{'prior':18}{'library':9}{'seed':>5}{'ratio':>8}{'off at most':>13}{'steps':>8}"
        f"{'gradients':>11}{'seconds':>9}"
    )
    for prior in PRIORS:
        for library in ("numpyro", "pyro"):
            for seed in range(seeds):
                method = bd.SVI(num_steps=steps, num_samples=4000, backend=library)
                start = time.perf_counter()
                post = bd.fit(model_of(prior), *scores(seed), method, seed, progress=False)
                seconds = time.perf_counter() - start
                ratio, off = found(post)
                yield (
                    f"{prior:18}{library:9}{seed:5}{ratio:8.2f}{100 * off:11.1f} %{steps:8}"
                    f"{post.fit.info['gradients']:11,}{seconds:9.1f}"
                )


def found(post: bd.Posterior) -> tuple[float, float]:
    """The ratio of log σ, and the largest relative error of a coefficient's deviation."""
    draws, X = post.draws, post.training.X_standardised.astype(float)
    assert draws is not None
    noise = draws["noise_scale"].astype(float)
    design = np.column_stack([X, np.ones(len(X))])
    precision = design.T @ design / noise.mean() ** 2 + np.diag(PRIOR_PRECISION)
    exact = np.sqrt(np.diag(np.linalg.inv(precision)))
    drawn = np.concatenate([draws["weight_0"][0, :, :, 0], draws["bias_0"][0]], axis=1).std(0)
    return float(np.log(noise).std() * np.sqrt(2 * len(X))), float(abs(drawn / exact - 1).max())


def of_adam(steps: int, seeds: int) -> Iterator[str]:
    """A line per memory and learning rate, with a ratio for each seed, under HalfCauchy(0.12)."""
    rates: dict[str, Callable[[Any], Any]] = {
        ".01 → .0001": lambda step: 0.01 * 0.01 ** (step / steps),
        ".01 for half, then .001": lambda step: jnp.where(step < steps // 2, 0.01, 0.001),
    }
    yield f"{'memory':8}{'learning rate':26}{'last iterate':22}mean of the last quarter"
    for memory in (0.999, 0.99):
        for name, rate in rates.items():
            ratios = [of_iterates(optim.Adam(rate, b2=memory), steps, k) for k in range(seeds)]
            last, mean = (
                ", ".join(f"{v:.2f}" for v in column) for column in zip(*ratios, strict=True)
            )
            yield f"{memory:<8}{name:26}{last:22}{mean}"


def of_iterates(adam: Any, steps: int, seed: int) -> tuple[float, float]:
    """The ratio by the last iterate, and by the mean of the last quarter of them."""
    model, (X, y) = model_of("HalfCauchy(0.12)"), scores(seed)
    data = bd.TrainingData.of(X, y, True)
    rows = jnp.asarray(data.X_standardised), jnp.asarray(data.y_standardised)
    program = bd.numpyro_model(model)
    svi: Any = SVI(program, AutoNormal(program, init_loc_fn=init_to_median), adam, Trace_ELBO())

    def update(state: Any, _: Any) -> tuple[Any, Any]:
        state, _ = svi.update(state, *rows)
        return state, adam.get_params(state.optim_state)

    state = svi.init(jax.random.key(seed), *rows)
    iterates = jax.jit(lambda state: jax.lax.scan(update, state, None, length=steps)[1])(state)
    last = jax.tree.map(lambda values: values[-1], iterates)
    mean = jax.tree.map(lambda values: values[-max(1, steps // 4) :].mean(0), iterates)
    scales = (svi.constrain_fn(point)["noise_scale_auto_scale"] for point in (last, mean))
    by_last, by_mean = (float(jnp.squeeze(scale)) * (2 * len(X)) ** 0.5 for scale in scales)
    return by_last, by_mean


def of_rates(steps: int, seeds: int) -> Iterator[str]:
    """A line per last learning rate and seed."""
    yield f"{'last rate':11}{'seed':>5}{'off, noise scale':>18}{'off, layers':>13}{'ELBO':>18}"
    split, model = bd.load_dataset("yacht").split(0), catalog.load("models", "ard_add").value
    for rate in (1e-3, 1e-4):
        for seed in range(seeds):
            method = bd.SVI(num_steps=steps, final_learning_rate=rate)
            post = bd.fit(model, split.X_train, split.y_train, method, seed, progress=False)
            off = {n: v["error"] for n, v in post.fit.info["optimum"]["location"].items()}
            layers = max(value for name, value in off.items() if name.startswith("layer_scale"))
            elbo = -post.fit.losses[-max(2, steps // 10) :]
            error = elbo.std(ddof=1) / len(elbo) ** 0.5
            yield (
                f"{rate:<11}{seed:5}{off['noise_scale']:18.2f}{layers:13.2f}"
                f"{elbo.mean():10.1f} ± {error:.1f}"
            )


TABLES = {"fits": of_fits, "adam": of_adam, "rates": of_rates}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", default=list(TABLES), help="default: all")
    parser.add_argument("--steps", type=int, default=10_000, help="default: 10000")
    parser.add_argument("--seeds", type=int, default=3, help="of data and fit; default: 3")
    arguments = parser.parse_args()
    for name in arguments.tables:
        for line in TABLES[name](arguments.steps, arguments.seeds):
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
