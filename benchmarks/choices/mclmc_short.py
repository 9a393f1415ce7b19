"""Microcanonical Langevin (MCLMC), 4 chains of 100 draws from trained points, to compare models by.

Its chains make a sixth of the steps of ``mclmc``, after the same training of the starts. Read R-hat
of f(x) beside every number.
"""

import bayesdrop as bd

INFERENCE = bd.MCLMC(num_warmup=4000, num_samples=100, num_chains=4, steps_per_draw=40)
