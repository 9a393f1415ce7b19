"""Running tempered SMC: from the prior to the posterior, stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.engine.compiled import Meter
from bayesdrop.infer.engine.jax_settings import own_settings
from bayesdrop.infer.mcmc.kernel import Rows
from bayesdrop.infer.mcmc.smc.stages import Programs, State, programs
from bayesdrop.marginal import with_scales
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.weight_draws import WeightDraws
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.mcmc.smc.settings import SMC

_MOST_STAGES = 2000
_MOST_STILL = 10
"""A stage whose rise float32 does not hold still moves the particles, and a later one may rise."""

_PERCENT = 100


@own_settings()
def run(settings: SMC, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
    """Run :meth:`bayesdrop.SMC.run`.

    Raises
    ------
    FloatingPointError
        The temperature does not rise, or a log likelihood is NaN.
    """
    compiled = programs(settings, bound)
    meter = Meter(*compiled)
    rows = jnp.asarray(data.X_standardised), jnp.asarray(data.columns)
    keys = jax.random.split(jax.random.key(seed), settings.num_runs)
    with task(progress, "SMC", _PERCENT):
        states = _annealed(compiled, compiled.start(keys, rows), rows, progress)
    values, stats = jax.device_get(compiled.observe(states, rows))
    stages = np.asarray(states.stages)
    moves = settings.num_particles * settings.num_mcmc_steps * settings.num_integration_steps
    info = {
        **meter.info(),
        "gradients": int(stages.sum()) * moves,
        "log_evidence": np.asarray(states.log_evidence, dtype=np.float64).tolist(),
        "stages": stages.tolist(),
    }
    return Fit(
        WeightDraws(with_scales(bound, values, seed), stats), seconds=meter.seconds(), info=info
    )


def _annealed(compiled: Programs, states: State, rows: Rows, progress: Progress) -> State:
    """The runs once all are done."""
    shown, reached = 0, np.zeros(len(states.stages))
    still = np.zeros(len(reached), int)
    for stage in range(1, _MOST_STAGES + 1):
        states = jax.block_until_ready(compiled.advance(states, rows))
        before, reached = reached, np.asarray(states.particles.tempering_param)
        done = np.asarray(states.done)
        still = np.where(done | (reached > before), 0, still + 1)
        _check_stage(stage, reached, still, np.asarray(states.log_evidence))
        temperature = float(reached.min())
        percent = int(_PERCENT * temperature)
        progress.advance(percent - shown, f"stage {stage}, temperature {temperature:.2g}")
        shown = percent
        if done.all():
            return states
    raise FloatingPointError(
        f"SMC came to a temperature of {float(reached.min()):.2g} in {_MOST_STAGES} stages: give "
        "it a lower target_ess, or the model a tighter prior"
    )


def _check_stage(stage: int, reached: NDArray, still: NDArray, log_evidence: NDArray) -> None:
    """Raise a ``FloatingPointError`` unless every run gets on, and has numbers.

    Parameters
    ----------
    stage
        Its number.
    reached, log_evidence
        The temperature and the log evidence so far, of each run.
    still
        How many stages in a row each run's temperature has not risen.
    """
    if lost := int(np.sum(~np.isfinite(reached + log_evidence))):
        raise FloatingPointError(
            f"SMC lost {lost} of {len(reached)} runs at stage {stage}: a particle's log likelihood "
            "is NaN, or that of all particles is infinite. Give the model a tighter prior, or look "
            "at the rows for values far away"
        )
    if still.max() >= _MOST_STILL:
        raise FloatingPointError(
            f"SMC has stood still at a temperature of {float(reached[still.argmax()]):.2g} for "
            f"{_MOST_STILL} stages: the log likelihoods of its particles lie too far apart for a "
            "step. Give it a lower target_ess, or the model a tighter prior"
        )
