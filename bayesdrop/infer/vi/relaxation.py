"""Boolean noise relaxed to a continuous one, so that a Gaussian guide can follow gradients.

The concrete distribution (Maddison, Mnih & Teh 2017; Jang, Gu & Poole 2017, there the binary
Gumbel-softmax): λ = sigmoid(v / T) with v ~ Logistic(log(keep / (1 − keep)), 1), which tends to
Bernoulli(keep) as the temperature T → 0, and λ > ½, that is v > 0, has probability ``keep`` at
every T. In a relaxed program the value of a boolean site is v, so the guide is on the logit scale,
where 0 and 1 are far away and v has the same prior at every T.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from bayesdrop.sites import Site


def hardened(values: Mapping[str, NDArray], table: Iterable[Site]) -> dict[str, NDArray]:
    """``values`` of the relaxed program with boolean sites as 0 or 1: whether λ > ½."""
    boolean = {site.name for site in table if site.support == "boolean"}
    return {
        name: (value > 0).astype(np.int32) if name in boolean else value
        for name, value in values.items()
    }
