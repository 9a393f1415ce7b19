"""A method that costs nothing: draws from the prior, whatever the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import bayesdrop as bd
from bayesdrop.model import Form
from bayesdrop.posterior.result import Fit


@dataclass(frozen=True)
class PriorDraws(bd.Inference):
    """Independent draws of every site; with ``passes``, of all but the scales, as in dropout."""

    num_samples: int = 20
    num_chains: int = 1
    form: Form = "expanded"
    passes: int | None = None

    def supports(self, model: bd.Model) -> str | None:
        return None

    def run(self, model: bd.Model, data: Any, seed: int, progress: Any) -> Fit:
        rng = np.random.default_rng(seed)
        size = (1, 1) if self.passes else (self.num_chains, self.num_samples)
        values = {
            site.name: site.prior.draw(rng, (*size, *site.shape)).astype(np.float32)
            for site in bd.sites(model, data.n_features, data.n_outputs, self.form)
            if not (self.passes and site.role == "scale")
        }
        return Fit(values, self.form, stochastic_passes=self.passes)
