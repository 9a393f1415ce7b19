"""Stochastic variational inference, by NumPyro's and Pyro's SVI and automatic guides.

Hoffman et al. (2013), "Stochastic variational inference"; Kucukelbir et al. (2017), "ADVI".
A step costs one gradient of the log joint over a minibatch per particle.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from bayesdrop.infer.base import Inference
from bayesdrop.infer.discrete import why_not
from bayesdrop.infer.progress import Progress, task
from bayesdrop.infer.relaxation import hardened
from bayesdrop.model import Form, Model, sites
from bayesdrop.posterior import Fit
from bayesdrop.spec import checked_choice, checked_count, checked_number
from bayesdrop.training import TrainingData

_REPORTS = 20  # progress reports over a run

_GUIDES = {
    "mean_field": "AutoDiagonalNormal",
    "low_rank": "AutoLowRankMultivariateNormal",
    "full_rank": "AutoMultivariateNormal",
}
"""Guide name → the class that NumPyro and Pyro both call so."""


@dataclass(frozen=True)
class SVI(Inference):
    """Fit a Gaussian on the unconstrained scale by maximising the ELBO.

    Parameters
    ----------
    guide
        ``"mean_field"`` (default), ``"low_rank"`` or ``"full_rank"``.
    num_steps
        Optimisation steps. Default 10 000.
    learning_rate
        Adam's first learning rate; it decays exponentially. Default 0.01.
    final_learning_rate
        Adam's last learning rate. Default 1e-4.
    batch_size
        Rows per step, reshuffled every epoch; ``None`` (default) uses all.
    num_particles
        Samples of the guide per step. Default 1.
    num_samples
        Draws of the fitted guide that predictions average over. Default 1000.
    init_scale
        The guide's first standard deviation, about the prior's median. Default 0.1.
    form
        ``"expanded"`` (default) or ``"hierarchical"``.
    temperature
        Boolean noise (Bernoulli; expanded form only) is relaxed to a concrete distribution of
        this temperature, and draws hardened to 0 or 1, so that predictions use hard masks: an
        approximation beyond the guide's, see :mod:`bayesdrop.infer.relaxation`. Default 0.5.
    backend
        ``"numpyro"`` (default), or ``"pyro"`` for the same guide and objective there.
    """

    guide: Literal["mean_field", "low_rank", "full_rank"] = "mean_field"
    num_steps: int = 10_000
    learning_rate: float = 0.01
    final_learning_rate: float = 1e-4
    batch_size: int | None = None
    num_particles: int = 1
    num_samples: int = 1000
    init_scale: float = 0.1
    form: Form = "expanded"
    temperature: float = 0.5
    backend: Literal["numpyro", "pyro"] = "numpyro"

    def __post_init__(self) -> None:
        checked_choice(self, "guide", _GUIDES)
        for field in ("num_steps", "num_particles", "num_samples"):
            checked_count(self, field)
        if self.batch_size is not None:
            checked_count(self, "batch_size")
        for field in ("learning_rate", "final_learning_rate", "init_scale", "temperature"):
            checked_number(self, field, above=0)
        checked_choice(self, "form", ("expanded", "hierarchical"))
        checked_choice(self, "backend", ("numpyro", "pyro"))

    def supports(self, model: Model) -> str | None:
        return why_not("auto", model, self.form)

    def run(self, model: Model, data: TrainingData, seed: int, progress: Progress) -> Fit:
        if self.backend == "pyro":
            from bayesdrop.infer.svi_pyro import run_pyro

            return run_pyro(self, model, data, seed, progress)
        return _run_numpyro(self, model, data, seed, progress)

    @property
    def guide_class(self) -> str:
        """The name of the guide's class, the same in both libraries."""
        return _GUIDES[self.guide]

    def batches(self, rows: int) -> tuple[int, int, int]:
        """Rows per batch, batches per epoch, epochs; rows beyond full batches wait an epoch."""
        size = min(self.batch_size or rows, rows)
        per_epoch = rows // size
        return size, per_epoch, -(-self.num_steps // per_epoch)

    @property
    def decay(self) -> float:
        """Factor of the learning rate per step."""
        return (self.final_learning_rate / self.learning_rate) ** (1 / self.num_steps)


def _run_numpyro(
    settings: SVI, model: Model, data: TrainingData, seed: int, progress: Progress
) -> Fit:
    import jax

    from bayesdrop.infer.compiled import spent

    functions = start, advance, draw = _numpyro_steps(settings, model, data.X.shape, data.y.shape)
    seconds_before, compilations_before = spent(*functions)
    clock = time.perf_counter()
    rows = (jax.numpy.asarray(data.X), jax.numpy.asarray(data.y))
    init_key, run_key, draw_key = jax.random.split(jax.random.key(seed), 3)
    state = start(init_key, *rows)
    _, per_epoch, epochs = settings.batches(data.rows)
    chunk = -(-epochs // _REPORTS)
    losses = []
    with task(progress, "SVI", epochs * per_epoch):
        for begin in range(0, epochs, chunk):
            end = min(begin + chunk, epochs)
            state, found = advance(state, run_key, begin, end, *rows)
            losses.append(np.asarray(found)[: end - begin].reshape(-1))
            progress.advance((end - begin) * per_epoch, f"loss {losses[-1][-1]:.1f}")
    drawn, learned = draw(draw_key, state, *rows)
    draws = {name: np.asarray(value)[None] for name, value in drawn.items()}
    seconds = time.perf_counter() - clock
    compile_seconds, compilations = spent(*functions)
    compile_seconds -= seconds_before
    return Fit(
        values=hardened(draws, sites(model, data.n_features, data.n_outputs, settings.form)),
        learned={name: float(value) for name, value in learned.items()},
        form=settings.form,
        losses=np.concatenate(losses),
        seconds={"compile": compile_seconds, "run": seconds - compile_seconds},
        info={
            "device": str(jax.devices()[0]),
            "compilations": compilations - compilations_before,
        },
    )


@lru_cache(maxsize=32)
def _numpyro_steps(
    settings: SVI, model: Model, X_shape: tuple[int, int], y_shape: tuple[int, int]
) -> Any:
    """``start(key, X, y)``, ``advance(state, key, begin, end, X, y)``, ``draw(key, state, X, y)``.

    For data of these shapes alone: NumPyro's guides keep those of their first call.
    """
    import jax
    from numpyro import optim
    from numpyro.infer import SVI as NumpyroSVI
    from numpyro.infer import Trace_ELBO, autoguide, init_to_median

    from bayesdrop.infer.compiled import Compiled
    from bayesdrop.programs.numpyro import build

    program = build(model, settings.form, y_shape[1], settings.temperature)
    guide = getattr(autoguide, settings.guide_class)(
        program, init_loc_fn=init_to_median, init_scale=settings.init_scale
    )
    adam = optim.Adam(lambda step: settings.learning_rate * settings.decay**step)
    elbo = Trace_ELBO(num_particles=settings.num_particles)
    svi = NumpyroSVI(program, guide, adam, elbo)

    def start(key: Any, X: Any, y: Any) -> Any:
        return svi.init(key, X, y)

    def advance(state: Any, key: Any, begin: Any, end: Any, X: Any, y: Any) -> Any:
        size, per_epoch, epochs = settings.batches(len(X))
        losses = jax.numpy.zeros((-(-epochs // _REPORTS), per_epoch))

        def epoch(index: Any, carry: Any) -> Any:
            state, losses = carry
            if size == len(X):
                state, loss = svi.update(state, X, y)
            else:
                order = jax.random.permutation(jax.random.fold_in(key, index), len(X))
                rows = order[: size * per_epoch].reshape(per_epoch, size)
                state, loss = jax.lax.scan(
                    lambda s, i: svi.update(s, X[i], y[i], n_rows=len(X)), state, rows
                )
            return state, losses.at[index - begin].set(loss)

        return jax.lax.fori_loop(begin, end, epoch, (state, losses))

    def draw(key: Any, state: Any, X: Any, y: Any) -> Any:
        params = svi.get_params(state)
        draws = guide.sample_posterior(key, params, X, y, sample_shape=(settings.num_samples,))
        return draws, {name: params[name] for name in model.learned}

    return Compiled(start), Compiled(advance), Compiled(draw)
