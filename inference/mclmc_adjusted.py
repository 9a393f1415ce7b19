"""Adjusted MCLMC, 8 chains of 400 draws from trained points: proposals accepted or rejected.

Without the unadjusted sampler's bias. Read R-hat of f(x) beside every number.
"""

import bayesdrop as bd

INFERENCE = bd.MCLMC(
    num_warmup=8000, num_samples=400, num_chains=8, steps_per_draw=40, adjusted=True
)
