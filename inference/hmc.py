"""Hamiltonian Monte Carlo, two short chains of 300 draws after a warm-up of 300, 64 steps each.

Read R-hat of f(x) beside every number: short chains may not have converged.
"""

import bayesdrop as bd

INFERENCE = bd.HMC(num_warmup=300, num_samples=300, num_chains=2, num_steps=64)
