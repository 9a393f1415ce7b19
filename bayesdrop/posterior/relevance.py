"""How much each feature matters to the first weight matrix, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdrop.posterior.weights import weight_draws

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.posterior.posterior import Posterior


def feature_relevance(posterior: Posterior, interval: float = 0.9) -> pd.DataFrame:
    """See :meth:`bayesdrop.Posterior.feature_relevance`."""
    import pandas as pd

    if not 0 < interval < 1:
        raise ValueError(f"interval must be between 0 and 1, for example 0.9, not {interval!r}")
    columns: dict[str, NDArray[np.float64]] = {}
    scale = (posterior.draws or {}).get("unit_scale_0")
    if scale is not None:
        size = np.abs(scale.reshape(-1, scale.shape[-1]).astype(np.float64))
        low, high = np.quantile(size, [(1 - interval) / 2, (1 + interval) / 2], axis=0)
        columns = {"scale_mean": size.mean(0), "scale_low": low, "scale_high": high}
    columns["weight_rms"] = _mean_rms(posterior)
    table = pd.DataFrame(columns, index=pd.Index(posterior.feature_names, name="feature"))
    return table.sort_values(next(iter(columns)), ascending=False, kind="stable")


def _mean_rms(posterior: Posterior) -> NDArray[np.float64]:
    """Posterior mean of the root-mean-square of each row of the first matrix, (features,)."""
    chunks = [
        np.sqrt(np.mean(np.square(weights, dtype=np.float64), axis=-1))
        for weights in weight_draws(posterior, 0)
    ]
    return np.concatenate(chunks).mean(0)
