"""Running bde in an environment of its own, and predicting by what it sampled."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import FunctionDraws, Predictor
from bayesdrop.progress import Progress, task

if TYPE_CHECKING:
    from bayesdrop.infer.peers.bde.settings import BDE

ENVIRONMENT_VARIABLE = "BAYESDROP_BDE_PYTHON"
"""Names the Python of the environment that bde is installed in."""

Activation = Literal["relu", "silu", "gelu"]
_SMALLEST_SCALE = 1e-6  # which bde adds to every softplus


def run(settings: BDE, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
    """Run :meth:`bayesdrop.BDE.run`."""
    clock = time.perf_counter()
    state: dict[str, NDArray] = {}
    versions: dict[str, str] = {}
    with task(progress, "bde", data.n_outputs):
        for output, y in enumerate(data.y_standardised.T):
            found = _in_its_environment(settings, data.X_standardised, y, seed)
            versions = json.loads(str(found.pop("versions")))
            state |= {f"{name}_of_{output}": array for name, array in found.items()}
            progress.advance(1)
    return Fit(
        FunctionDraws(
            SampledMembers(settings.hidden_layers, settings.activation), state, settings.n_members
        ),
        seconds={"compile": 0.0, "run": time.perf_counter() - clock},
        info={"device": "cpu", "versions": versions},
    )


def _in_its_environment(settings: BDE, X: NDArray, y: NDArray, seed: int) -> dict[str, NDArray]:
    """The members' draws, (member, draw, in, out) and (member, draw, out) of every layer, and
    the versions there as JSON.

    Raises
    ------
    RuntimeError
        Its process failed; the message is the last line of its own.
    FloatingPointError
        Draws of a member are NaN or infinite, so that every prediction would be.
    """
    arguments = asdict(settings) | {
        "hidden_layers": [settings.hidden_units] * settings.hidden_layers,
        "seed": seed,
    }
    del arguments["hidden_units"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "settings.json").write_text(json.dumps(arguments), encoding="utf-8")
        np.savez(folder / "data.npz", X=X, y=y)
        worker = Path(__file__).with_name("worker.py")
        files = [str(folder / file) for file in ("settings.json", "data.npz", "out.npz")]
        command = [os.environ[ENVIRONMENT_VARIABLE], "-I", str(worker), *files]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            *before, last = done.stderr.strip().splitlines() or ["it did not say why"]
            error = RuntimeError(f"bde failed: {last}")
            error.add_note("\n".join(before)[-2000:])
            raise error
        with np.load(folder / "out.npz", allow_pickle=False) as found:
            return _finite(dict(found))


@dataclass(frozen=True)
class SampledMembers(Predictor):
    """Networks of bde at draws of their weights.

    The ``state`` has ``weight_0_of_0`` (member, draw, in, out) and ``bias_0_of_0`` (member, draw,
    out), by layer and output.
    """

    hidden_layers: int
    activation: Activation

    def parameters(
        self,
        state: Mapping[str, NDArray],
        bound: BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        heads = [self._heads(state, X, output) for output in range(bound.n_outputs)]
        raw = np.stack(heads, axis=-2)
        scale = np.logaddexp(0.0, raw[..., 1]) + _SMALLEST_SCALE
        return {"loc": raw[..., 0], "scale": scale}

    def _heads(self, state: Mapping[str, NDArray], X: NDArray, output: int) -> NDArray:
        """Mean and unconstrained scale of every draw and row, (draws, rows, 2)."""
        layers = range(self.hidden_layers + 1)
        activations = {
            "relu": lambda h: np.maximum(h, 0.0),
            "silu": lambda h: h / (1 + np.exp(-h)),
            "gelu": lambda h: 0.5 * h * (1 + np.tanh(0.7978845608 * (h + 0.044715 * h**3))),
        }
        h: NDArray = X[None]
        for layer in layers:
            weights, biases = (state[f"{kind}_{layer}_of_{output}"] for kind in ("weight", "bias"))
            weights = weights.reshape(-1, *weights.shape[2:])
            h = h @ weights + biases.reshape(-1, 1, biases.shape[-1])
            if layer < self.hidden_layers:
                h = activations[self.activation](h)
        return h


def _finite(draws: dict[str, NDArray]) -> dict[str, NDArray]:
    """``draws``, (member, draw, …) each, if all their numbers are finite."""
    lost: set[int] = set()
    for name, values in draws.items():
        if name not in ("fitted_mean", "versions"):
            bad = ~np.isfinite(values).reshape(len(values), -1).all(1)
            lost |= set(np.flatnonzero(bad).tolist())
    if lost:
        raise FloatingPointError(
            f"draws of {len(lost)} of bde's members ({', '.join(map(str, sorted(lost)))}) are not "
            "finite, and so would be every prediction: use bd.MCLMC, which leaves such chains out"
        )
    return draws
