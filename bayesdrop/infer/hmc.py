"""Hamiltonian Monte Carlo and NUTS, by NumPyro's kernels.

Neal (2011), "MCMC using Hamiltonian dynamics"; Hoffman & Gelman (2014), "The No-U-Turn sampler".
Each iteration costs one gradient of the log joint over all training rows per leapfrog step.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.infer.base import Inference, learns_nothing, needs_gradients
from bayesdrop.infer.progress import Progress, task
from bayesdrop.model import Form, Model
from bayesdrop.posterior import Fit
from bayesdrop.spec import checked_choice, checked_count, checked_flag, checked_number

if TYPE_CHECKING:
    from bayesdrop.infer.chains import ChainMethod

_REPORTS = 20  # progress reports over a run


@dataclass(frozen=True)
class _Hamiltonian(Inference):
    """The settings NUTS and HMC share.

    Parameters
    ----------
    num_warmup
        Adaptation steps per chain, discarded. Default 1000.
    num_samples
        Draws kept per chain. Default 1000.
    num_chains
        Default 4.
    target_accept_prob
        Acceptance probability that warm-up tunes the step size to. Default 0.8.
    dense_mass
        Adapt a full mass matrix instead of a diagonal one. Default ``False``.
    form
        ``"expanded"`` (default) samples λ and z, ``"hierarchical"`` λ and w = λ z.
    init_strategy
        Where chains start: at a ``"sample"`` of the prior (default), at its ``"median"``, or
        ``"uniform"`` in (−2, 2) on the unconstrained scale, NumPyro's default, which for a
        network is far out in the prior.
    chain_method
        ``"parallel"`` over devices (host devices on a CPU), ``"sequential"``, ``"vectorized"``,
        or ``"auto"`` (default): parallel on a CPU of several cores, vectorized on a GPU.
    """

    num_warmup: int = 1000
    num_samples: int = 1000
    num_chains: int = 4
    target_accept_prob: float = 0.8
    dense_mass: bool = False
    form: Form = "expanded"
    init_strategy: str = "sample"
    chain_method: ChainMethod = "auto"

    def __post_init__(self) -> None:
        checked_count(self, "num_warmup", at_least=0)
        checked_count(self, "num_samples")
        checked_count(self, "num_chains")
        checked_number(self, "target_accept_prob", above=0, below=1)
        checked_flag(self, "dense_mass")
        checked_choice(self, "form", ("expanded", "hierarchical"))
        checked_choice(self, "init_strategy", ("uniform", "sample", "median"))
        checked_choice(self, "chain_method", ("auto", "parallel", "sequential", "vectorized"))

    def supports(self, model: Model) -> str | None:
        return needs_gradients(model) or learns_nothing(model)

    def run(
        self,
        model: Model,
        X: NDArray[np.float32],
        y: NDArray[np.float32],
        seed: int,
        progress: Progress,
    ) -> Fit:
        return _sample(self, model, X, y, seed, progress)

    @abstractmethod
    def _kernel(self, program: Any) -> Any:
        """NumPyro's kernel with these settings."""

    def _shared_settings(self) -> dict[str, Any]:
        from numpyro.infer import init_to_median, init_to_sample, init_to_uniform

        start = {"uniform": init_to_uniform, "sample": init_to_sample, "median": init_to_median}
        return {
            "target_accept_prob": self.target_accept_prob,
            "dense_mass": self.dense_mass,
            "init_strategy": start[self.init_strategy],
        }


@dataclass(frozen=True)
class NUTS(_Hamiltonian):
    __doc__ = f"""The No-U-Turn sampler.
    {_Hamiltonian.__doc__}
    max_tree_depth
        At most 2 to this power leapfrog steps per draw. Default 10.
    """

    max_tree_depth: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_count(self, "max_tree_depth")

    def _kernel(self, program: Any) -> Any:
        from numpyro.infer import NUTS as Kernel

        return Kernel(program, max_tree_depth=self.max_tree_depth, **self._shared_settings())


@dataclass(frozen=True)
class HMC(_Hamiltonian):
    __doc__ = f"""Hamiltonian Monte Carlo with a fixed number of leapfrog steps.
    {_Hamiltonian.__doc__}
    num_steps
        Leapfrog steps per draw. Default 64.
    """

    num_steps: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_count(self, "num_steps")

    def _kernel(self, program: Any) -> Any:
        from numpyro.infer import HMC as Kernel

        steps = {"num_steps": self.num_steps, "trajectory_length": None}
        return Kernel(program, **steps, **self._shared_settings())


def _sample(
    settings: _Hamiltonian,
    model: Model,
    X: NDArray[np.float32],
    y: NDArray[np.float32],
    seed: int,
    progress: Progress,
) -> Fit:
    import jax

    from bayesdrop.infer.chains import resolve
    from bayesdrop.infer.compiled import spent

    start, advance = _sampler(settings, model, y.shape[1])
    seconds_before, compilations_before = spent(start, advance)
    clock = time.perf_counter()
    data = (jax.numpy.asarray(X), jax.numpy.asarray(y))
    carry = start(jax.random.split(jax.random.key(seed), settings.num_chains), data)
    total = settings.num_warmup + settings.num_samples
    step = max(1, -(-total // _REPORTS))
    with task(progress, type(settings).__name__, total):
        for begin in range(0, total, step):
            end = min(begin + step, total)
            carry = advance(carry, (*data, begin, end))
            jax.block_until_ready(carry)
            progress.advance(end - begin)
    values, stats = jax.tree.map(np.asarray, (carry["values"], carry["stats"]))
    seconds = time.perf_counter() - clock
    compile_seconds, compilations = spent(start, advance)
    compile_seconds -= seconds_before
    if isinstance(settings, NUTS):
        stats["tree_depth"] = np.log2(stats["n_steps"]).astype(int) + 1
    return Fit(
        values=values,
        form=settings.form,
        sample_stats=stats,
        seconds={"compile": compile_seconds, "run": seconds - compile_seconds},
        info={
            "device": str(jax.devices()[0]),
            "devices": len(jax.devices()),
            "chain_method": resolve(settings.chain_method, settings.num_chains),
            "compilations": compilations - compilations_before,
            "gradients": int(np.asarray(carry["gradients"], dtype=np.int64).sum()),
        },
    )


@lru_cache(maxsize=32)
def _sampler(settings: _Hamiltonian, model: Model, n_outputs: int) -> Any:
    """``start(keys, data)`` and ``advance(carry, (X, y, begin, end))`` over all chains.

    Data are arguments, so that every data set of one shape runs the same compiled program.
    """
    import jax
    import jax.numpy as jnp

    from bayesdrop.infer import chains
    from bayesdrop.infer.compiled import Compiled
    from bayesdrop.programs import numpyro_model

    kernel = settings._kernel(numpyro_model(model, settings.form, n_outputs))
    warmup, draws = settings.num_warmup, settings.num_samples

    def observe(state: Any, data: Any) -> Any:
        values = kernel.postprocess_fn(data, {})(state.z)
        stats = {
            "acceptance_rate": state.accept_prob,
            "diverging": state.diverging,
            "energy": state.energy,
            "lp": -state.potential_energy,
            "n_steps": state.num_steps,
            "step_size": state.adapt_state.step_size,
        }
        return values, stats

    def start(key: Any, data: Any) -> Any:
        state = kernel.init(key, warmup, None, model_args=data, model_kwargs={})
        values, stats = observe(state, data)
        empty = jax.tree.map(
            lambda leaf: jnp.zeros((draws, *leaf.shape), leaf.dtype), (values, stats)
        )
        return {"state": state, "values": empty[0], "stats": empty[1], "gradients": jnp.int32(0)}

    def advance(carry: Any, shared: Any) -> Any:
        *data, begin, end = shared

        def iterate(i: Any, carry: Any) -> Any:
            state = kernel.sample(carry["state"], tuple(data), {})
            slot = jnp.where(i < warmup, draws, i - warmup)  # out of range: dropped
            kept = jax.tree.map(
                lambda buffer, new: buffer.at[slot].set(new, mode="drop"),
                (carry["values"], carry["stats"]),
                observe(state, tuple(data)),
            )
            gradients = carry["gradients"] + jnp.asarray(state.num_steps, jnp.int32)
            return {"state": state, "values": kept[0], "stats": kept[1], "gradients": gradients}

        return jax.lax.fori_loop(begin, end, iterate, carry)

    method = chains.resolve(settings.chain_method, settings.num_chains)
    start_all = chains.over_chains(start, settings.num_chains, method)
    advance_all = chains.over_chains(advance, settings.num_chains, method)
    return Compiled(start_all), Compiled(advance_all, donate=(0,))
