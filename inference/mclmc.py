"""Microcanonical Langevin (MCLMC), 8 chains of 400 draws from trained points, unadjusted.

A third of the gradients per draw that NUTS takes at a tree depth of 8. Chains that run away are
left out and named. Read R-hat of f(x) beside every number.
"""

import bayesdrop as bd

INFERENCE = bd.MCLMC(num_warmup=8000, num_samples=400, num_chains=8, steps_per_draw=40)
