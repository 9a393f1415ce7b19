"""NumPyro's Stein VI on the vector of all unconstrained latent variables.

NumPyro's own delta guide moves particles on the unconstrained scale by the density on the
constrained one, without the Jacobian; here the log joint has it. A guide's parameters are real
numbers, since NumPyro 0.22 scores the mixture at parameters whose constraint it applied twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro import handlers, optim
from numpyro.contrib.einstein import RBFKernel
from numpyro.contrib.einstein import SteinVI as NumpyroSteinVI
from numpyro.infer import init_to_median
from numpyro.infer.util import initialize_model

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine.caches import compiled_once
from bayesdrop.infer.engine.compiled import Compiled
from bayesdrop.infer.engine.minibatches import epochs_of
from bayesdrop.infer.vi.guides.layout import positions
from bayesdrop.infer.vi.svi.numpyro import optimise
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.programs.numpyro import build
from bayesdrop.programs.numpyro_density import Values, constrained, log_density
from bayesdrop.progress import Progress

if TYPE_CHECKING:
    from bayesdrop.infer.vi.stein.settings import SteinVI


def run(
    settings: SteinVI, bound: BoundModel, data: TrainingData, seed: int, progress: Progress
) -> Fit:
    """Run :meth:`bayesdrop.SteinVI.run`."""
    return optimise(settings, _steinvi(settings, bound), bound, data, seed, progress)


@compiled_once
def _steinvi(settings: SteinVI, bound: BoundModel) -> tuple[Compiled, Compiled, Compiled]:
    """The functions of :func:`bayesdrop.infer.vi.svi.numpyro.optimise`."""
    program = build(bound, settings.temperature)
    places = positions([site.name for site in bound.sites], bound.sites)
    size = sum(place.size for place in places.values())

    def by_site(vector: Any) -> Values:
        return {name: vector[place] for name, place in places.items()}

    def joint(X: jax.Array, y: jax.Array, n_rows: int | None = None) -> None:
        flat = dist.Normal(jnp.zeros(size), 1.0).to_event(1).mask(False)
        vector = numpyro.sample("particle", flat)
        with handlers.block():
            log_joint = log_density(program, by_site(vector), X, y, n_rows)
        numpyro.factor("log_joint", log_joint)

    def guide(X: jax.Array, y: jax.Array, n_rows: int | None = None) -> None:
        loc = numpyro.param("loc", lambda key: _start(program, key, X, y))
        if settings.guide == "delta":
            numpyro.sample("particle", dist.Delta(loc, event_dim=1))
        else:
            log_scale: Any = numpyro.param(
                "log_scale", jnp.full(size, math.log(settings.init_scale))
            )
            numpyro.sample("particle", dist.Normal(loc, jnp.exp(log_scale)).to_event(1))

    def _start(
        program: Callable[..., None], key: jax.Array, X: jax.Array, y: jax.Array
    ) -> jax.Array:
        """The median of a few draws of the prior, another for every key."""
        with handlers.block():
            found = initialize_model(
                key, program, init_strategy=init_to_median, model_args=(X, y), validate_grad=False
            )
        return jnp.concatenate([found.param_info.z[name].reshape(-1) for name in places])

    stein = NumpyroSteinVI(
        joint,
        guide,
        optim.Adagrad(settings.learning_rate),
        RBFKernel(),
        num_stein_particles=settings.num_particles,
        num_elbo_particles=1,
        # the force is a sum over particles, where Stein variational gradient descent has a mean
        loss_temperature=1 / settings.num_particles if settings.guide == "delta" else 1.0,
    )

    def draw(key: jax.Array, state: Any, X: jax.Array, y: jax.Array) -> tuple[Values, Values, None]:
        found = stein.get_params(state)
        vectors = found["loc"]
        if settings.guide == "mean_field":
            each = -(-settings.num_samples // settings.num_particles)
            noise = jax.random.normal(key, (each, *vectors.shape))
            vectors = (vectors + jnp.exp(found["log_scale"]) * noise).reshape(-1, size)
        values = jax.lax.map(lambda v: constrained(program, by_site(v), X, y), vectors)
        return {site.name: values[site.name] for site in bound.sites}, {}, None

    advance = epochs_of(stein.update, settings.batch_size, settings.num_steps)
    return Compiled(stein.init), Compiled(advance), Compiled(draw)
