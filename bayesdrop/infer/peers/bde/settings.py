"""Bayesian deep ensembles in the network's place, by sklearn-contrib-bde.

Sommer et al. (2025), "Microcanonical Langevin ensembles: advancing the sampling of Bayesian neural
networks" (ICLR): trained members, each the start of a chain of unadjusted MCLMC.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_choice, checked_count, checked_number
from bayesdrop.infer.base import Inference
from bayesdrop.infer.peers.bde.run import ENVIRONMENT_VARIABLE, Activation, run
from bayesdrop.infer.reasons import replaces_the_network
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress

_MISSING = (
    f"it runs in an environment of its own, as bde needs an old BlackJAX: `python -m venv bde`, "
    f"`bde/bin/pip install sklearn-contrib-bde==1.0.2 blackjax==1.2.2`, and set "
    f"{ENVIRONMENT_VARIABLE} to the path of bde/bin/python"
)


@dataclass(frozen=True)
class BDE(Inference):
    """Small heteroscedastic networks are trained, and a chain starts at each of them.

    Its networks and priors are its own. The model gives no more than a Gaussian likelihood, whose
    noise scale is learned row by row. Models whose prior has noise are refused, as by
    :class:`bayesdrop.GP`, and so is a fixed noise scale. Ten members of 4 × 16 units and the
    warm-up are as in its paper. The other defaults were chosen here.

    Parameters
    ----------
    n_members
        Networks. Default 10.
    hidden_units, hidden_layers
        Units of each of so many layers. Default 16 and 4.
    activation
        ``"relu"`` (default), ``"silu"`` or ``"gelu"``.
    epochs, patience, lr
        How Adam trains: at most so many passes at rate ``lr``, stopped after ``patience`` without
        gain on 15 % of the rows. Default 1000, 20 and 0.001.
    warmup_steps
        Steps that tune each chain. Default 50,000.
    n_samples, n_thinning
        Steps of each chain after those, and how many make a draw. Default 10,000 and 100.
    """

    n_members: int = 10
    hidden_units: int = 16
    hidden_layers: int = 4
    activation: Activation = "relu"
    epochs: int = 1000
    patience: int = 20
    lr: float = 1e-3
    warmup_steps: int = 50_000
    n_samples: int = 10_000
    n_thinning: int = 100

    def __post_init__(self) -> None:
        checked_choice(self, "activation", ("relu", "silu", "gelu"))
        checked_number(self, "lr", above=0)
        for field in asdict(self):
            if field not in ("activation", "lr"):
                checked_count(self, field)

    def supports(self, model: Model) -> str | None:
        if reason := replaces_the_network(model):
            return reason
        if not isinstance(model.likelihood.scale, Noise):  # type: ignore[attr-defined]
            return "the model fixes the noise scale, and bde learns it: use bd.MCLMC"
        if not Path(os.environ.get(ENVIRONMENT_VARIABLE, "")).is_file():
            return _MISSING
        return None

    def needs_standardised(self) -> bool:
        return True

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        return run(self, bound, data, seed, progress)
