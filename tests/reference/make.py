"""Freeze the reference posterior of the tiny network: ``python tests/reference/make.py``.

As posteriordb makes its own (Magnusson et al. 2024): long NUTS chains at a high acceptance
probability, thinned to 10,000 draws, kept only if every check passes. A few minutes on two cores.
"""

from __future__ import annotations

import datetime
import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import tiny_bnn

import bayesdrop as bd

SEED = 0
THIN = 4
METHOD = bd.NUTS(num_warmup=2000, num_samples=10_000, num_chains=4, target_accept_prob=0.98)


def main() -> None:
    posterior = bd.fit(tiny_bnn.model(), *tiny_bnn.data(), METHOD, seed=SEED)
    moments = tiny_bnn.Moments.of(posterior, THIN)
    f = tiny_bnn.function_draws(posterior)[:, ::THIN]
    stats = posterior.sample_stats
    energy = stats["energy"].astype(np.float64)
    checks = {
        "draws": f.shape[0] * f.shape[1],
        "max_rhat_f": float(tiny_bnn.rhat(f).max()),
        "min_ess_f": float(moments.ess.min()),
        "divergences": int(stats["diverging"].sum()),
        "min_bfmi": float(((np.diff(energy) ** 2).mean(1) / energy.var(1)).min()),
    }
    print(json.dumps(checks, indent=2))
    passed = (
        checks["draws"] == 10_000
        and checks["max_rhat_f"] < 1.01
        and checks["min_ess_f"] > 5000
        and checks["divergences"] == 0
        and checks["min_bfmi"] > 0.2
    )
    if not passed:
        sys.exit("a check failed: nothing was written")
    frozen = {
        "identity": tiny_bnn.identity(),
        "date": datetime.date.today().isoformat(),
        "seed": SEED,
        "thin": THIN,
        "inference": str(METHOD),
        "versions": {
            "bayesdrop": bd.__version__,
            **{name: version(name) for name in ("numpyro", "jax", "arviz")},
        },
        "seconds": posterior.fit.seconds,
        "checks": checks,
        "moments": {field: values.tolist() for field, values in vars(moments).items()},
    }
    tiny_bnn.REFERENCE.write_text(json.dumps(frozen, indent=1) + "\n")


if __name__ == "__main__":
    main()
